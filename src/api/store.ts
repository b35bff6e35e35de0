// A store as a user holds it: a directory, opened. Lookups (lookup/) and imports (import/) share its catalog and caches.

import type { EventEmitter } from 'node:events';
import { keptAlive } from '../base/alive.js';
import { GristmillError } from '../base/errors.js';
import { StoreEmitter, type StoreEvents } from '../base/events.js';
import type { CollectionsReport, ImportReport } from '../base/import-report.js';
import { DEFAULT_COLLECTION } from '../base/names.js';
import { type EffectiveOptions, effectiveOptions } from '../config/effective.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import { Caches } from '../lookup/cache/caches.js';
import type { Reading } from '../lookup/rows/reading.js';
import { ValueForm } from '../lookup/rows/value-form.js';
import { Serving } from '../lookup/warm/serving.js';
import type { WarmReport } from '../lookup/warm/warm.js';
import type { WarmOptions } from '../lookup/warm/warm-up.js';
import type { Registry } from '../metrics/prometheus.js';
import { type StoreStat, storeStat } from '../metrics/stat.js';
import type { StoreMetrics } from '../metrics/store-metrics.js';
import { type Reason, reasonIn } from '../options/audit.js';
import { type NoOptions, refuseOptions } from '../options/check.js';
import { type ResolvedStoreOptions, type StoreOptions, schemaVersionOf } from '../options/store.js';
import type { ValueOptions } from '../options/values.js';
import type { StorePlace } from '../store/files/blobs.js';
import { Memory, MemoryPlace, memoryIsPlain } from '../store/lock/memory-place.js';
import { openPlace } from '../store/lock/recovery.js';
import { forget } from '../store/ring/ring.js';
import type { Catalog } from '../store/types.js';
import type { TransactionNote } from '../update/audit/group-log.js';
import { Transactions } from '../update/transact.js';
import type { Transaction } from '../update/transaction.js';
import { type Acts, actsOf } from './acts.js';
import { Acting, Audit } from './audit.js';
import { Collection } from './collection.js';
import { type AnyImportOptions, type ImportDefaults, type ImportSources, importInto } from './importing.js';
import { MaintainedStore } from './maintained-store.js';
import { Metering } from './metering.js';
import { Quarantine } from './quarantine.js';
import { Lookups } from './reads/lookups.js';
import { Snapshot } from './snapshot.js';
import { UnderWay } from './under-way.js';
import { type Watcher, Watchers, type WatchOptions } from './watchers.js';

/** An open store. `openStore` makes it. Close it after use. */
export class Store extends MaintainedStore {
  /** The absolute path of the store's directory, or "memory". */
  readonly directory: string;
  /** The options that the store uses: defaults, config file, environment and `openStore` together. */
  readonly options: ResolvedStoreOptions;
  readonly #imports: ImportDefaults;
  readonly #place: StorePlace;
  readonly #acting: Acting;
  readonly #catalog: Catalog;
  readonly #caches: Caches;
  readonly #lookups: Lookups;
  readonly #underWay = new UnderWay();
  readonly #events = new StoreEmitter();
  readonly #metering: Metering;
  readonly #watchers: Watchers;
  readonly #serving: Serving;
  readonly #transactions: Transactions;
  readonly #acts: Acts;
  /** The records that imports have rejected and kept. */
  readonly quarantine: Quarantine;
  /** The log of all changes of the store. */
  readonly audit: Audit;
  #closing: Promise<void> | undefined;

