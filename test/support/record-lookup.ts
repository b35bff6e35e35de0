// Read paths through a record cache, over a store of a few records and a catalog that fails when told to.

import { GristmillError } from '../../src/base/errors.js';
import { StoreEmitter, type StoreEvents } from '../../src/base/events.js';
import { Caches } from '../../src/lookup/cache/caches.js';
import type { ReadCounters } from '../../src/lookup/cache/read-counters.js';
import type { CollectionRecords } from '../../src/lookup/cache/record-cache.js';
import { Lookup } from '../../src/lookup/lookup.js';
import { resolveStoreOptions, type StoreOptions } from '../../src/options/store.js';
import type { Blobs } from '../../src/store/files/blobs.js';
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

/** What a read path did, and what is done to it. */
interface State {
  /** Searches in the index fail. */
  isBroken: boolean;
  /** What reads of frames that begin now wait for. */
  gate: Promise<void> | undefined;
  searches: number;
  readonly refreshes: string[];
  warnings: number;
}

/** A read path and what can be seen of it. */
export interface RecordLookup {
  readonly lookup: Lookup;
  readonly counters: ReadCounters;
  readonly records: CollectionRecords;
  readonly state: State;
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
    const state: State = { isBroken: false, gate: undefined, searches: 0, refreshes: [], warnings: 0 };
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
    const { directory } = this.place;
    const blobs = gated(this.place.blobs, state);
    const caches = new Caches({ directory, blobs }, options, events);
    this.#caches.push(caches);
    const lookup = new Lookup({ directory, blobs, catalog, caches }, 'records');
    const { number: records } = lookup.caches.recordsIn(undefined) as { readonly number: CollectionRecords };
    return { lookup, state, counters: lookup.caches.counters, records };
  }

  async close(): Promise<void> {
    for (const caches of this.#caches) await caches.close();
    await this.catalog.close();
    await this.other.close();
    this.place.remove();
  }
}

function gated(blobs: Blobs, state: State): Blobs {
  const open: Blobs['open'] = (path, what) => {
    const reader = blobs.open(path, what);
    return {
      size: reader.size,
      descriptor: reader.descriptor,
      readSync: (into, offset) => reader.readSync(into, offset),
      read: async (into, offset) => {
        await state.gate;
        return reader.read(into, offset);
      },
      close: () => reader.close(),
    };
  };
  return new Proxy(blobs, { get: (target, name) => (name === 'open' ? open : Reflect.get(target, name, target)) });
}
