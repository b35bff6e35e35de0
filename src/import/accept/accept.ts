// source > plan > [map > scan > key > frame > shard > verify] > merge > publish
//
// Speculate, then verify. Spans are scanned by many workers at once, each from a boundary it guessed; here they are
// accepted one by one, in source order. Span k+1 is accepted only if it began exactly where span k ended; otherwise it
// alone is scanned again, from there. By induction what is accepted is what one sequential pass would have read.
//
// The same goes for the limit on bad records, which holds for all spans together: the span in which it is passed is
// scanned again with what was left of it, and stops at the record that one sequential pass would have stopped at.

import { inOrder } from '../../parallel/in-order.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { SourcePlan } from '../plan/plan.js';
import type { AcceptedSpan, RecordedSpan, SpanJob } from '../plan/span-job.js';
import { type Boundary, type SpanContext, type SpanResult, type SpanTask, spanPaths } from '../tasks/span.js';
import type { Workers } from '../tasks/workers.js';

/**
 * Yields accepted spans in source order. If the consumer stops before the end, the workers stop too.
 * @param recorded spans that a killed import had accepted. They are not scanned again; the scan continues after them.
 * @param credits the greatest number of spans that are running, or finished and not yet accepted
 * @throws every error that a worker throws
 */
export async function* scanSources(
  jobs: readonly SpanJob[],
  workers: Pick<Workers, 'scan'>,
  credits: number,
  context: SpanContext,
  blobs: Blobs,
  recorded: readonly RecordedSpan[] = [],
): AsyncGenerator<AcceptedSpan> {
  const progress = new SharedProgress(context.shared);
  const discard = ({ shard }: SpanTask, result: SpanResult): void => {
    progress.add(-result.progressBytes, -result.read);
    for (const path of Object.values(spanPaths(context, shard))) blobs.remove(path);
  };
  let source: SourcePlan | undefined;
  /** Where the span before ended. */
  let boundary: Boundary = { at: 0, afterComma: false };
  let rejected = 0;
  /** Sources whose container has ended. The coordinator does not begin their other spans. */
  const over = new Set<SourcePlan>();
  const accept = (span: AcceptedSpan): AcceptedSpan => {
    const { plan, result } = span;
    if (result.ended) over.add(plan);
    const isContainer = plan.framing === 'array' || plan.framing === 'object';
    boundary = { at: result.exit, afterComma: isContainer };
    rejected += result.rejected;
    return span;
  };
  let rest = jobs;
  for (const { shard, result, wasRedone } of recorded) {
    const at = shard - (jobs[0] as SpanJob).task.shard;
    const job = jobs[at] as SpanJob;
    rest = jobs.slice(at + 1);
    source = job.plan;
    progress.add(result.progressBytes, result.read);
    yield accept({ ...job, result, wasRedone });
  }
  const scan = ({ task }: Pick<SpanJob, 'task'>) => workers.scan({ ...task, context });
  for await (const { task: job, result } of inOrder(unless(rest, over), credits, scan, () => progress.cancel())) {
    const { plan, task } = job;
    if (plan !== source) {
      source = plan;
      boundary = { at: plan.from, afterComma: false };
    }
    if (over.has(plan) || (boundary.at >= task.to && !task.isLast)) {
      discard(task, result);
      continue;
    }
    const badMax = task.setup.badMax - rejected;
    let accepted: AcceptedSpan = { plan, task, result, wasRedone: false };
    if (result.entry !== boundary.at || (rejected > 0 && result.rejected > badMax)) {
      discard(task, result);
      const again = { ...task, entry: boundary, setup: { ...task.setup, badMax } };
      accepted = { plan, task: again, result: await scan({ task: again }), wasRedone: true };
    }
    yield accept(accepted);
  }
}

function* unless(jobs: readonly SpanJob[], over: ReadonlySet<SourcePlan>): Generator<SpanJob> {
  for (const job of jobs) if (!over.has(job.plan)) yield job;
}
