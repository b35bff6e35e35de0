// [repair]: shards > entries > pages > index in place
//
// The pages of one collection's indexes from the text of its shards: workers salvage the shards and leave sorted runs, which
// are merged as those of an import are.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inOrder } from '../import/credits.js';
import { batchOf } from '../import/merge.js';
import { type PlacedRun, planMerge } from '../import/merge-plan.js';
import type { MergeTask } from '../import/merge-types.js';
import type { WorkerPool } from '../import/pool.js';
import { SharedProgress } from '../import/shared-progress.js';
import type { ScanSetup } from '../import/span-types.js';
import { RECORD_BYTES_MAX, WINDOW_BYTES_DEFAULT } from '../limits.js';
import { parsePath } from '../paths.js';
import type { PageBatch } from '../store/publish.js';
import type { ImportOrigin } from '../store/shard-origin.js';
import type { KeyRule } from '../store/types.js';
import type { SalvageResult, SalvageTask } from './salvage-shard.js';

/** As deep as any import may have accepted. */
const DEPTH_MAX = 100_000;
const LEVEL = 1;

/** What is looked for in a collection's records. */
export interface IndexedBy {
  readonly key: KeyRule;
  readonly indexes: readonly string[];
  readonly named: boolean;
  readonly keep: 'last' | 'first';
}

/** A shard to salvage, without what is the same for all. */
export type ShardJob = Omit<SalvageTask, 'setup' | 'textPath' | 'runPath'> & {
  /** Live lines of an inline shard. */
  readonly lines?: readonly Uint8Array[];
};

export class Rebuild {
  readonly runs: PlacedRun[] = [];
  /** By shard: those that lost to another of these with the same key. */
  readonly dead = new Map<number, number[]>();
  readonly #workers: WorkerPool;
  readonly #threads: number;
  readonly #temporary: string;
  readonly #id: string;

  /** @param id differs for every collection and import: a kernel is made for its key paths. */
  constructor(workers: WorkerPool, threads: number, temporary: string, id: string) {
    this.#workers = workers;
    this.#threads = threads;
    this.#temporary = temporary;
    this.#id = id;
  }

  /** Salvages shards, in order. */
  async *salvage(
    jobs: readonly ShardJob[],
    by: IndexedBy,
  ): AsyncGenerator<{ readonly job: ShardJob; readonly result: SalvageResult }> {
    const setup = this.#setup(by);
    const start = ({ lines, ...job }: ShardJob): Promise<SalvageResult> => {
      const textPath = join(this.#temporary, `${job.shard}.text`);
      if (lines)
        writeFileSync(textPath, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])), { mode: 0o600 });
      return this.#workers.salvage({ ...job, setup, textPath, runPath: this.#runPath(job.shard) });
    };
    for await (const { task: job, result } of inOrder(jobs, this.#threads + 1, start, () => {})) {
      for (const run of result.runs) this.runs.push({ ...run, path: this.#runPath(job.shard) });
      for (const ordinal of result.losers) this.#markDead(job.shard, ordinal);
      yield { job, result };
    }
  }

  /** All pages, index by index, once everything is salvaged. */
  async *pages(keep: 'last' | 'first'): AsyncGenerator<PageBatch> {
    const merge = (task: MergeTask) => this.#workers.merge(task);
    const tasks = planMerge(this.runs, this.#id, keep);
    for await (const { result } of inOrder(tasks, this.#threads + 1, merge, () => {})) {
      for (let i = 0; i < result.losers.length; i += 2) {
        this.#markDead(result.losers[i] as number, result.losers[i + 1] as number);
      }
      for (const merged of result.pages) yield batchOf(merged);
    }
  }

  #markDead(shard: number, ordinal: number): void {
    this.dead.set(shard, [...(this.dead.get(shard) ?? []), ordinal]);
  }

  #runPath(shard: number): string {
    return join(this.#temporary, `${shard}.run`);
  }

  #setup({ key, indexes, named, keep }: IndexedBy): ScanSetup {
    const inValue = (path: string): string[] => [...(named ? ['value'] : []), ...parsePath(path)];
    const primary = key.kind === 'path' ? inValue(key.path) : key.kind === 'name' ? ['key'] : undefined;
    const secondary = indexes.map(inValue);
    return {
      id: this.#id,
      scan: { secondary, depthMax: DEPTH_MAX, recordBytesMax: RECORD_BYTES_MAX, ...(primary && { primary }) },
      ...{ level: LEVEL, access: 'read', windowBytes: WINDOW_BYTES_DEFAULT, onBadRecord: 'fail', badMax: 0, keep },
      ...{
        namesDuplicates: false,
        hashesSpans: false,
        shared: new SharedProgress().buffer,
        origin: {} as ImportOrigin,
      },
    };
  }
}
