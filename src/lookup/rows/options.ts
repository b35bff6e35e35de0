// The options of what reads rows. Those of a range are in index/range.ts.

import type { KeyValue } from '../../keys/encode.js';
import type { KeyPath } from '../../keys/key-path.js';
import { keyPathText } from '../../keys/key-path.js';
import { type OptionTable, resolveOptions } from '../../options/check.js';
import { checkForm } from '../index/key-form.js';
import { BOUNDS_OPTIONS, checkIndexName, RANGE_OPTIONS, type RangeOptions } from '../index/range.js';
import { READ_OPTIONS } from '../index/read-options.js';

/** Options of `find` and `findText`; all optional. */
export type FindOptions = Pick<RangeOptions, 'after' | 'limit' | 'reverse' | 'freshness' | 'schemaVersion'>;

/** Options of `count`; all optional. Without an index and bounds, all records are counted. */
export type CountOptions = Omit<RangeOptions, 'after' | 'limit' | 'reverse'>;

/** Options of `first` and `last`; all optional. */
export type EndOptions = Omit<RangeOptions, 'limit' | 'reverse'>;

/** Options of `distinct`; all optional. `limit` is the greatest number of keys. */
export type DistinctOptions = Omit<RangeOptions, 'index' | 'after'>;

const { reverse, limit, index: _, ...bounds } = BOUNDS_OPTIONS;
const { index } = BOUNDS_OPTIONS;
const { after } = RANGE_OPTIONS;
const FIND_OPTIONS = { after, limit, reverse, ...READ_OPTIONS } as const satisfies OptionTable;
const COUNT_OPTIONS = { index, ...bounds, ...READ_OPTIONS } as const satisfies OptionTable;
const END_OPTIONS = { index, ...bounds, after, ...READ_OPTIONS } as const satisfies OptionTable;
const DISTINCT_OPTIONS = { ...bounds, limit, reverse, ...READ_OPTIONS } as const satisfies OptionTable;

/** The range of the records with one value. @throws TypeError */
export function findRange(
  method: string,
  index: KeyPath,
  value: KeyValue,
  options: FindOptions | undefined,
): RangeOptions {
  checkIndexName(index);
  // Without bounds the range would be everything.
  if (value === undefined) throw new TypeError(`${method} needs a value to look for`);
  checkForm(`index ${keyPathText(index)}`, index, value);
  return { index, gte: value, lte: value, ...resolveOptions(method, FIND_OPTIONS, options) };
}

/** The range that is counted. @throws TypeError */
export function countRange(options: CountOptions | undefined): RangeOptions {
  return resolveOptions('count', COUNT_OPTIONS, options);
}

/** The range of the first row, or of the last one. @throws TypeError */
export function endRange(
  method: 'first' | 'last' | 'firstSync' | 'lastSync',
  options: EndOptions | undefined,
): RangeOptions {
  return { ...resolveOptions(method, END_OPTIONS, options), limit: 1, reverse: method.startsWith('last') };
}

/** The range whose keys are listed. @throws TypeError */
export function distinctRange(index: KeyPath, options: DistinctOptions | undefined): RangeOptions {
  checkIndexName(index);
  return { index, ...resolveOptions('distinct', DISTINCT_OPTIONS, options) };
}
