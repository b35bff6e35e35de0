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

const ON_FAILURE = ['refuse', 'quarantine', 'keep', 'null'] as const;

/** Options of `store.evolve`; all optional. An unknown name is a TypeError. */
export interface EvolveOptions extends UndoOptions {
  /**
   * What becomes of records that the migration cannot change. `refuse`: then nothing is changed. `quarantine`: they go into a
   * quarantine file, and are no longer in the collection. `keep`: they stay as they are, and readers get them so. `null`: the
   * value that cannot be changed is null for readers. Default "refuse".
   */
  readonly onFailure?: 'refuse' | 'quarantine' | 'keep' | 'null' | undefined;
}

/** Options of `store.undoMigrations`; all optional. An unknown name is a TypeError. */
export interface UndoOptions extends WaitingOptions {
  /** Whether to look at all records and to change nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** The number of worker threads. Default: the processors this process may use. */
  readonly workers?: number | undefined;
  /** Called with the progress about ten times a second. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

/** The result of a migration, or of undoing some. */
export interface EvolveReport {
  /** The name of the collection. */
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
  /** Records that the migration cannot change; without option `onFailure`, more than 0 after a dry run only. */
  readonly failed: number;
  /** Those of them that option `onFailure` does not help, so that `evolve` refuses; more than 0 after a dry run only. */
  readonly refused: number;
  /** The records that fail, grouped by operation, place and reason. */
  readonly failures: readonly RecordFailures[];
  /** What becomes of each index. */
  readonly indexes: readonly EvolvedIndex[];
  /** The path of the quarantine file with the records that were put aside. Absent if there are none. */
  readonly quarantine?: string;
  /** Seconds that it took. */
  readonly seconds: number;
}

const UNDO_OPTIONS = {
  dryRun: { type: 'boolean', default: false, meaning: 'look at all records and change nothing' },
  ...THREADS,
  onProgress: hook<(progress: IndexProgress) => void>('called about ten times a second'),
  ...WAITING,
  ...LONG_WORK,
  ...REASON,
} as const satisfies OptionTable;

const EVOLVE_OPTIONS = {
  ...UNDO_OPTIONS,
  onFailure: {
    ...{ type: 'choice', default: 'refuse', choices: ON_FAILURE },
    meaning: 'what becomes of records that the migration cannot change',
  },
} as const satisfies OptionTable;

export type FilledEvolveOptions = Resolved<typeof EVOLVE_OPTIONS>;

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveEvolve(given: EvolveOptions | undefined, closing: AbortSignal | undefined): FilledEvolveOptions {
  const options = resolveOptions('evolve', EVOLVE_OPTIONS, given);
  return { ...options, signal: either(options.signal, closing) };
}

/** @param closing cancels as the option `signal` does. @throws TypeError */
export function resolveUndo(given: UndoOptions | undefined, closing: AbortSignal | undefined): FilledEvolveOptions {
  const options = resolveOptions('undoMigrations', UNDO_OPTIONS, given);
  return { ...options, onFailure: 'refuse', signal: either(options.signal, closing) };
}
