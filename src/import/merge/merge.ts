// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Sorted runs to pages: partitions are merged by the workers, a bounded number at a time, and their pages handed on in key
// order. What merging finds out about repeated keys goes to the tally.

import { inOrder } from '../../parallel/in-order.js';
import type { Pause } from '../../parallel/pause.js';
import type { PageBatch } from '../../store/pages/batch.js';
import type { Tally } from '../accept/tally.js';
import type { FilledImportOptions } from '../options/resolve.js';
import type { MergeTask } from '../tasks/merge.js';
import type { Workers } from '../tasks/workers.js';
import { planMerge } from './plan.js';

/** Pages by index, ascending. @throws CANCELLED, IO_ERROR, WORKER_FAILED */
export async function* mergeRuns(
  tally: Tally,
  workers: Pick<Workers, 'merge'>,
  { id, temporary }: Pick<MergeTask, 'id' | 'temporary'>,
  options: FilledImportOptions,
  pause: Pause,
): AsyncGenerator<PageBatch> {
  const tasks = planMerge(tally.runs, { id, temporary, keep: options.onDuplicate === 'last' ? 'last' : 'first' });
  // Rooms for pages go round: given up to the garbage collector, there would be many more of them than are in use.
  const rooms: SharedArrayBuffer[] = [];
  const merge = (task: MergeTask) => {
    const room = rooms.pop();
    return workers.merge({ ...task, ...(room && { room }) });
  };
  // Each result holds pages in memory: one for every worker, and one on its way.
  for await (const { result } of inOrder(tasks, options.workers + 1, merge, () => {})) {
    await pause();
    tally.acceptMerged(result);
    yield* result.pages;
    rooms.push(result.room);
  }
}
