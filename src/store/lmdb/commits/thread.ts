// store at rest: [catalog]
//
// The user's side of the commit thread (turn.ts): transactions of one store, one after another. A thread is taken
// with the first transaction of a store. None of it keeps a process alive but a transaction under way.

import { GristmillError } from '../../../base/errors.js';
import { unwrap } from '../../../parallel/wire.js';
import type { SealKeys } from '../../seal/types.js';
import { CommitFailed, type CommitWord, type Early, type Filling, TURN } from './turn.js';
import { takers } from './turns.js';
import { Thread } from './worker.js';

/** How long a turn stays granted to a user that is busy, in milliseconds. It doubles each time, or a busy user never got one. */
const PATIENCE_MIN = 50;
const PATIENCE_MAX = 6400;
/** Where other processes commit all the time, most of what is filled early is in vain: then so many turns are waited for. */
const DISTRUST_MAX = 64;

/** What a transaction is to write. */
export interface Filler {
  /** Runs when no other process can commit. */
  readonly fill: () => Filling;
  /** The same before that, for who may be asked again. Undefined: there is nothing to write. "not now": only `fill` can. */
  readonly fillEarly?: () => Early | undefined | 'not now';
  /** What `fillEarly` gave is not written. */
  readonly takeBack?: () => void;
  /** Whether it is over when it is committed, and synced a little later. */
  readonly syncsLater?: boolean;
}

/** A transaction that waits for its turn. */
interface Request extends Filler {
  readonly resolve: (wrote: boolean) => void;
  readonly reject: (error: unknown) => void;
  /** What `fill` threw. */
  failure?: unknown;
  hasFailed?: boolean;
  /** Whether what `fillEarly` gave may still be written. */
  isEarly?: boolean;
}

/** How a turn ends that was taken, or could not be granted. */
type Ended = Extract<CommitWord, { readonly kind: 'committed' | 'failed' }>;

/** No thread could be started, or it died. */
export class NoCommitThread extends Error {}

export class CommitThread {
  readonly #thread: Thread;
  readonly #waiting: Request[] = [];
  #current: Request | undefined;
  #patience = PATIENCE_MIN;
  /** Turns to wait for before anything is filled early again, and how many after the next one that was in vain. */
  #distrust = 0;
  #distrustNext = 1;
  #lost: Error | undefined;
  #closed: ((lost?: unknown) => void) | undefined;

  private constructor(thread: Thread, store: string, inode: number | undefined, seal: SealKeys | undefined) {
    this.#thread = thread;
    this.#thread.listener = this;
    takers.add(this);
    this.#thread.order({ kind: 'open', store, inode, seal });
  }

  /**
   * Takes a thread for a store.
   * @param inode of the index that the user has open
   * @param seal the keys of an encrypted store
   * @returns null where there is no room for a thread: Node would end the process
   */
  static start(store: string, inode: number | undefined, seal: SealKeys | undefined): CommitThread | null {
    const thread = Thread.take();
    return thread && new CommitThread(thread, store, inode, seal);
  }

  /**
   * Commits what `filler` gives: early where it can and no process has committed meanwhile, or when no other process can.
   * @returns whether there was anything to commit, when it is durable, or with `syncsLater` when it is committed
   * @throws as `commitTo`; NoCommitThread: nothing was committed
   */
  run(filler: Filler): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      this.#waiting.push({ ...filler, resolve, reject });
      if (this.#current === undefined) this.#next();
    });
  }

  /** See `giveBackTurns`. The transaction gets another turn. */
  giveBack(): void {
    const { turn } = this.#thread;
    for (const state of [TURN.asked, TURN.granted]) {
      if (Atomics.compareExchange(turn, 0, state, TURN.givenBack) === state) this.#takeBack();
    }
    Atomics.notify(turn, 0);
  }

  heard(word: CommitWord): void {
    switch (word.kind) {
      case 'closed':
        this.#closed?.(word.lost && reasonOf({ isLost: true, answer: word.lost }));
        break;
      case 'granted':
        this.#take();
        break;
      case 'given back':
        this.#takeBack();
        this.#patience = Math.min(2 * this.#patience, PATIENCE_MAX);
        this.#ask();
        break;
      default:
        this.#settle(word);
    }
  }

  #settle(word: Ended): void {
    const { resolve, reject, hasFailed, failure } = this.#current as Request;
    if (this.#current?.isEarly) this.#distrustNext = 1;
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
    if (!isFilled) this.#takeBack();
    this.#current?.reject(isFilled ? unknown : this.#lost);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
    this.#current = undefined;
    this.#closed?.();
  }

  /** Ends when no transaction is under way any more. @throws CommitFailed where what was committed could not be synced */
  async close(): Promise<void> {
    if (this.#lost !== undefined) return;
    const lost = await new Promise((resolve) => {
      this.#closed = resolve;
      if (this.#current === undefined) this.#next();
    });
    takers.delete(this);
    if (this.#lost !== undefined) return;
    this.#thread.release();
    if (lost !== undefined) throw lost;
  }

  #next(): void {
    this.#current = this.#waiting.shift();
    const isClosing = this.#current === undefined && this.#closed !== undefined;
    this.#thread.setBusy(this.#current !== undefined || isClosing);
    if (this.#current !== undefined) this.#ask();
    else if (isClosing) this.#thread.order({ kind: 'close' });
  }

  #ask(): void {
    const request = this.#current as Request;
    let early: Early | undefined | 'not now' = 'not now';
    if (request.fillEarly !== undefined && this.#distrust-- <= 0) {
      this.#distrust = 0;
      try {
        early = request.fillEarly();
        if (early === undefined) request.resolve(false);
      } catch (error) {
        early = undefined;
        request.reject(error);
      }
      if (early === undefined) {
        this.#next();
        return;
      }
    }
    this.#order(request, early === 'not now' ? undefined : early);
  }

  #order(request: Request, early: Early | undefined): void {
    request.isEarly = early !== undefined;
    Atomics.store(this.#thread.turn, 0, TURN.asked);
    const { syncsLater = false } = request;
    this.#thread.order({ kind: 'begin', patience: this.#patience, syncsLater, early }, early?.filled.bytes);
  }

  /** What was filled early is not written. */
  #takeBack(): void {
    const request = this.#current;
    if (!request?.isEarly) return;
    request.isEarly = false;
    request.takeBack?.();
  }

  #take(): void {
    const { turn } = this.#thread;
    // It may have been given back meanwhile.
    if (Atomics.compareExchange(turn, 0, TURN.granted, TURN.taken) !== TURN.granted) return;
    const request = this.#current as Request;
    if (request.isEarly) {
      this.#takeBack();
      this.#distrust = this.#distrustNext;
      this.#distrustNext = Math.min(2 * this.#distrustNext, DISTRUST_MAX);
    }
    let filling: Filling;
    try {
      filling = request.fill();
    } catch (error) {
      request.failure = error;
      request.hasFailed = true;
    }
    this.#thread.fill(filling);
  }
}

function reasonOf(word: Pick<Extract<Ended, { readonly kind: 'failed' }>, 'isLost' | 'answer'>): unknown {
  try {
    return unwrap(word.answer);
  } catch (error) {
    return word.isLost ? new CommitFailed(error as GristmillError) : error;
  }
}
