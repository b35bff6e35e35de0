// source > plan > [map > scan > key > frame > shard] > verify > [merge] > publish
//
// The only file that knows the thread pool. Threads are started once and kept to the end of the import: none is stopped in
// the middle of a task, for that would tear down native code under it. Cancelling goes through the shared flag.
//
// A task whose worker dies or fails unexpectedly is tried once more, by then in a fresh thread; the second time the import
// fails and says what was worked on.

import type { Piscina as Pool } from 'piscina';
import { keptAlive } from '../base/alive.js';
import { GristmillError } from '../base/errors.js';
import { loadPackage } from '../base/load.js';
import type { Piece } from '../export/pack/piece.js';
import type { Exporters, MovedBytes, PieceOrder, PieceTask } from '../export/work/task.js';
import type { DecodedPart, PartTask } from '../import/feed/decode-part.js';
import type { MergeResult, MergeTask } from '../import/tasks/merge.js';
import type { SpanOrder, SpanResult } from '../import/tasks/span.js';
import { spanPaths } from '../import/tasks/span-paths.js';
import type { Workers } from '../import/tasks/workers.js';
import { type Answer, unwrap } from '../parallel/wire.js';
import type { ProfileImage } from '../profile/simd/image.js';
import { files } from '../store/files/file-blobs.js';
import type { SealKeys } from '../store/seal/types.js';
import type { TrialResult, Trials, TrialTask } from '../upkeep/evolve/task.js';
import type { Indexers, IndexResult, IndexTask } from '../upkeep/indexes/task.js';
import type { Profilers, ProfileTask } from '../upkeep/profile/task.js';
import type { SalvageResult, SalvageTask } from '../upkeep/salvage/task.js';
import type { Checkers, CheckResult, CheckTask } from '../upkeep/schema/task.js';
import type { Verifiers, VerifyResult, VerifyTask } from '../upkeep/verify/shard.js';

type Task =
  | PartTask
  | SpanOrder
  | MergeTask
  | VerifyTask
  | SalvageTask
  | IndexTask
  | ProfileTask
  | CheckTask
  | TrialTask
  | PieceOrder;

const WORKER = new URL('../../workers/import-worker.js', import.meta.url).href;
/** The module of threads that verify and export: they only read shards. */
export const READING_WORKER = new URL('../../workers/reading-worker.js', import.meta.url).href;
/** A worker's own heap holds no records: only lists of frames and fences, and what is said about bad records. */
const HEAP_MIB = 256;
/** Small, so that buffers no longer used are collected soon: memory is to depend on the window, not on the source. */
const YOUNG_HEAP_MIB = 4;

/** Threads for one import, or the like. */
export class WorkerPool implements Workers, Verifiers, Indexers, Profilers, Checkers, Trials, Exporters {
  readonly #piscina: Pool;
  /** Settles when no thread is loading any more. */
  readonly #loaded: Promise<unknown>;
  /** Rejects when no thread is left and none can be started: tasks in the queue would wait for ever. */
  readonly #lost: Promise<never>;
  #closing: Promise<void> | undefined;

  readonly #seal: SealKeys | undefined;
  /** Who waits for the bytes of a piece, by its ticket. */
  readonly #coming = new Map<number, (bytes: Uint8Array) => void>();
  #lastTicket = 0;

