// record > line, keys > [overlay] > pages > transaction
//
// What a transaction has changed in one collection and not written yet: it is written at the end, in key order, so that
// ten thousand puts open each index page once. Until then the transaction's own reads look here first.

import { encodeKey, type KeyValue } from '../keys/encode.js';
import type { NewRecord } from './record.js';

/** What becomes of one key. */
interface KeyChange {
  readonly key: Uint8Array;
  /** Absent: the record is deleted. */
  readonly record?: NewRecord;
}

/** The first change of what is stored under a key, or as an ordinal. */
export interface Touched {
  readonly key: Uint8Array;
  /** Number of the change, from 1. */
  readonly change: number;
}

export class Overlay {
  /** By the bytes of the key as characters, in the order of the last change. Empty in collections without a key. */
  readonly changes = new Map<string, KeyChange>();
  /** Collections without a key: records to append, and ordinals of stored records to delete. */
  readonly appended: NewRecord[] = [];
  readonly deleted = new Set<number>();
  /** Number of the last change. */
  #change = 0;
  #touched: Touched[] = [];

  get isEmpty(): boolean {
    return this.changes.size + this.appended.length + this.deleted.size === 0;
  }

  /** Number of the last change that replaced or deleted something. */
  get lastChange(): number {
    return this.#change;
  }

  /** The keys touched since the last call. A key may come again. */
  takeTouched(): readonly Touched[] {
    const touched = this.#touched;
    this.#touched = [];
    return touched;
  }

  change(of: KeyValue): KeyChange | undefined {
    return this.changes.get(idOf(encodeKey(of)));
  }

  changeOf(key: Uint8Array): KeyChange | undefined {
    return this.changes.get(idOf(key));
  }

  put(key: Uint8Array, record: NewRecord): void {
    this.#set({ key, record });
  }

  /** @param isStored whether the key has a record beneath: if not, forgetting the change is enough. */
  remove(of: KeyValue, isStored: boolean): void {
    const key = encodeKey(of);
    if (isStored) this.#set({ key });
    else this.changes.delete(idOf(key));
  }

  /** Deletes a record of a collection without a key. */
  removeOrdinal(ordinal: number): void {
    this.deleted.add(ordinal);
    this.#touched.push({ key: encodeKey(ordinal), change: ++this.#change });
  }

  #set(change: KeyChange): void {
    const id = idOf(change.key);
    // Anew, so that a record put twice is stored where it was put last.
    if (!this.changes.delete(id)) this.#touched.push({ key: change.key, change: ++this.#change });
    this.changes.set(id, change);
  }
}

function idOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
