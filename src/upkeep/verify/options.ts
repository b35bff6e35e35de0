// [verify]: what it is asked to do, what it tells, what it reports.

import type { OptionTable, Resolved } from '../../options/check.js';
import { hook, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS } from '../../options/shared.js';
import type { Leftovers } from '../../store/lock/sweep.js';
import type { Fault } from './faults.js';

/** Options of `store.verify`; all optional. An unknown name is a TypeError. */
export interface VerifyOptions {
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** The greatest number of faults in the report. All faults are counted. Default 1,000. */
  readonly faultsMax?: number | undefined;
  /** Called with the progress about ten times a second. An error that it throws is not caught. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Cancels the verification: it rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
}

/** The progress of a verification. */
export interface VerifyProgress {
  readonly stage: 'verify' | 'done';
  /** Bytes of shard files read so far. */
  readonly bytes: number;
  /** Bytes of shard files in total. */
  readonly bytesTotal: number;
  /** Records read so far. */
  readonly records: number;
  /** Seconds since the verification began. */
  readonly seconds: number;
}

/** The result of a verification. */
export interface VerifyReport {
  /** Whether the store has no fault. */
  readonly isSound: boolean;
  /** The faults, at most `faultsMax` of them, in no particular order. */
  readonly faults: readonly Fault[];
  /** The number of all faults. */
  readonly faultsTotal: number;
  /** The numbers of catalog values, index pages, shards, bytes of shards, and records that were checked. */
  readonly checked: {
    readonly values: number;
    readonly pages: number;
    readonly shards: number;
    readonly bytes: number;
    readonly records: number;
  };
  /** Files and trees that belong to a running or killed import. They are no faults. Empty if there are faults. */
  readonly leftovers: Leftovers;
  /** Seconds that it took. */
  readonly seconds: number;
}

const VERIFY_OPTIONS = {
  ...THREADS,
  faultsMax: {
    ...{ type: 'integer', default: 1000, min: 0, max: Number.MAX_SAFE_INTEGER },
    meaning: 'greatest number of faults in the report; all are counted',
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
