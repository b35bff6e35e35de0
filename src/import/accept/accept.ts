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
} from '../tasks/span.js';
import { spanPaths } from '../tasks/span-paths.js';
import type { Workers } from '../tasks/workers.js';
import { ProfileChain } from './chain.js';

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
  /** Of each collection that the import fills: stored records after which all its sources are over. */
  readonly limits: readonly (Limit | undefined)[];
}

interface Limit {
  readonly records: number;
  readonly sources: () => readonly SourcePlan[];
}

/** What has been accepted for one collection. */
interface Accepted {
  source: SourcePlan | undefined;
  /** Where the span before ended. */
  boundary: Boundary;
  rejected: number;
  stored: number;
  readonly chain: ProfileChain;
}

/**
 * Yields accepted spans in source order. If the consumer stops before the end, the workers stop too.
 * @throws every error that a worker throws
 */
export async function* scanSources(scanning: Scanning): AsyncGenerator<AcceptedSpan> {
  const { jobs, workers, credits, context, blobs, resumed = [], over, limits } = scanning;
  const progress = new SharedProgress(context.shared);
  const discard = ({ shard }: SpanTask, result: SpanResult, { chain }: Accepted): void => {
    chain.discard(result);
    progress.add(-result.progressBytes, -result.read);
    for (const path of Object.values(spanPaths(context, shard))) blobs.remove(path);
  };
  const all = limits.map((_, destination): Accepted => {
    const chain = new ProfileChain(destination);
    return { source: undefined, boundary: { at: 0, afterComma: false }, rejected: 0, stored: 0, chain };
  });
  const hasAll = (limit: Limit | undefined, i: number): boolean =>
    limit !== undefined && all[i]!.stored >= limit.records;
  const accept = (span: AcceptedSpan): AcceptedSpan => {
    const { plan, result, destination = 0 } = span;
    const [accepted, limit] = [all[destination]!, limits[destination]];
    if (result.ended) over.add(plan);
    const isContainer = plan.recordLayout === 'array' || plan.recordLayout === 'object';
    accepted.boundary = { at: result.exit, afterComma: isContainer };
    accepted.rejected += result.rejected;
    accepted.stored += recordsStored(result);
    if (hasAll(limit, destination)) for (const one of limit!.sources()) over.add(one);
    // Nobody waits for the rest of it. What follows a container that has ended is looked at.
    if (!result.ended && limits.every(hasAll)) span.live?.sequence.close();
    return span;
  };
  for (const span of resumed) {
    all[0]!.source = span.plan;
    progress.add(span.result.progressBytes, span.result.read);
    yield accept(span);
  }
  let turn = 0;
  const scan = ({ task, destination = 0 }: SpanJob) => {
    const link = { work: context.temporary, chain: all[destination]!.chain.name, turn: turn++ };
    return workers.scan({ ...task, context, link });
  };
  const wanted = unless(jobs, over);
  const ordered: Iterable<SpanJob | NoJob> | AsyncIterable<SpanJob | NoJob> = limits.some(
    (limit) => limit !== undefined,
  )
    ? upToError(wanted)
    : wanted;
  const start = async (job: SpanJob | NoJob) => ('error' in job ? job : { ...job, result: await scan(job) });
  for await (const { result: scanned } of inOrder(ordered, credits, start, () => progress.cancel())) {
    if ('error' in scanned) {
      // A source is cut off or damaged after the records that are wanted.
      if (limits.every(hasAll)) continue;
      throw scanned.error;
    }
    const { result, ...job } = scanned;
    const { plan, task, live, destination = 0 } = job;
    const own = all[destination]!;
    if (plan !== own.source) {
      own.source = plan;
      own.boundary = { at: plan.from, afterComma: false };
    }
    const { boundary, rejected, stored } = own;
    if (over.has(plan) || (boundary.at >= task.to && !task.isLast)) {
      discard(task, result, own);
      live?.done();
      continue;
    }
    const setup = rest(task.setup, rejected, stored);
    let accepted: AcceptedSpan = { ...job, result, wasRedone: false };
    const isWrong = result.entry !== boundary.at || isBeyond(setup, task.setup, result) || own.chain.isSpoilt(result);
    for (let isAgain = isWrong || result.ranOut; isAgain; isAgain = accepted.result.ranOut) {
      discard(accepted.task, accepted.result, own);
      const from = accepted.result.ranOut && live ? await live.extended() : task;
      const again = { ...from, entry: boundary, setup };
      accepted = { ...job, task: again, result: await workers.scan({ ...again, context }), wasRedone: true };
    }
    yield accept(accepted);
    // Not sooner: who accepts the span may look at its text, and whoever is told here lets go of it.
    if (over.has(plan)) job.left?.({ at: accepted.result.exit, isEnd: accepted.result.ended });
    if (!live?.isPassedLater) live?.sequence.pass(accepted.result.exit, accepted.result.newlines ?? 0);
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
