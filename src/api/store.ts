// A store as a user holds it: a directory, opened. Lookups go through its collections (lookup/), imports through
// `import` (import/); both share the catalog and the caches.

import type { EventEmitter } from 'node:events';
import { keptAlive } from '../base/alive.js';
import { GristmillError } from '../base/errors.js';
import { StoreEmitter, type StoreEvents } from '../base/events.js';
import type { ImportReport } from '../base/import-report.js';
import { DEFAULT_COLLECTION } from '../base/names.js';
import { type EffectiveOptions, effectiveOptions, importOptionsOver } from '../config/effective.js';
import type { ImportOptions } from '../import/options/types.js';
import type { ImportObserver } from '../import/tasks/observer.js';
import { Caches } from '../lookup/cache/caches.js';
import { Lookup } from '../lookup/lookup.js';
import { Serving } from '../lookup/warm/serving.js';
import type { WarmReport } from '../lookup/warm/warm.js';
import type { WarmOptions } from '../lookup/warm/warm-up.js';
import type { Registry } from '../metrics/prometheus.js';
import { type StoreStat, storeStat } from '../metrics/stat.js';
import type { StoreMetrics } from '../metrics/store-metrics.js';
import { type NoOptions, refuseOptions } from '../options/check.js';
import type { Freshness } from '../options/freshness.js';
import type { ResolvedStoreOptions, StoreOptions } from '../options/store.js';
import type { StorePlace } from '../store/files/blobs.js';
import { LmdbCatalog } from '../store/lmdb/catalog.js';
import { type Memory, MemoryPlace } from '../store/lock/memory-place.js';
import { openPlace } from '../store/lock/recovery.js';
import type { Catalog } from '../store/types.js';
import { transact } from '../update/transact.js';
import type { Transaction } from '../update/transaction.js';
import type { BackupOptions, BackupReport } from '../upkeep/backup-options.js';
import type { CompactOptions, CompactReport } from '../upkeep/compact/options.js';
import type { VerifyOptions, VerifyReport } from '../upkeep/verify/options.js';
import { type Change, Collection } from './collection.js';
import { later } from './load.js';
import { Metering } from './metering.js';
import { Snapshot } from './snapshot.js';
import { UnderWay } from './under-way.js';
import { type Watcher, Watchers, type WatchOptions } from './watchers.js';

export class Store {
  /** Absolute path, or "memory". */
  readonly directory: string;
  readonly options: ResolvedStoreOptions;
  /** What config file and environment say of imports. */
  readonly #imports: ImportOptions;
  readonly #place: StorePlace;
  readonly #catalog: Catalog;
  readonly #caches: Caches;
  readonly #lookups = new Map<string, Lookup>();
  readonly #underWay = new UnderWay();
  readonly #events = new StoreEmitter();
  readonly #metering: Metering;
  readonly #watchers: Watchers;
  readonly #serving: Serving;
  #closing: Promise<void> | undefined;

