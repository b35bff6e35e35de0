// What the methods of an open store ask before they begin: whether it is open, and whether it may be changed. Long work runs
// here, so that closing the store ends it.

import { GristmillError } from '../../base/errors.js';
import type { Caches } from '../../lookup/cache/caches.js';
import type { Catalog } from '../../store/types.js';
import { UnderWay } from './under-way.js';

/** The parts of a store that say whether it can be used. */
interface Accessed {
  readonly directory: string;
  readonly readOnly: boolean;
  readonly catalog: Catalog;
  readonly caches: Caches;
  /** Called when long work is over: it may have published something. */
  readonly worked: () => void;
}

export class Access {
  readonly #store: Accessed;
  readonly #underWay = new UnderWay();

  constructor(store: Accessed) {
    this.#store = store;
  }

  /** Aborted when the store is being closed. */
  get closing(): AbortSignal {
    return this.#underWay.closing;
  }

  /** @throws GristmillError STORE_CLOSED */
  assertOpen(): void {
    this.#store.caches.assertOpen();
    this.#store.catalog.assertOpen();
  }

  /** @throws GristmillError STORE_CLOSED; TypeError for a store that was opened read-only */
  assertWritable(): void {
    this.assertOpen();
    if (this.#store.readOnly) throw new TypeError('the store was opened read-only: it cannot be changed');
  }

  /** Runs long work, which closing the store cancels. @throws GristmillError STORE_CLOSED */
  work<T>(work: (closing: AbortSignal) => Promise<T>): Promise<T> {
    this.assertOpen();
    return this.#underWay.run(work, this.#store.directory).finally(this.#store.worked);
  }

  /** Refuses reads from now on, and cancels long work. @returns a promise that resolves, in any case, when all of it has ended */
  end(): Promise<void> {
    const { caches, directory } = this.#store;
    caches.refuseReads();
    return this.#underWay.end(new GristmillError('STORE_CLOSED', `the store ${directory} was closed during this call`));
  }
}
