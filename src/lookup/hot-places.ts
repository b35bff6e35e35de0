// key > index page > location > frame cache > frame > record
//
// Where the records are that were looked up of late: a key that comes again skips encoding, page search and frame search.
// A place is of one generation, and is no answer for any other. Beside it stands how much its key is read, which outlives
// generations and makes the hot set (hot-set.ts).

import { LRUCache } from 'lru-cache';
import { HOT_PLACES_MAX } from '../limits.js';
import type { KeyValue } from '../store/key.js';

/** Longer keys are searched each time: with this the memory is bounded, at some ten megabytes. */
const KEY_CHARACTERS_MAX = 100;
/** Weight of one read. Weights are halved now and then, so a key that was read once is remembered for some of these times. */
export const READ_WEIGHT = 16;

/** A record's place, down to its line. */
export interface HotPlace {
  /** Number of the shard's file, of the frame in it, and of the line in the frame. */
  readonly file: number;
  readonly frame: number;
  readonly line: number;
  readonly named: boolean;
  readonly generation: number;
}

/** A key and how much it is read. */
export interface HotKey {
  readonly key: KeyValue;
  readonly weight: number;
}

type WeighedPlace = HotPlace & { weight: number };

export class HotPlaces {
  /** Reads so far: who looks again and finds the same number knows that no weight has changed. */
  reads: number;
  /** Made with the first place: it takes a megabyte at once. */
  #places: LRUCache<KeyValue & {}, WeighedPlace> | undefined;

  /** @param reads those of the hot places that these take the place of. */
  constructor(reads = 0) {
    this.reads = reads;
  }

  /** The place of a key that is read. */
  get(key: KeyValue, generation: number): HotPlace | undefined {
    const place = key === null ? undefined : this.#places?.get(key);
    if (place?.generation !== generation) return undefined;
    place.weight += READ_WEIGHT;
    this.reads++;
    return place;
  }

  /** Counts reads of a key that were answered from elsewhere. */
  count(key: KeyValue, reads: number): void {
    const place = key === null ? undefined : this.#places?.get(key);
    if (place === undefined) return;
    place.weight += reads * READ_WEIGHT;
    this.reads += reads;
  }

  /** Keeps the place of a key that was read, or, with a weight, of one that is expected to be. */
  keep(key: KeyValue, place: HotPlace, weight?: number): void {
    if (key === null || (typeof key === 'string' && key.length > KEY_CHARACTERS_MAX)) return;
    this.#places ??= new LRUCache({ max: HOT_PLACES_MAX });
    const known = this.#places.peek(key);
    // A read of a place of this generation was counted when it was asked for.
    const isCounted = weight !== undefined || known?.generation === place.generation;
    if (!isCounted) this.reads++;
    const counted = (known?.weight ?? 0) + (isCounted ? 0 : READ_WEIGHT);
    // Not `{ ...place, weight }`: V8 gives such copies a layout of which every later read is slow.
    const { file, frame, line, named, generation } = place;
    this.#places.set(key, { file, frame, line, named, generation, weight: Math.max(counted, weight ?? 0) });
  }

  /** All keys, in no order. */
  keys(): HotKey[] {
    const keys: HotKey[] = [];
    this.#places?.forEach(({ weight }, key) => {
      if (weight > 0) keys.push({ key, weight });
    });
    return keys;
  }

  /** Halves the weights: what is not read any more is forgotten with time. */
  decay(): void {
    this.#places?.forEach((place) => {
      place.weight = Math.floor(place.weight / 2);
    });
  }
}

/** The heaviest of some keys, at most `max`, the heaviest first. Sorts only those. */
export function heaviest<Key extends { readonly weight: number }>(keys: readonly Key[], max: number): Key[] {
  let candidates = keys;
  if (keys.length > max) {
    const least = Float64Array.from(keys, ({ weight }) => weight).sort()[keys.length - max];
    candidates = keys.filter(({ weight }) => weight >= least);
  }
  return candidates.toSorted((left, right) => right.weight - left.weight).slice(0, max);
}
