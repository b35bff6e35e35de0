// key > index page > location > frame cache > frame > record, for many records in order
//
// The records of a range with their keys, in the order of the whole keys. Entries have the order of keys; only values of a
// secondary index that are longer than keys may be are cut there (docs/format.md, Keys), and those that are cut to the same
// bytes come in source order. Their whole keys are in their records: they are read, compared and put in order here.

import { GristmillError } from '../base/errors.js';
import { wholeKeys } from '../kernel/plain/capture.js';
import { decodeKey, decodeStoredKey } from '../keys/decode.js';
import { compareKeys, type KeyValue } from '../keys/encode.js';
import { cutKey, isCutKey } from '../keys/key-bytes.js';
import { type KeyPath, namesOf, numbersIn } from '../keys/key-path.js';
import { parsedRecord } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import type { CatalogSnapshot } from '../store/types.js';
import type { Generation } from './index/generation.js';
import { placesOf } from './index/places.js';
import { type Bounds, isWithin } from './index/range.js';
import type { Lookup } from './lookup.js';

/** A record of a range. */
export interface KeyText {
  readonly key: KeyValue;
  readonly text: string;
}

/** What is read. */
interface Reading {
  readonly lookup: Lookup;
  readonly generation: Generation;
  readonly snapshot: CatalogSnapshot;
  readonly bounds: Bounds;
  readonly index: KeyPath | undefined;
}

/** Records fetched at a time; fewer at the beginning, since many ranges end soon. */
const BATCH_MIN = 4;
const BATCH_MAX = 32;
/** Long values that are put in order at a time: with more that are cut alike, their records are read again. */
const SORTED_MAX = 1024;

/** The records of a range, in order; the limit of the bounds is the caller's. */
export async function* textsInOrder(reading: Reading): AsyncGenerator<KeyText> {
  const { lookup, generation, snapshot, bounds, index } = reading;
  let batch: { readonly key: KeyValue; readonly place: Place }[] = [];
  let size = Math.min(BATCH_MIN, bounds.limit);
  let left = bounds.limit;
  /** The cut key whose records were given already. */
  let done: Uint8Array | undefined;
  const fetched = async function* (): AsyncGenerator<KeyText> {
    const texts = await lookup.fetch.texts(batch.map(({ place }) => place));
    for (let i = 0; i < batch.length; i++) yield { key: batch[i]!.key, text: texts[i]! };
    left -= batch.length;
    size = Math.min(2 * size, BATCH_MAX, Math.max(1, left));
    batch = [];
  };
  for (const { key, place } of placesOf(generation, snapshot, bounds, index)) {
    if (index !== undefined && isCutKey(key)) {
      if (done !== undefined && compareKeys(key, done) === 0) continue;
      done = key.slice();
      yield* fetched();
      yield* longInOrder(reading, index, done);
      continue;
    }
    batch.push({ key: storedKey(key), place });
    if (batch.length >= size) yield* fetched();
  }
  yield* fetched();
}

/** A record with one of its long values. */
interface Long {
  readonly whole: Uint8Array;
  /** Position of its entry among those that are cut alike. */
  readonly entry: number;
  readonly text: string;
}

/** The records whose values are cut to `key`, in the order of the whole values, some at a time. */
async function* longInOrder(reading: Reading, index: KeyPath, key: Uint8Array): AsyncGenerator<KeyText> {
  const direction = reading.bounds.reverse ? -1 : 1;
  const compare = (left: Long, right: Long) =>
    direction * compareKeys(left.whole, right.whole) || left.entry - right.entry;
  let last: Long | undefined;
  for (;;) {
    let next: Long[] = [];
    let isAll = true;
    for await (const long of longOf(reading, index, key)) {
      if (last !== undefined && compare(long, last) <= 0) continue;
      next.push(long);
      if (next.length < 2 * SORTED_MAX) continue;
      next = next.sort(compare).slice(0, SORTED_MAX);
      isAll = false;
    }
    next.sort(compare);
    // Of those that came after the first cut, some may be behind others that were left out.
    if (!isAll) next = next.slice(0, SORTED_MAX);
    for (const { whole, text } of next) yield { key: decodeKey(whole), text };
    last = next.at(-1);
    if (isAll || last === undefined) return;
  }
}

/** The same in the order of the entries. @throws GristmillError CHECKSUM_MISMATCH for a record without such a value */
async function* longOf(
  { lookup, generation, snapshot, bounds }: Reading,
  index: KeyPath,
  key: Uint8Array,
): AsyncGenerator<Long> {
  const names = namesOf(index, numbersIn(generation.manifest));
  const only = { key, inclusive: true };
  const places = placesOf(generation, snapshot, { ...bounds, lower: only, upper: only }, index);
  for (let entry = 0; ; ) {
    const batch: Place[] = [];
    for (let next = places.next(); !next.done; next = places.next()) {
      batch.push(next.value.place);
      if (batch.length === BATCH_MAX) break;
    }
    if (batch.length === 0) return;
    const texts = await lookup.fetch.texts(batch);
    for (const text of texts as string[]) {
      // Whoever made the store: only JSON is walked over.
      parsedRecord(text);
      const found = Array.from(wholeKeys(text, names)).filter((whole) => isCutTo(whole, key));
      if (found.length === 0) throw damagedIndex('a record does not have the long value that an entry names');
      const unique = new Map(found.map((whole) => [Buffer.from(whole).toString('latin1'), whole]));
      for (const whole of unique.values()) if (isWithin(whole, bounds)) yield { whole, entry, text };
      entry++;
    }
  }
}

function isCutTo(whole: Uint8Array, key: Uint8Array): boolean {
  return whole.byteLength > key.byteLength && compareKeys(cutKey(whole), key) === 0;
}

function damagedIndex(what: string, cause?: unknown): GristmillError {
  return new GristmillError('CHECKSUM_MISMATCH', `an index is damaged: ${what}`, { cause });
}

/** @throws GristmillError CHECKSUM_MISMATCH for bytes that are no key */
function storedKey(bytes: Uint8Array): KeyValue {
  try {
    return decodeStoredKey(bytes);
  } catch (cause) {
    const message = `an index has an entry with an invalid key: ${(cause as Error).message}`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { cause });
  }
}
