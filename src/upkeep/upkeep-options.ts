// [verify] [repair] [backup]: what they are asked to do, what they tell, what they report.

import { either, LONG_WORK, THREADS, WAITING } from '../base/method-options.js';
import { checkNameToFind } from '../base/names.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../base/option-check.js';
import type { Leftovers } from '../store/lock/sweep.js';
import type { CompactOptions, CompactProgress } from './compact/compact.js';
import type { Fault } from './verify/faults.js';

/** Options of `store.verify`; all optional. Unknown names are a TypeError. */
export interface VerifyOptions {
  /** Worker threads. Default: the processors this process may use. */
  readonly workers?: number;
  /** Faults listed in full; all are counted. Default 1,000. */
  readonly faultsMax?: number;
  /** Called about ten times a second. A throw is not caught. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Cancels: rejects with CANCELLED. */
  readonly signal?: AbortSignal;
}

export interface VerifyProgress {
  readonly stage: 'verify' | 'done';
  /** Bytes of shard files read, of all. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly records: number;
  /** Since it began. */
  readonly seconds: number;
}

export interface VerifyReport {
  /** Whether everything is as it was written. */
  readonly isSound: boolean;
  /** At most `faultsMax`, in no particular order. */
  readonly faults: readonly Fault[];
  readonly faultsTotal: number;
  readonly checked: {
    readonly values: number;
    readonly pages: number;
    readonly shards: number;
    readonly bytes: number;
    readonly records: number;
  };
  /** What nothing names: of an import under way, or one that was killed. No fault. Empty where there are faults. */
  readonly leftovers: Leftovers;
  readonly seconds: number;
}

/** Options of `store.backup`. */
export interface BackupOptions {
  /** Copies shards even where they could be hard-linked. Default false. */
  readonly copy?: boolean;
}

export interface BackupReport {
  /** Absolute path of the copy. */
  readonly directory: string;
  /** Publication it holds. */
  readonly generation: number;
  readonly collections: number;
  readonly shards: { readonly linked: number; readonly copied: number };
  readonly seconds: number;
}

const VERIFY_OPTIONS = {
  ...THREADS,
  faultsMax: {
    ...{ type: 'integer', default: 1000, min: 0, max: Number.MAX_SAFE_INTEGER },
    meaning: 'faults listed in full; all are counted',
  },
  onProgress: hook<(progress: VerifyProgress) => void>('called about ten times a second'),
  ...LONG_WORK,
} as const satisfies OptionTable;

export type FilledVerifyOptions = Resolved<typeof VERIFY_OPTIONS>;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveVerifyOptions(given: VerifyOptions | undefined, closing?: AbortSignal): FilledVerifyOptions {
  const options = resolveOptions('verify', VERIFY_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}

const COMPACT_OPTIONS = {
  collection: { type: 'text', default: undefined, check: checkNameToFind, meaning: 'the only one; unset: all' },
  minDeadShare: {
    ...{ type: 'number', unit: 'share', default: 0.25, min: 0, max: 1 },
    meaning: 'share of dead records in its file beyond which a shard is rewritten',
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

export const BACKUP_OPTIONS = {
  copy: { type: 'boolean', default: false, meaning: 'copy shards even where they could be hard-linked' },
} as const satisfies OptionTable;
