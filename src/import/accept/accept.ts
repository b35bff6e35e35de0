// source > plan > [map > scan > key > frame > shard > verify] > merge > publish
//
// Speculate, then verify. Spans are scanned by many workers at once, each from a boundary it guessed; here they are
// accepted one by one, in source order. Span k+1 is accepted only if it began exactly where span k ended; otherwise it
// alone is scanned again, from there. By induction what is accepted is what one sequential pass would have read.
//
// The same goes for the limit on bad records, which holds for all spans together: the span in which it is passed is
// scanned again with what was left of it, and stops at the record that one sequential pass would have stopped at. Option
// `limit` is kept in the same way, and ends the scan.

import { inOrder } from '../../parallel/in-order.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { Blobs } from '../../store/files/blobs.js';
import type { SourcePlan } from '../plan/source-plan.js';
import type { AcceptedSpan, SpanJob } from '../plan/span-job.js';
import {
  type Boundary,
  recordsStored,
  type ScanSetup,
  type SpanContext,
  type SpanResult,
  type SpanTask,
  spanPaths,
} from '../tasks/span.js';
import type { Workers } from '../tasks/workers.js';

/** What is scanned, and by whom. */
export interface Scanning {
  readonly jobs: Iterable<SpanJob> | AsyncIterable<SpanJob>;
  readonly workers: Pick<Workers, 'scan'>;
  /** The greatest number of spans that are running, or finished and not yet accepted. */
  readonly credits: number;
  readonly context: SpanContext;
  readonly blobs: Blobs;
  /** Spans before the jobs that a killed import had accepted. They are not scanned again. */
  readonly resumed?: readonly AcceptedSpan[];
  /** Gets sources whose container has ended: their other spans are not begun. */
  readonly over: Set<SourcePlan>;
  /** Stored records after which all sources are over. */
  readonly limit?: { readonly records: number; readonly sources: readonly SourcePlan[] } | undefined;
}

/**
 * Yields accepted spans in source order. If the consumer stops before the end, the workers stop too.
 * @throws every error that a worker throws
 */
export async function* scanSources(scanning: Scanning): AsyncGenerator<AcceptedSpan> {
  const { jobs, workers, credits, context, blobs, resumed = [], over, limit } = scanning;
  const progress = new SharedProgress(context.shared);
  const discard = ({ shard }: SpanTask, result: SpanResult): void => {
    progress.add(-result.progressBytes, -result.read);
    for (const path of Object.values(spanPaths(context, shard))) blobs.remove(path);
  };
  let source: SourcePlan | undefined;
  /** Where the span before ended. */
  let boundary: Boundary = { at: 0, afterComma: false };
  let rejected = 0;
  let stored = 0;
  let isEnough = false;
  const accept = (span: AcceptedSpan): AcceptedSpan => {
    const { plan, result } = span;
    if (result.ended) over.add(plan);
    const isContainer = plan.framing === 'array' || plan.framing === 'object';
    boundary = { at: result.exit, afterComma: isContainer };
    rejected += result.rejected;
    stored += recordsStored(result);
    if (limit && stored >= limit.records) endAll(span, limit.sources);
    return span;
  };
  /** There are as many records as are wanted. */
  const endAll = ({ live, result }: AcceptedSpan, sources: readonly SourcePlan[]): void => {
    for (const one of sources) over.add(one);
    isEnough = true;
    // Nobody waits for the rest of it. What follows a container that has ended is looked at.
    if (!result.ended) live?.sequence.close();
  };
  for (const span of resumed) {
    source = span.plan;
    progress.add(span.result.progressBytes, span.result.read);
    yield accept(span);
  }
  const scan = ({ task }: Pick<SpanJob, 'task'>) => workers.scan({ ...task, context });
  const wanted = unless(jobs, over);
  const ordered: Iterable<SpanJob | NoJob> | AsyncIterable<SpanJob | NoJob> =
    limit === undefined ? wanted : upToError(wanted);
  const start = async (job: SpanJob | NoJob) => ('error' in job ? job : { ...job, result: await scan(job) });
  for await (const { result: scanned } of inOrder(ordered, credits, start, () => progress.cancel())) {
    if ('error' in scanned) {
      // A source is cut off or damaged after the records that are wanted.
      if (isEnough) continue;
      throw scanned.error;
    }
    const { result, ...job } = scanned;
    const { plan, task, live } = job;
    if (plan !== source) {
      source = plan;
      boundary = { at: plan.from, afterComma: false };
    }
    if (over.has(plan) || (boundary.at >= task.to && !task.isLast)) {
      discard(task, result);
      live?.done();
      continue;
    }
    const setup = rest(task.setup, rejected, stored);
    let accepted: AcceptedSpan = { ...job, result, wasRedone: false };
    const isWrong = result.entry !== boundary.at || isBeyond(setup, task.setup, result);
    for (let isAgain = isWrong || result.ranOut; isAgain; isAgain = accepted.result.ranOut) {
      discard(accepted.task, accepted.result);
      const from = accepted.result.ranOut && live ? await live.extended() : task;
      const again = { ...from, entry: boundary, setup };
      accepted = { ...job, task: again, result: await scan({ task: again }), wasRedone: true };
    }
    yield accept(accepted);
    live?.sequence.pass(accepted.result.exit, accepted.result.newlines ?? 0);
    live?.done();
  }
}

/** The setup with what is left of its limits. */
function rest(setup: ScanSetup, rejected: number, stored: number): ScanSetup {
  const { badMax, rules } = setup;
  const limit = rules?.limit;
  return {
    ...setup,
    badMax: badMax - rejected,
    ...(rules && limit !== undefined && { rules: { ...rules, limit: limit - stored } }),
  };
}

/** Whether a span passes the limits that are left, which it did not know. */
function isBeyond(left: ScanSetup, known: ScanSetup, result: SpanResult): boolean {
  const limit = left.rules?.limit ?? Number.POSITIVE_INFINITY;
  return (
    (left.badMax < known.badMax && result.rejected > left.badMax) ||
    (limit !== known.rules?.limit && recordsStored(result) >= limit)
  );
}

/** The source fails here: its text does not come, or is damaged. */
interface NoJob {
  readonly error: unknown;
}

/** The jobs, and the error that ends them in its place among them: what stands before it may be all that is wanted. */
async function* upToError(jobs: Scanning['jobs']): AsyncGenerator<SpanJob | NoJob> {
  try {
    yield* jobs;
  } catch (error) {
    yield { error };
  }
}

/** The jobs without those of sources that are over. */
function unless(jobs: Scanning['jobs'], over: ReadonlySet<SourcePlan>): Scanning['jobs'] {
  if (Symbol.asyncIterator in jobs) return jobs; // whoever makes them knows
  return (function* () {
    for (const job of jobs) if (!over.has(job.plan)) yield job;
  })();
}
