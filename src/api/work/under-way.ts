// The long work of a store that is under way: imports, upkeep, warming. Closing the store cancels it and waits for its end.

import { keptAlive } from '../../base/alive.js';
import { nameErrors } from '../../base/system-errors.js';

export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();

  /** Aborted when the store is being closed. */
  get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * Runs work that `end` waits for, and that the process does not end before.
   * @param work is given the signal that is aborted when the store is being closed
   * @param directory of the store, for the errors of system calls
   */
  async run<T>(work: (closing: AbortSignal) => Promise<T>, directory: string): Promise<T> {
    const working = keptAlive(nameErrors('work on the store', directory, () => work(this.closing)));
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
