// [record > line, keys > overlay] > pages > transaction
//
// What the callback of `store.transaction` holds. It runs inside one LMDB write transaction, which other processes wait
// for; so reads see the newest state, changes see each other, and a throw leaves nothing behind.

import type { ValueOptions } from '../options/values.js';
import type { CollectionOptions } from './collection-options.js';
import type { TransactionCollection } from './transaction-collection.js';
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

  /**
   * Returns the collection of this name.
   * @param options the options of this handle, as for `store.collection`. All handles see all changes.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH; TypeError for an invalid name or option
   */
  collection<T = unknown, Stored = unknown>(name: string, options?: ValueOptions<T, Stored>): TransactionCollection<T> {
    return this.#work.collection<T>(name, options);
  }

  /**
   * Creates an empty collection and returns it. Options `unsafeIntegers`, `codec` and `schemaVersion` are those
   * of the returned handle.
   * @throws GristmillError COLLECTION_EXISTS; TypeError for a wrong name or option
   */
  createCollection<T = unknown, Stored = unknown>(
    name: string,
    options?: CollectionOptions & ValueOptions<T, Stored>,
  ): TransactionCollection<T> {
    return this.#work.createCollection<T>(name, options);
  }
}
