// [record > line, keys > overlay] > pages > transaction
//
// What the callback of `store.transaction` holds. It runs inside one LMDB write transaction, which other processes wait
// for; so reads see the newest state, changes see each other, and a throw leaves nothing behind.

import type { AnyCollections, AnyNameIn, RecordIn } from '../options/record-types.js';
import type { ValueOptions } from '../options/values.js';
import type { CollectionOptions } from './collection-options.js';
import type { TransactionCollection } from './transaction-collection.js';
import type { TransactionWork } from './transaction-work.js';

/**
 * A transaction: changes to any number of collections, all or none. Use it only inside the callback of
 * `store.transaction`. The store commits it when the callback returns (transaction-work.ts); this object cannot do that.
 */
export class Transaction<Collections extends object = AnyCollections> {
  readonly #work: TransactionWork;

  /** @internal */
  constructor(work: TransactionWork) {
    this.#work = work;
  }

  /**
   * Returns the collection of this name.
   * @param options the options of this handle, as for `store.collection`. All handles see all changes.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH; TypeError for an invalid name or option
   */
  collection<T = unknown, Stored = T>(
    name: AnyNameIn<Collections>,
    options?: ValueOptions<T, Stored>,
  ): TransactionCollection<T, Stored>;
  /** Returns one of the collections that the store is said to have. */
  collection<
    Name extends keyof Collections & string,
    Integers extends 'number' | 'bigint' = 'number' | 'bigint',
    T = RecordIn<Collections, Name, Integers>,
  >(
    name: Name,
    options?: ValueOptions<T, RecordIn<Collections, Name, Integers>, Integers>,
  ): TransactionCollection<T, RecordIn<Collections, Name, Integers>>;
  collection<T, Stored>(name: string, options?: ValueOptions<T, Stored>): TransactionCollection<T, Stored> {
    return this.#work.collection<T, Stored>(name, options);
  }

  /**
   * Creates an empty collection and returns it. Options `unsafeIntegers`, `codec` and `schemaVersion` are those
   * of the returned handle.
   * @throws GristmillError COLLECTION_EXISTS; TypeError for a wrong name or option
   */
  createCollection<T = unknown, Stored = T>(
    name: AnyNameIn<Collections>,
    options?: CollectionOptions & ValueOptions<T, Stored>,
  ): TransactionCollection<T, Stored>;
  /** Creates one of the collections that the store is said to have, and returns it. */
  createCollection<
    Name extends keyof Collections & string,
    Integers extends 'number' | 'bigint' = 'number' | 'bigint',
    T = RecordIn<Collections, Name, Integers>,
  >(
    name: Name,
    options?: CollectionOptions & ValueOptions<T, RecordIn<Collections, Name, Integers>, Integers>,
  ): TransactionCollection<T, RecordIn<Collections, Name, Integers>>;
  createCollection<T, Stored>(
    name: string,
    options?: CollectionOptions & ValueOptions<T, Stored>,
  ): TransactionCollection<T, Stored> {
    return this.#work.createCollection<T, Stored>(name, options);
  }
}
