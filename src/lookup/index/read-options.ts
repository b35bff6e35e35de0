// key > index page > location > frame cache > frame > record: [which state]
//
// The options of a single read. They are looked at each time, so that the usual ways cost next to nothing: none at all, and
// a freshness alone.

import { type OptionTable, resolveOptions } from '../../options/check.js';
import type { Freshness } from '../../options/freshness.js';
import { VERSION } from '../../options/shared.js';

/** Options of a read; all optional. */
export interface ReadOptions {
  /** The state to read. Default: option `freshness` of the store. Snapshots do not have this option. */
  readonly freshness?: Freshness | undefined;
  /** The version of the collection in which records are read. Default: that of the handle. */
  readonly schemaVersion?: number | undefined;
}

export const READ_OPTIONS = {
  freshness: {
    type: 'freshness',
    default: undefined,
    meaning: 'state to read; unset: option freshness of the store',
  },
  ...VERSION,
} as const satisfies OptionTable;

/**
 * Returns the given options. The read checks whether the freshness is valid.
 * @throws TypeError for another option, and if `options` is not an object of options
 */
export function readOptionsIn(method: string, options: ReadOptions): ReadOptions {
  return hasFreshnessAlone(options) ? options : resolveOptions(method, READ_OPTIONS, options);
}

/** Whether an object of options has a freshness and nothing else. Anything else goes the long way; counting keys was measured to be cheaper than going through them. */
export function hasFreshnessAlone(options: ReadOptions): boolean {
  if (typeof options !== 'object' || options === null || options.freshness === undefined) return false;
  return Object.getPrototypeOf(options) === Object.prototype && Object.keys(options).length === 1;
}
