// The record cache: whatever happens to a store, reads through it give what reads without it would; its entries stay within
// their bytes, are loaded once, cannot be corrupted by a reader, and are renewed, given late, or kept while renewing fails,
// exactly as long as the options say.
// Method: random changes and reads against a Map; a fake clock; a catalog that fails when told to.

import { truncateSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError } from '../src/errors.js';
import { StoreEmitter, type StoreEvents } from '../src/events.js';
import { openStore } from '../src/index.js';
import { Caches } from '../src/lookup/caches.js';
import { READ_WEIGHT } from '../src/lookup/hot-places.js';
import { Lookup } from '../src/lookup/lookup.js';
import type { ReadCounters } from '../src/metrics/read-counters.js';
import { resolveStoreOptions, type StoreOptions } from '../src/options.js';
import { shardPath } from '../src/store/files.js';
import type { Catalog, CatalogView } from '../src/store/types.js';
import { PLACES, publishRecords, type TestPlace } from './support/build-store.js';

const KEYS = 40;
interface Row {
  readonly id: number;
  readonly edition: number;
  readonly nested: { readonly list: readonly unknown[] };
}
const rowOf = (id: number, edition: number): Row => ({
  id,
  edition,
  nested: { list: [null, 'x'.repeat(id * 5), { deep: [edition] }] },
});
const textsOf = (edition: number, ids = Array.from({ length: KEYS }, (_, id) => id)) =>
  ids.map((id) => ({ text: JSON.stringify(rowOf(id, edition)), key: id }));
