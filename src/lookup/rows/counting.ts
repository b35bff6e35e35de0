// key > [index page > location] > frame cache > frame > record, for many records in order
//
// How many records are in a range, and which keys an index has, from pages and tombstones alone. Only where keys are longer
// than an index holds them (docs/format.md, Keys) are their records read.

import { compareKeys, encodeKey, type KeyValue } from '../../keys/encode.js';
import { isCutKey } from '../../keys/key-bytes.js';
import { needsOrder, pseudonymsIn } from '../index/hidden-range.js';
import { storedKey } from './in-order.js';
import { type OpenRange, readRowsSync } from './reading.js';
import type { KeyGroup } from './source.js';

/** A key of an index. */
export interface KeyCount {
  /** The key of the index. */
  readonly key: KeyValue;
  /** The number of records that have it. */
  readonly count: number;
}

/** The number of rows of a range. */
export function countRows(open: () => OpenRange): number {
  const range = open();
  try {
    let count = 0;
    let long: Uint8Array | undefined;
    for (const part of range.source.counts(range.bounds)) {
      if (typeof part === 'number') count += part;
      else if (!isCutKey(part.key)) count += part.count;
      else if (long === undefined || compareKeys(long, part.key) !== 0) {
        // A record may have several values that are cut alike, and one entry for them.
        long = part.key;
        for (const { count: rows } of longCounts(range, long)) count += rows;
      }
    }
    return count;
  } finally {
    range.release();
  }
}

/** The keys of a range in order, each once, with the number of its records. */
export function* distinctKeys(open: () => OpenRange): Generator<KeyCount> {
  const range = open();
  try {
    let left = range.bounds.limit;
    if (left === 0) return;
    for (const found of countsIn(range)) {
      yield found;
      if (--left === 0) return;
    }
  } finally {
    range.release();
  }
}

function* countsIn(range: OpenRange): Generator<KeyCount> {
  const { only } = range.bounds;
  if (only === undefined && pseudonymsIn(range.source) !== undefined) throw needsOrder(range.source);
  for (const group of wholeGroups(range)) {
    if (isCutKey(group.key)) yield* longCounts(range, group.key);
    else yield { key: only === undefined ? storedKey(group.key) : only, count: group.count };
  }
}

/** Groups of which no two have one key. */
function* wholeGroups({ source, bounds }: OpenRange): Generator<KeyGroup> {
  let last: KeyGroup | undefined;
  for (const group of source.groups(bounds)) {
    if (last !== undefined && compareKeys(last.key, group.key) === 0) {
      last = { key: last.key, count: last.count + group.count };
      continue;
    }
    if (last !== undefined) yield last;
    last = group;
  }
  if (last !== undefined) yield last;
}

/** The whole keys of those that are cut to `key`: they are in the records. */
function* longCounts(range: OpenRange, key: Uint8Array): Generator<KeyCount> {
  const only = { key, inclusive: true };
  const boundOf = (bound: typeof range.bounds.lower) =>
    bound !== undefined && compareKeys(bound.key, key) === 0 ? bound : only;
  const { lower, upper, reverse } = range.bounds;
  const bounds = { lower: boundOf(lower), upper: boundOf(upper), reverse, limit: Number.POSITIVE_INFINITY };
  let last: KeyCount | undefined;
  let lastBytes: Uint8Array | undefined;
  for (const found of readRowsSync(
    () => ({ ...range, bounds, release: () => {} }),
    (row) => row,
  )) {
    const bytes = encodeKey(found.key, 'keep');
    if (last !== undefined && compareKeys(bytes, lastBytes!) === 0) {
      last = { key: last.key, count: last.count + 1 };
      continue;
    }
    if (last !== undefined) yield last;
    last = { key: found.key, count: 1 };
    lastBytes = bytes;
  }
  if (last !== undefined) yield last;
}
