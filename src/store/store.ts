// A store as a user holds it: a directory, opened. Lookups go through its collections (lookup/), imports through
// `import` (import/); both share the catalog and the caches.

import type { ImportOptions, ImportReport } from '../import/types.js';
import { Caches } from '../lookup/caches.js';
import { Collection } from '../lookup/collection.js';
import { Lookup } from '../lookup/lookup.js';
import { collectionStat, type StoreStat } from '../lookup/stat.js';
import { type ResolvedStoreOptions, resolveOptions, STORE_OPTIONS, type StoreOptions } from '../options.js';
import type { StorePlace } from './blobs.js';
import { files } from './file-blobs.js';
import { prepareStoreDirectory } from './files.js';
import { LmdbCatalog } from './lmdb-catalog.js';
import { Memory } from './memory.js';
import type { Catalog } from './types.js';

/** Collection of imports and lookups that name none. */
export const DEFAULT_COLLECTION = 'records';

export class Store {
  /** Absolute path, or "memory". */
  readonly directory: string;
  readonly options: ResolvedStoreOptions;
  readonly #place: StorePlace;
  readonly #catalog: Catalog;
  readonly #caches: Caches;
  readonly #lookups = new Map<string, Lookup>();
  #closing: Promise<void> | undefined;

  private constructor(place: StorePlace, options: ResolvedStoreOptions, catalog: Catalog) {
    this.directory = place.directory;
    this.#place = place;
    this.options = options;
    this.#catalog = catalog;
    this.#caches = new Caches(place, options.frameCacheBytes, options.pageCacheBytes);
  }

  /** See `openStore`. */
  static async open(where: string | Memory, given?: StoreOptions): Promise<Store> {
    const options = resolveOptions(STORE_OPTIONS, given);
    const { readOnly } = options;
    const create = options.create && !readOnly;
    if (where instanceof Memory) return new Store(where, options, await where.openCatalog({ create, readOnly }));
    if (typeof where !== 'string' || where === '') throw new TypeError('where a store is must be a path or memory()');
    const directory = prepareStoreDirectory(where, create);
    return new Store({ directory, blobs: files }, options, await LmdbCatalog.open(directory, { create, readOnly }));
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND, STORE_CLOSED */
  collection<T = unknown>(name: string = DEFAULT_COLLECTION): Collection<T> {
    this.#catalog.assertOpen();
    let lookup = this.#lookups.get(name);
    if (lookup === undefined) {
      lookup = new Lookup({ ...this.#place, catalog: this.#catalog, caches: this.#caches }, name);
      this.#lookups.set(name, lookup);
    }
    return new Collection<T>(lookup);
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
    const bytes = { index: this.#catalog.bytes, shards };
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
    const paths = typeof sources === 'string' ? [sources] : sources;
    // Loaded here: a process that only looks things up does without the import path and its thread pool.
    const { runImport } = await import('../import/import.js');
    return runImport({ ...this.#place, catalog: this.#catalog }, paths, options);
  }

  /** Ends lookups and closes the files. Idempotent; whatever is asked afterwards fails with STORE_CLOSED. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#caches.close();
    await this.#catalog.close();
  }
}

/**
 * Opens a store, or makes one (option `create`). One process may open it once; many processes may at a time.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_TOO_NEW, IO_ERROR; TypeError for a wrong option.
 */
export function openStore(where: string | Memory, options?: StoreOptions): Promise<Store> {
  return Store.open(where, options);
}
