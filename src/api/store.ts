// A store as a user holds it: a directory, opened. Lookups (lookup/) and imports (import/) share its catalog and caches.

import type { EventEmitter } from 'node:events';
import { keptAlive } from '../base/alive.js';
import type { StoreEvents } from '../base/events.js';
import type { CollectionsReport, ImportReport } from '../base/import-report.js';
import { DEFAULT_COLLECTION } from '../base/names.js';
import { effectiveOptions } from '../config/effective.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import type { Reading } from '../lookup/rows/reading.js';
import { ValueForm } from '../lookup/rows/value-form.js';
import type { WarmReport } from '../lookup/warm/warm.js';
import type { WarmOptions } from '../lookup/warm/warm-up.js';
import type { Registry } from '../metrics/prometheus.js';
import { type StoreStat, storeStat } from '../metrics/stat.js';
import type { StoreMetrics } from '../metrics/store-metrics.js';
import { type Reason, reasonIn } from '../options/audit.js';
import { type NoOptions, refuseOptions } from '../options/check.js';
import type { AnyCollections, AnyNameIn, DefaultRecord, RecordIn, Synchronous } from '../options/record-types.js';
import type { ResolvedStoreOptions, StoreOptions } from '../options/store-types.js';
import type { ValueOptions } from '../options/values.js';
import { Memory, memoryIsPlain } from '../store/lock/memory-place.js';
import { openPlace } from '../store/lock/recovery.js';
import { forget } from '../store/ring/ring.js';
import type { Transaction } from '../update/transaction.js';
import { Audit } from './audit.js';
import { Collection } from './collection.js';
import { type AnyImportOptions, type ImportSources, importInto } from './importing.js';
import { MaintainedStore } from './maintained-store.js';
import { partsOf, type StoreParts } from './parts.js';
import { Quarantine } from './quarantine.js';
import { Snapshot } from './snapshot.js';
import type { Watcher, WatchOptions } from './watchers.js';

/**
 * An open store. `openStore` makes it. Close it after use: `await store.close()`, or `await using store = …`.
 *
 * Collections is the type of its collections, such as `gristmill types` writes it: what a record of each collection is. Nothing
 * checks that it is true. Without it, every name is allowed, and records are of type unknown.
 */
