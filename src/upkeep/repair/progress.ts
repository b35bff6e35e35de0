// [repair, convert, reencrypt, profile]: how far it is, and whether it is to stop.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { RepairProgress } from './options.js';

const INTERVAL_MS = 100;
/** Work whose name is another one. */
const CANCELLED: Readonly<Record<string, string>> = {
  encrypt: 'The encryption',
  decrypt: 'The decryption',
  reencrypt: 'The encryption with new keys',
};
/** The coordinator lets others have their turn after so long. */
const TURN_MS = 10;

/** What is told of work that is a `Stage`. */
interface Watched<Stage extends string> {
  readonly onProgress?:
    | ((progress: Omit<RepairProgress, 'stage'> & { readonly stage: Stage | 'done' }) => void)
    | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class RepairWatch<Stage extends string> {
  readonly shared = new SharedProgress();
  readonly #options: Watched<Stage>;
  readonly #stage: Stage;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #turnBegan = Number.NEGATIVE_INFINITY;
  #bytesTotal = 0;

  constructor(options: Watched<Stage>, stage: Stage) {
    this.#options = options;
    this.#stage = stage;
    if (options.onProgress) this.#timer = setInterval(() => this.#tell(stage), INTERVAL_MS);
    options.signal?.addEventListener('abort', this.#cancel);
  }

  readonly #cancel = (): void => this.shared.cancel();

  /** Reading begins. */
  begin(bytesTotal: number): void {
    this.#bytesTotal = bytesTotal;
  }

  /** Lets others have their turn, such as the handler of a signal. @throws GristmillError CANCELLED */
  readonly pause = async (): Promise<void> => {
    if (performance.now() - this.#turnBegan >= TURN_MS) {
      await setImmediate();
      this.#turnBegan = performance.now();
    }
    if (this.#options.signal?.aborted) throw this.#cancelled();
  };

  /** The error to tell: a worker that is cancelled does not know of what. */
  errorOf(error: GristmillError): GristmillError {
    return error.code === 'CANCELLED' ? this.#cancelled() : error;
  }

  /** @returns seconds since it began. */
  done(): number {
    clearInterval(this.#timer);
    this.#tell('done');
    return this.#seconds;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#cancel);
  }

  get #seconds(): number {
    return Math.round(performance.now() - this.#began) / 1000;
  }

  #cancelled(): GristmillError {
    const cause = this.#options.signal?.reason;
    const message = `${CANCELLED[this.#stage] ?? `The ${this.#stage}`} was cancelled; the store was not changed.`;
    return new GristmillError('CANCELLED', message, { cause });
  }

  #tell(stage: Stage | 'done'): void {
    const { bytes, records } = this.shared.done;
    const facts = { bytesTotal: this.#bytesTotal, records, seconds: this.#seconds };
    this.#options.onProgress?.({ stage, bytes: Math.min(bytes, this.#bytesTotal), ...facts });
  }
}
