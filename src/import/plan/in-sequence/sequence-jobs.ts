// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The jobs of sources of which some are read in sequence: each span becomes a job when its text has come, with that of the
// span after it, for its last record may end there.

import type { Pause } from '../../../parallel/pause.js';
import type { PartDecoder } from '../../feed/part-feed.js';
import type { FilledImportOptions } from '../../options/resolve.js';
import type { Sequential } from '../../sequence/open.js';
import type { Sequence } from '../../sequence/sequence.js';
import type { SourcePlan } from '../source-plan.js';
import type { SpanJob } from '../span-job.js';
import { jobsOf, type SpanJobs } from './span-jobs.js';
import { TarJobs } from './tar-jobs.js';

/** What such jobs are made with. */
export interface SequenceJobs extends SpanJobs {
  readonly options: FilledImportOptions;
  readonly pause: Pause;
  /** Decodes parts of compressed sources, if several can be decoded at once. */
  readonly decoder: PartDecoder | undefined;
  /** Told of each source that is opened. */
  opened(sequence: Sequence): void;
  /** Chunks that are read ahead of what has been accepted. */
  readonly readAhead: number;
}

export async function* sequenceJobs(jobs: SequenceJobs): AsyncGenerator<SpanJob> {
  for (const plan of jobs.tasks.plans) yield* jobsOfSource(plan, jobs);
}

/** The jobs of one source. */
export async function* jobsOfSource(plan: SourcePlan, jobs: SequenceJobs): AsyncGenerator<SpanJob> {
  if (jobs.isOver(plan)) return;
  if (plan.sequential === undefined) {
    yield* jobsByPosition(plan, jobs);
    return;
  }
  const sequence = await openSequence(plan.sequential, jobs);
  const { options, pause } = jobs;
  if (plan.archive !== undefined) yield* new TarJobs(sequence, plan, plan.archive, jobs, options, pause).all();
  else yield* jobsOf(sequence, plan, jobs);
}

/** The jobs of a source whose spans are known. */
export async function* jobsByPosition(
  plan: SourcePlan,
  { tasks, nextShard, isOver }: SpanJobs,
): AsyncGenerator<SpanJob> {
  for (const { task } of tasks.ofSpans(plan, 0)) {
    if (isOver(plan)) return;
    yield { plan, task: { ...task, shard: await nextShard() } };
  }
}

export async function openSequence(
  sequential: Sequential,
  { decoder, opened, readAhead }: SequenceJobs,
): Promise<Sequence> {
  const sequence = await sequential.open(decoder);
  opened(sequence);
  sequence.readAhead(readAhead);
  return sequence;
}
