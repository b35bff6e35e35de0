// source > plan > [map > scan > key > frame > shard] > verify > [merge] > publish
//
// The only file that knows the thread pool. Threads are started once and kept to the end of the import: none is stopped in
// the middle of a task, for that would tear down native code under it. Cancelling goes through the shared flag.

import { Piscina } from 'piscina';
import { GristmillError } from '../errors.js';
import type { MergeResult, MergeTask } from './merge-types.js';
import type { SpanResult, SpanTask } from './span-types.js';
import { type Answer, valueOf } from './wire.js';

export class WorkerPool {
  readonly #piscina: Piscina;

  constructor(workers: number) {
    this.#piscina = new Piscina({
      filename: new URL('../../workers/import-worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A worker's own heap holds no records: only lists of frames and fences.
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    // Without a listener an error outside a task would end the process; the task it belongs to fails in any case.
    this.#piscina.on('error', () => {});
  }

  scan(task: SpanTask): Promise<SpanResult> {
    return this.#run<SpanResult>(task, 'scan', `bytes ${task.from} to ${task.to} of ${task.path}`);
  }

  merge(task: MergeTask): Promise<MergeResult> {
    return this.#run<MergeResult>(task, 'merge', 'index entries');
  }

  /** Ends the threads; every task must have settled. */
  async close(): Promise<void> {
    await this.#piscina.destroy();
  }

  async #run<T>(task: SpanTask | MergeTask, name: 'scan' | 'merge', what: string): Promise<T> {
    let answered: Answer<T>;
    try {
      answered = (await this.#piscina.run(task, { name })) as Answer<T>;
    } catch (cause) {
      const message = `A worker was lost while it worked on ${what}: ${(cause as Error).message}.`;
      throw new GristmillError('WORKER_FAILED', message, { cause });
    }
    return valueOf(answered);
  }
}
