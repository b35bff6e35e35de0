// [index, evolve]: how far it is, and whether it is to stop.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { IndexProgress } from './options.js';

const INTERVAL_MS = 100;
/** The coordinator lets others have their turn after so long. */
const TURN_MS = 10;

/** Who watches, and may stop it. */
interface Watching {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: IndexProgress) => void) | undefined;
}

export class IndexWatch {
  readonly shared = new SharedProgress();
  readonly #options: Watching;
  readonly #what: string;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #turnBegan = performance.now();
  #stage: IndexProgress['stage'] = 'scan';
  #bytesTotal = 0;

  /** @param what is made, for a message */
  constructor(options: Watching, what: string) {
    this.#options = options;
    this.#what = what;
    if (options.onProgress) this.#timer = setInterval(() => this.#tell(), INTERVAL_MS);
    options.signal?.addEventListener('abort', this.stop);
  }

  /** Whoever is still working stops. */
  readonly stop = (): void => this.shared.cancel();

  enter(stage: IndexProgress['stage'], bytesTotal = this.#bytesTotal): void {
    this.#stage = stage;
    this.#bytesTotal = bytesTotal;
    this.#tell();
  }

  /** Lets others have their turn, such as the handler of a signal. @throws GristmillError CANCELLED */
  readonly pause = async (): Promise<void> => {
    if (performance.now() - this.#turnBegan >= TURN_MS) {
      await setImmediate();
      this.#turnBegan = performance.now();
    }
    if (this.#options.signal?.aborted) throw this.#cancelled();
  };

  /** The error to tell: a worker that is cancelled knows nothing of an index. */
  errorOf(error: unknown): unknown {
    return this.#options.signal?.aborted && (error as GristmillError).code === 'CANCELLED' ? this.#cancelled() : error;
  }

  get seconds(): number {
    return Math.round(performance.now() - this.#began) / 1000;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.stop);
  }

  #cancelled(): GristmillError {
    const cause = this.#options.signal?.reason;
    return new GristmillError('CANCELLED', `The ${this.#what} was cancelled; the store was not changed.`, { cause });
  }

  #tell(): void {
    const { bytes, records } = this.shared.done;
    const facts = { bytesTotal: this.#bytesTotal, records, seconds: this.seconds };
    this.#options.onProgress?.({ stage: this.#stage, bytes: Math.min(bytes, this.#bytesTotal), ...facts });
  }
}
