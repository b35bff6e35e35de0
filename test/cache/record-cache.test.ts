// The record cache: whatever happens to a store, reads through it give what reads without it would; its entries stay within
// their bytes, are loaded once, and cannot be corrupted by a reader. (How old they may be: record-ages.test.ts.)
// Method: random changes and reads against a Map.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStore } from '../../src/index.js';
import { READ_WEIGHT } from '../../src/lookup/cache/hot-places.js';
import type { ReadCounters } from '../../src/lookup/cache/read-counters.js';
import { PLACES, publishRecords } from '../support/build-store.js';
import { runs } from '../support/effort.js';
import { KEYS, RecordStore, type Row, rowOf, textsOf } from '../support/record-lookup.js';
import { eventually } from '../support/until.js';

const answered = ({ recordHits, recordStale, frameHits, diskReads, loadsShared, inlineReads, absent }: ReadCounters) =>
  recordHits + recordStale + frameHits + diskReads + loadsShared + inlineReads + absent;

describe.each(PLACES)('%s', (_kind, newPlace) => {
  let store: RecordStore;
  beforeEach(async () => {
    store = await RecordStore.open(newPlace());
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  test('reads give what a Map would, whatever changes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { place, catalog } = store;
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
          const opened = await openStore(place.where, { recordCacheBytes, recordValues: values, hotSet: false });
          const rows = opened.collection<Row>();
          let model = new Map(Array.from({ length: KEYS }, (_, id) => [id, rowOf(id, 0)]));
          let held = { snapshot: opened.snapshot(), model };
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
                held = { snapshot: opened.snapshot(), model };
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
                vi.advanceTimersByTime(11);
              }
              if (kind === 'compact') await opened.compact();
            }
          } finally {
            await opened.close();
          }
        },
      ),
      { numRuns: runs(12) },
    );
  });

  test('stays within its bytes, counts every read once, and keeps what was read last', async () => {
    const { lookup, counters, records } = store.lookupWith({ recordCacheBytes: 12_000, frameCacheBytes: 0 });
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
    const { lookup, records } = store.lookupWith({ recordCacheBytes: 500 });
    expect(lookup.valueSync(39)).toEqual(rowOf(39, 0));
    expect(await lookup.value(39)).toEqual(rowOf(39, 0));
    expect([records.cache.kept.count, records.peek(39)]).toEqual([0, undefined]);
  });

  test('a record is loaded once for readers that come at the same time', async () => {
    const { lookup, counters } = store.lookupWith({ frameCacheBytes: 0 });
    const values = await Promise.all(Array.from({ length: 1000 }, () => lookup.value(7)));
    expect(new Set(values).size).toBe(1);
    expect(counters).toMatchObject({ diskReads: 1, loadsShared: 999, recordHits: 0 });
  });

  test('a load is shared, and kept, only by those who see its generation', async () => {
    const { lookup, state, records, counters } = store.lookupWith({ frameCacheBytes: 0 });
    let pass = (): void => {};
    state.gate = new Promise((resolve) => {
      pass = resolve;
    });
    const [first, second] = [lookup.value(8), lookup.value(8)];
    state.gate = undefined;
    // Who cannot wait loads by himself.
    expect(lookup.valueSync(8)).toEqual(rowOf(8, 0));
    await publishRecords(store.catalog, store.place, textsOf(1, [8]), { mode: 'upsert' });
    expect(await lookup.value(8)).toEqual(rowOf(8, 1));
    pass();
    expect([await first, await second]).toEqual([rowOf(8, 0), rowOf(8, 0)]);
    expect(records.peek(8)?.value).toEqual(rowOf(8, 1));
    expect(counters).toMatchObject({ diskReads: 3, loadsShared: 1, recordHits: 0 });
  });

  test('readers cannot corrupt what others get', async () => {
    const frozen = store.lookupWith({}).lookup;
    const value = frozen.valueSync(3) as { nested: { list: [unknown, unknown, { deep: number[] }] } };
    expect(() => value.nested.list[2].deep.push(1)).toThrow(TypeError);
    expect(() => Object.assign(value, { id: 0 })).toThrow(TypeError);
    expect(await frozen.value(3)).toBe(value);

    const cloned = store.lookupWith({ recordValues: 'cloned' }).lookup;
    for (let i = 0; i < 3; i++) {
      const [copy] = (await cloned.values([3])) as (typeof value)[];
      const second = (await cloned.value(3)) as typeof value;
      expect([copy, second]).toEqual([rowOf(3, 0), rowOf(3, 0)]);
      copy!.nested.list[2].deep.push(9);
      (second.nested.list as unknown[]).length = 0;
    }
  });

  test('a record that is where it was in a newer generation is not read again', async () => {
    const { lookup, counters } = store.lookupWith({});
    const before = [1, 2].map((id) => lookup.valueSync(id));
    const { diskReads, frameHits } = counters;
    await publishRecords(store.catalog, store.place, textsOf(1, [2]), { mode: 'upsert' });
    lookup.newest();
    expect(lookup.valueSync(1)).toBe(before[0]);
    expect(counters).toMatchObject({ recordsConfirmed: 1, recordHits: 1, diskReads, frameHits });
    expect(lookup.valueSync(1)).toBe(before[0]);
    expect(counters).toMatchObject({ recordsConfirmed: 1, recordHits: 2 });
    expect(lookup.valueSync(2)).toEqual(rowOf(2, 1));
  });

  test('what it answers counts for the hot set', () => {
    const { lookup, counters } = store.lookupWith({});
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
      const opened = await openStore(store.place.where, { recordCacheBytes: 1 << 20, freshness, hotSet: false });
      const rows = opened.collection<Row>();
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
        await publishRecords(store.other, store.place, textsOf(edition), {
          mode: edition % 2 === 0 ? 'upsert' : 'replace',
          recordsPerFrame: 5,
        });
        await reading;
        await eventually(async () => expect(await seen()).toBe(edition));
      }
    },
  );
});