export class Store<Collections extends object = AnyCollections> extends MaintainedStore {
  /** The absolute path of the store's directory, or "memory". */
  readonly directory: string;
  /** The options that the store uses: defaults, config file, environment and `openStore` together. */
  readonly options: ResolvedStoreOptions;
  /** The records that imports have rejected and kept. */
  readonly quarantine: Quarantine;
  /** The log of all changes of the store. */
  readonly audit: Audit;
  readonly #parts: StoreParts;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: StoreParts) {
    super(parts);
    this.#parts = parts;
    this.directory = parts.place.directory;
    this.options = parts.options;
    this.quarantine = new Quarantine(parts);
    this.audit = new Audit(parts.catalog, parts.acting, parts.access);
  }

  /**
   * Returns the collection of this name (default "records").
   * @param options how this handle gives and takes records (see `ValueOptions`). They do not affect other handles.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH, STORE_CLOSED; TypeError
   * @example const users = store.collection<User>('users');
   * @example const orders = store.collection('orders', { unsafeIntegers: 'bigint' });
   */
  collection<T = DefaultRecord<Collections>, Stored = T>(
    name?: AnyNameIn<Collections>,
    options?: ValueOptions<T, Stored>,
  ): Collection<T, Stored>;
  /** Returns one of the collections that the store is said to have. */
  collection<
    Name extends keyof Collections & string,
    Integers extends 'number' | 'bigint' = 'number' | 'bigint',
    T = RecordIn<Collections, Name, Integers>,
  >(
    name: Name,
    options?: ValueOptions<T, RecordIn<Collections, Name, Integers>, Integers>,
  ): Collection<T, RecordIn<Collections, Name, Integers>>;
  collection<T, Stored>(name: string = DEFAULT_COLLECTION, options?: ValueOptions<T, Stored>): Collection<T, Stored> {
    const { access, serving, lookups, acts } = this.#parts;
    access.assertOpen();
    const form = new ValueForm<T>('collection', name, options);
    const { schemaVersion = lookups.versionOf(name) } = form;
    const reading: Reading = (freshness, version = schemaVersion) => serving.lookup(name, freshness, version);
    const lookup = lookups.of(name, schemaVersion);
    // It may have been dropped since it was first asked for.
    lookup.generation();
    return new Collection<T, Stored>(lookup, form, acts, reading, this.#parts.options.freshness === 'immediate');
  }

  /** Returns all collections in their present state. Later publications do not change a snapshot. Release it after use. */
  snapshot(options?: NoOptions): Snapshot<Collections> {
    const { access, place, catalog, caches, lookups } = this.#parts;
    access.assertOpen();
    refuseOptions('snapshot', options);
    return new Snapshot(place, catalog.snapshot(), caches, lookups.versionOf);
  }

  /** Calls `listener` with each event of this name from now on, until `off` is called with the same listener. */
  on<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#parts.events as EventEmitter).on(name, listener);
    this.#parts.serving.look();
    return this;
  }

  /** Stops calling a listener that was given to `on`. */
  off<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#parts.events as EventEmitter).off(name, listener);
    return this;
  }

  /**
   * Loads records into the caches before they are read: those of given keys, of a range, or of a whole collection. Without
   * any of these it loads the saved hot set. Reads may run meanwhile. If it fails, what it has loaded stays loaded.
   * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED; TypeError
   * @example await store.warm({ collection: 'posts', index: 'user.name', gte: 'a', lt: 'b', maxBytes: 16 << 20 });
   */
  async warm(options?: WarmOptions): Promise<WarmReport> {
    return this.#parts.access.work((closing) => this.#parts.serving.warm(options, closing));
  }

  /** Returns the names of all collections. */
  collections(): string[] {
    const { access, catalog } = this.#parts;
    access.assertOpen();
    catalog.refresh();
    return catalog.collections().map(({ name }) => name);
  }

  /** Returns the counts and sizes of the store and of its collections, its readers, and its current writer. */
  stat(options?: NoOptions): StoreStat {
    this.#parts.access.assertOpen();
    refuseOptions('stat', options);
    return storeStat(this.#parts.catalog, this.#parts.place);
  }

  /** Returns counts of reads, caches and imports since the store was opened, and the state of the index (docs/metrics.md). */
  metrics(options?: NoOptions): StoreMetrics {
    this.#parts.access.assertOpen();
    refuseOptions('metrics', options);
    return this.#parts.metering.metrics();
  }

  /** Returns the metrics as a registry of prom-client, always the same one. Its histogram begins with the first call. */
  async metricsRegistry(): Promise<Registry> {
    this.#parts.access.assertOpen();
    return this.#parts.metering.registry();
  }

  /**
   * Gives metrics, and spans of imports and refreshes, to the OpenTelemetry SDK of the host, until the store is closed.
   * Set up the SDK first. Without an SDK nothing happens.
   */
  async instrument(): Promise<void> {
    this.#parts.access.assertOpen();
    return this.#parts.metering.instrument();
  }

  /**
   * Imports files and folders, in this order, as one publication: all records become visible at once, or none.
   * @param sources a source (see `ImportSource`), or a list of sources. Compressed sources are decompressed.
   * @throws GristmillError (docs/errors.md): then the store was not changed. TypeError for a wrong option.
   * @example const report = await store.import('posts.json', { key: 'id', indexes: ['user.name'] });
   */
  import(sources: ImportSources, options?: ImportOptions): Promise<ImportReport>;
  /** Imports records from several places of the same documents, each place into a collection, as one publication. */
  import<N extends string>(sources: ImportSources, options: CollectionsImportOptions<N>): Promise<CollectionsReport<N>>;
  async import(sources: ImportSources, given?: AnyImportOptions): Promise<ImportReport | CollectionsReport> {
    const { access, acting, catalog, metering, imports } = this.#parts;
    access.assertWritable();
    const target = { ...acting.place, catalog };
    return access.work((closing) => importInto({ ...target, closing }, metering, imports, sources, given));
  }

  /**
   * Keeps a collection equal to its sources (files, folders, addresses), in the background (docs/watch.md). The promise
   * resolves when the sources were compared with the stored records and the differences were imported.
   * `watcher.close()` and `store.close()` end it.
   * @throws GristmillError SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, COLLECTION_MISMATCH, …; TypeError (also for a second
   * watcher)
   */
  async watch(sources: string | URL | readonly (string | URL)[], options?: WatchOptions): Promise<Watcher> {
    const { access, acting, catalog, watchers, imports } = this.#parts;
    access.assertWritable();
    const target = { ...acting.place, catalog, closing: access.closing };
    return keptAlive(watchers.start(target, [sources].flat(), imports, options));
  }

  /**
   * Changes any number of records in any number of collections. All changes are durable when the promise resolves
   * (option `acknowledge`). If `change` throws, nothing is changed. All processes take turns. Transactions that are
   * called while another one is being committed are committed together, in the order of the calls.
   * @param change makes the changes, synchronously. It runs later, on a state that no process changes before its
   * commit. It runs again if another process committed first, if an import is merging into one of its collections, or
   * if its group could not be committed.
   * @throws GristmillError, and any error that `change` throws; TypeError if `change` returns a promise
   */
  async transaction<R>(
    change: (transaction: Transaction<Collections>) => Synchronous<R>,
    options?: Reason,
  ): Promise<R> {
    const { acting, transact } = this.#parts;
    return transact(change as (transaction: Transaction) => R, acting.note(reasonIn('transaction', options)));
  }

  /**
   * Changes the store as `transaction` does, but the changes are committed when it returns. It is for scripts,
   * because the thread waits for other processes and for the disk. Transactions that were called before are committed
   * with it.
   * @throws as `transaction`; GristmillError STORE_BUSY if an import is merging into one of its collections
   */
  transactionSync<R>(change: (transaction: Transaction<Collections>) => Synchronous<R>, options?: Reason): R {
    const { access, acting, transactions } = this.#parts;
    access.assertWritable();
    const note = acting.note(reasonIn('transactionSync', options));
    return transactions.runSync(change as (transaction: Transaction) => R, note);
  }

  /**
   * Closes the store. It cancels running imports and other long work, waits for their end, and closes the files. A call to
   * the store after this one fails with STORE_CLOSED. Running reads end, or fail with that code. Transactions that were
   * called before are committed. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= keptAlive(this.#close());
    return this.#closing;
  }

  /** Calls `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { access, watchers, serving, transactions, metering, caches, catalog, place } = this.#parts;
    await Promise.allSettled([access.end(), watchers.close(), serving.close(), transactions.settled()]);
    metering.close();
    await caches.close();
    await catalog.close();
    if (place.seal !== undefined) forget(place.seal);
  }
}

/**
 * Opens the store at `where`, a directory or `memory()`, or creates it (option `create`, default true). Many processes may
 * have a store open at the same time.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_TOO_NEW, KEY_NEEDED, WRONG_KEY,
 * NOT_ENCRYPTED, KEY_RING_DAMAGED, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR; TypeError
 * @example const store = await openStore('./store');
 * @example const store = await openStore<{ users: User; orders: Order }>('./store', { readOnly: true });
 */
export async function openStore<Collections extends object = AnyCollections>(
  where: string | Memory,
  options?: StoreOptions,
): Promise<Store<Collections>> {
  const effective = await effectiveOptions(options);
  const { readOnly, create, acknowledge } = effective.options;
  if (options?.encryption !== undefined && where instanceof Memory) throw memoryIsPlain();
  const { place, catalog } = await openPlace(where, {
    ...effective.options,
    ...{ create: create && !readOnly, syncsLater: acknowledge === 'committed', encryption: effective.encryption },
  });
  catalog.functions = effective.options.functions;
  return new Store<Collections>(partsOf(place, effective, catalog));
}
