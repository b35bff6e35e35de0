// store at rest: [catalog]
//
// What a transaction is going to write, beside the map that it will be written to. Reads of the transaction see both as
// one map. So the transaction can run in one thread, and LMDB can write and sync in another (store/lmdb/commits/thread.ts).

import type { ByteMap, ByteRange } from './byte-map.js';
import { Layered, present, REMOVED } from './layered.js';
import { SortedMap } from './sorted-map.js';
import type { WritableByteMap } from './write.js';

export class WriteSet implements ByteMap, WritableByteMap {
  readonly #changes = new SortedMap();
  readonly #both: ByteMap;
  readonly #onPut: (bytes: number) => void;

  /** @param onPut gets the bytes of each key and value before they are taken; what it throws refuses them. */
  constructor(stored: ByteMap, onPut: (bytes: number) => void = () => {}) {
    this.#both = new Layered(stored, () => this.#changes);
    this.#onPut = onPut;
  }

  /** All changes in the order of their keys; without a value, the key is to be removed. */
  *changes(): Generator<{ readonly key: Buffer; readonly value: Buffer | undefined }> {
    for (const { key, value } of this.#changes.walk({ start: REMOVED })) yield { key, value: present(value) };
  }

  get(key: Uint8Array): Buffer | undefined {
    return this.#both.get(key);
  }

  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[] {
    return this.#both.range(range);
  }

  keys(range: ByteRange): Uint8Array[] {
    return this.#both.keys(range);
  }

  /** Both are the set's from now on: nobody writes to what was made to be stored. */
  put(key: Uint8Array, value: Uint8Array): void {
    this.#onPut(key.byteLength + value.byteLength);
    this.#changes.take(bufferOf(key), bufferOf(value));
  }

  remove(key: Uint8Array): boolean {
    if (this.get(key) === undefined) return false;
    this.#changes.take(bufferOf(key), REMOVED);
    return true;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
