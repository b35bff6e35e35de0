// A store as a user holds it: a directory, opened. Lookups go through its collections (lookup/), imports through
// `import` (import/); both share the catalog and the caches.

import { statSync } from 'node:fs';
import { GristmillError } from '../errors.js';
import type { ImportOptions, ImportReport } from '../import/types.js';
import { Caches } from '../lookup/caches.js';
import { type Change, Collection } from '../lookup/collection.js';
import { Lookup } from '../lookup/lookup.js';
import { Snapshot } from '../lookup/snapshot.js';
import { collectionStat, type StoreStat } from '../lookup/stat.js';
import { type ResolvedStoreOptions, resolveOptions, STORE_OPTIONS, type StoreOptions } from '../options.js';
import { MergeUnderWay, Transaction } from '../update/transaction.js';
import { prepareStoreDirectory } from './files.js';
import { ioError } from './io.js';
import type { LmdbCatalog } from './lmdb-catalog.js';
import { waitUntilMergeable } from './lock-holder.js';
import { openRecovered } from './recovery.js';
import type { CatalogWrite } from './types.js';

/** Collection of imports and lookups that name none. */
export const DEFAULT_COLLECTION = 'records';

export class Store {
  /** Absolute path. */
  readonly directory: string;
  readonly options: ResolvedStoreOptions;
  readonly #catalog: LmdbCatalog;
  readonly #caches: Caches;
  readonly #lookups = new Map<string, Lookup>();
  /** Imports under way, and what stops them. */
  readonly #imports = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(directory: string, options: ResolvedStoreOptions, catalog: LmdbCatalog) {
    this.directory = directory;
    this.options = options;
    this.#catalog = catalog;
    this.#caches = new Caches(directory, options.frameCacheBytes, options.pageCacheBytes);
  }

  /** See `openStore`. */
  static async open(path: string, given?: StoreOptions): Promise<Store> {
    if (typeof path !== 'string' || path === '') throw new TypeError('the path of a store must be a string');
    const options = resolveOptions(STORE_OPTIONS, given);
    const create = options.create && !options.readOnly;
    const directory = prepareStoreDirectory(path, create);
    return new Store(directory, options, await openRecovered(directory, { create, readOnly: options.readOnly }));
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND, STORE_CLOSED */
  collection<T = unknown>(name: string = DEFAULT_COLLECTION): Collection<T> {
    this.#catalog.assertOpen();
    return new Collection<T>(this.#lookup(name), this.#change);
  }

  #lookup(name: string): Lookup {
    let lookup = this.#lookups.get(name);
    if (lookup === undefined) {
      lookup = new Lookup({ directory: this.directory, catalog: this.#catalog, caches: this.#caches }, name);
      this.#lookups.set(name, lookup);
    }
    return lookup;
  }

  /** All collections as they are now, for as long as they are wanted: nothing that is published changes them. Release it. */
  snapshot(): Snapshot {
    return new Snapshot(this.directory, this.#catalog.snapshot(), this.#caches);
  }

  /** Names of the collections. */
  collections(): string[] {
    this.#catalog.refresh();
    return this.#catalog.collections().map(({ name }) => name);
  }

  stat(): StoreStat {
    this.#catalog.refresh();
    const { format, generation, created } = this.#catalog.header();
    const collections = this.#catalog.collections().map(collectionStat);
    let shards = 0;
    for (const { storedBytes } of collections) shards += storedBytes;
    const bytes = { index: fileBytes(this.#catalog.file), shards };
    return { directory: this.directory, format, generation, created, bytes, collections };
  }

  /**
   * Imports one or more files, in this order, as one publication: all of it becomes visible at once, or nothing.
   * @param sources path of a file, or several.
   * @throws GristmillError (docs/errors.md), the store being as it was; TypeError for a wrong option.
   * @example const report = await store.import('posts.json', { key: 'id', indexes: ['user.name'] });
   */
  async import(sources: string | readonly string[], options?: ImportOptions): Promise<ImportReport> {
    this.#catalog.assertOpen();
    const importing = this.#import(typeof sources === 'string' ? [sources] : sources, options);
    this.#imports.add(importing);
    try {
      return await importing;
    } finally {
      this.#imports.delete(importing);
    }
  }

  /**
   * Changes any number of records in any number of collections: all of it is there when the promise resolves, durably, or
   * nothing is when `change` throws. Transactions of all processes come one after another.
   * @param change runs synchronously: no other process can change anything meanwhile. It runs again, from the beginning,
   * when an import is just merging into one of its collections.
   * @throws GristmillError, what `change` throws; TypeError when it returns a promise
   * @example await store.transaction((tx) => tx.collection('users').put({ id: 7, name: 'Ada' }));
   */
  async transaction<R>(change: (transaction: Transaction) => R): Promise<R> {
    if (this.options.readOnly) throw new TypeError('the store was opened read-only: it cannot be changed');
    for (;;) {
      try {
        return await this.#catalog.transaction((write) => this.#runTransaction(write, change));
      } catch (error) {
        if (!(error instanceof MergeUnderWay)) throw error;
        await waitUntilMergeable(this.#catalog, error.collection, this.#stop.signal);
      }
    }
  }

  #runTransaction<R>(write: CatalogWrite, change: (transaction: Transaction) => R): R {
    const transaction = new Transaction({ catalog: this.#catalog, write, lookup: (name) => this.#lookup(name) });
    try {
      const result = change(transaction);
      if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
        // What it still does to a transaction that is over fails, and is said here.
        Promise.resolve(result).catch(() => {});
        throw new TypeError(
          'the callback of a transaction must not be async: it returned a promise; nothing was changed',
        );
      }
      transaction.commit();
      return result;
    } finally {
      transaction.end();
    }
  }

  readonly #change: Change = (name, change) => this.transaction((transaction) => change(transaction.collection(name)));

  /** Cancels imports and waits for them, ends lookups and closes the files. Idempotent; whatever is asked afterwards fails with STORE_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #import(sources: readonly string[], options?: ImportOptions): Promise<ImportReport> {
    // Loaded here: a process that only looks things up does without the import path and its thread pool.
    const { runImport } = await import('../import/import.js');
    const target = { directory: this.directory, catalog: this.#catalog, closing: this.#stop.signal };
    return runImport(target, sources, options);
  }

  async #close(): Promise<void> {
    this.#stop.abort(new GristmillError('STORE_CLOSED', `the store ${this.directory} was closed meanwhile`));
    await Promise.allSettled(this.#imports);
    this.#caches.close();
    await this.#catalog.close();
  }
}

/**
 * Opens a store, or makes one (option `create`). One process may open it once; many processes may at a time.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_TOO_NEW, IO_ERROR; TypeError for a wrong option.
 */
export function openStore(directory: string, options?: StoreOptions): Promise<Store> {
  return Store.open(directory, options);
}

function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw ioError(cause, 'look at', path);
  }
}
