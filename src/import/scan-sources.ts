// source > plan > [map > scan > key > frame > shard > verify] > merge > publish
//
// Speculate, then verify. Spans are scanned by many workers at once, each from a boundary it guessed; here they are
// accepted one by one, in source order. Span k+1 is accepted only if it began exactly where span k ended; otherwise it
// alone is scanned again, from there. By induction what is accepted is what one sequential pass would have read.

import { rmSync } from 'node:fs';
import { inOrder } from './credits.js';
import type { SourcePlan } from './plan.js';
import type { WorkerPool } from './pool.js';
import type { SharedProgress } from './shared-progress.js';
import type { SpanResult, SpanTask } from './span-types.js';

/** A span's task, and which source it is of. */
export interface SpanJob {
  readonly plan: SourcePlan;
  readonly task: SpanTask;
}

/** What became of one span: its task as it was last run, and the result that was accepted. */
export interface AcceptedSpan extends SpanJob {
  readonly result: SpanResult;
  readonly wasRedone: boolean;
}

/** Accepted spans in source order. @throws what a worker throws */
export async function* scanSources(
  jobs: readonly SpanJob[],
  pool: WorkerPool,
  credits: number,
  progress: SharedProgress,
): AsyncGenerator<AcceptedSpan> {
  let source: SourcePlan | undefined;
  /** Where the span before ended, and whether its source is exhausted. */
  let boundary = { at: 0, afterComma: false };
  let isOver = false;
  for await (const { task: job, result } of inOrder(jobs, credits, ({ task }) => pool.scan(task))) {
    const { plan, task } = job;
    if (plan !== source) {
      source = plan;
      boundary = { at: plan.from, afterComma: false };
      isOver = false;
    }
    if (isOver || (boundary.at >= task.to && !task.isLast)) {
      discard(task, result, progress);
      continue;
    }
    let accepted: AcceptedSpan = { plan, task, result, wasRedone: false };
    if (result.entry !== boundary.at) {
      discard(task, result, progress);
      const again = { ...task, entry: boundary };
      const redone = await pool.scan(again);
      accepted = { plan, task: again, result: redone, wasRedone: true };
    }
    isOver = accepted.result.ended;
    const isContainer = plan.framing === 'array' || plan.framing === 'object';
    boundary = { at: accepted.result.exit, afterComma: isContainer };
    yield accepted;
  }
}

/** Removes what a span wrote that is not going to be used, and what it counted. */
export function discard(task: SpanTask, result: SpanResult, progress: SharedProgress): void {
  progress.add(-result.progressBytes, -result.read);
  for (const path of [task.shardPath, task.runPath, task.badPath]) rmSync(path, { force: true });
}
