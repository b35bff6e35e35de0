// record > line, keys > [overlay] > pages > transaction
//
// What a transaction has changed in one collection and not written yet: it is written at the end, in key order, so that
// ten thousand puts open each index page once. Until then the transaction's own reads look here first.

import { PATCHES_MAX } from '../base/limits.js';
import { encodeKey, type KeyValue } from '../keys/encode.js';
import { composedPatch } from './merge-patch.js';
import type { NewRecord } from './record.js';

/** What becomes of one key. */
export interface KeyChange {
  readonly key: Uint8Array;
  /** Absent: the record is deleted. */
  readonly record?: NewRecord;
  /** Where nothing but patches made the record out of the stored one: these. */
  readonly patches?: readonly string[] | undefined;
}

export class Overlay {
  /** By the bytes of the key as characters, in the order of the last change. Empty in collections without a key. */
  readonly changes = new Map<string, KeyChange>();
  /** Collections without a key: records to append, and ordinals of stored records to delete. */
  readonly appended: NewRecord[] = [];
  readonly deleted = new Set<number>();

  get isEmpty(): boolean {
    return this.changes.size + this.appended.length + this.deleted.size === 0;
  }

  change(of: KeyValue): KeyChange | undefined {
    return this.changes.get(idOf(encodeKey(of)));
  }

  put(key: Uint8Array, record: NewRecord): void {
    this.#set({ key, record });
  }

  /** A record that a patch made out of the one there was. */
  patch(key: Uint8Array, record: NewRecord, patch: string): void {
    const before = this.changes.get(idOf(key));
    const patches = before === undefined ? [] : before.patches;
    this.#set({ key, record, patches: patches && withPatch(patches, patch) });
  }

  /** @param isStored whether the key has a record beneath: if not, forgetting the change is enough. */
  remove(of: KeyValue, isStored: boolean): void {
    const key = encodeKey(of);
    if (isStored) this.#set({ key });
    else this.changes.delete(idOf(key));
  }

  #set(change: KeyChange): void {
    const id = idOf(change.key);
    // Anew, so that a record put twice is stored where it was put last.
    this.changes.delete(id);
    this.changes.set(id, change);
  }
}

/** Patches with one more behind them; undefined where they are too many to keep. */
export function withPatch(patches: readonly string[], patch: string): readonly string[] | undefined {
  const last = patches.at(-1);
  const composed = last === undefined ? undefined : composedPatch(last, patch);
  if (composed !== undefined) return [...patches.slice(0, -1), composed];
  return patches.length === PATCHES_MAX ? undefined : [...patches, patch];
}

function idOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
