// [notices] > schedule > readiness > sync > event
//
// Paths that something happened to, told by a thread of their own: following ten thousand directories must not hold up the
// reads of this process. The thread keeps a process alive only while somebody waits for an answer.

import { Worker } from 'node:worker_threads';
import type { Followed } from './follow.js';
import type { Order, Word } from './notices-thread.js';

export interface NoticesListener {
  /** Absolute paths; what happened to them, or below them, is for whoever looks there to find out. */
  noticed(paths: readonly string[]): void;
  /** Not everything that happens is told any more: the system has no room for more notifications, or the thread died. */
  failed(error: Error): void;
}

/** What a watcher needs of it; its tests have another. */
export interface Notifier {
  /**
   * Follows what is not followed yet. What happens after it resolves is told; it resolves, too, when that has failed.
   * Called again, it finds what was replaced without a notice: systems drop notices when there are too many.
   */
  check(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

const WORKER = new URL('../../workers/watch-worker.js', import.meta.url);

export class Notices implements Notifier {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;
  #checks: (() => void)[] = [];
  #closing = false;

  constructor(followed: Followed, listener: NoticesListener) {
    const thread = new Worker(WORKER, { workerData: followed });
    this.#thread = thread;
    let failure: Error | undefined;
    // It is followed by 'exit'.
    thread.on('error', (error) => {
      failure = error;
    });
    thread.on('message', (word: Word) => {
      if (word.kind === 'checked') this.#checked();
      else if (this.#closing) return;
      else if (word.kind === 'noticed') listener.noticed(word.paths);
      else listener.failed(Object.assign(new Error(word.message), { code: word.code }));
    });
    this.#ended = new Promise((resolve) => {
      thread.on('exit', (code) => {
        if (!this.#closing)
          listener.failed(failure ?? new Error(`the thread that follows the sources ended with exit code ${code}`));
        this.#closing = true;
        for (const checked of this.#checks) checked();
        resolve();
      });
    });
    // Last: a listener for messages keeps a process alive.
    thread.unref();
  }

  async check(): Promise<void> {
    if (this.#closing) return;
    await new Promise<void>((resolve) => {
      this.#checks.push(resolve);
      this.#thread.ref();
      this.#tell('check');
    });
  }

  #checked(): void {
    this.#checks.shift()?.();
    if (this.#checks.length === 0 && !this.#closing) this.#thread.unref();
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#thread.ref();
      this.#tell('close');
    }
    await this.#ended;
  }

  #tell(order: Order): void {
    this.#thread.postMessage(order);
  }
}
