// source > plan > [ map > scan > key > frame > shard > accept > merge > settle > publish ]
//
// What an import begins with, and what follows from it: whether it can be resumed, how many threads it has.

import { JOURNAL_BYTES_MIN, THREADLESS_BYTES_MAX } from '../base/limits.js';
import type { KeyRule } from '../store/types.js';
import type { FilledImportOptions } from './options/resolve.js';
import type { Plans } from './plan/sources.js';
import type { Reporter } from './report/reporter.js';
import type { Workers } from './tasks/workers.js';
import type { ImportTarget, ImportWork } from './work.js';

/** The result of the stage plan: facts that are known before the import writes anything. */
export interface Planned extends Plans {
  readonly key: KeyRule;
  /** Whether numbers in the paths of indexes are positions. */
  readonly positions: true | undefined;
  /** Of all sources. */
  readonly bytes: number;
}

/** Everything that an import needs to begin. */
export interface RunParts {
  readonly target: ImportTarget;
  readonly options: FilledImportOptions;
  readonly work: ImportWork;
  readonly reporter: Reporter;
  readonly planned: Planned;
}

/**
 * Whether the import can be resumed after it is killed: only a large one on disk. Not one of a folder, which is read again,
 * because any of its many files may have changed.
 */
export function isResumable({ target, work, planned, options }: RunParts): boolean {
  const { blobs, journalFrom = JOURNAL_BYTES_MIN } = target;
  const hasFolders = planned.plans.some(({ files, members }) => files !== undefined && members === undefined);
  return (
    blobs.areFiles &&
    work.isResumable &&
    planned.bytes >= journalFrom &&
    !hasFolders &&
    !isOpenEnded({ planned, options })
  );
}

/** Whether nobody knows how many spans there are. */
export function isOpenEnded({ planned, options }: Pick<RunParts, 'planned' | 'options'>): boolean {
  return options.pass !== undefined || isInSequence(planned);
}

/** Whether a source is read in sequence. */
export function isInSequence({ plans }: Plans): boolean {
  return plans.some(({ sequential }) => sequential !== undefined);
}

/**
 * None for small sources. Those that an option cuts into spans have threads for them. A user's module always has: this thread
 * hears a signal also while its function runs for ever, and a new thread loads the module and all that it imports as they are now.
 */
export function threadsFor({ planned, options }: RunParts, tasks: number): number {
  if (options.transform === undefined && planned.bytes <= THREADLESS_BYTES_MAX && tasks <= planned.plans.length)
    return 0;
  return isOpenEnded({ planned, options }) ? options.workers : Math.min(options.workers, tasks);
}

export function startWorkers({ startWorkers: start, observer }: ImportTarget, threads: number): Workers {
  const started = start(threads);
  return observer?.watched(started, Math.max(1, threads)) ?? started;
}
