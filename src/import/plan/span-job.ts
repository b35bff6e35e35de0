// A span and what became of it, as the coordinator knows it.

import type { SpanResult, SpanTask } from '../tasks/span.js';
import type { SourcePlan } from './plan.js';

/** A span's task, and which source it is of. */
export interface SpanJob {
  readonly plan: SourcePlan;
  readonly task: SpanTask;
}

/** The outcome of a span: its task as it was last run, and the accepted result. */
export interface AcceptedSpan extends SpanJob {
  readonly result: SpanResult;
  readonly wasRedone: boolean;
}

/** A span that was accepted before its import was killed. */
export interface RecordedSpan extends Pick<AcceptedSpan, 'result' | 'wasRedone'> {
  readonly shard: number;
}