/** Lets what waits in the background have its turns. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const answered = ({ recordHits, recordStale, frameHits, diskReads, loadsShared, inlineReads, absent }: ReadCounters) =>
  recordHits + recordStale + frameHits + diskReads + loadsShared + inlineReads + absent;

describe.each(PLACES)('%s', (kind, newPlace) => {
  let place: TestPlace;
  let catalog: Catalog;
  /** Of another process, as far as the first one knows. */
  let other: Catalog;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    place = newPlace();
    catalog = await place.openCatalog();
    other = await place.openCatalog();
    await publishRecords(catalog, place, textsOf(0), { recordsPerFrame: 5 });
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closing.splice(0)) await close();
    await catalog.close();
    await other.close();
    place.remove();
  });

  /** A read path over a catalog that fails while `isBroken` is set. */
  function lookupWith(given: StoreOptions) {
    const state = { isBroken: false, searches: 0, refreshes: [] as string[], warnings: 0 };
    const view = new Proxy(catalog, {
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
    const caches = new Caches(place, resolveStoreOptions({ recordCacheBytes: 1 << 20, ...given }), events);
    closing.push(() => caches.close());
    const { directory, blobs } = place;
    const lookup = new Lookup({ directory, blobs, catalog: view, caches }, 'records');
    return { lookup, state, counters: lookup.caches.counters, records: lookup.caches.records! };
  }

  test('reads give what a Map would, whatever changes', async () => {
    const id = fc.nat(KEYS + 3);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('get', 'getSync', 'snapshot'), id }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('getMany'), ids: fc.array(id, { maxLength: 80 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('put', 'delete'), id }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('publish'), ids: fc.uniqueArray(id, { maxLength: 5 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('compact', 'hold') }) },
    );
    const recordValues = fc.constantFrom('frozen', 'cloned');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 120 }),
        fc.constantFrom(3_000, 20_000),
        recordValues,
        async (...run) => {
          const [steps, recordCacheBytes, values] = run;
          await publishRecords(catalog, place, textsOf(0), { recordsPerFrame: 5 });
          const store = await openStore(place.where, { recordCacheBytes, recordValues: values, hotSet: false });
          const rows = store.collection<Row>();
          let model = new Map(Array.from({ length: KEYS }, (_, id) => [id, rowOf(id, 0)]));
          let held = { snapshot: store.snapshot(), model };
          let edition = 0;
          try {
            for (const { kind, id = 0, ids = [] } of steps as { kind: string; id?: number; ids?: number[] }[]) {
              if (kind === 'get') expect(await rows.get(id)).toEqual(model.get(id));
              if (kind === 'getSync') expect(rows.getSync(id)).toEqual(model.get(id));
              if (kind === 'getMany') expect(await rows.getMany(ids)).toEqual(ids.map((some) => model.get(some)));
              if (kind === 'snapshot')
                expect(held.snapshot.collection('records').getSync(id)).toEqual(held.model.get(id));
              if (kind === 'hold') {
                held.snapshot.release();
                held = { snapshot: store.snapshot(), model };
              }
              if (kind === 'put' || kind === 'delete' || kind === 'publish') model = new Map(model);
              if (kind === 'put') {
                model.set(id, rowOf(id, ++edition));
                await rows.put(rowOf(id, edition));
              }
              if (kind === 'delete') {
                model.delete(id);
                await rows.delete(id);
              }
              if (kind === 'publish') {
                edition++;
                for (const some of ids) model.set(some, rowOf(some, edition));
                await publishRecords(catalog, place, textsOf(edition, ids), { mode: 'upsert', recordsPerFrame: 5 });
                // As another process would: noticed by the clock, or by a snapshot.
                await new Promise((resolve) => setTimeout(resolve, 11));
              }
              if (kind === 'compact') await store.compact();
            }
          } finally {
            await store.close();
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  test('stays within its bytes, counts every read once, and keeps what was read last', async () => {
    const { lookup, counters, records } = lookupWith({ recordCacheBytes: 12_000, frameCacheBytes: 0 });
    const { kept } = records.cache;
    for (let i = 0; i < 2000; i++) {
      // Low ones more often than high ones.
      const id = Math.floor((((i * 7919) % 1009) / 1009) ** 2 * (KEYS + 5));
      const value = i % 2 === 0 ? lookup.valueSync(id) : await lookup.value(id);
      expect(value).toEqual(id < KEYS ? rowOf(id, 0) : undefined);
      expect(kept.bytes).toBeLessThanOrEqual(12_000);
      if (value !== undefined) expect(records.peek(id)).toBeDefined();
    }
    expect(answered(counters)).toBe(2000);
    expect(counters.recordEvictions).toBe(counters.diskReads - kept.count);
    expect(kept.count).toBeGreaterThan(10);
    expect(counters.recordHits).toBeGreaterThan(100);
  });

  test('a record that is larger than the cache is read and not kept', async () => {
    const { lookup, records } = lookupWith({ recordCacheBytes: 500 });
    expect(lookup.valueSync(39)).toEqual(rowOf(39, 0));
    expect(await lookup.value(39)).toEqual(rowOf(39, 0));
    expect([records.cache.kept.count, records.peek(39)]).toEqual([0, undefined]);
  });

  test('a record is loaded once for readers that come at the same time', async () => {
    const { lookup, counters } = lookupWith({ frameCacheBytes: 0 });
    const values = await Promise.all(Array.from({ length: 1000 }, () => lookup.value(7)));
    expect(new Set(values).size).toBe(1);
    expect(counters).toMatchObject({ diskReads: 1, loadsShared: 999, recordHits: 0 });
    // Nobody waits for a load of a generation that is not the one he sees.
    const waiting = lookup.value(8);
    expect(lookup.valueSync(8)).toEqual(rowOf(8, 0));
    expect(await waiting).toEqual(rowOf(8, 0));
  });

  test('readers cannot corrupt what others get', async () => {
    const frozen = lookupWith({}).lookup;
    const value = frozen.valueSync(3) as { nested: { list: [unknown, unknown, { deep: number[] }] } };
    expect(() => value.nested.list[2].deep.push(1)).toThrow(TypeError);
    expect(() => Object.assign(value, { id: 0 })).toThrow(TypeError);
    expect(await frozen.value(3)).toBe(value);

    const cloned = lookupWith({ recordValues: 'cloned' }).lookup;
    for (let i = 0; i < 3; i++) {
      const [copy] = (await cloned.values([3])) as (typeof value)[];
      const second = (await cloned.value(3)) as typeof value;
      expect([copy, second]).toEqual([rowOf(3, 0), rowOf(3, 0)]);
      copy!.nested.list[2].deep.push(9);
      (second.nested.list as unknown[]).length = 0;
    }
  });

  test('a record that is where it was in a newer generation is not read again', async () => {
    const { lookup, counters } = lookupWith({});
    const before = [1, 2].map((id) => lookup.valueSync(id));
    const { diskReads, frameHits } = counters;
    await publishRecords(catalog, place, textsOf(1, [2]), { mode: 'upsert' });
    lookup.newest();
    expect(lookup.valueSync(1)).toBe(before[0]);
    expect(counters).toMatchObject({ recordsConfirmed: 1, recordHits: 1, diskReads, frameHits });
    expect(lookup.valueSync(1)).toBe(before[0]);
    expect(counters).toMatchObject({ recordsConfirmed: 1, recordHits: 2 });
    expect(lookup.valueSync(2)).toEqual(rowOf(2, 1));
  });

  test('what it answers counts for the hot set', () => {
    const { lookup, counters } = lookupWith({});
    for (let i = 0; i < 1600; i++) lookup.valueSync(i % 4 === 0 ? 2 : 1);
    expect(counters.recordHits).toBe(1598);
    const reads = new Map(lookup.hotPlaces.keys().map(({ key, weight }) => [key, weight / READ_WEIGHT]));
    for (const [key, count] of [
      [1, 1200],
      [2, 400],
    ] as const) {
      expect(Math.abs(reads.get(key)! - count)).toBeLessThanOrEqual(16);
    }
  });

  test.each(['immediate', 'warm'] as const)(
    'many records are of one generation, with freshness %s',
    async (freshness) => {
      const store = await openStore(place.where, { recordCacheBytes: 1 << 20, freshness, hotSet: false });
      closing.push(() => store.close());
      const rows = store.collection<Row>();
      const ids = Array.from({ length: 70 }, (_, i) => i % KEYS);
      const seen = async (): Promise<number> => {
        // Some of them are in the cache from another generation, some are not.
        for (const id of [3, 5, 8]) rows.getSync(id);
        const editions = new Set((await rows.getMany(ids)).map((row) => row?.edition));
        expect(editions.size).toBe(1);
        return [...editions][0] as number;
      };
      for (let edition = 1; edition <= 6; edition++) {
        const reading = Promise.all([seen(), seen()]);
        await publishRecords(other, place, textsOf(edition), {
          mode: edition % 2 === 0 ? 'upsert' : 'replace',
          recordsPerFrame: 5,
        });
        await reading;
        await vi.waitFor(async () => expect(await seen()).toBe(edition), { interval: 2 });
      }
    },
  );

  describe('by the clock', () => {
    const TIMED = { recordTtlMs: 1000, staleMs: 500, staleOnErrorMs: 3000 };
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['performance', 'Date', 'setInterval', 'clearInterval'] });
    });
    const pass = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);

    test('what is read goes on being a hit: it is renewed ahead, once for all readers', async () => {
      const { lookup, counters, state } = lookupWith(TIMED);
      lookup.valueSync(1);
      for (let period = 1; period <= 10; period++) {
        pass(790);
        lookup.valueSync(1);
        await turns();
        expect(counters.refreshes).toBe(period - 1);
        pass(10);
        await Promise.all(Array.from({ length: 1000 }, () => lookup.value(1)));
        await turns();
        expect(counters.refreshes).toBe(period);
      }
      expect(counters).toMatchObject({ recordHits: 10_010, recordStale: 0, recordsConfirmed: 0, diskReads: 1 });
      expect(state.refreshes).toEqual(new Array(10).fill('same'));
    });

    test('what nobody has read of late is given late once, then looked up first', async () => {
      const { lookup, counters } = lookupWith(TIMED);
      lookup.valueSync(1);
      pass(1400);
      expect(lookup.valueSync(1)).toEqual(rowOf(1, 0));
      expect(counters).toMatchObject({ recordStale: 1, recordHits: 0 });
      await turns();
      lookup.valueSync(1);
      expect(counters).toMatchObject({ refreshes: 1, recordStale: 1, recordHits: 1, recordsConfirmed: 0 });
      pass(1500);
      lookup.valueSync(1);
      expect(counters).toMatchObject({ refreshes: 1, recordStale: 1, recordHits: 2, recordsConfirmed: 1 });
      pass(999);
      lookup.valueSync(1);
      expect(counters).toMatchObject({ recordHits: 3, recordsConfirmed: 1 });
    });

    test('without refresh ahead and stale reads it is looked up at its TTL', async () => {
      const { lookup, counters } = lookupWith({ recordTtlMs: 1000, refreshAheadPercent: 100 });
      lookup.valueSync(1);
      pass(999);
      lookup.valueSync(1);
      pass(1);
      expect(await lookup.value(1)).toEqual(rowOf(1, 0));
      await turns();
      expect(counters).toMatchObject({ recordHits: 2, recordStale: 0, recordsConfirmed: 1, refreshes: 0 });
    });

    test('a refresh brings what has changed, and forgets what has gone', async () => {
      const { lookup, state, records } = lookupWith(TIMED);
      lookup.valueSync(1);
      lookup.valueSync(2);
      pass(850);
      lookup.newest();
      await publishRecords(other, place, textsOf(1, [1]), {});
      // The lookups do not know of it yet, the refreshes will.
      expect([lookup.valueSync(1), lookup.valueSync(2)]).toEqual([rowOf(1, 0), rowOf(2, 0)]);
      pass(20);
      await vi.waitFor(() => expect(state.refreshes.sort()).toEqual(['changed', 'gone']));
      expect([records.peek(1)?.value, records.peek(2)]).toEqual([rowOf(1, 1), undefined]);
    });

    test('what cannot be renewed is kept for its time, and told; its readers are not failed', async () => {
      const { lookup, state, counters } = lookupWith(TIMED);
      lookup.valueSync(1);
      state.isBroken = true;
      pass(800);
      lookup.valueSync(1);
      await turns();
      expect(state).toMatchObject({ refreshes: ['failed'], warnings: 1 });
      // Not tried at every read.
      const { searches } = state;
      for (let i = 0; i < 50; i++) lookup.valueSync(1);
      await turns();
      expect(state.searches).toBe(searches);
      for (let passed = 800; passed < 3900; passed += 100) {
        pass(100);
        expect(passed % 200 === 0 ? lookup.valueSync(1) : await lookup.value(1)).toEqual(rowOf(1, 0));
        await turns();
      }
      expect(state.refreshes).toEqual(new Array(4).fill('failed'));
      expect(counters).toMatchObject({ refreshFailures: 4, refreshes: 0, recordStale: 30 });
      pass(100);
      expect(() => lookup.valueSync(1)).toThrow('on fire');
      await expect(lookup.value(1)).rejects.toThrow('on fire');
      state.isBroken = false;
      expect(lookup.valueSync(1)).toEqual(rowOf(1, 0));
    });

    test('a read that finds its record too old is not failed either', async () => {
      const { lookup, state, counters } = lookupWith(TIMED);
      lookup.valueSync(1);
      state.isBroken = true;
      pass(2000);
      expect(lookup.valueSync(1)).toEqual(rowOf(1, 0));
      expect(await lookup.value(1)).toEqual(rowOf(1, 0));
      expect(() => lookup.valueSync(2)).toThrow('on fire');
      await turns();
      expect(state).toMatchObject({ refreshes: ['failed'], warnings: 1 });
      state.isBroken = false;
      pass(1000);
      lookup.valueSync(1);
      await turns();
      lookup.valueSync(1);
      expect(counters).toMatchObject({ recordStale: 3, refreshes: 1, recordHits: 1 });
    });

    test.runIf(kind === 'on disk')('a generation that cannot be read leaves what is cached, for its time', async () => {
      const { lookup, state } = lookupWith({ staleOnErrorMs: 3000 });
      lookup.valueSync(1);
      await publishRecords(catalog, place, textsOf(1), {});
      const [entry] = catalog.shards(catalog.collection('records')!);
      truncateSync(shardPath(place.directory, entry!.file), 10);
      pass(20);
      expect(lookup.valueSync(1)).toEqual(rowOf(1, 0));
      expect(await lookup.value(1)).toEqual(rowOf(1, 0));
      expect(() => lookup.valueSync(2)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
      // Many records are of one generation, or none.
      await expect(lookup.values([1, 2])).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      await turns();
      expect(state).toMatchObject({ refreshes: ['failed'], warnings: 1 });
      pass(2999);
      expect(lookup.valueSync(1)).toEqual(rowOf(1, 0));
      pass(1);
      expect(() => lookup.valueSync(1)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
    });

    test('what nobody reads is swept', () => {
      const { lookup, counters, records } = lookupWith({ recordIdleMs: 1000 });
      lookup.valueSync(1);
      lookup.valueSync(2);
      for (let i = 0; i < 4; i++) {
        pass(400);
        lookup.valueSync(2);
      }
      expect([records.peek(1), records.peek(2)?.value]).toEqual([undefined, rowOf(2, 0)]);
      expect(counters).toMatchObject({ recordsExpired: 1, recordHits: 4 });
      pass(2000);
      expect([records.cache.kept.count, records.cache.kept.bytes]).toEqual([0, 0]);
    });
  });
});
