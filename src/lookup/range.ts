// key > [index page] > location > frame cache > frame > record
//
// Which entries of a tree lie between two keys: slices of its pages, in either direction. Bounds are encoded keys; a
// prefix of strings is a pair of bounds that are not keys themselves, which comparing bytes does not mind.

import type { Freshness } from '../options.js';
import { encodeKey, type KeyValue, keyPrefixRange } from '../store/key.js';
import { highestPageKey, lowestPageKey, treeStart } from '../store/page-key.js';
import { entryCount, lowerBound, upperBound } from '../store/page-read.js';
import type { CatalogRead, PageAt } from '../store/types.js';

/** What to read. Without bounds: everything. */
export interface RangeOptions {
  /** Path of a secondary index, as given at import. Default: the primary key. */
  readonly index?: string;
  readonly gt?: KeyValue;
  readonly gte?: KeyValue;
  readonly lt?: KeyValue;
  readonly lte?: KeyValue;
  /** Strings that begin so; not together with other bounds. */
  readonly prefix?: string;
  /** From the greatest key to the smallest. Default false. */
  readonly reverse?: boolean;
  /** Stop after so many records. Default: no limit. */
  readonly limit?: number;
  /** Which state to read. Default: as the store's option says. */
  readonly freshness?: Freshness;
}

const NAMES = new Set(['index', 'gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'freshness']);

interface Bound {
  readonly key: Uint8Array;
  /** Whether entries with exactly this key belong to the range. */
  readonly inclusive: boolean;
}

export interface Bounds {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly reverse: boolean;
  readonly limit: number;
}

/** Entries `from` … `to` − 1 of a page; read backwards in a reversed range. */
export interface PageSlice {
  readonly page: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** @throws TypeError for an option that does not exist, contradicts another or has a wrong type. */
export function resolveBounds(options: RangeOptions): Bounds {
  for (const name of Object.keys(options)) if (!NAMES.has(name)) throw new TypeError(`range has no option ${name}`);
  const { gt, gte, lt, lte, prefix, reverse = false, limit = Number.POSITIVE_INFINITY } = options;
  if (typeof reverse !== 'boolean') throw new TypeError('reverse must be true or false');
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError('limit must be a whole number, 0 or more');
  }
  if (gt !== undefined && gte !== undefined) throw new TypeError('give gt or gte, not both');
  if (lt !== undefined && lte !== undefined) throw new TypeError('give lt or lte, not both');
  if (prefix !== undefined) {
    if (typeof prefix !== 'string') throw new TypeError('prefix must be a string');
    if ([gt, gte, lt, lte].some((bound) => bound !== undefined)) {
      throw new TypeError('give a prefix or bounds, not both');
    }
    const range = keyPrefixRange(prefix);
    const lower = { key: range.gte, inclusive: true };
    return { lower, upper: { key: range.lt, inclusive: false }, reverse, limit };
  }
  return { lower: bound(gte, gt), upper: bound(lte, lt), reverse, limit };
}

function bound(inclusive: KeyValue | undefined, exclusive: KeyValue | undefined): Bound | undefined {
  if (inclusive !== undefined) return { key: encodeKey(inclusive), inclusive: true };
  return exclusive === undefined ? undefined : { key: encodeKey(exclusive), inclusive: false };
}

/** The slices of a tree between bounds, in the order of reading. */
export function* slicesOf(read: CatalogRead, tree: number, bounds: Bounds): Generator<PageSlice> {
  let at: PageAt | undefined = bounds.reverse ? lastPage(read, tree, bounds) : firstPage(read, tree, bounds);
  while (at !== undefined) {
    const slice = sliceOf(at.page, bounds);
    if (slice.from < slice.to) yield slice;
    // The other end lies inside this page: what follows is beyond it.
    if (bounds.reverse ? slice.from > 0 : slice.to < entryCount(at.page)) return;
    at = read.nextPage(tree, at.pageKey, bounds.reverse);
  }
}

function firstPage(read: CatalogRead, tree: number, { lower }: Bounds): PageAt | undefined {
  const floor = lower && read.floorPage(tree, lowestPageKey(tree, lower.key));
  return floor ?? read.nextPage(tree, treeStart(tree), false);
}

function lastPage(read: CatalogRead, tree: number, { upper }: Bounds): PageAt | undefined {
  if (upper === undefined) return read.nextPage(tree, treeStart(tree + 1), true);
  return read.floorPage(tree, highestPageKey(tree, upper.key));
}

function sliceOf(page: Uint8Array, { lower, upper }: Bounds): PageSlice {
  const from = lower === undefined ? 0 : (lower.inclusive ? lowerBound : upperBound)(page, lower.key);
  const to = upper === undefined ? entryCount(page) : (upper.inclusive ? upperBound : lowerBound)(page, upper.key);
  return { page, from, to };
}
