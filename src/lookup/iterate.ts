// key > index page > location > frame cache > frame > record, for many records in order
//
// Iterations hold one generation and a snapshot of the catalog from beginning to end: they see exactly the records of one
// publication, however long they take and whatever is published meanwhile. While they last, LMDB cannot reuse the pages
// they may still read: an iteration that nobody goes on with should be ended (`break`, `return`).

import { GristmillError } from '../base/errors.js';
import { isMissing } from '../base/system-errors.js';
import { decodeStoredKey } from '../keys/decode.js';
import { compareKeys, encodeKey, isNumberKey, type KeyValue } from '../keys/encode.js';
import type { Freshness } from '../options/freshness.js';
import { isDead } from '../store/catalog/tombstones.js';
import { shardPath } from '../store/files/layout.js';
import { entryKey, entryOrdinal, entryShard } from '../store/pages/read.js';
import { lineText } from '../store/shards/frame.js';
import { type LineForm, lineForm } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines, inlineLines, type ShardLines } from '../store/shards/shard-lines.js';
import type { CatalogSnapshot, ShardEntry } from '../store/types.js';
import { type Generation, noRecord, STALE } from './index/generation.js';
import { type Bounds, type RangeOptions, resolveBounds, resolveRangeOptions, slicesOf } from './index/range.js';
import type { Lookup } from './lookup.js';

interface KeyText {
  readonly key: KeyValue;
  readonly text: string;
}

/** Records fetched at a time; fewer at the beginning, since many ranges end soon. */
const BATCH_MIN = 4;
const BATCH_MAX = 32;

/** The read path to iterate on, asked for when an iteration begins. */
type LookupSource = () => Lookup;

