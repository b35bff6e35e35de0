// [record > line, keys > overlay] > pages > transaction
//
// What the callback of `store.transaction` holds. It runs inside one LMDB write transaction, which other processes wait
// for; so reads see the newest state, changes see each other, and a throw leaves nothing behind.

import type { CollectionOptions, TransactionCollection } from './transaction-collection.js';
import type { TransactionWork } from './transaction-work.js';

/**
 * A transaction: changes to any number of collections, all or none. Use it only inside the callback of
 * `store.transaction`. The store commits it when the callback returns (transaction-work.ts); this object cannot do that.
 */
export class Transaction {
  readonly #work: TransactionWork;

  /** Not for users: `store.transaction(change)` makes it. */
  constructor(work: TransactionWork) {
    this.#work = work;
  }

  /** Returns the collection of this name. @throws GristmillError COLLECTION_NOT_FOUND; TypeError for an invalid name */
  collection<T = unknown>(name: string): TransactionCollection<T> {
    return this.#work.collection(name) as TransactionCollection<T>;
  }

  /**
   * Creates an empty collection and returns it.
   * @throws GristmillError COLLECTION_EXISTS; TypeError for a wrong name or option
   */
  createCollection<T = unknown>(name: string, options?: CollectionOptions): TransactionCollection<T> {
    return this.#work.createCollection(name, options) as TransactionCollection<T>;
  }
}
