// key > [index page > location] > frame cache > frame > record, for many records in order
//
// What rows are read from: an index in one state of a collection. A transaction puts its changes on top of it
// (update/overlay-source.ts).

import { KEY_BYTES_MAX } from '../../base/limits.js';
import type { KeyPath } from '../../keys/key-path.js';
import { isDead } from '../../store/catalog/tombstones.js';
import { entryKey, entryKeyBytes, entryOrdinal, entryShard, upperBound } from '../../store/pages/read.js';
import type { HiddenKeys } from '../../store/seal/hidden-keys.js';
import type { Place } from '../../store/shards/place.js';
import type { CatalogSnapshot, CollectionManifest, Location } from '../../store/types.js';
import type { Generation } from '../index/generation.js';
import { ordinalOfKey } from '../index/locate.js';
import { type KeyPlace, ordinalsIn, placesOf } from '../index/places.js';
import { type Bounds, type PageSlice, slicesOf } from '../index/range.js';
import type { Tree } from '../index/tree.js';

/** Keys of an index that follow each other. */
export interface KeyGroup {
  /** Encoded, and cut if it is longer than keys may be. */
  readonly key: Uint8Array;
  /** How many live records have it. */
  readonly count: number;
}

/** An index in one state of a collection. */
export interface RowSource {
  readonly manifest: CollectionManifest;
  /** The secondary index that is read. Undefined: the primary key. */
  readonly index: KeyPath | undefined;
  /** The pseudonyms of the collection's keys. Undefined where they are not hidden. */
  readonly hidden: HiddenKeys | undefined;
  /** The live records in a range, in order. */
  places(bounds: Bounds): Generator<KeyPlace>;
  /** How many there are, in parts: a number, or where keys may be cut, the keys with counts. */
  counts(bounds: Bounds): Generator<number | KeyGroup>;
  /** Their keys with counts, in order. A key that is on several pages comes several times in a row. */
  groups(bounds: Bounds): Generator<KeyGroup>;
  /** Where the record with this encoded primary key is. In a collection without a key: where one with this ordinal would be. */
  locate(primary: Uint8Array): Location | undefined;
}

export class StoredSource implements RowSource {
  readonly manifest: CollectionManifest;
  readonly index: KeyPath | undefined;
  readonly hidden: HiddenKeys | undefined;
  readonly #generation: Generation;
  readonly #snapshot: CatalogSnapshot;
  /** The tree that is read. Undefined for ordinals. */
  readonly #tree: Tree | undefined;
  /** Whether the tree has entries of live records only. */
  readonly #isClean: boolean;

  /** @throws GristmillError INDEX_NOT_FOUND */
  constructor(generation: Generation, snapshot: CatalogSnapshot, index: KeyPath | undefined) {
    const { manifest } = generation;
    this.manifest = manifest;
    this.index = index;
    this.hidden = generation.hidden;
    this.#generation = generation;
    this.#snapshot = snapshot;
    this.#tree = index === undefined ? generation.primary : generation.secondaryTree(index);
    this.#isClean = index === undefined || manifest.dead === (manifest.cleaned ?? 0);
  }

  places(bounds: Bounds): Generator<KeyPlace> {
    return placesOf(this.#generation, this.#snapshot, bounds, this.index);
  }

  *counts(bounds: Bounds): Generator<number | KeyGroup> {
    if (this.#tree === undefined) {
      for (const { entry, from, to } of ordinalsIn(this.#generation, bounds)) {
        const dead = this.#generation.tombstones(entry, this.#snapshot);
        for (let at = from; at < to; at++) if (!isDead(dead, at)) yield 1;
      }
      return;
    }
    for (const slice of this.#slices(this.#tree, bounds)) {
      if (mayHaveCutKeys(slice)) yield* this.#groupsIn(slice);
      else yield this.#liveIn(slice.page, slice.from, slice.to);
    }
  }

  *groups(bounds: Bounds): Generator<KeyGroup> {
    if (this.#tree === undefined) {
      for (const { key } of this.places(bounds)) yield { key, count: 1 };
      return;
    }
    for (const slice of this.#slices(this.#tree, bounds)) {
      const groups = this.#groupsIn(slice);
      yield* bounds.reverse ? [...groups].reverse() : groups;
    }
  }

  #slices(tree: Tree, bounds: Bounds): Generator<PageSlice> {
    return slicesOf(tree.pages(this.#snapshot), this.#snapshot, tree.manifest, bounds);
  }

  *#groupsIn({ page, from, to }: PageSlice): Generator<KeyGroup> {
    for (let at = from; at < to; ) {
      const key = entryKey(page, at);
      const next = Math.min(upperBound(page, key), to);
      const count = this.#liveIn(page, at, next);
      if (count > 0) yield { key, count };
      at = next;
    }
  }

  locate(primary: Uint8Array): Location | undefined {
    const generation = this.#generation;
    if (generation.primary === undefined) return this.#locateOrdinal(ordinalOfKey(primary));
    const only = { key: primary, inclusive: true };
    const bounds = { lower: only, upper: only, reverse: false, limit: 1 };
    for (const { page, from } of this.#slices(generation.primary, bounds)) {
      return { shard: entryShard(page, from), ordinal: entryOrdinal(page, from) };
    }
    return undefined;
  }

  #locateOrdinal(ordinal: number): Location {
    const entry = this.#generation.shards.findLast(({ firstOrdinal }) => firstOrdinal <= ordinal);
    if (entry === undefined) return { shard: 0, ordinal: 0 };
    // Beyond its last record too: then it is before the next shard.
    return { shard: entry.shard, ordinal: ordinal - entry.firstOrdinal };
  }

  #liveIn(page: Uint8Array, from: number, to: number): number {
    if (this.#isClean) return to - from;
    let live = 0;
    for (let at = from; at < to; at++) {
      if (this.#isLive({ shard: entryShard(page, at), ordinal: entryOrdinal(page, at) })) live++;
    }
    return live;
  }

  #isLive(location: Location): boolean {
    return !this.#generation.isDead(location, this.#snapshot);
  }
}

/** Whether the page has keys as long as those that are cut. */
function mayHaveCutKeys({ page, from, to }: PageSlice): boolean {
  for (let at = from; at < to; at++) if (entryKeyBytes(page, at) === KEY_BYTES_MAX) return true;
  return false;
}

export function locationOf({ entry, ordinal }: Place): Location {
  return { shard: entry.shard, ordinal };
}
