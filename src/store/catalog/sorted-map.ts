// store at rest: [catalog]
//
// A sorted map of bytes in memory, kept as an array of small sorted chunks. A copy shares its chunks with the original
// until it changes them, so that a snapshot costs an array of pointers, and a transaction that fails costs nothing to undo.

import type { ByteRange } from './byte-map.js';
import type { WritableByteMap } from './write.js';

/** Entries of a chunk; a full one is halved. Whoever changes a copy copies each chunk that it changes. */
const CHUNK_MAX = 32;

interface Chunk {
  /** The map that may change it. */
  readonly owner: object;
  readonly keys: Buffer[];
  readonly values: Buffer[];
}

export class SortedMap implements WritableByteMap {
  /** None is empty. */
  readonly #chunks: Chunk[];
  readonly #owner = {};

  /** @param original is not to be changed any more. */
  constructor(original?: SortedMap) {
    this.#chunks = original === undefined ? [] : original.#chunks.slice();
  }

  get bytes(): number {
    let bytes = 0;
    for (const { keys, values } of this.#chunks) {
      for (const key of keys) bytes += key.byteLength;
      for (const value of values) bytes += value.byteLength;
    }
    return bytes;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get(key: Uint8Array): Buffer | undefined {
    const value = this.peek(key);
    return value && Buffer.from(value);
  }

  /** The map's own value: not to be changed. */
  peek(key: Uint8Array): Buffer | undefined {
    const { chunk, at, found } = this.#find(key);
    return found ? this.#chunks[chunk]!.values[at]! : undefined;
  }

  keys(range: ByteRange): Buffer[] {
    return Array.from(this.walk(range), ({ key }) => Buffer.from(key));
  }

  range(range: ByteRange): { readonly key: Buffer; readonly value: Buffer }[] {
    return Array.from(this.walk(range), ({ key, value }) => ({ key: Buffer.from(key), value: Buffer.from(value) }));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.take(Buffer.from(key), Buffer.from(value));
  }

  /** Puts a value whose bytes, and those of its key, are the map's from now on. */
  take(key: Buffer, value: Buffer): void {
    const { chunk: index, at, found } = this.#find(key);
    if (this.#chunks.length === 0) this.#chunks.push({ owner: this.#owner, keys: [], values: [] });
    const { keys, values } = this.#own(index);
    keys.splice(at, found ? 1 : 0, key);
    values.splice(at, found ? 1 : 0, value);
    if (keys.length < CHUNK_MAX) return;
    const half = keys.length >>> 1;
    this.#chunks.splice(index + 1, 0, { owner: this.#owner, keys: keys.splice(half), values: values.splice(half) });
  }

  remove(key: Uint8Array): boolean {
    const { chunk: index, at, found } = this.#find(key);
    if (!found) return false;
    const { keys, values } = this.#own(index);
    keys.splice(at, 1);
    values.splice(at, 1);
    if (keys.length === 0) this.#chunks.splice(index, 1);
    return true;
  }

  /** The chunk, to be changed. */
  #own(index: number): Chunk {
    const chunk = this.#chunks[index]!;
    if (chunk.owner === this.#owner) return chunk;
    const own = { owner: this.#owner, keys: chunk.keys.slice(), values: chunk.values.slice() };
    this.#chunks[index] = own;
    return own;
  }

  /** Where a key is, or would be: in the last chunk that begins at or before it. */
  #find(key: Uint8Array): { readonly chunk: number; readonly at: number; readonly found: boolean } {
    const chunks = this.#chunks;
    const chunk = Math.max(firstWhere(chunks.length, (i) => compareKeys(chunks[i]!.keys[0]!, key) > 0) - 1, 0);
    const keys = chunks[chunk]?.keys ?? [];
    const at = firstWhere(keys.length, (i) => compareKeys(keys[i]!, key) >= 0);
    return { chunk, at, found: at < keys.length && compareKeys(keys[at]!, key) === 0 };
  }

  /** The entries of a range, as they are asked for. They are the map's own: not to be changed, nor kept while it changes. */
  *walk({ start, end, exclusiveStart = false, reverse = false, limit = Infinity }: ByteRange) {
    let { chunk: index, at, found } = this.#find(start);
    if (reverse ? exclusiveStart || !found : exclusiveStart && found) at += reverse ? -1 : 1;
    for (let left = limit; left > 0; left--, at += reverse ? -1 : 1) {
      if (at < 0) at = (this.#chunks[--index]?.keys.length ?? 0) - 1;
      else if (at >= (this.#chunks[index]?.keys.length ?? 0)) {
        index++;
        at = 0;
      }
      const chunk = this.#chunks[index];
      if (chunk === undefined) return;
      const key = chunk.keys[at]!;
      const beyond = end === undefined ? -1 : Buffer.compare(key, end);
      if (reverse ? end !== undefined && beyond <= 0 : beyond >= 0) return;
      yield { key, value: chunk.values[at]! };
    }
  }
}

/** As `Buffer.compare`. Keys are short, and their first bytes tell most of them apart: that is faster than a call out of the engine. */
function compareKeys(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const order = left[i]! - right[i]!;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** The first number below `count` for which a monotonous question is answered yes; `count` when there is none. */
function firstWhere(count: number, question: (index: number) => boolean): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >>> 1;
    if (question(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
