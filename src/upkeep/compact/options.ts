// [compact]: what it is asked to do, what it tells, what it reports.

import { checkNameToFind } from '../../base/names.js';
import type { OptionTable } from '../../options/check.js';
import { hook, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, WAITING } from '../../options/shared.js';
import type { LockRequest } from '../../store/lock/writer-lock.js';

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
  onProgress: hook<(progress: CompactProgress) => void>('called after each shard'),
  ...WAITING,
  ...LONG_WORK,
} as const satisfies OptionTable;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveCompactOptions(given: CompactOptions | undefined, closing?: AbortSignal) {
  const options = resolveOptions('compact', COMPACT_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}

export interface CompactOptions extends Pick<LockRequest, 'wait' | 'signal' | 'onWait'> {
  /** Only this collection. Default: all. */
  readonly collection?: string | undefined;
  /** A shard is rewritten when more than this share (0…1) of the records in its file is dead. Default 0.25. */
  readonly minDeadShare?: number | undefined;
  /** Called after each shard. */
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
}

export interface CompactProgress {
  /** Shards done, of all that are to be. */
  readonly shards: number;
  readonly shardsTotal: number;
  /** Records in the new files so far. */
  readonly records: number;
}

/** What a compaction did. */
export interface CompactReport {
  /** Inline shards that were given a file, and shard files written anew. */
  readonly sealed: number;
  readonly rewritten: number;
  /** Shards without a live record that were taken out of their collection, whatever `minDeadShare` is. Their files go. */
  readonly dropped: number;
  /** Records in the new files. */
  readonly records: number;
  /** Dead records whose text is gone. */
  readonly removed: number;
  /** Bytes of the shard files before and after. */
  readonly bytes: { readonly before: number; readonly after: number };
  /** Secondary indexes written anew. */
  readonly indexes: number;
  readonly seconds: number;
}
