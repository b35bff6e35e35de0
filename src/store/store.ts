// A store as a user holds it: a directory, opened. Lookups go through its collections (lookup/), imports through
// `import` (import/); both share the catalog and the caches.

import { statSync } from 'node:fs';
import type { ImportOptions, ImportReport } from '../import/types.js';
import { Caches } from '../lookup/caches.js';
import { Collection } from '../lookup/collection.js';
import { Lookup } from '../lookup/lookup.js';
import { collectionStat, type StoreStat } from '../lookup/stat.js';
import { type ResolvedStoreOptions, resolveOptions, STORE_OPTIONS, type StoreOptions } from '../options.js';
import type { BackupOptions, BackupReport, VerifyOptions, VerifyReport } from '../upkeep/upkeep-options.js';
import { prepareStoreDirectory } from './files.js';
import { ioError } from './io.js';
import { LmdbCatalog } from './lmdb-catalog.js';

/** Collection of imports and lookups that name none. */
export const DEFAULT_COLLECTION = 'records';

export class Store {
  /** Absolute path. */
  readonly directory: string;
  readonly options: ResolvedStoreOptions;
  readonly #catalog: LmdbCatalog;
  readonly #caches: Caches;
  readonly #lookups = new Map<string, Lookup>();
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
    return new Store(directory, options, await LmdbCatalog.open(directory, { create, readOnly: options.readOnly }));
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND, STORE_CLOSED */
  collection<T = unknown>(name: string = DEFAULT_COLLECTION): Collection<T> {
    this.#catalog.assertOpen();
    let lookup = this.#lookups.get(name);
    if (lookup === undefined) {
      lookup = new Lookup({ directory: this.directory, catalog: this.#catalog, caches: this.#caches }, name);
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
    const paths = typeof sources === 'string' ? [sources] : sources;
    // Loaded here: a process that only looks things up does without the import path and its thread pool.
    const { runImport } = await import('../import/import.js');
    return runImport({ directory: this.directory, catalog: this.#catalog }, paths, options);
  }

  /**
   * Reads everything and tells what is not as it was written. Others may go on reading and importing meanwhile.
   * @throws GristmillError CANCELLED, IO_ERROR, STORE_CLOSED; TypeError for a wrong option. Faults are in the report.
   * @example const { isSound, faults } = await store.verify();
   */
  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    this.#catalog.assertOpen();
    const { verify } = await import('../upkeep/verify.js');
    return verify({ directory: this.directory, catalog: this.#catalog }, options);
  }

  /**
   * Makes a consistent copy of the store, which others may go on changing, in a directory that does not exist or is
   * empty. Shards are hard-linked where the file system can, so a damaged one is damaged in both.
   * @throws GristmillError BACKUP_TARGET_NOT_EMPTY, DISK_FULL, IO_ERROR; nothing is left at `target` then.
   * @example await store.backup('/backups/monday');
   */
  async backup(target: string, options?: BackupOptions): Promise<BackupReport> {
    this.#catalog.assertOpen();
    const { backup } = await import('../upkeep/backup.js');
    return backup(this.#catalog, this.directory, target, options);
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
