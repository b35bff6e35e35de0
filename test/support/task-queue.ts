// Workers for tests of the coordinator: tasks wait, and run in one order or the other.

/** Tasks that run later, one a turn, in one order or the other: as workers do, results come when they come. */
export class TaskQueue {
  readonly #waiting: (() => void)[] = [];
  readonly #isReversed: boolean;

  constructor(isReversed: boolean) {
    this.#isReversed = isReversed;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
      // Not sooner: as many as there are credits for wait together.
      setImmediate(() => (this.#isReversed ? this.#waiting.pop() : this.#waiting.shift())?.());
    });
  }
}
