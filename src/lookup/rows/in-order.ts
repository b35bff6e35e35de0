// key > index page > location > frame cache > frame > record, for many records in order
//
// The records of a range with their keys, in the order of the whole keys. Entries have the order of keys; only values of a
// secondary index that are longer than keys may be are cut there (docs/format.md, Keys), and those that are cut to the same
// bytes come in source order. Their whole keys are in their records: they are read, compared and put in order here.
//
// It is written once for readers that wait and for those that do not: it says which lines it needs, and is given them.

import { GristmillError } from '../../base/errors.js';
import { wholeKeys } from '../../kernel/plain/capture.js';
import { decodeKey, decodeStoredKey } from '../../keys/decode.js';
import { compareKeys, type KeyValue } from '../../keys/encode.js';
import { cutKey, isCutKey } from '../../keys/key-bytes.js';
import { type KeyPath, namesOf, numbersIn } from '../../keys/key-path.js';
import { parsedRecord, recordText } from '../../store/shards/line.js';
import type { Place } from '../../store/shards/place.js';
import { needsOrder, pseudonymsIn } from '../index/hidden-range.js';
import { type Bounds, compareLocations, isWithin } from '../index/range.js';
import { locationOf, type RowSource } from './source.js';

/** A record of a range. */
export interface FoundRow {
  readonly key: KeyValue;
  readonly place: Place;
  readonly line: string;
}

/** Lines that are needed next: they are the answer to this step. Or rows. */
export type Step = { readonly needs: readonly Place[] } | { readonly rows: readonly FoundRow[] };
type Steps = Generator<Step, void, readonly string[]>;

/** Records fetched at a time; fewer at the beginning, since many ranges end soon. */
const BATCH_MIN = 4;
const BATCH_MAX = 32;
/** Long values that are put in order at a time: with more that are cut alike, their records are read again. */
const SORTED_MAX = 1024;

/** The rows of a range, in order; the limit of the bounds is the caller's. */
export function* rowsInOrder(source: RowSource, bounds: Bounds): Steps {
  const { index } = source;
  const { only } = bounds;
  if (only === undefined && pseudonymsIn(source) !== undefined) throw needsOrder(source);
  let batch: { readonly key: KeyValue; readonly place: Place }[] = [];
  let size = Math.min(BATCH_MIN, bounds.limit);
  let left = bounds.limit;
  /** The cut key whose records were given already. */
  let done: Uint8Array | undefined;
  const fetched = function* (): Steps {
    if (batch.length === 0) return;
    const lines = yield { needs: batch.map(({ place }) => place) };
    yield { rows: batch.map(({ key, place }, i) => ({ key, place, line: lines[i]! })) };
    left -= batch.length;
    size = Math.min(2 * size, BATCH_MAX, Math.max(1, left));
    batch = [];
  };
  for (const { key, place } of source.places(bounds)) {
    if (index !== undefined && isCutKey(key)) {
      if (done !== undefined && compareKeys(key, done) === 0) continue;
      done = key.slice();
      yield* fetched();
      yield* longInOrder(source, bounds, index, done);
      continue;
    }
    batch.push({ key: only === undefined ? storedKey(key) : only, place });
    if (batch.length >= size) yield* fetched();
  }
  yield* fetched();
}

/** A record with one of its long values. */
interface Long {
  readonly whole: Uint8Array;
  readonly place: Place;
  readonly line: string;
}

/** The records whose values are cut to `key`, in the order of the whole values, some at a time. */
function* longInOrder(source: RowSource, bounds: Bounds, index: KeyPath, key: Uint8Array): Steps {
  const direction = bounds.reverse ? -1 : 1;
  const compare = (left: Long, right: Long) =>
    direction *
    (compareKeys(left.whole, right.whole) || compareLocations(locationOf(left.place), locationOf(right.place)));
  const only = { key, inclusive: true };
  const names = namesOf(index, numbersIn(source.manifest));
  let last: Long | undefined;
  for (;;) {
    let next: Long[] = [];
    let isAll = true;
    for (const batch of batchesOf(source.places({ ...bounds, lower: only, upper: only }))) {
      const lines = yield { needs: batch };
      for (const [i, place] of batch.entries()) {
        const line = lines[i]!;
        for (const whole of longKeysIn(recordText(line, place.form.newest ?? place.form), names, key)) {
          const long = { whole, place, line };
          if (!isWithin(whole, locationOf(place), bounds)) continue;
          if (last !== undefined && compare(long, last) <= 0) continue;
          next.push(long);
        }
      }
      if (next.length < 2 * SORTED_MAX) continue;
      next = next.sort(compare).slice(0, SORTED_MAX);
      isAll = false;
    }
    next.sort(compare);
    // Of those that came after the first cut, some may be behind others that were left out.
    if (!isAll) next = next.slice(0, SORTED_MAX);
    if (next.length > 0) yield { rows: next.map(({ whole, place, line }) => ({ key: decodeKey(whole), place, line })) };
    last = next.at(-1);
    if (isAll || last === undefined) return;
  }
}

function* batchesOf(places: Iterable<{ readonly place: Place }>): Generator<readonly Place[]> {
  let batch: Place[] = [];
  for (const { place } of places) {
    batch.push(place);
    if (batch.length < BATCH_MAX) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The whole keys of a record that are cut to `key`, none twice. @throws GristmillError CHECKSUM_MISMATCH if there are none */
function longKeysIn(text: string, names: ReturnType<typeof namesOf>, key: Uint8Array): Iterable<Uint8Array> {
  // Whoever made the store: only JSON is walked over.
  parsedRecord(text);
  const found = Array.from(wholeKeys(text, names)).filter((whole) => isCutTo(whole, key));
  if (found.length === 0) throw damagedIndex('a record does not have the long value that an entry names');
  return new Map(found.map((whole) => [Buffer.from(whole).toString('latin1'), whole])).values();
}

function isCutTo(whole: Uint8Array, key: Uint8Array): boolean {
  return whole.byteLength > key.byteLength && compareKeys(cutKey(whole), key) === 0;
}

function damagedIndex(what: string, cause?: unknown): GristmillError {
  return new GristmillError('CHECKSUM_MISMATCH', `an index is damaged: ${what}`, { cause });
}

/** @throws GristmillError CHECKSUM_MISMATCH for bytes that are no key */
export function storedKey(bytes: Uint8Array): KeyValue {
  try {
    return decodeStoredKey(bytes);
  } catch (cause) {
    const message = `an index has an entry with an invalid key: ${(cause as Error).message}`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { cause });
  }
}
