// [repair]: shards > entries > pages > index in place
//
// The pages of one collection's indexes from the text of its shards: workers salvage the shards and leave sorted runs, which
// are merged as those of an import are.

import { mergePages } from '../../import/merge/merge.js';
import type { MergeResult, PlacedRun } from '../../import/tasks/merge.js';
import { runPathOf } from '../../import/tasks/span-paths.js';
import { inOrder } from '../../parallel/in-order.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { Blobs } from '../../store/files/blobs.js';
import { pathIn, shardFileName } from '../../store/files/layout.js';
import type { PageBatch } from '../../store/pages/batch.js';
import type { InlineRecord } from '../../store/types.js';
import { writeLines } from '../salvage/inline-text.js';
import { type IndexedBy, setupOf } from '../salvage/setup.js';
import type { SalvageResult, Salvagers, SalvageTask } from '../salvage/task.js';

/** A shard to salvage, without what is the same for all. */
export type ShardJob = Omit<
  SalvageTask,
  'setup' | 'named' | 'shared' | 'textPath' | 'runPath' | 'rewrittenPath' | 'ordinals'
> & {
  /** Number of the file it is to be written to, should it be damaged. */
  readonly newFileNumber: number;
  /** Live records of an inline shard, in order. */
  readonly inline?: Iterable<InlineRecord>;
};

/** What all collections and imports of a repair are rebuilt with. */
export interface RebuildTools {
  readonly blobs: Blobs;
  readonly workers: Salvagers;
  readonly threads: number;
  /** A directory of the repair's own. */
  readonly temporary: string;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
  /** Lets others have their turn. @throws GristmillError CANCELLED */
  readonly pause: () => Promise<void>;
  /** Takes the names of files that were written again, in `temporary`: they are published with the index. */
  readonly rewritten: string[];
}

export class Rebuild {
  readonly runs: PlacedRun[] = [];
  /** By shard: those that lost to another of these with the same key. */
  readonly dead = new Map<number, number[]>();
  readonly #tools: RebuildTools;
  readonly #id: string;
  readonly #rewritten: string[] = [];

  /** @param id differs for every collection and import: a kernel is made for its key paths. */
  constructor(tools: RebuildTools, id: string) {
    this.#tools = tools;
    this.#id = id;
  }

  /** Salvages shards, in order; jobs are made as they are needed. */
  async *salvage(
    jobs: Iterable<ShardJob>,
    by: IndexedBy,
  ): AsyncGenerator<{ readonly job: ShardJob; readonly result: SalvageResult }> {
    const { blobs, workers, threads, temporary, rewritten, pause, shared } = this.#tools;
    const isSealed = blobs.seal !== undefined;
    const setup = setupOf(this.#id, by);
    const start = async ({ inline, newFileNumber, ...job }: ShardJob): Promise<SalvageResult> => {
      const textPath = pathIn(temporary, `${job.shard}.text`);
      const ordinals = inline && writeLines(blobs, textPath, inline);
      const rewrittenPath = pathIn(temporary, shardFileName(newFileNumber, isSealed));
      try {
        const task = { ...job, ...(ordinals && { ordinals }), named: by.named, setup, textPath, rewrittenPath };
        return await workers.salvage({ ...task, shared, runPath: this.#runPath(job.shard) });
      } finally {
        blobs.remove(textPath);
      }
    };
    for await (const { task: job, result } of inOrder(jobs, threads + 1, start, this.#stop)) {
      await pause();
      const { shard } = job;
      for (const run of result.runs) this.runs.push({ ...run, shard });
      for (const ordinal of result.losers) this.#markDead(job.shard, ordinal);
      if (result.file?.isRewritten) {
        const file = shardFileName(job.newFileNumber, isSealed);
        this.#rewritten.push(file);
        rewritten.push(file);
      }
      yield { job, result };
    }
  }

  /** All pages, index by index, once everything is salvaged. */
  async *pages(keep: 'last' | 'first'): AsyncGenerator<PageBatch> {
    const { blobs, workers, threads, pause, temporary } = this.#tools;
    // Equal keys are in the order of their runs, and pages want them by place. Shards come by the positions of their records:
    // one that a transaction began while an import was reserving numbers may have a higher number and lower positions.
    const runs = this.runs.sort((left, right) => left.shard - right.shard);
    const accept = ({ losers }: MergeResult): void => {
      for (let i = 0; i < losers.length; i += 2) this.#markDead(losers[i]!, losers[i + 1]!);
    };
    yield* mergePages(runs, { id: this.#id, temporary, keep }, { workers, threads, pause, stop: this.#stop, accept });
    for (const shard of new Set(this.runs.map((run) => run.shard))) blobs.remove(this.#runPath(shard));
  }

  /** What was made is not wanted: files that were written again are not published. */
  discard(): void {
    const { blobs, temporary, rewritten } = this.#tools;
    for (const file of this.#rewritten) blobs.remove(pathIn(temporary, file));
    rewritten.splice(0, rewritten.length, ...rewritten.filter((file) => !this.#rewritten.includes(file)));
  }

  /** Whoever is still working stops: the repair has failed, or was cancelled. */
  readonly #stop = (): void => new SharedProgress(this.#tools.shared).cancel();

  #markDead(shard: number, ordinal: number): void {
    const dead = this.dead.get(shard);
    if (dead === undefined) this.dead.set(shard, [ordinal]);
    else dead.push(ordinal);
  }

  #runPath(shard: number): string {
    return runPathOf(this.#tools.temporary, shard);
  }
}
