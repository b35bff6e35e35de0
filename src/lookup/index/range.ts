// key > [index page] > location > frame cache > frame > record
//
// Which entries of a tree lie between two keys: slices of its pages, in either direction. Bounds are encoded keys; a
// prefix of strings is a pair of bounds that are not keys themselves, which comparing bytes does not mind.

import { KEY_BYTES_MAX } from '../../base/limits.js';
import { compareKeys, encodeKey, type KeyPart, type KeyValue, keyPrefixRange } from '../../keys/encode.js';
import { cutKey, type LongKeys } from '../../keys/key-bytes.js';
import type { KeyPath } from '../../keys/key-path.js';
import { any, type OptionTable, resolveOptions } from '../../options/check.js';
import type { Freshness } from '../../options/freshness.js';
import type { OrderedPages } from '../../store/pages/ordered-pages.js';
import { highestPageKey, lowestPageKey, pageKey } from '../../store/pages/page-key.js';
import { entryCount, entryOrdinal, entryShard, lowerBound, upperBound } from '../../store/pages/read.js';
import { walkPages } from '../../store/pages/walk.js';
import type { TreeAt } from '../../store/recent-types.js';
import type { CatalogRead, Location } from '../../store/types.js';
import { READ_OPTIONS } from './read-options.js';

/** Options of `range` and `rangeText`; all optional. Without bounds, all records are read. */
export interface RangeOptions {
  /**
   * The path of a secondary index, as given at import. Default: the primary key. A bound of a composite key is an array
   * of the values of its first components, or of all components. Arrays are compared component by component. If one is
   * the beginning of the other, the shorter one is less.
   */
  readonly index?: KeyPath | undefined;
  /** Reads only keys greater than this one. Not together with `gte`. */
  readonly gt?: KeyValue | undefined;
  /** Reads only keys greater than or equal to this one. */
  readonly gte?: KeyValue | undefined;
  /** Reads only keys less than this one. Not together with `lte`. */
  readonly lt?: KeyValue | undefined;
  /** Reads only keys less than or equal to this one. */
  readonly lte?: KeyValue | undefined;
  /**
   * Reads only strings that begin with this text; of a composite key only the keys that begin with these components. With
   * other bounds, reads only keys that satisfy all of them.
   */
  readonly prefix?: string | readonly KeyPart[] | undefined;
  /** Reads from the greatest key to the smallest. Default false. */
  readonly reverse?: boolean | undefined;
  /** The greatest number of records to read. Default: no limit. */
  readonly limit?: number | undefined;
  /**
   * The `cursor` of a row that was read before. The range continues after this row; with `reverse`, before it. The index must
   * be the same; bounds and limit may differ.
   */
  readonly after?: string | undefined;
  /** The state to read. Default: option `freshness` of the store. Snapshots do not have this option. */
  readonly freshness?: Freshness | undefined;
  /** The version of the collection in which records are read. Keys are of the newest. Default: that of the handle. */
  readonly schemaVersion?: number | undefined;
}

/** Which records. */
export const BOUNDS_OPTIONS = {
  index: {
    type: 'path',
    default: undefined,
    check: checkIndexName,
    meaning: 'path of the secondary index, or the list of paths of a composite one; unset: the primary key',
  },
  // Encoding them checks them.
  gt: any<KeyValue>('only keys greater than this one'),
  gte: any<KeyValue>('only keys greater than or equal to this one'),
  lt: any<KeyValue>('only keys less than this one'),
  lte: any<KeyValue>('only keys less than or equal to this one'),
  prefix: any<string | readonly KeyPart[]>('only strings that begin with this text, or keys with these components'),
  reverse: { type: 'boolean', default: false, meaning: 'read from the greatest key to the smallest' },
  limit: {
    ...{ type: 'integer', default: Number.POSITIVE_INFINITY, min: 0, max: Number.POSITIVE_INFINITY },
    meaning: 'greatest number of records',
  },
} as const satisfies OptionTable;

export const RANGE_OPTIONS = {
  ...BOUNDS_OPTIONS,
  after: { type: 'text', default: undefined, check: checkCursorText, meaning: 'cursor of the row to continue after' },
  ...READ_OPTIONS,
} as const satisfies OptionTable;

