// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Sorted runs to pages: partitions are merged by the workers, a bounded number at a time, and their pages handed on in key
// order. What merging finds out about repeated keys goes to whoever asked for it: the tally of an import, or a repair.

import { inOrder } from '../../parallel/in-order.js';
import type { Pause } from '../../parallel/pause.js';
import type { PageBatch } from '../../store/pages/batch.js';
import type { Tally } from '../accept/tally.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { MergeResult, MergeTask, PlacedRun } from '../tasks/merge.js';
import type { Workers } from '../tasks/workers.js';
import { planMerge } from './plan.js';

/** Who merges, and with how much at a time. */
export interface Merging {
  readonly workers: Pick<Workers, 'merge'>;
  readonly threads: number;
  readonly pause: Pause;
  /** Called when merging ends before all is merged. */
  readonly stop: () => void;
  /** Takes each result before its pages are handed on. */
  readonly accept: (result: MergeResult) => void;
}

/** Pages by index, ascending. @param runs in the order of their shards. @throws CANCELLED, IO_ERROR, WORKER_FAILED */
export async function* mergePages(
  runs: readonly PlacedRun[],
  all: Pick<MergeTask, 'id' | 'temporary' | 'keep'>,
  { workers, threads, pause, stop, accept }: Merging,
): AsyncGenerator<PageBatch> {
  // Rooms for pages go round: given up to the garbage collector, there would be many more of them than are in use.
  const rooms: SharedArrayBuffer[] = [];
  const merge = (task: MergeTask) => {
    const room = rooms.pop();
    return workers.merge({ ...task, ...(room && { room }) });
  };
  // Each result holds pages in memory: one for every worker, and one on its way.
  for await (const { result } of inOrder(planMerge(runs, all), threads + 1, merge, stop)) {
    await pause();
    accept(result);
    yield* result.pages;
    rooms.push(result.room);
  }
}

/** The pages of an import. @throws as `mergePages` */
export function mergeRuns(
  tally: Tally,
  workers: Pick<Workers, 'merge'>,
  { id, temporary }: Pick<MergeTask, 'id' | 'temporary'>,
  options: FilledImportOptions,
  pause: Pause,
): AsyncGenerator<PageBatch> {
  const keep = options.onDuplicate === 'last' ? 'last' : 'first';
  const accept = (result: MergeResult): void => tally.acceptMerged(result);
  const merging = { workers, threads: options.workers, pause, stop: () => {}, accept };
  return mergePages(tally.runs, { id, temporary, keep }, merging);
}
