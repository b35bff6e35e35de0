// The long work of a store that is under way: imports, upkeep, warming. Closing the store cancels it and waits for its end.

import { keptAlive } from '../alive.js';

export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();

  /** Aborted when the store is being closed. */
  get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Runs work that `end` waits for, and that the process does not end before.
   * @param work is given a signal: aborted when the store is being closed, or when the caller's is
   * @param given the caller's signal, if any
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, given?: AbortSignal): Promise<T> {
    const signal = given === undefined ? this.closing : AbortSignal.any([given, this.closing]);
    const working = keptAlive(work(signal));
    this.#works.add(working);
    try {
      return await working;
    } finally {
      this.#works.delete(working);
    }
  }

  /** Cancels all of it. @returns a promise that resolves, in any case, when it has ended */
  async end(reason: Error): Promise<void> {
    this.#stop.abort(reason);
    await Promise.allSettled(this.#works);
  }
}