/** Keys and texts of the records in a range. @param method whose options these are, for messages */
export async function* rangeTexts(
  reading: (freshness?: Freshness) => Lookup,
  method: string,
  given: RangeOptions | undefined,
): AsyncGenerator<KeyText> {
  const options = resolveRangeOptions(method, given);
  const bounds = resolveBounds(options);
  const lookup = reading(options.freshness);
  const { generation, snapshot } = lookup.hold();
  try {
    const places = placesOf(generation, snapshot, bounds, options);
    let left = bounds.limit;
    for (let size = BATCH_MIN; left > 0; size = Math.min(2 * size, BATCH_MAX)) {
      const batch: { readonly key: KeyValue; readonly place: Place }[] = [];
      while (batch.length < Math.min(size, left)) {
        const next = places.next();
        if (next.done) break;
        batch.push(next.value);
      }
      if (batch.length === 0) return;
      left -= batch.length;
      const texts = await lookup.fetch.texts(batch.map(({ place }) => place));
      for (let i = 0; i < batch.length; i++) yield { key: batch[i]!.key, text: texts[i]! };
    }
  } catch (error) {
    throw replacedMeanwhile(error, lookup.name);
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** The live records in a range, as places, in order. */
export function* placesOf(
  generation: Generation,
  snapshot: CatalogSnapshot,
  bounds: Bounds,
  { index }: RangeOptions,
): Generator<{ readonly key: KeyValue; readonly place: Place }> {
  const tree = index === undefined ? generation.primary : generation.secondaryTree(index);
  if (tree === undefined) {
    yield* ordinalPlaces(generation, snapshot, bounds);
    return;
  }
  for (const { page, from, to } of slicesOf(snapshot, tree.manifest.tree, bounds)) {
    for (let i = 0; i < to - from; i++) {
      const at = bounds.reverse ? to - 1 - i : from + i;
      const location = { shard: entryShard(page, at), ordinal: entryOrdinal(page, at) };
      // The primary index names live records only.
      if (index !== undefined && generation.isDead(location, snapshot)) continue;
      yield { key: storedKey(entryKey(page, at)), place: generation.place(location, snapshot) };
    }
  }
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

/** Collections without a key: the keys of a range are ordinals. */
function* ordinalPlaces(
  generation: Generation,
  snapshot: CatalogSnapshot,
  bounds: Bounds,
): Generator<{ readonly key: KeyValue; readonly place: Place }> {
  const last = generation.shards.at(-1);
  const count = last === undefined ? 0 : last.firstOrdinal + last.records;
  const { lower, upper } = bounds;
  if ([lower, upper].some((bound) => bound !== undefined && !isNumberKey(bound.key))) {
    throw new TypeError(`collection ${generation.manifest.name} has no key: the bounds of a range are ordinals`);
  }
  const from = lower === undefined ? 0 : ordinalsBefore(lower.key, count, !lower.inclusive);
  const to = upper === undefined ? count : ordinalsBefore(upper.key, count, upper.inclusive);
  // Shard by shard: between two of them there may be a gap, as large as somebody said.
  for (const entry of bounds.reverse ? generation.shards.toReversed() : generation.shards) {
    const first = Math.max(from, entry.firstOrdinal);
    const end = Math.min(to, entry.firstOrdinal + entry.records);
    for (let i = 0; i < end - first; i++) {
      const ordinal = bounds.reverse ? end - 1 - i : first + i;
      const place = generation.placeOf(ordinal, snapshot);
      if (place !== undefined) yield { key: ordinal, place };
    }
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

/** One live record of a frame. */
interface ScannedLine {
  /** Position in the collection, dead records counted. */
  readonly ordinal: number;
  readonly line: string;
  readonly form: LineForm;
}

/** The lines of all live records, in source order. */
export async function* scanLines(source: LookupSource): AsyncGenerator<ScannedLine> {
  for await (const { entry, frame, dead, ordinalOf } of scanFrames(source())) {
    for (let i = 0; i < frame.lines.length - 1; i++) {
      const ordinal = ordinalOf(i);
      if (isDead(dead, ordinal)) continue;
      yield { ordinal: entry.firstOrdinal + ordinal, line: lineText(frame, i), form: lineForm(entry) };
    }
  }
}

/** The same as texts of whole frames, for export. Of a frame with dead records, only the live lines. */
export async function* scanChunks(source: LookupSource): AsyncGenerator<Uint8Array> {
  for await (const { frame, dead, ordinalOf } of scanFrames(source())) {
    const live: Uint8Array[] = [];
    const count = frame.lines.length - 1;
    for (let from = 0; from < count; ) {
      let to = from;
      while (to < count && !isDead(dead, ordinalOf(to))) to++;
      if (to > from) live.push(frame.plain.subarray(frame.lines[from], frame.lines[to]));
      from = to + 1;
    }
    if (live.length === 1) yield live[0]!;
    else if (live.length > 1) yield Buffer.concat(live);
  }
}

interface ScannedFrame extends ShardLines {
  readonly entry: ShardEntry;
  readonly dead: Uint8Array;
}

async function* scanFrames(lookup: Lookup): AsyncGenerator<ScannedFrame> {
  const { generation, snapshot } = lookup.hold();
  try {
    for (const entry of generation.shards) {
      const dead = generation.tombstones(entry, snapshot);
      const frames = entry.fileNumber === 0 ? inlineLines(entry, snapshot) : linesOfFile(entry, lookup);
      for await (const frame of frames) {
        yield { ...frame, entry, dead };
        snapshot.assertOpen();
      }
    }
  } catch (error) {
    throw replacedMeanwhile(error, lookup.name);
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** Of a file, through a reader of its own: the shared ones are closed when many shards are in use. */
async function* linesOfFile(entry: ShardEntry, lookup: Lookup): AsyncGenerator<ShardLines> {
  const { directory, blobs } = lookup.store;
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    yield* fileLines(reader);
  } finally {
    reader.close();
  }
}

/** A shard that is gone was replaced by another import: the rest of the old generation cannot be read any more. */
function replacedMeanwhile(error: unknown, name: string): unknown {
  // What an iteration reads stays as it was: nothing newer explains it.
  if (error === STALE) return noRecord(name);
  if (!isMissing(error)) return error;
  const message = `collection ${name} was replaced while it was being read; start reading again`;
  return new GristmillError('STORE_BUSY', message, { cause: error });
}