  private constructor(place: StorePlace, { options, imports }: EffectiveOptions, catalog: Catalog) {
    this.directory = place.directory;
    this.#place = place;
    this.options = options;
    this.#imports = imports;
    this.#catalog = catalog;
    this.#caches = new Caches(place, options, this.#events);
    this.#metering = new Metering(this.#events, catalog, this.#caches);
    this.#watchers = new Watchers(this.#events, this.#metering.imports);
    const lookup = (name: string): Lookup => this.#lookup(name);
    const store = { ...place, catalog, caches: this.#caches, events: this.#events, lookup, live: this.#lookups };
    this.#serving = new Serving(store, options, !(place instanceof MemoryPlace));
  }

  /** See `openStore`. */
  static async open(where: string | Memory, given?: StoreOptions): Promise<Store> {
    const effective = await effectiveOptions(given);
    const { readOnly, trustOwner } = effective.options;
    const create = effective.options.create && !readOnly;
    const { place, catalog } = await openPlace(where, { create, readOnly, trustOwner });
    return new Store(place, effective, catalog);
  }

  /** @throws GristmillError COLLECTION_NOT_FOUND, STORE_CLOSED */
  collection<T = unknown>(name: string = DEFAULT_COLLECTION): Collection<T> {
    this.#assertOpen();
    const reading = (freshness?: Freshness): Lookup => this.#serving.lookup(name, freshness);
    return new Collection<T>(this.#lookup(name), this.#change, reading, this.options.freshness === 'immediate');
  }

  #lookup(name: string): Lookup {
    let lookup = this.#lookups.get(name);
    if (lookup === undefined) {
      lookup = new Lookup({ ...this.#place, catalog: this.#catalog, caches: this.#caches }, name);
      this.#lookups.set(name, lookup);
    }
    return lookup;
  }

  /** All collections as they are now, for as long as they are wanted: nothing that is published changes them. Release it. */
  snapshot(options?: NoOptions): Snapshot {
    this.#assertOpen();
    refuseOptions('snapshot', options);
    return new Snapshot(this.#place, this.#catalog.snapshot(), this.#caches);
  }

  /**
   * Calls `listener` with each event of this name from now on; `off` ends that.
   * @example store.on('warning', ({ about, error }) => log.warn(about, error.message));
   */
  on<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#events as EventEmitter).on(name, listener);
    this.#serving.look();
    return this;
  }

  off<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#events as EventEmitter).off(name, listener);
    return this;
  }

  /**
   * Loads what is going to be read: the records of keys, of a range or of a whole collection; without any of these the hot
   * set that was saved, once more. Reads may go on meanwhile.
   * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED;
   * TypeError. What could be loaded is in memory all the same.
   * @example await store.warm({ collection: 'posts', index: 'user.name', gte: 'a', lt: 'b', maxBytes: 16 << 20 });
   */
  async warm(options?: WarmOptions): Promise<WarmReport> {
    return this.#work((closing) => this.#serving.warm(options, closing));
  }

  /** Names of the collections. */
  collections(): string[] {
    this.#assertOpen();
    this.#catalog.refresh();
    return this.#catalog.collections().map(({ name }) => name);
  }

  stat(options?: NoOptions): StoreStat {
    this.#assertOpen();
    refuseOptions('stat', options);
    return storeStat(this.#catalog, this.directory);
  }

  /**
   * What was read, cached and imported since the store was opened, and how the index stands (docs/metrics.md).
   * @example const { memory } = store.metrics().collections.posts.hitRatio;
   */
  metrics(options?: NoOptions): StoreMetrics {
    this.#assertOpen();
    refuseOptions('metrics', options);
    return this.#metering.metrics();
  }

  /**
   * The same as a registry of prom-client, to be mounted beside those of the host: collected when it is asked.
   * Its histogram begins with the first call. The same registry each time.
   * @example response.end(await (await store.metricsRegistry()).metrics());
   */
  async metricsRegistry(): Promise<Registry> {
    this.#assertOpen();
    return this.#metering.registry();
  }

  /**
   * Hands metrics, and spans of imports and refreshes, to the OpenTelemetry SDK of the host, which has to be set up by
   * then; nothing happens where there is none. Ends with the store.
   */
  async instrument(): Promise<void> {
    this.#assertOpen();
    return this.#metering.instrument();
  }

  /**
   * Imports one or more files, in this order, as one publication: all of it becomes visible at once, or nothing.
   * @param sources path of a file, or several.
   * @throws GristmillError (docs/errors.md), the store being as it was; TypeError for a wrong option.
   * @example const report = await store.import('posts.json', { key: 'id', indexes: ['user.name'] });
   */
  async import(sources: string | readonly string[], given?: ImportOptions): Promise<ImportReport> {
    this.#assertWritable();
    return this.#work(async (closing) => {
      const { runImport } = await later.load();
      const target = { ...this.#place, catalog: this.#catalog, closing };
      const options = importOptionsOver(this.#imports, given);
      const run = (observer: ImportObserver) => runImport({ ...target, observer }, [sources].flat(), options);
      return this.#metering.imports.observe(run, (report) => report);
    });
  }

  /**
   * Keeps a collection what its sources (files, folders) are, in the background (docs/watch.md). Resolves when they have
   * been compared with what is stored, and imported as far as they differ; `watcher.close()` ends it, or `close`.
   * @throws GristmillError SOURCE_NOT_FOUND, COLLECTION_MISMATCH, CANCELLED, STORE_CLOSED; TypeError for a wrong option, or
   * where the collection is watched already
   */
  async watch(sources: string | readonly string[], options?: WatchOptions): Promise<Watcher> {
    this.#assertWritable();
    const target = { ...this.#place, catalog: this.#catalog, closing: this.#underWay.closing };
    return keptAlive(this.#watchers.start(target, [sources].flat(), this.#imports, options));
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
    this.#assertWritable();
    const result = await transact(this.#catalog, (name) => this.#lookup(name), change, this.#underWay.closing);
    this.#serving.look();
    return result;
  }

  /**
   * Gives the records of transactions a shard file, and takes dead records out of shards and indexes that have many of
   * them. Others may go on reading and changing the store meanwhile.
   * @throws GristmillError STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH, COLLECTION_NOT_FOUND; what was done stays
   */
  async compact(options?: CompactOptions): Promise<CompactReport> {
    this.#assertWritable();
    return this.#work(async (closing) => (await later.load()).compact(this.#catalog, this.#place, options, closing));
  }

  readonly #change: Change = (name, change) => this.transaction((transaction) => change(transaction.collection(name)));

  /**
   * Reads everything and tells what is not as it was written. Others may go on reading and importing meanwhile.
   * @throws GristmillError CANCELLED, IO_ERROR, STORE_CLOSED; TypeError for a wrong option. Faults are in the report.
   * @example const { isSound, faults } = await store.verify();
   */
  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    return this.#work(async (closing) => {
      const { verify } = await later.load();
      return verify({ ...this.#place, catalog: this.#catalog }, options, closing);
    });
  }

  /**
   * Makes a consistent copy of the store, which others may go on changing, in a directory that does not exist or is
   * empty. Shards are hard-linked where the file system can, so a damaged one is damaged in both.
   * @throws GristmillError BACKUP_TARGET_NOT_EMPTY, DISK_FULL, IO_ERROR; nothing is left at `target` then.
   * @example await store.backup('/backups/monday');
   */
  async backup(target: string, options?: BackupOptions): Promise<BackupReport> {
    const catalog = this.#catalog;
    if (!(catalog instanceof LmdbCatalog))
      throw new TypeError('a store in memory has no files, so it cannot be backed up');
    return this.#work(async () => {
      const { backup } = await later.load();
      return backup(catalog, this.directory, target, options);
    });
  }

  /**
   * Cancels imports and the like and waits for them, ends lookups and closes the files. Idempotent. From the moment it is
   * called whatever is asked fails with STORE_CLOSED; reads under way end, or fail with that.
   */
  close(): Promise<void> {
    this.#closing ??= keptAlive(this.#close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    this.#caches.assertOpen();
    this.#catalog.assertOpen();
  }

  #assertWritable(): void {
    this.#assertOpen();
    if (this.options.readOnly) throw new TypeError('the store was opened read-only: it cannot be changed');
  }

  #work<T>(work: (closing: AbortSignal) => Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#underWay.run(work).finally(() => this.#serving.look());
  }

  async #close(): Promise<void> {
    this.#caches.refuseReads();
    const reason = new GristmillError('STORE_CLOSED', `the store ${this.directory} was closed during this call`);
    await Promise.allSettled([this.#underWay.end(reason), this.#watchers.close(), this.#serving.close()]);
    this.#metering.close();
    await this.#caches.close();
    await this.#catalog.close();
  }
}

/**
 * Opens a store, or makes one (option `create`). One process may open it once; many processes may at a time.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_TOO_NEW, IO_ERROR; TypeError
 */
export function openStore(where: string | Memory, options?: StoreOptions): Promise<Store> {
  return Store.open(where, options);
}
