// key > [index page] > location > frame cache > frame > record
//
// The page keys of a tree, packed in memory: which page may hold a key is then a binary search of a quarter of a
// microsecond instead of a seek in LMDB of seven.

import { compareKeys } from '../../keys/encode.js';
import { TREE_BYTES } from './page-key.js';
import { LOCATION_BYTES } from './write.js';

export class Fences {
  readonly count: number;
  /** The page keys without their tree number, one after another; fence i begins at #offsets[i]. */
  readonly #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #tree: Uint8Array;

  /** @param pageKeys of one tree, in order. */
  constructor(pageKeys: readonly Uint8Array[]) {
    this.count = pageKeys.length;
    this.#tree = pageKeys[0]?.slice(0, TREE_BYTES) ?? new Uint8Array(TREE_BYTES);
    this.#offsets = new Uint32Array(this.count + 1);
    let length = 0;
    pageKeys.forEach((pageKey, i) => {
      length += pageKey.byteLength - TREE_BYTES;
      this.#offsets[i + 1] = length;
    });
    this.#bytes = new Uint8Array(length);
    pageKeys.forEach((pageKey, i) => {
      this.#bytes.set(pageKey.subarray(TREE_BYTES), this.#offsets[i]);
    });
  }

  /** The last page whose first key is `key` or smaller. −1 if there is none. */
  floor(key: Uint8Array): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The last page whose page key is this one or smaller. −1 if there is none. */
  floorOf(pageKey: Uint8Array): number {
    const position = pageKey.subarray(TREE_BYTES);
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const fence = this.#bytes.subarray(this.#offsets[middle]!, this.#offsets[middle + 1]!);
      if (compareKeys(fence, position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The whole page key of page `index`. */
  pageKey(index: number): Uint8Array {
    const from = this.#offsets[index]!;
    const to = this.#offsets[index + 1]!;
    const pageKey = new Uint8Array(TREE_BYTES + to - from);
    pageKey.set(this.#tree);
    pageKey.set(this.#bytes.subarray(from, to), TREE_BYTES);
    return pageKey;
  }

  #compare(index: number, key: Uint8Array): number {
    const bytes = this.#bytes;
    let at = this.#offsets[index]!;
    const end = this.#offsets[index + 1]! - LOCATION_BYTES;
    const length = key.byteLength;
    for (let i = 0; i < length; i++, at++) {
      if (at === end) return -1;
      const difference = bytes[at]! - key[i]!;
      if (difference !== 0) return difference;
    }
    return end - at;
  }
}
