// key > [index page > location] > frame cache > frame > record, for many records in order
//
// The entries of a range as places: by the pages of a tree, or, in a collection without a key, by ordinals.

import { compareKeys, encodeKey, isNumberKey } from '../../keys/encode.js';
import type { KeyPath } from '../../keys/key-path.js';
import { entryKey, entryOrdinal, entryShard } from '../../store/pages/read.js';
import type { Place } from '../../store/shards/place.js';
import type { CatalogSnapshot, ShardEntry } from '../../store/types.js';
import type { Generation } from './generation.js';
import { type Bounds, slicesOf } from './range.js';

/** An entry of a live record. */
export interface KeyPlace {
  /** Encoded, and cut if it is longer than keys may be. Valid until the next one. */
  readonly key: Uint8Array;
  readonly place: Place;
}

/** The live records in a range, as places, in order. */
export function* placesOf(
  generation: Generation,
  snapshot: CatalogSnapshot,
  bounds: Bounds,
  index: KeyPath | undefined,
): Generator<KeyPlace> {
  const tree = index === undefined ? generation.primary : generation.secondaryTree(index);
  if (tree === undefined) {
    yield* ordinalPlaces(generation, snapshot, bounds);
    return;
  }
  for (const { page, from, to } of slicesOf(tree.pages(snapshot), snapshot, tree.manifest, bounds)) {
    for (let i = 0; i < to - from; i++) {
      const at = bounds.reverse ? to - 1 - i : from + i;
      const location = { shard: entryShard(page, at), ordinal: entryOrdinal(page, at) };
      // The primary index names live records only.
      if (index !== undefined && generation.isDead(location, snapshot)) continue;
      yield { key: entryKey(page, at), place: generation.place(location, snapshot) };
    }
  }
}

/** Collections without a key: the keys of a range are ordinals. */
function* ordinalPlaces(generation: Generation, snapshot: CatalogSnapshot, bounds: Bounds): Generator<KeyPlace> {
  for (const { entry, from, to } of ordinalsIn(generation, bounds)) {
    for (let i = 0; i < to - from; i++) {
      const ordinal = entry.firstOrdinal + (bounds.reverse ? to - 1 - i : from + i);
      const place = generation.placeOf(ordinal, snapshot);
      if (place !== undefined) yield { key: encodeKey(ordinal), place };
    }
  }
}

/** Records `from` … `to` − 1 of a shard, dead ones too. */
interface OrdinalSlice {
  readonly entry: ShardEntry;
  readonly from: number;
  readonly to: number;
}

/** The ordinals in a range of a collection without a key, shard by shard: between two there may be a gap, as large as somebody said. */
export function* ordinalsIn(generation: Generation, bounds: Bounds): Generator<OrdinalSlice> {
  const last = generation.shards.at(-1);
  const count = last === undefined ? 0 : last.firstOrdinal + last.records;
  const { lower, upper } = bounds;
  checkOrdinals(generation.manifest.name, bounds);
  const from = lower === undefined ? 0 : ordinalsBefore(lower.key, count, !lower.inclusive);
  const to = upper === undefined ? count : ordinalsBefore(upper.key, count, upper.inclusive);
  for (const entry of bounds.reverse ? generation.shards.toReversed() : generation.shards) {
    const { firstOrdinal, records } = entry;
    const slice = { entry, from: Math.max(from - firstOrdinal, 0), to: Math.min(to - firstOrdinal, records) };
    if (slice.from < slice.to) yield slice;
  }
}

/** @throws TypeError for bounds that are no numbers, in a collection without a key */
export function checkOrdinals(collection: string, { lower, upper }: Bounds): void {
  if ([lower, upper].some((bound) => bound !== undefined && !isNumberKey(bound.key))) {
    throw new TypeError(`collection ${collection} has no key: the bounds of a range are ordinals`);
  }
}

/** How many of `count` ordinals are less than a key, or not greater. They are compared as keys: a double could be rounded. */
function ordinalsBefore(key: Uint8Array, count: number, orEqual: boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const order = compareKeys(encodeKey(middle), key);
    if (order < 0 || (orEqual && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
