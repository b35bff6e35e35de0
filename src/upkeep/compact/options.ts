// [compact]: what it is asked to do, what it tells, what it reports.

import { SPAN_BYTES_MAX, SPAN_BYTES_MIN } from '../../base/limits.js';
import { checkNameToFind } from '../../base/names.js';
import { REASON } from '../../options/audit.js';
import type { OptionTable } from '../../options/check.js';
import { hook, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, WAITING, type WaitingOptions } from '../../options/shared.js';

export const COMPACT_OPTIONS = {
  collection: {
    type: 'text',
    default: undefined,
    check: checkNameToFind,
    meaning: 'compact only this collection; unset: all',
  },
  minDeadShare: {
    ...{ type: 'number', unit: 'share', default: 0.25, min: 0, max: 1 },
    meaning: 'rewrite a shard if more than this share of its records is dead',
  },
  full: {
    ...{ type: 'boolean', default: false },
    meaning: 'remove all dead records, so that the shards hold exactly the records of the store',
  },
  recompress: {
    ...{ type: 'boolean', default: false },
    meaning: 'compress the shards of imports with compression none',
  },
  level: {
    ...{ type: 'integer', default: 1, min: -7, max: 19 },
    meaning: 'zstd compression level of the shards that are written',
  },
  joinBytes: {
    ...{ type: 'integer', unit: 'bytes', default: SPAN_BYTES_MIN, min: 0, max: SPAN_BYTES_MAX },
    meaning: 'join shard files that have less text than this, before compression; 0: none',
  },
  migrate: {
    ...{ type: 'boolean', default: false },
    meaning: 'rewrite shards whose records are stored in an older version',
  },
  onProgress: hook<(progress: CompactProgress) => void>('called after each new file'),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveCompactOptions(given: CompactOptions | undefined, closing?: AbortSignal) {
  const options = resolveOptions('compact', COMPACT_OPTIONS, given);
  const { full } = options;
  if (full && given?.minDeadShare !== undefined) {
    throw new TypeError('compact: options.full removes all dead records: leave out options.minDeadShare');
  }
  return { ...options, ...(full && { minDeadShare: 0 }), signal: either(options.signal, closing) };
}

/** Options of `store.compact`; all optional. An unknown name is a TypeError. */
export interface CompactOptions extends WaitingOptions {
  /** The collection to compact. Default: all collections. */
  readonly collection?: string | undefined;
  /** The share (0…1) of dead records: a shard is rewritten if more of the records in its file are dead. Default 0.25. */
  readonly minDeadShare?: number | undefined;
  /**
   * Whether to remove all dead records from shards and indexes, so that other tools read from the shards exactly the records
   * of the store (docs/interop.md). It takes the place of `minDeadShare`. Default false.
   */
  readonly full?: boolean | undefined;
  /**
   * Whether to compress the shards that an import with `compression` "none" has made. Without it, a shard that is written
   * anew keeps what it was. Default false.
   */
  readonly recompress?: boolean | undefined;
  /** The zstd compression level of the shards that are written, −7…19. Default 1. */
  readonly level?: number | undefined;
  /**
   * Bytes of text, before compression: shard files that have less are joined into files of up to 64 MiB of text. Default 4 MiB:
   * that is the smallest shard of a large source. 0 joins none. A store with joined files needs gristmill of this version or newer.
   */
  readonly joinBytes?: number | undefined;
  /**
   * Whether to rewrite shards whose records are stored in an older version than their collection has. Records of which a
   * migration that is not final hides something stay as they are. Default false.
   */
  readonly migrate?: boolean | undefined;
  /** Called with the progress after each new file. */
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
}

/** The progress of a compaction. */
export interface CompactProgress {
  /** Finished shards so far. */
  readonly shards: number;
  /** Shards to finish in total. */
  readonly shardsTotal: number;
  /** Records in the new files so far. */
  readonly records: number;
}

/** The result of a compaction. */
export interface CompactReport {
  /** Inline shards (records of transactions) that were written into a file. */
  readonly sealed: number;
  /** Shards that were rewritten, without their dead records or to be compressed. */
  readonly rewritten: number;
  /**
   * Shards without a live record that were removed, with their files. `minDeadShare` does not matter for them. In a
   * joined file, the part of such a shard stays until more than `minDeadShare` of the file belongs to no shard.
   */
  readonly dropped: number;
  /** Shards that were put into one file with others, sealed and rewritten ones too, and the number of these files. */
  readonly joined: { readonly shards: number; readonly files: number };
  /** Records in the new files. */
  readonly records: number;
  /** Dead records whose text was removed. */
  readonly removed: number;
  /** Bytes of the shard files before and after. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Secondary indexes that were rewritten. */
  readonly indexes: number;
  /** Seconds that it took. */
  readonly seconds: number;
}
