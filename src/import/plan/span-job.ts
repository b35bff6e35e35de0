// A span and what became of it, as the coordinator knows it.

import type { Sequence } from '../sequence/sequence.js';
import type { Source } from '../source/source.js';
import type { SpanResult, SpanTask } from '../tasks/span.js';
import type { SourcePlan } from './source-plan.js';

/** A span's task, and which source it is of. */
export interface SpanJob {
  readonly plan: SourcePlan;
  readonly task: SpanTask;
  /** Of a source that is read in sequence. */
  readonly live?: LiveSpan;
  /** Number of the collection that it is for, if the import fills several. */
  readonly destination?: number;
  /** Called when no more spans of its container are scanned. */
  readonly left?: (end: ContainerEnd) => void;
}

/** Where the records of a container end, or no more of them are wanted. */
export interface ContainerEnd {
  readonly at: number;
  /** Whether the container ends there. */
  readonly isEnd: boolean;
}

/** A source that is read in sequence, as those see it who scan its spans. */
export type LiveSource = Source & Pick<Sequence, 'known' | 'kept' | 'pass' | 'chunkAt' | 'lend' | 'giveBack'>;

/** A span of a source that is read in sequence: its bytes are there until it is done with. */
export interface LiveSpan {
  readonly sequence: LiveSource;
  /** The task with about twice the bytes: those it had did not hold its last record. */
  extended(): Promise<SpanTask>;
  /** Whether another collection scans the same text after this one: then it says how many lines were passed. */
  readonly isPassedLater?: boolean;
  /** Nobody needs the span any more. */
  done(): void;
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
