// store at rest: [catalog]
//
// Changes over a map, read as one map: what a transaction is going to write (write-set.ts), or what commits have noted beside
// LMDB's databases (store/lmdb/journal/).

import type { ByteMap, ByteRange } from './byte-map.js';
import type { SortedMap } from './sorted-map.js';

/** The value of a key that is to be removed. No value of the catalog is empty: each has a checksum. */
export const REMOVED = Buffer.alloc(0);

/** Undefined for a key that is to be removed. */
export function present(value: Buffer): Buffer | undefined {
  return value.byteLength === 0 ? undefined : value;
}

export class Layered implements ByteMap {
  readonly #stored: ByteMap;
  readonly #changes: () => SortedMap;

  /** @param changes gives them at each read; a removed key has the value REMOVED */
  constructor(stored: ByteMap, changes: () => SortedMap) {
    this.#stored = stored;
    this.#changes = changes;
  }

  get(key: Uint8Array): Buffer | undefined {
    const changes = this.#changes();
    const changed = changes.isEmpty ? undefined : changes.get(key);
    return changed === undefined ? this.#stored.get(key) : present(changed);
  }

  range(range: ByteRange): { readonly key: Uint8Array; readonly value: Buffer }[] {
    const changes = this.#changes();
    if (changes.isEmpty) return this.#stored.range(range);
    const found = merged(changes, range, (some) => this.#stored.range(some));
    return Array.from(found, ({ key, value }) => ({ key, value: value as Buffer }));
  }

  keys(range: ByteRange): Uint8Array[] {
    const changes = this.#changes();
    if (changes.isEmpty) return this.#stored.keys(range);
    const read = (some: ByteRange) => this.#stored.keys(some).map((key) => ({ key }));
    return Array.from(merged(changes, range, read), ({ key }) => key);
  }
}

/** Both maps in order; of a key that both have, the change. */
function* merged(changes: SortedMap, range: ByteRange, read: (range: ByteRange) => Found[]): Generator<Found> {
  const { limit = Number.POSITIVE_INFINITY, reverse = false } = range;
  const { limit: _, ...unlimited } = range;
  const stored = entriesOf(range, read);
  let left = stored.next().value;
  let count = 0;
  for (const { key, value } of changes.walk(unlimited)) {
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
