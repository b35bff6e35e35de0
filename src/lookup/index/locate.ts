// key > [index page > location] > frame cache > frame > record
//
// Where the record of a key is: by the primary index, or, in a collection without a key, by its ordinal.

import { canonicalKey, decodeKey } from '../../keys/decode.js';
import { encodeKey, isNumberKey, type KeyValue } from '../../keys/encode.js';
import type { Place } from '../../store/shards/place.js';
import type { Generation } from './generation.js';
import { checkForm, hasFormOf, keyOf } from './key-form.js';

/** key > index page > location. @throws TypeError for a key of another form than the collection has */
export function locate(generation: Generation, key: KeyValue): Place | undefined {
  const { primary } = generation;
  if (primary === undefined) return locateOrdinal(generation, key);
  const { path } = primary.manifest;
  if (!hasFormOf(path, key)) checkForm(keyOf(generation.manifest.name), path, key);
  const whole = encodeKey(key);
  const { hidden } = generation;
  const location = primary.find(hidden === undefined ? whole : hidden.primary.of(whole));
  return location && generation.place(location);
}

/** Whether a key has the form of the collection's keys. */
export function isKeyOf({ primary }: Generation, key: KeyValue): boolean {
  return primary === undefined ? isNumberKey(encodeKey(key)) : hasFormOf(primary.manifest.path, key);
}

function locateOrdinal(generation: Generation, key: KeyValue): Place | undefined {
  const ordinal = ordinalOf(generation.manifest.name, key);
  return ordinal === undefined ? undefined : generation.placeOf(ordinal);
}

/**
 * The ordinal that a key means in a collection without a key. Undefined if the number is not an ordinal.
 * @throws TypeError if the key is not a number
 */
export function ordinalOf(collection: string, key: KeyValue): number | undefined {
  const ordinal = canonicalKey(key);
  if (Number.isSafeInteger(ordinal)) return Number(ordinal) >= 0 ? Number(ordinal) : undefined;
  if (isNumberKey(encodeKey(ordinal))) return undefined;
  throw new TypeError(`collection ${collection} has no key: look up its records by ordinal (0, 1, 2, …)`);
}

/** The ordinal whose encoded key this is; no such number is below 0. */
export function ordinalOfKey(key: Uint8Array): number {
  return Number(decodeKey(key));
}
