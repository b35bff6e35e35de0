// key > index page > location > frame cache > [frame] > record, in the background
//
// Loads frames nobody waits for, off the event loop: in a thread that is started with the first job and ended with the
// store. Few jobs are under way at a time, so what comes back never holds up reads for long. A place in memory has nothing
// a thread could read: there, and where no thread can be started, frames are loaded here, one a turn. Another thread is tried
// later: descriptors, say, may have been short for a moment. None of it keeps a process alive (base/alive.ts).

import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { GristmillError } from '../../base/errors.js';
import { unwrap } from '../../parallel/wire.js';
import { openFrame } from '../../store/shards/frame.js';
import type { ShardReader } from '../../store/shards/read.js';
import type { FrameAnswers, FrameJob, LoadedFrame } from './frame-loader.js';
import type { BackgroundMetrics } from './sizes.js';

const WORKER = new URL('../../../workers/frame-worker.js', import.meta.url);
/** One that is worked on and one that waits for it. */
const JOBS_MAX = 2;
/** Shared memory of each job, for a few frames: nothing of it is garbage afterwards. */
const SHARED_BYTES = 256 * 1024;
/** The thread's own heap holds next to nothing: frames are outside of it. */
const HEAP_MIB = 64;
const YOUNG_HEAP_MIB = 4;
/** If a thread could not be started, or died, the main thread does this many jobs before it starts another one. */
const JOBS_WITHOUT = 64;

type OpenShard = () => ShardReader;
/** Is told of a frame, whose memory is another one's afterwards. */
type Arrived = (index: number, frame: LoadedFrame) => void;

export class FrameThread {
  readonly #filename: URL;
  #worker: Worker | undefined;
  /** Jobs that are to be done here before a thread is tried again. */
  #without = 0;
  #isClosed = false;
  #lastId = 0;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];
  /** Shared memory that no job has. */
  readonly #shared: SharedArrayBuffer[] = [];
  readonly #answered = new Map<number, (answers: FrameAnswers | undefined) => void>();
  #allDone: (() => void) | undefined;

  /** @param filename of the thread's module; another one is for tests of threads that fail. */
  constructor(filename = WORKER) {
    this.#filename = filename;
  }

  /** Jobs under way, and those that wait for their turn. */
  get jobs(): BackgroundMetrics {
    return { running: this.#underWay, queued: this.#waiting.length };
  }

  /**
   * Loads frames of one shard, and hands over each frame when it is loaded.
   * @param open opens the shard when its turn has come, because an unread shard may be closed at any time.
   * @throws GristmillError the error of the first bad frame, after the other frames were handed over; STORE_CLOSED
   */
  async load(open: OpenShard, indexes: readonly number[], arrived: Arrived): Promise<void> {
    await this.#turn();
    try {
      await open().lend((descriptor) =>
        descriptor === undefined || this.#mustDoWithout()
          ? this.#loadHere(open, indexes, arrived)
          : this.#loadThere(open, descriptor, indexes, arrived),
      );
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
      if (this.#underWay === 0) this.#allDone?.();
    }
  }

  /** Waits for the jobs under way, drops the others and ends the thread. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#allDone = resolve;
      });
    }
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('end');
    await ended;
  }

  #mustDoWithout(): boolean {
    if (this.#without === 0) return false;
    this.#without--;
    return true;
  }

  /** Waits until a job may begin. */
  async #turn(): Promise<void> {
    while (this.#underWay >= JOBS_MAX && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isClosed) throw new GristmillError('STORE_CLOSED', 'the store was closed during this call');
    this.#underWay++;
  }

  async #loadThere(open: OpenShard, descriptor: number, indexes: readonly number[], arrived: Arrived): Promise<void> {
    const reader = open();
    const shared = this.#shared.pop() ?? new SharedArrayBuffer(SHARED_BYTES);
    const spans = indexes.map((index) => reader.spanOf(index));
    const { path, sealed } = reader;
    const done = await this.#answersOf({ id: ++this.#lastId, descriptor, path, spans, sealed, shared });
    if (done === undefined) return this.#loadHere(open, indexes, arrived);
    try {
      for (const [i, index] of indexes.entries()) {
        const answered = done.answers[i];
        if (answered?.kind === 'done') arrived(index, answered.value);
      }
    } finally {
      this.#shared.push(shared);
    }
    for (const answered of done.answers) unwrap(answered);
  }

  /** Undefined where no thread can be started, or it died. */
  #answersOf(job: FrameJob): Promise<FrameAnswers | undefined> {
    return new Promise((resolve) => {
      const worker = this.#started();
      if (worker === undefined) return resolve(undefined);
      this.#answered.set(job.id, resolve);
      worker.postMessage(job);
    });
  }

  async #loadHere(open: OpenShard, indexes: readonly number[], arrived: Arrived): Promise<void> {
    const failures: unknown[] = [];
    for (const index of indexes) {
      await setImmediate();
      try {
        const reader = open();
        arrived(index, openFrame(await reader.readFrame(index), reader, index));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** The thread; undefined where none can be started. */
  #started(): Worker | undefined {
    if (this.#worker !== undefined) return this.#worker;
    let worker: Worker;
    try {
      worker = new Worker(this.#filename, {
        name: 'gristmill frames',
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
      });
    } catch {
      this.#without = JOBS_WITHOUT;
      return undefined;
    }
    worker.on('message', (answers: FrameAnswers) => {
      this.#answered.get(answers.id)?.(answers);
      this.#answered.delete(answers.id);
    });
    worker.on('error', () => {}); // what it was doing is done here: see 'exit'
    worker.on('exit', () => {
      this.#without = JOBS_WITHOUT;
      this.#worker = undefined;
      for (const resolve of this.#answered.values()) resolve(undefined);
      this.#answered.clear();
    });
    // After `on`: listening for messages keeps the process alive again.
    worker.unref();
    this.#worker = worker;
    return worker;
  }
}
