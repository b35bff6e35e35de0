// [evolve]: what it is asked to do, what it tells, what it reports.

import { REASON } from '../../options/audit.js';
import { hook, type OptionTable, type Resolved, resolveOptions } from '../../options/check.js';
import { either, LONG_WORK, THREADS, WAITING, type WaitingOptions } from '../../options/shared.js';
import type { IndexTarget } from '../indexes/build.js';
import type { IndexProgress } from '../indexes/options.js';
import type { Indexers } from '../indexes/task.js';

import type { EvolvedIndex } from './indexes.js';
import type { RecordFailures } from './record-failures.js';
import type { Trials } from './task.js';

/** What a collection is evolved with. */
export interface EvolveTarget extends IndexTarget {
  readonly startWorkers: (threads: number) => Indexers & Trials;
}

/** Options of `store.evolve` and `store.undoMigrations`; all optional. An unknown name is a TypeError. */
export interface EvolveOptions extends WaitingOptions {
  /** Whether to look at all records and to change nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

/** The result of a migration, or of undoing some. */
export interface EvolveReport {
  readonly collection: string;
  /** The version of the records before and after. */
  readonly from: number;
  readonly to: number;
  /** Whether the collection has the new version. False after a dry run. */
  readonly applied: boolean;
  /** Records that were looked at. 0 if no record can fail. */
  readonly records: number;
  /** Frames that were read for that: parts of some 32 KiB of text. */
  readonly frames: number;
  /** Whether records were left out that the profile of the collection proves not to fail (`schema`, import option `profile`). */
  readonly isProven: boolean;
  /** Records that the migration cannot change; more than 0 after a dry run only. */
  readonly failed: number;
  readonly failures: readonly RecordFailures[];
  readonly indexes: readonly EvolvedIndex[];
  readonly seconds: number;
}

const EVOLVE_OPTIONS = {
  dryRun: { type: 'boolean', default: false, meaning: 'look at all records and change nothing' },
  ...THREADS,
  onProgress: hook<(progress: IndexProgress) => void>('called about ten times a second'),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

export type FilledEvolveOptions = Resolved<typeof EVOLVE_OPTIONS>;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveEvolve(
  method: string,
  given: EvolveOptions | undefined,
  closing: AbortSignal | undefined,
): FilledEvolveOptions {
  const options = resolveOptions(method, EVOLVE_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}
