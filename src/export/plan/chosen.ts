// [plan] > form > pack: which records of a collection an export has: a range of an index, or a list of primary keys.

import { setImmediate } from 'node:timers/promises';
import { canonicalKey } from '../../keys/decode.js';
import { encodeKey, type KeyValue } from '../../keys/encode.js';
import { Fetch } from '../../lookup/fetch.js';
import { checkForm, hasFormOf, keyOf } from '../../lookup/index/key-form.js';
import { ordinalOf } from '../../lookup/index/locate.js';
import { resolveBounds } from '../../lookup/index/range.js';
import { inNewest, type OpenRange, readRows, resolvedRange } from '../../lookup/rows/reading.js';
import { StoredSource } from '../../lookup/rows/source.js';
import { reshapedLine } from '../../store/shards/line.js';
import type { Place } from '../../store/shards/place.js';
import { stopped } from '../pack/piece.js';
import type { FilledSelection } from '../work/options.js';
import { LinePieces } from './lines.js';
import type { HeldState, PlannedPiece } from './planned.js';
import type { Chosen } from './source-order.js';

/** Keys that are looked up at a time. */
const KEYS_AT_ONCE = 1_024;
/** Entries after which others may have a turn. */
const ENTRIES_A_TURN = 16_384;

/** The chosen records in the order of the index, or of the list of keys. */
export async function* keyOrder(held: HeldState, options: FilledSelection): AsyncGenerator<PlannedPiece> {
  const pieces = new LinePieces(held.lookup.store.directory);
  for await (const { line, place } of linesInOrder(held, options)) {
    const { form } = place;
    yield* pieces.addLine(reshapedLine(line, form), form.isNamed);
  }
  yield* pieces.rest();
}

interface FoundLine {
  readonly line: string;
  readonly place: Place;
}

async function* linesInOrder(held: HeldState, options: FilledSelection): AsyncGenerator<FoundLine> {
  const { keys } = options;
  const range = rangeOf(held, options);
  if (keys === undefined)
    return yield* readRows(
      () => range,
      (found) => found,
    );
  for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
    const some = keys.slice(at, at + KEYS_AT_ONCE).map((key) => placeOf(held, range, key));
    const places = some.filter((place) => place !== undefined);
    const lines = (await range.lines.lines(places)) as readonly string[];
    for (const [i, line] of lines.entries()) yield { line, place: places[i]! };
  }
}

/** The chosen records, each once. It takes a bit for each record of their shards. */
export async function chosenRecords(held: HeldState, options: FilledSelection): Promise<Chosen> {
  const chosen = new Map<number, Uint8Array>();
  let entries = 0;
  for await (const { entry, ordinal } of placesIn(held, options)) {
    let bits = chosen.get(entry.shard);
    if (bits === undefined) {
      bits = new Uint8Array(Math.ceil(entry.records / 8));
      chosen.set(entry.shard, bits);
    }
    bits[ordinal >>> 3]! |= 1 << (ordinal & 7);
    if (++entries % ENTRIES_A_TURN !== 0) continue;
    await setImmediate();
    if (options.signal?.aborted) throw stopped();
  }
  return chosen;
}

async function* placesIn(held: HeldState, options: FilledSelection): AsyncGenerator<Place> {
  const { keys, limit } = options;
  const range = rangeOf(held, options);
  if (keys !== undefined) {
    for (const key of keys) {
      const place = placeOf(held, range, key);
      if (place !== undefined) yield place;
    }
    return;
  }
  const { lower, upper } = range.bounds;
  // Entries of values that are too long for the index do not say which of them are within such bounds: their records do.
  if (lower?.whole !== undefined || upper?.whole !== undefined || range.bounds.only !== undefined) {
    for await (const { place } of readRows(
      () => range,
      (found) => found,
    ))
      yield place;
    return;
  }
  let left = limit;
  for (const { place } of range.source.places(range.bounds)) {
    if (left-- <= 0) return;
    yield place;
  }
}

/** The range of the options in the state that is held. Its release is left to whoever holds it. */
function rangeOf({ generation, snapshot, lookup }: HeldState, options: FilledSelection): OpenRange {
  const { name, store } = lookup;
  const lines = new Fetch(store.caches.apart(name));
  const newest = inNewest(options, generation.forms);
  const source = new StoredSource(generation, snapshot, newest.index);
  const resolved = resolvedRange(source, resolveBounds(newest), newest, () => snapshot.header());
  return { name, lines, release: () => {}, ...resolved };
}

/** Where the record of a primary key is. @throws TypeError for a key of another form than the collection has */
function placeOf({ generation, snapshot }: HeldState, { source }: OpenRange, given: KeyValue): Place | undefined {
  const { primary, hidden, manifest } = generation;
  const key = canonicalKey(given);
  if (primary === undefined) {
    const ordinal = ordinalOf(manifest.name, key);
    return ordinal === undefined ? undefined : generation.placeOf(ordinal, snapshot);
  }
  const { path } = primary.manifest;
  if (!hasFormOf(path, key)) checkForm(keyOf(manifest.name), path, key);
  const whole = encodeKey(key);
  const only = { key: hidden === undefined ? whole : hidden.primary.of(whole), inclusive: true };
  for (const { place } of source.places({ lower: only, upper: only, reverse: false, limit: 1 })) return place;
  return undefined;
}
