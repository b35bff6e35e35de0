// [record > line, keys > overlay] > pages > transaction
//
// What the callback of `store.transaction` holds. It runs inside one LMDB write transaction, which other processes wait
// for; so reads see the newest state, changes see each other, and a throw leaves nothing behind.

import type { CollectionOptions, TransactionCollection } from './transaction-collection.js';
import type { TransactionWork } from './transaction-work.js';

/**
 * Changes to any number of collections, all or none. Valid only within its callback. Its owner commits and ends it by
 * transaction-work.ts: whoever holds this object can do neither.
 */
export class Transaction {
  readonly #work: TransactionWork;

  /** Not for users: `store.transaction(change)` makes it. */
  constructor(work: TransactionWork) {
    this.#work = work;
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND; TypeError for what is no name */
  collection<T = unknown>(name: string): TransactionCollection<T> {
    return this.#work.collection(name) as TransactionCollection<T>;
  }

  /**
   * Makes an empty collection.
   * @throws GristmillError COLLECTION_EXISTS; TypeError for a wrong name or option
   */
  createCollection<T = unknown>(name: string, options?: CollectionOptions): TransactionCollection<T> {
    return this.#work.createCollection(name, options) as TransactionCollection<T>;
  }
}
