// store at rest: [catalog]
//
// The worker thread that commits to a store, and how it is spoken to. When its store is closed it is kept for the next one,
// because starting a thread takes longer than most stores of a test are open.

import { getHeapStatistics } from 'node:v8';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { addressSpaceLeft } from '../../files/process-limits.js';
import { type CommitOrder, type CommitThreadData, type CommitWord, type Filling, TURN, WRITING } from './turn.js';
import { giveBackTurns } from './turns.js';

const WORKER = new URL('../../../../workers/commit-worker.js', import.meta.url);
const MIB = 2 ** 20;
/** A group of many puts makes some megabytes of objects that are soon gone; more room makes imports take more memory. */
const YOUNG_HEAP_MIB = 16;
/** Address space that a thread reserves, generously. */
const THREAD_ADDRESS_BYTES = 2 * 2 ** 30;

let spare: Thread | undefined;

/** How long the end of a process waits for a write transaction to end, in milliseconds: another process may have the lock. */
const EXIT_PATIENCE = 10_000;
const threads = new Set<Thread>();

process.on('exit', () => {
  if (threads.size > 0) giveBackTurns();
  for (const { turn } of threads) {
    if (Atomics.compareExchange(turn, 1, WRITING.no, WRITING.never) !== WRITING.yes) continue;
    Atomics.wait(turn, 1, WRITING.yes, EXIT_PATIENCE);
    Atomics.compareExchange(turn, 1, WRITING.no, WRITING.never);
  }
});

/** Who uses the thread. */
interface Listener {
  heard(word: CommitWord): void;
  /** The thread has ended. */
  died(reason: Error): void;
}

export class Thread {
  /** The turn, and whether a write transaction is under way. */
  readonly turn = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  readonly #worker: Worker;
  readonly #batches: MessagePort;
  listener: Listener | undefined;

  private constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#batches = port1;
    const workerData: CommitThreadData = { turn: this.turn, batches: port2 };
    this.#worker = new Worker(WORKER, {
      workerData,
      transferList: [port2],
      // What one transaction puts is in its heap at once, as it is in its user's.
      resourceLimits: {
        maxOldGenerationSizeMb: getHeapStatistics().heap_size_limit / MIB,
        maxYoungGenerationSizeMb: YOUNG_HEAP_MIB,
      },
    });
    threads.add(this);
    let failure: Error | undefined;
    // It is followed by 'exit'.
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', (code) => {
      threads.delete(this);
      if (spare === this) spare = undefined;
      this.#batches.close();
      this.listener?.died(failure ?? new Error(`it exited with code ${code}`));
    });
    this.#worker.on('message', (word: CommitWord) => this.listener?.heard(word));
    // Last: a listener for messages keeps a process alive.
    this.#worker.unref();
    this.#batches.unref();
  }

  /** Starts a thread, or takes the spare one. @returns null where there is no room for a thread: Node would end the process */
  static take(): Thread | null {
    const thread = spare ?? (addressSpaceLeft() < THREAD_ADDRESS_BYTES ? null : new Thread());
    spare = undefined;
    return thread;
  }

  /** It is not used any more: it is kept for the next who needs one, or ends. */
  release(): void {
    this.listener = undefined;
    this.setBusy(false);
    if (spare === undefined) spare = this;
    else void this.#worker.terminate();
  }

  /** @param moved bytes of the order that are the thread's from now on */
  order(order: CommitOrder, moved?: Uint8Array): void {
    this.#worker.postMessage(order, moved === undefined ? [] : [moved.buffer as ArrayBuffer]);
  }

  fill(filling: Filling): void {
    this.#batches.postMessage(filling, filling === undefined ? [] : [filling.bytes.buffer as ArrayBuffer]);
    Atomics.store(this.turn, 0, TURN.filled);
    Atomics.notify(this.turn, 0);
  }

  /** Whether the process is to stay alive for it. */
  setBusy(isBusy: boolean): void {
    if (isBusy) this.#worker.ref();
    else this.#worker.unref();
  }
}
