// [verify]: what it is asked to do, what it tells, what it reports.

import type { OptionTable, Resolved } from '../../options/check.js';
import { hook, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS } from '../../options/shared.js';
import type { Leftovers } from '../../store/lock/sweep.js';
import type { Fault } from './faults.js';

/** Options of `store.verify`; all optional. Unknown names are a TypeError. */
export interface VerifyOptions {
  /** Worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Faults listed in full; all are counted. Default 1,000. */
  readonly faultsMax?: number | undefined;
  /** Called about ten times a second. A throw is not caught. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Cancels: rejects with CANCELLED. */
  readonly signal?: AbortSignal | undefined;
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