interface Bound {
  readonly key: Uint8Array;
  /** Whether entries with exactly this key belong to the range. */
  readonly inclusive: boolean;
  /** If given, of the entries with this key only those beyond this location do: after it in a lower bound, before it in an upper one. */
  readonly beyond?: Location | undefined;
  /** If it is longer than keys may be, `key` is cut, and this is the bound of the whole keys that are cut so. */
  readonly whole?: Omit<Bound, 'whole'>;
}

export interface Bounds {
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly reverse: boolean;
  readonly limit: number;
  /** Where keys are hidden: the one key that is read, which the bounds are the pseudonym of. */
  readonly only?: KeyValue;
}

/** Entries `from` … `to` − 1 of a page; read backwards in a reversed range. */
export interface PageSlice {
  readonly page: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/**
 * The options of a range, complete.
 * @throws TypeError for an option that does not exist or has a wrong type.
 */
export function resolveRangeOptions(method: string, given: RangeOptions | undefined) {
  return resolveOptions(method, RANGE_OPTIONS, given);
}

/** @throws TypeError for bounds that contradict each other, or are no keys */
export function resolveBounds(options: RangeOptions): Bounds {
  const { index, gt, gte, lt, lte, prefix, reverse = false, limit = Number.POSITIVE_INFINITY } = options;
  // No record has a primary key beyond the limit.
  const long = index === undefined ? 'refuse' : 'keep';
  let lower = bound(gte, gt, long);
  let upper = bound(lte, lt, long);
  if (gt !== undefined && gte !== undefined) throw new TypeError('give gt or gte, not both');
  if (lt !== undefined && lte !== undefined) throw new TypeError('give lt or lte, not both');
  if (prefix !== undefined) {
    checkPrefix(prefix);
    const range = keyPrefixRange(prefix, long);
    lower = narrower(lower, cutBound(range.gte, true, KEY_BYTES_MAX - 1), 1);
    upper = narrower(upper, cutBound(range.lt, false, KEY_BYTES_MAX - 1), -1);
  }
  return { lower, upper, reverse, limit };
}

/** A place in the order of an index: a key, and where the records of one key are told apart, a location. */
export interface Position {
  /** Encoded, and whole however long it is. */
  readonly key: Uint8Array;
  readonly location: Location | undefined;
}

/** The part of a range that is read after a position: in a reversed range, the part before it. */
export function boundsAfter(bounds: Bounds, { key, location }: Position): Bounds {
  const inclusive = location !== undefined;
  const isLong = key.byteLength > KEY_BYTES_MAX;
  const whole = { key, inclusive, beyond: location };
  const bound = isLong ? { key: cutKey(key), inclusive: true, whole } : whole;
  return bounds.reverse
    ? { ...bounds, upper: narrower(bounds.upper, bound, -1) }
    : { ...bounds, lower: narrower(bounds.lower, bound, 1) };
}

/** The bound that leaves fewer keys. @param side 1 for lower bounds, −1 for upper ones */
function narrower(left: Bound | undefined, right: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const [one, other] = [left.whole ?? left, right.whole ?? right];
  const order = side * compareKeys(one.key, other.key) || strictness(one) - strictness(other);
  return order >= 0 ? left : right;
}

function strictness({ inclusive, beyond }: Bound): number {
  if (!inclusive) return 2;
  return beyond === undefined ? 0 : 1;
}

function bound(inclusive: KeyValue | undefined, exclusive: KeyValue | undefined, long: LongKeys): Bound | undefined {
  if (inclusive !== undefined) return cutBound(encodeKey(inclusive, long), true, KEY_BYTES_MAX);
  return exclusive === undefined ? undefined : cutBound(encodeKey(exclusive, long), false, KEY_BYTES_MAX);
}

/** @param max bytes of a bound that can be compared with entries as it is: one less if it is no key with an end of its own. */
function cutBound(key: Uint8Array, inclusive: boolean, max: number): Bound {
  if (key.byteLength <= max) return { key, inclusive };
  return { key: cutKey(key), inclusive: true, whole: { key, inclusive } };
}

/** Whether the record at a location is within the bounds with a whole key, whose entry is cut. */
export function isWithin(key: Uint8Array, location: Location, { lower, upper }: Bounds): boolean {
  // A bound that is not cut has been compared with the entry. One that is cut decides only about keys that are cut as it is.
  return isBeyond(key, location, lower?.whole, 1) && isBeyond(key, location, upper?.whole, -1);
}

/** Whether an entry is on the right side of a bound. @param side 1 for a lower bound, −1 for an upper one */
export function isBeyond(key: Uint8Array, location: Location, bound: Bound | undefined, side: 1 | -1): boolean {
  if (bound === undefined) return true;
  const order = side * compareKeys(key, bound.key);
  if (order !== 0 || !bound.inclusive) return order > 0;
  return bound.beyond === undefined || side * compareLocations(location, bound.beyond) > 0;
}

/** The order of locations: that of the sources, and then of changes. */
export function compareLocations(left: Location, right: Location): number {
  return left.shard - right.shard || left.ordinal - right.ordinal;
}

function checkPrefix(prefix: unknown): void {
  if (typeof prefix === 'string' || Array.isArray(prefix)) return;
  throw new TypeError('a prefix must be a string, or for a composite key an array of its first components');
}

/** @throws TypeError; which indexes there are is for the collection to say */
export function checkIndexName(index: unknown): void {
  const isPath = typeof index === 'string' || (Array.isArray(index) && index.every((path) => typeof path === 'string'));
  if (!isPath) throw new TypeError('the path of an index must be a string, or an array of them for a composite index');
}

function checkCursorText(cursor: unknown): void {
  if (typeof cursor !== 'string') throw new TypeError('a cursor must be the text that a row has as its cursor');
}

/** The slices of a tree between bounds, in the order of reading. @param pages its stored pages, their entries checked */
export function* slicesOf(pages: OrderedPages, read: CatalogRead, index: TreeAt, bounds: Bounds): Generator<PageSlice> {
  const { reverse, lower, upper } = bounds;
  const start = reverse ? upper && lastPage(index.tree, upper) : lower && firstPage(index.tree, lower);
  for (const page of walkPages(read, index, { reverse, start, lower: lower?.key, upper: upper?.key }, pages)) {
    const slice = sliceOf(page, bounds);
    if (slice.from < slice.to) yield slice;
    // The other end lies inside this page: what follows is beyond it.
    if (reverse ? slice.from > 0 : slice.to < entryCount(page)) return;
  }
}

/** The page that a range begins in is stored at this page key or before it. */
function firstPage(tree: number, { key, beyond }: Bound): Buffer {
  return beyond ? pageKeyAt(tree, key, beyond) : lowestPageKey(tree, key);
}

function lastPage(tree: number, { key, beyond }: Bound): Buffer {
  return beyond ? pageKeyAt(tree, key, beyond) : highestPageKey(tree, key);
}

function pageKeyAt(tree: number, key: Uint8Array, { shard, ordinal }: Location): Buffer {
  return pageKey(tree, key, shard, ordinal);
}

function sliceOf(page: Uint8Array, { lower, upper }: Bounds): PageSlice {
  let from = lower === undefined ? 0 : (lower.inclusive ? lowerBound : upperBound)(page, lower.key);
  let to = upper === undefined ? entryCount(page) : (upper.inclusive ? upperBound : lowerBound)(page, upper.key);
  if (lower?.beyond) from = firstAfter(page, from, upperBound(page, lower.key), lower.beyond, 1);
  if (upper?.beyond) to = firstAfter(page, lowerBound(page, upper.key), to, upper.beyond, 0);
  return { page, from, to };
}

/** Of the entries `from` … `to` − 1, which have one key, the first whose location compares with this one as `order` or more. */
function firstAfter(page: Uint8Array, from: number, to: number, { shard, ordinal }: Location, order: 0 | 1): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    const difference = entryShard(page, middle) - shard || entryOrdinal(page, middle) - ordinal;
    if (Math.sign(difference) >= order) to = middle;
    else from = middle + 1;
  }
  return from;
}
