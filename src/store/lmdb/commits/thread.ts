// store at rest: [catalog]
//
// The user's side of the commit thread (turn.ts): transactions of one store, one after another. A thread is started
// with the first transaction of a store. When the store is closed its thread is kept for the next one, because starting a
// thread takes longer than most stores of a test are open. None of it keeps a process alive but a transaction under way.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { GristmillError } from '../../../base/errors.js';
import { unwrap } from '../../../parallel/wire.js';
import { addressSpaceLeft } from '../../files/process-limits.js';
import { type Batch, CommitFailed, type CommitOrder, type CommitThreadData, type CommitWord, TURN } from './turn.js';
import { takers } from './turns.js';

const WORKER = new URL('../../../../workers/commit-worker.js', import.meta.url);
/** The thread's own heap holds one batch at a time, outside of it. */
const HEAP_MIB = 64;
const YOUNG_HEAP_MIB = 4;
/** Address space that a thread reserves, generously. */
const THREAD_ADDRESS_BYTES = 2 * 2 ** 30;
/** How long a turn stays granted to a user that is busy, in milliseconds. It doubles each time, or a busy user never got one. */
const PATIENCE_MIN = 50;
const PATIENCE_MAX = 6400;

/** A transaction that waits for its turn. */
interface Request {
  /** Runs when no other process can commit. */
  readonly fill: () => Batch;
  readonly resolve: (wrote: boolean) => void;
  readonly reject: (error: unknown) => void;
  /** What `fill` threw. */
  failure?: unknown;
  hasFailed?: boolean;
}

/** How a turn ends that was taken, or could not be granted. */
type Ended = Extract<CommitWord, { readonly kind: 'committed' | 'failed' }>;

let spare: Thread | undefined;

/** No thread could be started, or it died. */
export class NoCommitThread extends Error {}

export class CommitThread {
  readonly #thread: Thread;
  readonly #waiting: Request[] = [];
  #current: Request | undefined;
  #patience = PATIENCE_MIN;
  #lost: Error | undefined;
  #closed: (() => void) | undefined;

  private constructor(thread: Thread, store: string, inode: number | undefined) {
    this.#thread = thread;
    this.#thread.listener = this;
    takers.add(this);
    this.#thread.order({ kind: 'open', store, inode });
  }

  /**
   * Starts a thread, or takes the spare one.
   * @param inode of the index that the user has open
   * @returns null where there is no room for a thread: Node would end the process
   */
  static start(store: string, inode: number | undefined): CommitThread | null {
    const thread = spare ?? (addressSpaceLeft() < THREAD_ADDRESS_BYTES ? undefined : new Thread());
    spare = undefined;
    return thread === undefined ? null : new CommitThread(thread, store, inode);
  }

  /**
   * Runs `fill` when no other process can commit, and commits the batch that it returns.
   * @returns whether there was anything to commit, when it is durable
   * @throws as `commitBatch`; NoCommitThread: nothing was committed
   */
  run(fill: () => Batch): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      this.#waiting.push({ fill, resolve, reject });
      if (this.#current === undefined) this.#next();
    });
  }

  /** See `giveBackTurns`. The transaction gets another turn. */
  giveBack(): void {
    const { turn } = this.#thread;
    for (const state of [TURN.asked, TURN.granted]) Atomics.compareExchange(turn, 0, state, TURN.givenBack);
    Atomics.notify(turn, 0);
  }

  heard(word: CommitWord): void {
    switch (word.kind) {
      case 'closed':
        this.#closed?.();
        break;
      case 'granted':
        this.#take();
        break;
      case 'given back':
        this.#patience = Math.min(2 * this.#patience, PATIENCE_MAX);
        this.#ask();
        break;
      default:
        this.#settle(word);
    }
  }

  #settle(word: Ended): void {
    const { resolve, reject, hasFailed, failure } = this.#current as Request;
    this.#current = undefined;
    this.#patience = PATIENCE_MIN;
    if (hasFailed) reject(failure);
    else if (word.kind === 'committed') resolve(word.wrote);
    else reject(reasonOf(word));
    this.#next();
  }

  /** The thread has ended. */
  died(reason: Error): void {
    this.#lost = new NoCommitThread(reason.message, { cause: reason });
    takers.delete(this);
    // Once filled, a batch may have been committed or not.
    const isFilled = Atomics.load(this.#thread.turn, 0) === TURN.filled;
    const unknown = new CommitFailed(new GristmillError('WORKER_FAILED', `the commit thread ended: ${reason.message}`));
    this.#current?.reject(isFilled ? unknown : this.#lost);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    this.#current = undefined;
    this.#closed?.();
  }

  /** Ends when no transaction is under way any more. */
  async close(): Promise<void> {
    if (this.#lost !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      if (this.#current === undefined) this.#next();
    });
    takers.delete(this);
    if (this.#lost !== undefined) return;
    this.#thread.listener = undefined;
    this.#thread.setBusy(false);
    if (spare === undefined) spare = this.#thread;
    else this.#thread.end();
  }

  #next(): void {
    this.#current = this.#waiting.shift();
    const isClosing = this.#current === undefined && this.#closed !== undefined;
    this.#thread.setBusy(this.#current !== undefined || isClosing);
    if (this.#current !== undefined) this.#ask();
    else if (isClosing) this.#thread.order({ kind: 'close' });
  }

  #ask(): void {
    Atomics.store(this.#thread.turn, 0, TURN.asked);
    this.#thread.order({ kind: 'begin', patience: this.#patience });
  }

  #take(): void {
    const { turn } = this.#thread;
    // It may have been given back meanwhile.
    if (Atomics.compareExchange(turn, 0, TURN.granted, TURN.taken) !== TURN.granted) return;
    const request = this.#current as Request;
    let batch: Batch;
    try {
      batch = request.fill();
    } catch (error) {
      request.failure = error;
      request.hasFailed = true;
    }
    this.#thread.fill(batch);
  }
}

/** A worker thread, and how it is spoken to. */
class Thread {
  readonly turn = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #worker: Worker;
  readonly #batches: MessagePort;
  listener: CommitThread | undefined;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#batches = port1;
    const workerData: CommitThreadData = { turn: this.turn, batches: port2 };
    this.#worker = new Worker(WORKER, {
      workerData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
    });
    let failure: Error | undefined;
    // It is followed by 'exit'.
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.#worker.on('exit', (code) => {
      if (spare === this) spare = undefined;
      this.#batches.close();
      this.listener?.died(failure ?? new Error(`it exited with code ${code}`));
    });
    this.#worker.on('message', (word: CommitWord) => this.listener?.heard(word));
    // Last: a listener for messages keeps a process alive.
    this.#worker.unref();
    this.#batches.unref();
  }

  order(order: CommitOrder): void {
    this.#worker.postMessage(order);
  }

  fill(batch: Batch): void {
    this.#batches.postMessage(batch, batch === undefined ? [] : [batch.buffer as ArrayBuffer]);
    Atomics.store(this.turn, 0, TURN.filled);
    Atomics.notify(this.turn, 0);
  }

  /** Whether the process is to stay alive for it. */
  setBusy(isBusy: boolean): void {
    if (isBusy) this.#worker.ref();
    else this.#worker.unref();
  }

  end(): void {
    void this.#worker.terminate();
  }
}

function reasonOf(word: Extract<Ended, { readonly kind: 'failed' }>): unknown {
  try {
    return unwrap(word.answer);
  } catch (error) {
    return word.isLost ? new CommitFailed(error as GristmillError) : error;
  }
}
