// key > index page > location > frame cache > frame > record
//
// Where the records are that were looked up of late: a key that comes again skips encoding, page search and frame search.
// A place is of one generation, and is no answer for any other.

import { LRUCache } from 'lru-cache';
import { HOT_PLACES_MAX } from '../limits.js';
import type { KeyValue } from '../store/key.js';

/** Longer keys are searched each time: with this the memory is bounded, at some ten megabytes. */
const KEY_CHARACTERS_MAX = 100;

/** A record's place, down to its line. */
export interface HotPlace {
  /** Number of the shard's file, of the frame in it, and of the line in the frame. */
  readonly file: number;
  readonly frame: number;
  readonly line: number;
  readonly named: boolean;
  readonly generation: number;
}

export class HotPlaces {
  /** Made with the first place: it takes a megabyte at once. */
  #places: LRUCache<KeyValue & {}, HotPlace> | undefined;

  get(key: KeyValue, generation: number): HotPlace | undefined {
    const place = key === null ? undefined : this.#places?.get(key);
    return place?.generation === generation ? place : undefined;
  }

  keep(key: KeyValue, place: HotPlace): void {
    if (key === null || (typeof key === 'string' && key.length > KEY_CHARACTERS_MAX)) return;
    this.#places ??= new LRUCache({ max: HOT_PLACES_MAX });
    this.#places.set(key, place);
  }
}
