// store at rest: [catalog]
//
// Syncs of commits that were over before them (option `acknowledge: 'committed'`): one for all commits of a short time.

import { ioError } from '../../../base/system-errors.js';
import { CommitFailed } from './turn.js';

/** The time between a commit and its sync, in milliseconds, at most; the sync itself takes what the disk takes. */
const SYNC_WITHIN = 100;

interface Syncing {
  sync(synced: (error: unknown) => void): void;
}

export class LaterSync {
  readonly #environment: Syncing;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #failed: CommitFailed | undefined;

  /** @param file to name in an error */
  constructor(environment: Syncing, file: string) {
    this.#environment = environment;
    this.#file = file;
  }

  /** Something was committed: it is synced soon. */
  order(): void {
    this.#timer ??= setTimeout(() => this.#sync(), SYNC_WITHIN);
  }

  /** @throws CommitFailed if a sync has failed: what was acknowledged may be lost. */
  assertSynced(): void {
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** Resolves when nothing is left to sync. @returns the failure, if a sync has failed */
  async settled(): Promise<CommitFailed | undefined> {
    if (this.#timer !== undefined) this.#sync();
    await this.#syncing;
    return this.#failed;
  }

  #sync(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const begun = this.#syncing;
    this.#syncing = new Promise<void>((resolve) => {
      void begun.then(() => {
        this.#environment.sync((error) => {
          if (error) this.#failed = new CommitFailed(ioError(error, 'sync', this.#file));
          resolve();
        });
      });
    });
  }
}
