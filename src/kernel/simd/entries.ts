// source > plan > map > scan > [key] > frame > shard > verify > [merge] > publish
//
// The entry heap seen from TypeScript (assembly/entries.ts): entries are added by the scan, or here; then they are sorted,
// freed of repeated keys, and taken out as runs or as pages. entry.ts knows the bytes of an entry.

import type { ScannedRecord } from '../contract.js';
import { decodeEntry, encodeEntry, type KernelEntry } from '../entry.js';
import type { Exports } from './module.js';
import type { Window } from './window.js';

/** The longest entry that can be a bound, rounded up. */
const BOUND_BYTES = 2048;

/** Where the bounds of a merge are, in kernel memory; 0: there is none. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A page as the kernel built it. */
export interface PageBytes {
  readonly bytes: Uint8Array;
  readonly entries: number;
}

const NO_BOUNDS: Bounds = { low: 0, high: 0 };

export class Entries {
  readonly #raw: Exports;
  readonly #window: Window;

  constructor(raw: Exports, window: Window) {
    this.#raw = raw;
    this.#window = window;
  }

  get count(): number {
    return this.#raw.entries();
  }

  /** Bytes of the entries in the heap. */
  get heapBytes(): number {
    return this.#raw.heapBytes();
  }

  clear(): void {
    this.#raw.clearEntries();
  }

  /** Adds the keys of a record that the twin has read, before its line; `spill` empties a full heap. */
  addKeys(shard: number, keys: ScannedRecord['keys'], spill: () => void): void {
    for (const [index, keyHex] of keys) {
      const key = Buffer.from(keyHex, 'hex');
      if (this.#add(shard, index, key)) continue;
      spill();
      this.#add(shard, index, key);
    }
  }

  /** Where entries are put to be added (`addRead`), or taken out: so many bytes of kernel memory. */
  room(bytes: number): Uint8Array {
    const out = this.#raw.out();
    return this.#window.bytes.subarray(out, out + bytes);
  }

  /** Copies the bounds of a merge into the window, which must hold no source. */
  putBounds(low: Uint8Array | undefined, high: Uint8Array | undefined): Bounds {
    return { low: this.#putBound(low, 0), high: this.#putBound(high, 1) };
  }

  /**
   * Adds those of the entries in `room` that are not below the lower bound, and below the upper one. With bounds they have to
   * be in order. False: the heap is full.
   */
  addRead(bytes: number, { low, high }: Bounds = NO_BOUNDS): boolean {
    return this.#raw.addEntries(bytes, low, high) !== 0;
  }

  /** Makes pseudonyms of the keys of a scan that hides them (`ScanOptions.secrets`). Call it before `sort`. */
  hide(): void {
    this.#raw.hideEntries();
  }

  /** Sorts by index and key, source order among equal ones; what is taken out next is the first entry. */
  sort(): void {
    this.#raw.sortEntries();
  }

  /**
   * After `sort`: of equal primary keys keeps the first or last in source order, and each secondary entry once.
   * @returns shard and ordinal of each record that lost, alternating
   */
  dedupe(keep: 'last' | 'first'): Uint32Array {
    const raw = this.#raw;
    const count = raw.dedupeEntries(keep === 'last' ? 0 : 1);
    return new Uint32Array(this.#window.bytes.slice(raw.losers(), raw.losers() + 8 * count).buffer);
  }

  /** The first repeated primary key, in source order, that the last dedupe met. */
  duplicate(): Omit<KernelEntry, 'index'> | undefined {
    const at = this.#raw.firstDuplicate();
    if (at === 0) return undefined;
    const { shard, ordinal, key } = decodeEntry(this.#window.bytes, at);
    return { shard, ordinal, key };
  }

  /** The next entries in order, at most so many bytes of them; none: all are taken. They are valid until the next call. */
  takeRun(limit: number): Uint8Array {
    return this.room(this.#raw.takeRun(limit));
  }

  /** The index of the entry that is taken out next; -1: all are taken. */
  nextIndex(): number {
    return this.#raw.nextIndex();
  }

  /** The next page of an index, valid until the next call; undefined: the index has no more entries. */
  takePage(index: number): PageBytes | undefined {
    const bytes = this.#raw.takePage(index);
    return bytes === 0 ? undefined : { bytes: this.room(bytes), entries: this.#raw.pageEntries() };
  }

  /** Adds one entry of the record at hand; false: the heap is full. */
  #add(shard: number, index: number, key: Uint8Array): boolean {
    const entry = encodeEntry({ shard, ordinal: this.#raw.ordinal(), index, key });
    this.room(entry.byteLength).set(entry);
    return this.addRead(entry.byteLength);
  }

  #putBound(entry: Uint8Array | undefined, slot: 0 | 1): number {
    if (!entry) return 0;
    const at = this.#raw.window() + slot * BOUND_BYTES;
    this.#window.bytes.set(entry, at);
    return at;
  }
}
