// [profile]: how far it is, and whether it is to stop.

import { setImmediate } from 'node:timers/promises';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { cancelledError } from '../../parallel/wire.js';
import type { ShardEntry } from '../../store/types.js';
import type { FilledSchemaOptions, SchemaProgress } from './options.js';

const INTERVAL_MS = 100;

export class ProfileWatch {
  readonly shared = new SharedProgress();
  readonly #options: FilledSchemaOptions;
  readonly #began = performance.now();
  readonly #bytesTotal: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #stage: SchemaProgress['stage'] = 'scan';

  constructor(options: FilledSchemaOptions, shards: readonly ShardEntry[]) {
    this.#options = options;
    this.#bytesTotal = shards.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
    if (options.onProgress) this.#timer = setInterval(() => this.#tell(), INTERVAL_MS);
    options.signal?.addEventListener('abort', this.stop);
    this.#tell();
  }

  readonly stop = (): void => this.shared.cancel();

  enter(stage: SchemaProgress['stage']): void {
    this.#stage = stage;
    this.#tell();
  }

  /** Lets others have their turn. @throws GristmillError CANCELLED */
  readonly pause = async (): Promise<void> => {
    await setImmediate();
    if (this.#options.signal?.aborted) throw cancelledError(this.#options.signal.reason);
  };

  errorOf(error: unknown): unknown {
    return this.#options.signal?.aborted ? cancelledError(this.#options.signal.reason) : error;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.stop);
  }

  #tell(): void {
    const { bytes, records } = this.shared.done;
    const seconds = Math.round(performance.now() - this.#began) / 1000;
    const [stage, bytesTotal] = [this.#stage, this.#bytesTotal];
    this.#options.onProgress?.({ stage, bytes: Math.min(bytes, bytesTotal), bytesTotal, records, seconds });
  }
}
