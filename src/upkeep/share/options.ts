// [share]: what it is asked to do, what it reports.

import { checkNameToFind } from '../../base/names.js';
import { type OptionTable, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK } from '../../options/shared.js';

const SHARE_OPTIONS = {
  collection: {
    ...{ type: 'text', default: undefined, check: checkNameToFind },
    meaning: 'share only this collection; unset: all',
  },
  copy: { type: 'boolean', default: false, meaning: 'copy shards, also where a hard link is possible' },
  ...LONG_WORK,
} as const satisfies OptionTable;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveShareOptions(given: ShareOptions | undefined, closing?: AbortSignal) {
  const options = resolveOptions('share', SHARE_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}

/** Options of `store.share`; all optional. An unknown name is a TypeError. */
export interface ShareOptions {
  /** The collection to share. Default: all collections. */
  readonly collection?: string | undefined;
  /** Whether to copy shards also where a hard link is possible. Default false. */
  readonly copy?: boolean | undefined;
  /** Cancels: the method rejects with CANCELLED, and what is at the target stays as it was. */
  readonly signal?: AbortSignal | undefined;
}

/** The result of `store.share`. */
export interface ShareReport {
  /** The absolute path of the directory: a link to the files of this generation. */
  readonly directory: string;
  /** The number of the publication that it has. */
  readonly generation: number;
  /** The number of collections. */
  readonly collections: number;
  /** The number of records in all files. */
  readonly records: number;
  /**
   * The numbers of files that are hard links to shards, that are copies of them, and that were written for this: without the
   * dead records of a shard, or with records of transactions. Of an encrypted store all are written, and not encrypted. `kept`
   * are those that the last run wrote, and that are still right.
   */
  readonly files: {
    readonly linked: number;
    readonly copied: number;
    readonly written: number;
    readonly kept: number;
  };
  /** Seconds that it took. */
  readonly seconds: number;
}