  /**
   * @param filename of the threads' module; others than the two above are for tests of threads that fail
   * @param seal the keys of an encrypted store: they go with each task
   */
  constructor(threads: number, filename = WORKER, seal?: SealKeys) {
    this.#seal = seal;
    const { Piscina } = loadPackage<typeof import('piscina')>('piscina');
    this.#piscina = new Piscina({
      filename,
      name: 'ready',
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Otherwise a task that has to wait goes to the end of the queue: spans are accepted, and profiled, in order.
      stricterFIFO: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
    });
    let loseAll: (error: unknown) => void;
    this.#lost = new Promise((_, reject) => {
      loseAll = reject;
    });
    this.#lost.catch(() => {}); // told to whoever runs a task
    const failed = (error: unknown) => {
      if (this.#piscina.threads.length === 0) loseAll(error);
    };
    // Without a listener an error outside a task would end the process; the task it belongs to fails in any case.
    this.#piscina.on('error', failed);
    this.#piscina.on('message', ({ ticket, bytes }: MovedBytes) => this.#coming.get(ticket)?.(bytes));
    const load = () => Promise.race([this.#piscina.run(undefined), this.#lost]).catch(failed);
    // One for each thread.
    this.#loaded = Promise.all(Array.from({ length: threads }, load));
  }

  async decode(task: PartTask): Promise<DecodedPart> {
    return this.#runTwice<DecodedPart>(task, 'decode', `byte ${task.facts.offset} of ${task.facts.path}`, () => {});
  }

  async scan(order: SpanOrder): Promise<SpanResult> {
    const what = `bytes ${order.from} to ${order.to} of ${order.path}`;
    return this.#runTwice<SpanResult>(order, 'scan', what, () => {
      for (const path of Object.values(spanPaths(order.context, order.shard))) files.remove(path);
    });
  }

  async merge(task: MergeTask): Promise<MergeResult> {
    return this.#runTwice<MergeResult>(task, 'merge', 'index entries', () => {});
  }

  async verify(task: VerifyTask): Promise<VerifyResult> {
    return this.#runTwice<VerifyResult>(task, 'verify', task.path, () => {});
  }

  async salvage(task: SalvageTask): Promise<SalvageResult> {
    return this.#runTwice<SalvageResult>(task, 'salvage', `shard ${task.shard}`, () => {
      for (const path of [task.runPath, task.rewrittenPath]) files.remove(path);
    });
  }

  async index(task: IndexTask): Promise<IndexResult> {
    return this.#runTwice<IndexResult>(task, 'index', task.path, () => files.remove(task.runPath));
  }

  async profile(task: ProfileTask): Promise<ProfileImage> {
    return this.#runTwice<ProfileImage>(task, 'profile', task.path, () => {});
  }

  async trial(task: TrialTask): Promise<TrialResult> {
    return this.#runTwice<TrialResult>(task, 'trial', task.path, () => {});
  }

  async check(task: CheckTask): Promise<CheckResult> {
    return this.#runTwice<CheckResult>(task, 'check', task.path, () => {});
  }

  async piece(task: PieceTask): Promise<Piece> {
    const ticket = ++this.#lastTicket;
    const moved = new Promise<Uint8Array>((resolve) => this.#coming.set(ticket, resolve));
    try {
      const facts = await this.#runTwice<Omit<Piece, 'bytes'>>({ ...task, ticket }, 'piece', task.path, () => {});
      // The pool, which has its answer, lets the process end; the bytes come by another way.
      return { ...facts, bytes: await keptAlive(moved) };
    } finally {
      this.#coming.delete(ticket);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A thread that is stopped while it loads native code can take the process with it.
    await this.#loaded;
    await this.#piscina.destroy();
  }

  async #runTwice<T>(task: Task, name: string, what: string, cleanUp: () => void): Promise<T> {
    try {
      return await this.#run<T>(task, name);
    } catch (error) {
      if (error instanceof GristmillError) throw error;
    }
    cleanUp();
    try {
      // Its turn has passed.
      return await this.#run<T>('link' in task ? { ...task, link: undefined } : task, name);
    } catch (cause) {
      if (cause instanceof GristmillError) throw cause;
      const message = `A worker failed twice at ${what}: ${(cause as Error).message}. The store was not changed. Try option workers: 1. If it fails again, please report it.`;
      throw new GristmillError('WORKER_FAILED', message, { cause, ...('path' in task && { file: task.path }) });
    }
  }

  async #run<T>(task: Task, name: string): Promise<T> {
    const seal = this.#seal;
    const sent = seal === undefined ? task : { ...task, seal };
    return unwrap((await Promise.race([this.#piscina.run(sent, { name }), this.#lost])) as Answer<T>);
  }
}
