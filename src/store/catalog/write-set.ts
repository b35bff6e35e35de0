// store at rest: [catalog]
//
// What a transaction is going to write, beside the map that it will be written to. Reads of the transaction see both as
// one map. So the transaction can run in one thread, and LMDB can write and sync in another (store/lmdb/commits/thread.ts).

import type { ByteMap, ByteRange } from './byte-map.js';
import { SortedMap } from './sorted-map.js';
import type { WritableByteMap } from './write.js';

/** The value of a key that is to be removed. No value of the catalog is empty: each has a checksum. */
const REMOVED = Buffer.alloc(0);

export class WriteSet implements ByteMap, WritableByteMap {
  readonly #stored: ByteMap;
  readonly #changes = new SortedMap();
  readonly #onPut: (bytes: number) => void;

  /** @param onPut gets the bytes of each key and value before they are taken; what it throws refuses them. */
  constructor(stored: ByteMap, onPut: (bytes: number) => void = () => {}) {
    this.#stored = stored;
    this.#onPut = onPut;
  }

  /** All changes in the order of their keys; without a value, the key is to be removed. */
  *changes(): Generator<{ readonly key: Buffer; readonly value: Buffer | undefined }> {
    for (const { key, value } of this.#changes.walk({ start: REMOVED })) yield { key, value: present(value) };
  }

  get(key: Uint8Array): Buffer | undefined {
    const changed = this.#changes.get(key);
    return changed === undefined ? this.#stored.get(key) : present(changed);
  }

  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[] {
    return Array.from(
      this.#merged(range, (some) => this.#stored.range(some)),
      ({ key, value }) => ({
        key,
        value: value as Buffer,
      }),
    );
  }

  keys(range: ByteRange): Uint8Array[] {
    const read = (some: ByteRange) => this.#stored.keys(some).map((key) => ({ key }));
    return Array.from(this.#merged(range, read), ({ key }) => key);
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

  /** Both maps in order; of a key that both have, the change. */
  *#merged(range: ByteRange, read: (range: ByteRange) => Found[]): Generator<Found> {
    const { limit = Number.POSITIVE_INFINITY, reverse = false } = range;
    const { limit: _, ...unlimited } = range;
    const stored = entriesOf(range, read);
    let left = stored.next().value;
    let count = 0;
    for (const { key, value } of this.#changes.walk(unlimited)) {
      for (; left !== undefined && isBefore(left.key, key, reverse); left = stored.next().value) {
        if (count++ >= limit) return;
        yield left;
      }
      if (left !== undefined && Buffer.compare(left.key, key) === 0) left = stored.next().value;
      if (present(value) === undefined) continue;
      if (count++ >= limit) return;
      yield { key: Buffer.from(key), value: Buffer.from(value) };
    }
    for (; left !== undefined; left = stored.next().value) {
      if (count++ >= limit) return;
      yield left;
    }
  }
}

/** Without a value where only keys are asked for. */
interface Found {
  readonly key: Uint8Array;
  readonly value?: Buffer;
}

/** Entries of a range, as many at a time as are wanted: some may turn out to be removed, and then more are read. */
function* entriesOf(range: ByteRange, read: (range: ByteRange) => Found[]): Generator<Found, undefined> {
  for (let rest = range; ; ) {
    const some = read(rest);
    yield* some;
    const last = some.at(-1);
    if (last === undefined || range.limit === undefined || some.length < range.limit) return undefined;
    rest = { ...range, start: last.key, exclusiveStart: true };
  }
}

function isBefore(left: Uint8Array, right: Uint8Array, reverse: boolean): boolean {
  const order = Buffer.compare(left, right);
  return reverse ? order > 0 : order < 0;
}

function present(value: Buffer): Buffer | undefined {
  return value.byteLength === 0 ? undefined : value;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
