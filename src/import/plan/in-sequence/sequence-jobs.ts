// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The jobs of sources of which some are read in sequence: each span becomes a job when its text has come, with that of the
// span after it, for its last record may end there.

import type { Pause } from '../../../parallel/pause.js';
import type { PartDecoder } from '../../feed/part-feed.js';
import type { FilledImportOptions } from '../../options/resolve.js';
import type { Sequence } from '../../sequence/sequence.js';
import type { SpanJob } from '../span-job.js';
import { jobsOf, type SpanJobs } from './span-jobs.js';
import { TarJobs } from './tar-jobs.js';

/** What such jobs are made with. */
interface SequenceJobs extends SpanJobs {
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
  const { tasks, nextShard, decoder, opened, readAhead, isOver, options, pause } = jobs;
  for (const plan of tasks.plans) {
    if (isOver(plan)) continue;
    if (plan.sequential === undefined) {
      for (const job of tasks.ofSpans(plan, 0)) yield { plan, task: { ...job.task, shard: await nextShard() } };
      continue;
    }
    const sequence = await plan.sequential.open(decoder);
    opened(sequence);
    sequence.readAhead(readAhead);
    if (plan.archive !== undefined) yield* new TarJobs(sequence, plan, plan.archive, jobs, options, pause).all();
    else yield* jobsOf(sequence, plan, jobs);
  }
}
