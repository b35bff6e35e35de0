// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The spans of a source that is read in sequence: each is lent its text while it is scanned.

import { SNIPPET_BYTES } from '../../../base/snippet.js';
import { countNewlines } from '../../../kernel/plain/bytes.js';
import type { ChunkRun } from '../../feed/chunk.js';
import type { SpanTask } from '../../tasks/span.js';
import type { Tasks } from '../jobs.js';
import type { SourcePlan, Span } from '../source-plan.js';
import type { LiveSource, LiveSpan, SpanJob } from '../span-job.js';

/** What such jobs are made with. */
export interface SpanJobs {
  readonly tasks: Tasks;
  /** The number of the next shard. Numbers grow. */
  nextShard(): Promise<number>;
  /** Whether the container of a source has ended, so that the rest of it has no records, or no more are wanted. */
  isOver(plan: SourcePlan): boolean;
  /** Whether only so many records are wanted (option `limit`): they may stand before a fault of the source. */
  readonly isLimited: boolean;
}

/** What of a source stays when a span is done with, because another collection needs it. The source stays open, too. */
export interface Kept {
  /** Text from this offset on. */
  readonly from: number;
}

/** The jobs of the spans of one source. */
export async function* jobsOf(
  sequence: LiveSource,
  plan: SourcePlan,
  { tasks, nextShard, isOver, isLimited }: SpanJobs,
  kept?: Kept,
): AsyncGenerator<SpanJob> {
  for await (const span of spansOf(sequence, plan, { isOver, isLimited })) {
    const live = new Live(sequence, tasks.of(plan, span, await nextShard()), kept);
    yield { plan, task: live.task, live };
    if (live.task.isLast) return;
  }
}

/** The spans of one source, each when its text and the next one's has come. There is no end of them. */
export async function* spansOf(
  sequence: LiveSource,
  plan: SourcePlan,
  { isOver, isLimited }: Pick<SpanJobs, 'isOver' | 'isLimited'>,
): AsyncGenerator<Span> {
  for (let at = plan.from; ; ) {
    await skipTo(sequence, at);
    if (at === plan.from) countLinesTo(sequence, at);
    const { from, to } = sequence.chunkAt(at) ?? { from: at, to: at };
    const failure = await failureOf(sequence, to);
    if (isOver(plan)) return;
    // A source that fails here has given a part of the span all the same.
    if (failure !== undefined && (!isLimited || from === to)) throw failure.error;
    yield { from: Math.max(from, at), to };
    if (failure !== undefined) throw failure.error;
    at = to;
  }
}

/** What stands before the records has lines, too. */
function countLinesTo(sequence: LiveSource, offset: number): void {
  const { known, kept } = sequence;
  if (known.at >= offset || known.at < kept) return;
  sequence.pass(offset, countNewlines(sequence.bytesAt(known.at, offset)));
}

/** A span, with the chunks that it has been lent. */
export class Live implements LiveSpan {
  readonly sequence: LiveSource;
  readonly isPassedLater: boolean;
  readonly #kept: Kept | undefined;
  readonly #scans: number;
  #task: SpanTask;
  #lent: ChunkRun;

  /** @param scans how many collections scan the same text @param isPassedLater whether this one is not the last of them */
  constructor(sequence: LiveSource, task: SpanTask, kept?: Kept, scans = 1, isPassedLater = false) {
    this.sequence = sequence;
    this.isPassedLater = isPassedLater;
    this.#kept = kept;
    this.#scans = scans;
    this.#lent = sequence.lend(task.from);
    this.#task = this.#with(task);
  }

  get task(): SpanTask {
    return this.#task;
  }

  async extended(): Promise<SpanTask> {
    const { from } = this.#task;
    const { to } = this.#lent;
    await this.sequence.upTo(to + (to - from));
    this.sequence.giveBack(this.#lent);
    this.#lent = this.sequence.lend(from);
    return this.#with(this.#task);
  }

  done(): void {
    this.sequence.giveBack(this.#lent);
    this.sequence.discardBefore(Math.min(this.#task.to, this.#kept?.from ?? this.#task.to));
    if (this.#task.isLast && this.#kept === undefined) this.sequence.close();
  }

  #with(task: SpanTask): SpanTask {
    const [own] = this.#lent.chunks;
    const isLast = task.to === this.sequence.end;
    return {
      ...task,
      isLast,
      chunks: this.#lent,
      ...(own && { sourceShare: own.sourceBytes / own.bytes / this.#scans }),
    };
  }
}

/** Resolves when the byte at this offset has come, the source has ended before it, or it has failed. */
async function failureOf(sequence: LiveSource, offset: number): Promise<{ readonly error: unknown } | undefined> {
  try {
    await sequence.upTo(offset + 1);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Resolves when the byte at this offset has come, or the source has ended before it. */
async function skipTo(sequence: LiveSource, offset: number): Promise<void> {
  while (sequence.available <= offset && sequence.available < sequence.end) {
    await sequence.upTo(sequence.available + 1);
    // An error at the offset shows what stands before it.
    sequence.discardBefore(offset - SNIPPET_BYTES);
  }
}
