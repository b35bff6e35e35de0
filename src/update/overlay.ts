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

  /** @param isStored whether the key has a record beneath: if not, forgetting the change is enough. */
  remove(of: KeyValue, isStored: boolean): void {
    const key = encodeKey(of);
    if (isStored) this.#set({ key });
    else this.changes.delete(idOf(key));
  }

  /** Deletes a record that is stored beneath. @returns whether it was not deleted already */
  removeStored(key: Uint8Array): boolean {
    const known = this.changes.get(idOf(key));
    if (known !== undefined && known.record === undefined) return false;
    this.#set({ key });
    return true;
  }

  /** Forgets the new records under keys that are not stored beneath. @returns how many */
  removeNew(isMeant: (key: Uint8Array) => boolean): number {
    const before = this.changes.size;
    for (const [id, { key, record }] of this.changes) if (record !== undefined && isMeant(key)) this.changes.delete(id);
    return before - this.changes.size;
  }

  #set(change: KeyChange): void {
    const id = idOf(change.key);
    // Anew, so that a record put twice is stored where it was put last.
    this.changes.delete(id);
    this.changes.set(id, change);
  }
}

function idOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
