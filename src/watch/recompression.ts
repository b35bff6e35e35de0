// notices > schedule > readiness > sync > event > [recompression]
//
// Between two rounds, a watcher may compress what its rounds have stored without compression. It gives way to the next round:
// what is compressed by then stays so, and the rest comes after that round.

import { GristmillError } from '../base/errors.js';
import { ioError } from '../base/system-errors.js';
import type { WatchParts } from './parts.js';
import type { Telling } from './telling.js';

export class Recompression {
  readonly #collection: string;
  readonly #compact: WatchParts['compact'];
  readonly #telling: Pick<Telling, 'warn'>;
  /** At first too: another process may have stored something. */
  #isDue = true;
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(collection: string, compact: WatchParts['compact'], telling: Pick<Telling, 'warn'>) {
    this.#collection = collection;
    this.#compact = compact;
    this.#telling = telling;
  }

  /** Something was stored. */
  due(): void {
    this.#isDue = true;
  }

  /** Begins if something may be to do. */
  begin(): void {
    if (!this.#isDue || this.#running !== undefined) return;
    this.#isDue = false;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal).finally(() => {
      this.#running = undefined;
    });
  }

  /** Stops it. */
  async giveWay(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      await this.#compact({ collection: this.#collection, recompress: true, wait: false, signal });
    } catch (error) {
      const failure = error instanceof GristmillError ? error : ioError(error, 'compress', this.#collection);
      // After the next round. There may be no collection yet, or another writer is at work.
      this.#isDue = true;
      if (!['CANCELLED', 'STORE_BUSY', 'COLLECTION_NOT_FOUND'].includes(failure.code)) this.#telling.warn(failure);
    }
  }
}