  private constructor(place: StorePlace, { options, imports }: EffectiveOptions, catalog: Catalog) {
    const acting = new Acting(place, options.audit);
    super(place, catalog, acting);
    this.#acting = acting;
    this.directory = place.directory;
    this.#place = place;
    this.options = options;
    this.#catalog = catalog;
    this.#caches = new Caches(place, options, this.#events);
    this.#metering = new Metering(this.#events, catalog, this.#caches);
    this.#watchers = new Watchers(this.#events, this.#metering.imports);
    this.#lookups = new Lookups({ ...place, catalog, caches: this.#caches }, (name) => schemaVersionOf(options, name));
    const { of: lookup, versionOf, live } = this.#lookups;
    this.#imports = { below: imports, versionOf };
    const store = { ...place, catalog, caches: this.#caches, events: this.#events, lookup, live };
    this.#serving = new Serving(store, options, !(place instanceof MemoryPlace));
    const admitted = <T>(read: () => T): T => this.#caches.admitted(read);
    const committed = (): void => this.#serving.look();
    const [{ closing }, logsRecords] = [this.#underWay, options.audit.records];
    const reads = { lookup, versionOf, admitted };
    this.#transactions = new Transactions({ catalog, place, ...reads, committed, logsRecords, closing });
    const work = <T>(todo: (closing: AbortSignal) => Promise<T>): Promise<T> => this.work(todo);
    const transaction: Transactions['run'] = (change, note) => this.#run(change, note);
    this.#acts = actsOf(transaction, acting, catalog, options.readOnly);
    this.quarantine = new Quarantine({ options, transaction, acting }, place, catalog, work);
    this.audit = new Audit({ catalog, acting, assertWritable: () => this.assertWritable(), work });
  }

  /** See `openStore`. */
  static async open(where: string | Memory, given?: StoreOptions): Promise<Store> {
    const effective = await effectiveOptions(given);
    const { options, encryption } = effective;
    const [create, syncsLater] = [options.create && !options.readOnly, options.acknowledge === 'committed'];
    if (given?.encryption !== undefined && where instanceof Memory) throw memoryIsPlain();
    const { place, catalog } = await openPlace(where, { ...options, create, syncsLater, encryption });
    catalog.functions = options.functions;
    return new Store(place, effective, catalog);
  }

  /**
   * Returns the collection of this name (default "records").
   * @param options how this handle gives and takes records (see `ValueOptions`). They do not affect other handles.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH, STORE_CLOSED; TypeError
   * @example const orders = store.collection('orders', { unsafeIntegers: 'bigint' });
   */
  collection<T = unknown, Stored = unknown>(
    name: string = DEFAULT_COLLECTION,
    options?: ValueOptions<T, Stored>,
  ): Collection<T> {
    this.assertOpen();
    const form = new ValueForm<T>('collection', name, options);
    const { schemaVersion = this.#lookups.versionOf(name) } = form;
    const reading: Reading = (freshness, version = schemaVersion) => this.#serving.lookup(name, freshness, version);
    const lookup = this.#lookups.of(name, schemaVersion);
    // It may have been dropped since it was first asked for.
    lookup.generation();
    return new Collection<T>(lookup, form, this.#acts, reading, this.options.freshness === 'immediate');
  }

  /** Returns all collections in their present state. Later publications do not change a snapshot. Release it after use. */
  snapshot(options?: NoOptions): Snapshot {
    this.assertOpen();
    refuseOptions('snapshot', options);
    return new Snapshot(this.#place, this.#catalog.snapshot(), this.#caches, this.#lookups.versionOf);
  }

  /** Calls `listener` with each event of this name from now on, until `off` is called with the same listener. */
  on<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#events as EventEmitter).on(name, listener);
    this.#serving.look();
    return this;
  }

  /** Stops calling a listener that was given to `on`. */
  off<Name extends keyof StoreEvents>(name: Name, listener: (event: StoreEvents[Name]) => void): this {
    (this.#events as EventEmitter).off(name, listener);
    return this;
  }

  /**
   * Loads records into the caches before they are read: those of given keys, of a range, or of a whole collection. Without
   * any of these it loads the saved hot set. Reads may run meanwhile. If it fails, what it has loaded stays loaded.
   * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED; TypeError
   * @example await store.warm({ collection: 'posts', index: 'user.name', gte: 'a', lt: 'b', maxBytes: 16 << 20 });
   */
  async warm(options?: WarmOptions): Promise<WarmReport> {
    return this.work((closing) => this.#serving.warm(options, closing));
  }

  /** Returns the names of all collections. */
  collections(): string[] {
    this.assertOpen();
    this.#catalog.refresh();
    return this.#catalog.collections().map(({ name }) => name);
  }

  /** Returns the counts and sizes of the store and of its collections, its readers, and its current writer. */
  stat(options?: NoOptions): StoreStat {
    this.assertOpen();
    refuseOptions('stat', options);
    return storeStat(this.#catalog, this.#place);
  }

  /** Returns counts of reads, caches and imports since the store was opened, and the state of the index (docs/metrics.md). */
  metrics(options?: NoOptions): StoreMetrics {
    this.assertOpen();
    refuseOptions('metrics', options);
    return this.#metering.metrics();
  }

  /** Returns the metrics as a registry of prom-client, always the same one. Its histogram begins with the first call. */
  async metricsRegistry(): Promise<Registry> {
    this.assertOpen();
    return this.#metering.registry();
  }

  /**
   * Gives metrics, and spans of imports and refreshes, to the OpenTelemetry SDK of the host, until the store is closed.
   * Set up the SDK first. Without an SDK nothing happens.
   */
  async instrument(): Promise<void> {
    this.assertOpen();
    return this.#metering.instrument();
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
    this.assertWritable();
    const target = { ...this.#acting.place, catalog: this.#catalog };
    return this.work((closing) => importInto({ ...target, closing }, this.#metering, this.#imports, sources, given));
  }

  /**
   * Keeps a collection equal to its sources (files, folders, addresses), in the background (docs/watch.md). The promise
   * resolves when the sources were compared with the stored records and the differences were imported.
   * `watcher.close()` and `store.close()` end it.
   * @throws GristmillError SOURCE_NOT_FOUND, SOURCE_FORBIDDEN, COLLECTION_MISMATCH, …; TypeError (also for a second
   * watcher)
   */
  async watch(sources: string | URL | readonly (string | URL)[], options?: WatchOptions): Promise<Watcher> {
    this.assertWritable();
    const target = { ...this.#acting.place, catalog: this.#catalog, closing: this.#underWay.closing };
    return keptAlive(this.#watchers.start(target, [sources].flat(), this.#imports, options));
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
  async transaction<R>(change: (transaction: Transaction) => R, options?: Reason): Promise<R> {
    return this.#run(change, this.#acting.note(reasonIn('transaction', options)));
  }

  async #run<R>(change: (transaction: Transaction) => R, note: TransactionNote): Promise<R> {
    this.assertWritable();
    return this.#transactions.run(change, note);
  }

  /**
   * Changes the store as `transaction` does, but the changes are committed when it returns. It is for scripts,
   * because the thread waits for other processes and for the disk. Transactions that were called before are committed
   * with it.
   * @throws as `transaction`; GristmillError STORE_BUSY if an import is merging into one of its collections
   */
  transactionSync<R>(change: (transaction: Transaction) => R, options?: Reason): R {
    this.assertWritable();
    return this.#transactions.runSync(change, this.#acting.note(reasonIn('transactionSync', options)));
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected override assertOpen(): void {
    this.#caches.assertOpen();
    this.#catalog.assertOpen();
  }

  protected override assertWritable(): void {
    this.assertOpen();
    if (this.options.readOnly) throw new TypeError('the store was opened read-only: it cannot be changed');
  }

  protected override work<T>(work: (closing: AbortSignal) => Promise<T>): Promise<T> {
    this.assertOpen();
    return this.#underWay.run(work, this.directory).finally(() => this.#serving.look());
  }

  async #close(): Promise<void> {
    this.#caches.refuseReads();
    const reason = new GristmillError('STORE_CLOSED', `the store ${this.directory} was closed during this call`);
    const ends = [this.#underWay.end(reason), this.#watchers.close(), this.#serving.close()];
    await Promise.allSettled([...ends, this.#transactions.settled()]);
    this.#metering.close();
    await this.#caches.close();
    await this.#catalog.close();
    if (this.#place.seal !== undefined) forget(this.#place.seal);
  }
}

/**
 * Opens the store at `where`, a directory or `memory()`, or creates it (option `create`, default true). Many processes may
 * have a store open at the same time.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_TOO_NEW, KEY_NEEDED, WRONG_KEY,
 * NOT_ENCRYPTED, KEY_RING_DAMAGED, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, IO_ERROR; TypeError
 */
export function openStore(where: string | Memory, options?: StoreOptions): Promise<Store> {
  return Store.open(where, options);
}
