// key > [index page > location] > frame cache > frame > record
//
// Where the record of a key is: by the primary index, or, in a collection without a key, by its ordinal.

import { encodeKey, type KeyValue } from '../store/key.js';
import type { Generation, Place } from './generation.js';

/** key > index page > location */
export function locate(generation: Generation, key: KeyValue): Place | undefined {
  const { primary } = generation;
  if (primary === undefined) return locateOrdinal(generation, key);
  const location = primary.find(encodeKey(key));
  return location && generation.place(location);
}

function locateOrdinal(generation: Generation, key: KeyValue): Place | undefined {
  const ordinal = ordinalOf(generation.manifest.name, key);
  return Number.isSafeInteger(ordinal) && ordinal >= 0 ? generation.placeOf(ordinal) : undefined;
}

/** A key of a collection without a key. */
export function ordinalOf(collection: string, key: KeyValue): number {
  if (typeof key !== 'number' && typeof key !== 'bigint') {
    throw new TypeError(`collection ${collection} has no key: its records are found by their ordinal`);
  }
  return Number(key);
}
