// store at rest: [catalog]
//
// What an exchange of data keys (upkeep/reencrypt/) does to an opened index.

import type { OpenIndex } from '../open.js';
import { overwriteFreePages } from './free-pages.js';
import { type StaleValues, staleValues } from './stale.js';

export class IndexExchange {
  readonly #index: OpenIndex;
  readonly #file: string;

  constructor(index: OpenIndex, file: string) {
    this.#index = index;
    this.#file = file;
  }

  /** See `staleValues`. */
  staleValues(database: 'meta' | 'pages', after: Uint8Array | undefined): StaleValues {
    return staleValues(this.#index, database, after, this.#file);
  }

  /** See `overwriteFreePages`. */
  overwriteFreePages(pause: () => Promise<void>): Promise<void> {
    return overwriteFreePages(this.#index, this.#file, pause);
  }
}
