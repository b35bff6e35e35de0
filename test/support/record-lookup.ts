// Read paths through a record cache, over a store of a few records and a catalog that fails when told to.

import { GristmillError } from '../../src/errors.js';
import { StoreEmitter, type StoreEvents } from '../../src/events.js';
import { Caches } from '../../src/lookup/caches.js';
import { Lookup } from '../../src/lookup/lookup.js';
import type { CollectionRecords } from '../../src/lookup/record-cache.js';
import type { ReadCounters } from '../../src/metrics/read-counters.js';
import { resolveStoreOptions, type StoreOptions } from '../../src/options.js';
import type { Catalog, CatalogView } from '../../src/store/types.js';
import { publishRecords, type TestPlace, type TestRecord } from './build-store.js';

/** Records in the store at first, with keys from 0. */
export const KEYS = 40;

export interface Row {
  readonly id: number;
  readonly edition: number;
  readonly nested: { readonly list: readonly unknown[] };
}

export function rowOf(id: number, edition: number): Row {
  return { id, edition, nested: { list: [null, 'x'.repeat(id * 5), { deep: [edition] }] } };
}

export function textsOf(edition: number, ids: readonly number[] = [...Array(KEYS).keys()]): TestRecord[] {
  return ids.map((id) => ({ text: JSON.stringify(rowOf(id, edition)), key: id }));
}

/** A read path and what can be seen of it. */
export interface RecordLookup {
  readonly lookup: Lookup;
  readonly counters: ReadCounters;
  readonly records: CollectionRecords;
  /** `isBroken` makes searches in the index fail. */
  readonly state: { isBroken: boolean; searches: number; refreshes: string[]; warnings: number };
}

/** A store with records of edition 0. */
export class RecordStore {
  readonly place: TestPlace;
  readonly catalog: Catalog;
  /** Of another process, as far as the first one knows. */
  readonly other: Catalog;
  readonly #caches: Caches[] = [];

  private constructor(place: TestPlace, catalog: Catalog, other: Catalog) {
    this.place = place;
    this.catalog = catalog;
    this.other = other;
  }

  static async open(place: TestPlace): Promise<RecordStore> {
    const store = new RecordStore(place, await place.openCatalog(), await place.openCatalog());
    await publishRecords(store.catalog, place, textsOf(0), { recordsPerFrame: 5 });
    return store;
  }

  lookupWith(given: StoreOptions): RecordLookup {
    const state = { isBroken: false, searches: 0, refreshes: [] as string[], warnings: 0 };
    const catalog = new Proxy(this.catalog, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (name !== 'floorPage') return typeof value === 'function' ? value.bind(target) : value;
        return (...args: Parameters<CatalogView['floorPage']>) => {
          state.searches++;
          if (state.isBroken) throw new GristmillError('IO_ERROR', 'the disk is on fire');
          return target.floorPage(...args);
        };
      },
    });
    const events = new StoreEmitter();
    events.on('refresh', ({ outcome }: StoreEvents['refresh']) => state.refreshes.push(outcome));
    events.on('warning', () => state.warnings++);
    const options = resolveStoreOptions({ recordCacheBytes: 1 << 20, ...given });
    const caches = new Caches(this.place, options, events);
    this.#caches.push(caches);
    const { directory, blobs } = this.place;
    const lookup = new Lookup({ directory, blobs, catalog, caches }, 'records');
    return { lookup, state, counters: lookup.caches.counters, records: lookup.caches.records as CollectionRecords };
  }

  async close(): Promise<void> {
    for (const caches of this.#caches) await caches.close();
    await this.catalog.close();
    await this.other.close();
    this.place.remove();
  }
}
