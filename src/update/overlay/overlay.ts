// record > line, keys > [overlay] > pages > transaction
//
// What a group of transactions has changed in one collection and not written yet: it is written at the end, in key order,
// so that ten thousand puts open each index page once. Until then the reads of the group's transactions look here first.

import { PATCHES_MAX } from '../../base/limits.js';
import { encodeKey, type KeyValue } from '../../keys/encode.js';
import type { Pseudonyms } from '../../keys/pseudonyms.js';
import { composedPatch } from '../records/merge-patch.js';
import type { NewRecord } from '../records/record.js';
import type { Undo } from './undo.js';

/** What becomes of one key. */
export interface KeyChange {
  readonly key: Uint8Array;
  /** The encoded key itself, where `key` is its pseudonym. */
  readonly whole?: Uint8Array | undefined;
  /** Absent: the record is deleted. */
  readonly record?: NewRecord;
  /** Its place among all changes: a record put twice is stored where it was put last. */
  readonly at: number;
  /** Where nothing but patches made the record out of the stored one: these. */
  readonly patches?: readonly string[] | undefined;
}

export class Overlay {
  /** By the bytes of the key as characters. Empty in collections without a key. */
  readonly changes = new Map<string, KeyChange>();
  /** Collections without a key: records to append, and ordinals of stored records to delete. */
  readonly appended: NewRecord[] = [];
  readonly deleted = new Set<number>();
  /** Characters of all lines that were put, those that were put again too: most are a byte each. */
  bytes = 0;
  /** Calls that put and deleted records, also of transactions that threw: what one transaction did is a difference. */
  puts = 0;
  deletions = 0;
  /** Where stored records of touched keys are, with those keys: for ranges (overlay-source.ts), as far as they have looked. */
  readonly stored = new Map<string, string>();
  readonly #undo: Undo;
  readonly #pseudonyms: Pseudonyms | undefined;
  #next = 0;
  /** Number of the last change. */
  #change = 0;
  /** By key, the change that touched it first. */
  readonly #touchedAt = new Map<string, number>();
  #touched: Uint8Array[] = [];

  /** @param pseudonyms of the primary keys, where they are hidden */
  constructor(undo: Undo, pseudonyms?: Pseudonyms) {
    this.#undo = undo;
    this.#pseudonyms = pseudonyms;
  }

  get isEmpty(): boolean {
    return this.changes.size + this.appended.length + this.deleted.size === 0;
  }

  /** The changes in their order. */
  inOrder(): KeyChange[] {
    return [...this.changes.values()].sort((left, right) => left.at - right.at);
  }

  /** Number of the last change that replaced or deleted something. */
  get lastChange(): number {
    return this.#change;
  }

  /** The keys touched since the last call. A key may come again, and may be as it was because its transaction threw. */
  takeTouched(): readonly Uint8Array[] {
    const touched = this.#touched;
    this.#touched = [];
    return touched;
  }

  /** Whether the record stored under a key had been replaced or deleted when the change of this number was made. */
  wasTouched(id: string, change: number): boolean {
    return (this.#touchedAt.get(id) ?? Number.POSITIVE_INFINITY) <= change;
  }

  change(of: KeyValue): KeyChange | undefined {
    return this.changes.get(idOf(this.keyOf(of)));
  }

  /** A key as the primary index has it. */
  keyOf(of: KeyValue): Uint8Array {
    const whole = encodeKey(of);
    return this.#pseudonyms?.of(whole) ?? whole;
  }

  changeOf(key: Uint8Array): KeyChange | undefined {
    return this.changes.get(idOf(key));
  }

  put(key: Uint8Array, record: NewRecord): void {
    this.bytes += record.line.length;
    this.puts++;
    this.#set(idOf(key), { key, whole: record.whole, record, at: this.#next++ });
  }

  /** A record that a patch made out of the one there was. */
  patch(key: Uint8Array, record: NewRecord, patch: string): void {
    const id = idOf(key);
    const before = this.changes.get(id);
    const patches = before === undefined ? [] : before.patches;
    this.bytes += record.line.length;
    this.puts++;
    const { whole } = record;
    this.#set(id, { key, whole, record, patches: patches && withPatch(patches, patch), at: this.#next++ });
  }

  /** @param isStored whether the key has a record beneath: if not, forgetting the change is enough. */
  remove(of: KeyValue, isStored: boolean): void {
    const key = this.keyOf(of);
    const whole = this.#pseudonyms && encodeKey(of);
    this.deletions++;
    this.#set(idOf(key), isStored ? { key, whole, at: this.#next++ } : undefined);
  }

  append(record: NewRecord): void {
    this.bytes += record.line.length;
    this.puts++;
    this.appended.push(record);
    this.#undo.add(() => this.appended.pop());
  }

  /** Deletes a record of a collection without a key. */
  delete(ordinal: number): void {
    const key = encodeKey(ordinal);
    this.deletions++;
    const id = idOf(key);
    const isFirst = this.#touch(id, key);
    this.deleted.add(ordinal);
    this.#undo.add(() => {
      this.deleted.delete(ordinal);
      if (isFirst) this.#touchedAt.delete(id);
    });
  }

  /** Deletes a record that is stored beneath. @returns whether it was not deleted already */
  removeStored(key: Uint8Array): boolean {
    const known = this.changes.get(idOf(key));
    if (known !== undefined && known.record === undefined) return false;
    this.deletions++;
    this.#set(idOf(key), { key, at: this.#next++ });
    return true;
  }

  /** Forgets the new records under keys that are not stored beneath. @returns how many */
  removeNew(isMeant: (key: Uint8Array) => boolean): number {
    const meant = [...this.changes].filter(([, { key, record }]) => record !== undefined && isMeant(key));
    for (const [id] of meant) this.#set(id, undefined);
    this.deletions += meant.length;
    return meant.length;
  }

  #set(id: string, change: KeyChange | undefined): void {
    const before = this.changes.get(id);
    const isFirst = before === undefined && change !== undefined && this.#touch(id, change.key);
    this.#undo.add(() => {
      this.#replace(id, before);
      if (isFirst) this.#touchedAt.delete(id);
    });
    this.#replace(id, change);
  }

  /** @returns whether nothing had touched the key before */
  #touch(id: string, key: Uint8Array): boolean {
    if (this.#touchedAt.has(id)) return false;
    this.#touchedAt.set(id, ++this.#change);
    this.#touched.push(key);
    return true;
  }

  #replace(id: string, change: KeyChange | undefined): void {
    if (change === undefined) this.changes.delete(id);
    else this.changes.set(id, change);
  }
}

/** Patches with one more behind them; undefined where they are too many to keep. */
export function withPatch(patches: readonly string[], patch: string): readonly string[] | undefined {
  const last = patches.at(-1);
  const composed = last === undefined ? undefined : composedPatch(last, patch);
  if (composed !== undefined) return [...patches.slice(0, -1), composed];
  return patches.length === PATCHES_MAX ? undefined : [...patches, patch];
}

/** So many bytes become characters sooner by a loop than by a call. */
const LOOP_MAX = 12;

export function idOf(key: Uint8Array): string {
  const { length } = key;
  if (length > LOOP_MAX) return Buffer.prototype.latin1Slice.call(key, 0, length);
  let id = '';
  for (let i = 0; i < length; i++) id += String.fromCharCode(key[i]!);
  return id;
}
