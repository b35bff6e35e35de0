// key > index page > location > frame cache > frame > record, in a state that does not move on
//
// A snapshot of a store: all its collections as one transaction left them, for as long as it is held. Until it is released
// LMDB keeps the pages it may read, and shard files that were replaced stay.

import { DEFAULT_COLLECTION } from '../base/names.js';
import type { Caches } from '../lookup/cache/caches.js';
import type { Reading } from '../lookup/rows/reading.js';
import { ValueForm } from '../lookup/rows/value-form.js';
import type { AnyCollections, AnyNameIn, DefaultRecord, RecordIn } from '../options/record-types.js';
import type { ValueOptions } from '../options/values.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { CatalogSnapshot } from '../store/types.js';
import { ReadableCollection } from './readable-collection.js';
import { Lookups } from './reads/lookups.js';

/** All collections of a store in one state. `store.snapshot()` makes it. Release it after use. */
export class Snapshot<Collections extends object = AnyCollections> {
  /** The number of the newest publication that the snapshot shows. */
  readonly generation: number;
  readonly #catalog: CatalogSnapshot;
  readonly #caches: Caches;
  readonly #lookups: Lookups;

  /**
   * @internal
   * @param versionOf see `Lookups`
   */
  constructor(place: StorePlace, catalog: CatalogSnapshot, caches: Caches, versionOf: Lookups['versionOf']) {
    this.#catalog = catalog;
    this.#caches = caches;
    this.generation = catalog.generation();
    this.#lookups = new Lookups({ ...place, catalog, caches, isExact: true }, versionOf);
  }

  /**
   * Returns the collection of this name (default "records"), in the state of the snapshot.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH; STORE_CLOSED after `release`, and after `store.close`; TypeError
   */
  collection<T = DefaultRecord<Collections>, Stored = T>(
    name?: AnyNameIn<Collections>,
    options?: ValueOptions<T, Stored>,
  ): ReadableCollection<T, Stored>;
  /** Returns one of the collections that the store is said to have. */
  collection<
    Name extends keyof Collections & string,
    Integers extends 'number' | 'bigint' = 'number' | 'bigint',
    T = RecordIn<Collections, Name, Integers>,
  >(
    name: Name,
    options?: ValueOptions<T, RecordIn<Collections, Name, Integers>, Integers>,
  ): ReadableCollection<T, RecordIn<Collections, Name, Integers>>;
  collection<T, Stored>(
    name: string = DEFAULT_COLLECTION,
    options?: ValueOptions<T, Stored>,
  ): ReadableCollection<T, Stored> {
    this.#assertOpen();
    const form = new ValueForm<T>('collection', name, options);
    const { schemaVersion = this.#lookups.versionOf(name) } = form;
    const reading: Reading = (freshness, version = schemaVersion) => {
      if (freshness !== undefined)
        throw new TypeError('a snapshot is one state, so its reads have no option freshness');
      return this.#lookups.of(name, version);
    };
    return new ReadableCollection<T, Stored>(this.#lookups.of(name, schemaVersion), form, reading, true);
  }

  /** Returns the names of all collections. */
  collections(): string[] {
    this.#assertOpen();
    return this.#catalog.collections().map(({ name }) => name);
  }

  /** Releases the snapshot. Later calls to it fail with STORE_CLOSED. Running iterations continue. Idempotent. */
  release(): void {
    this.#catalog.release();
    this.#lookups.live.clear();
  }

  /** Calls `release`, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  #assertOpen(): void {
    this.#caches.assertOpen();
    this.#catalog.assertOpen();
  }
}
