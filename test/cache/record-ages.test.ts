// How old the entries of the record cache may be: they are renewed ahead of their time, given late, looked up first, or kept
// while renewing fails, exactly as long as the options say.
// Method: a fake clock, and a catalog that fails when told to.

import { truncateSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { openStore } from '../../src/index.js';
import { shardPath } from '../../src/store/files/layout.js';
import { PLACES, publishRecords } from '../support/build-store.js';
import { RecordStore, rowOf, textsOf } from '../support/record-lookup.js';
import { eventually } from '../support/until.js';

/** Lets what waits in the background have its turns. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};
const pass = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);
const TIMED = { recordTtlMs: 1000, staleMs: 500, staleOnErrorMs: 3000 };

describe.each(PLACES)('%s', (kind, newPlace) => {
  let store: RecordStore;
  beforeEach(async () => {
    store = await RecordStore.open(newPlace());
    vi.useFakeTimers({ toFake: ['performance', 'Date', 'setInterval', 'clearInterval'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  test('what is read goes on being a hit: it is renewed ahead, once for all readers', async () => {
    const { lookup, counters, state } = store.lookupWith(TIMED);
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
    const { lookup, counters } = store.lookupWith(TIMED);
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
    const { lookup, counters } = store.lookupWith({ recordTtlMs: 1000, refreshAheadPercent: 100 });
    lookup.valueSync(1);
    pass(999);
    lookup.valueSync(1);
    pass(1);
    expect(await lookup.value(1)).toEqual(rowOf(1, 0));
    await turns();
    expect(counters).toMatchObject({ recordHits: 2, recordStale: 0, recordsConfirmed: 1, refreshes: 0 });
  });

  test('a refresh brings what has changed, and forgets what has gone', async () => {
    const { lookup, state, records } = store.lookupWith(TIMED);
    lookup.valueSync(1);
    lookup.valueSync(2);
    pass(850);
    lookup.newest();
    await publishRecords(store.other, store.place, textsOf(1, [1]), {});
    // The lookups do not know of it yet, the refreshes will.
    expect([lookup.valueSync(1), lookup.valueSync(2)]).toEqual([rowOf(1, 0), rowOf(2, 0)]);
    pass(20);
    await eventually(() => expect(state.refreshes.sort()).toEqual(['changed', 'gone']));
    expect([records.peek(1)?.value, records.peek(2)]).toEqual([rowOf(1, 1), undefined]);
  });

  test('what cannot be renewed is kept for its time, and told; its readers are not failed', async () => {
    const { lookup, state, counters } = store.lookupWith(TIMED);
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
    const { lookup, state, counters } = store.lookupWith(TIMED);
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
    const { lookup, state } = store.lookupWith({ staleOnErrorMs: 3000 });
    lookup.valueSync(1);
    await publishRecords(store.catalog, store.place, textsOf(1), {});
    const [entry] = store.catalog.shards(store.catalog.collection('records')!);
    truncateSync(shardPath(store.place.directory, entry!.file), 10);
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

  test.runIf(kind === 'on disk')('a snapshot that cannot be read is not given what other states have', async () => {
    const { place, catalog } = store;
    const opened = await openStore(place.where, { recordCacheBytes: 1 << 20, frameCacheBytes: 0, hotSet: false });
    try {
      const rows = opened.collection();
      rows.getSync(1);
      await publishRecords(catalog, place, textsOf(1), {});
      const [entry] = catalog.shards(catalog.collection('records')!);
      const snapshot = opened.snapshot().collection('records');
      await publishRecords(catalog, place, textsOf(2, [2]), { mode: 'upsert' });
      pass(20);
      expect(rows.getSync(2)).toEqual(rowOf(2, 2));
      truncateSync(shardPath(place.directory, entry!.file), 10);
      // Of an older state there is the first, of a newer one the second.
      for (const id of [1, 2]) expect(() => snapshot.getSync(id)).toThrow(GristmillError);
      expect(rows.getSync(1)).toEqual(rowOf(1, 0));
    } finally {
      await opened.close();
    }
  });

  test('what nobody reads is swept', () => {
    const { lookup, counters, records } = store.lookupWith({ recordIdleMs: 1000 });
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
