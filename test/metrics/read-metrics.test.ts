// Goal: metrics tell how reads were answered, every one of them, and how long they took. Method: reads at random against a
// model of the caches; a clock that is the test's own, and percentiles of a sorted array; the counts of real stores.

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openStore, type Store } from '../../src/api/store.js';
import { LatencySampler } from '../../src/lookup/cache/latency-sampler.js';
import { ReadCounters } from '../../src/lookup/cache/read-counters.js';
import { PLACES, publishRecords, type TestPlace } from '../support/build-store.js';

const COUNT = 200;
const PER_FRAME = 20;
const frameOf = (id: number): number => Math.floor(id / PER_FRAME);
const lineOf = (id: number): string => JSON.stringify({ id, text: 'x'.repeat(id % 50) });

describe.each(PLACES)('reads of a store %s', (_kind, newPlace) => {
  let place: TestPlace;
  beforeEach(async () => {
    place = newPlace();
    const catalog = await place.openCatalog();
    const records = Array.from({ length: COUNT }, (_, id) => ({ text: lineOf(id), key: id }));
    await publishRecords(catalog, place, records, { recordsPerFrame: PER_FRAME, recordsPerShard: COUNT });
    await catalog.close();
  });
  afterEach(() => place.remove());

  const open = (options = {}): Promise<Store> => openStore(place.where, { hotSet: false, ...options });
  const readsOf = (store: Store) => store.metrics().collections.records!.reads;

  /** What a store does: every frame is loaded once, a record that was put is in the index, and so on. */
  class Model {
    readonly counts = { recordCache: 0, stale: 0, frameCache: 0, disk: 0, shared: 0, inline: 0, absent: 0, total: 0 };
    readonly #frames = new Set<number>();
    readonly #inline = new Set<number>();
    readonly #records = new Set<number>();
    readonly #keeps: boolean;

    constructor(keepsRecords: boolean) {
      this.#keeps = keepsRecords;
    }

    put(id: number): void {
      this.#inline.add(id);
      this.#records.delete(id);
    }

    read(id: number, isValue: boolean): void {
      this.#count(this.#answer(id, isValue));
    }

    /** Loads are begun before any of them has ended: what is in a frame that another one loads waits for it. */
    readMany(ids: readonly number[]): void {
      const before = new Set(this.#frames);
      for (const id of ids) {
        const answer = this.#answer(id, true);
        this.#count(answer === 'frameCache' && !before.has(frameOf(id)) ? 'shared' : answer);
      }
    }

    #count(answer: keyof Model['counts']): void {
      this.counts.total++;
      this.counts[answer]++;
    }

    #answer(id: number, isValue: boolean): keyof Model['counts'] {
      if (id >= COUNT) return 'absent';
      if (isValue && this.#records.has(id)) return 'recordCache';
      if (isValue && this.#keeps) this.#records.add(id);
      if (this.#inline.has(id)) return 'inline';
      const frame = frameOf(id);
      if (this.#frames.has(frame)) return 'frameCache';
      this.#frames.add(frame);
      return 'disk';
    }
  }

  test.each([0, 1 << 20])('are counted where the model answers them, with %i bytes for records', async (bytes) => {
    // A few beyond the last: they are absent.
    const id = fc.nat(COUNT + 20);
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.tuple(fc.constantFrom('get', 'getSync', 'getText', 'getTextSync'), id) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('getMany'), fc.uniqueArray(id, { maxLength: 5 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constant('put'), fc.nat(COUNT - 1)) },
    );
    const store = await open({ recordCacheBytes: bytes });
    onTestFinished(() => store.close());
    const model = new Model(bytes > 0);
    const records = store.collection('records');
    const take = async (steps: readonly (readonly [string, number | number[]])[]): Promise<void> => {
      for (const [name, of] of steps) {
        if (name === 'put') {
          await records.putText(lineOf(of as number));
          model.put(of as number);
        } else if (name === 'getMany') {
          await records.getMany(of as number[]);
          model.readMany(of as number[]);
        } else {
          await records[name as 'get'](of as number);
          model.read(of as number, name === 'get' || name === 'getSync');
        }
      }
      expect(readsOf(store)).toEqual(model.counts);
    };
    const steps = fc.array(step, { minLength: 400, maxLength: 400, size: 'max' });
    // Once: what is put stays.
    await fc.assert(fc.asyncProperty(steps, take), { numRuns: 1, endOnFailure: true });
    const { recordCache, frameCache, absent, total } = model.counts;
    expect(store.metrics().collections.records!.hitRatio).toEqual({
      record: recordCache / (total - absent),
      memory: (recordCache + frameCache) / (total - absent),
    });
  });

  test('that wait for one load count it once', async () => {
    const store = await open();
    onTestFinished(() => store.close());
    const records = store.collection('records');
    await Promise.all(Array.from({ length: 1000 }, (_, i) => records.get(i % PER_FRAME)));
    expect(readsOf(store)).toMatchObject({ disk: 1, shared: 999, total: 1000 });
    // The first read is timed always.
    expect(store.metrics().collections.records!.latency.disk!.samples).toBeGreaterThanOrEqual(1);
  });

  test('in snapshots, and in all collections, count where they belong; caches tell their size', async () => {
    const store = await open({ recordCacheBytes: 1 << 20 });
    onTestFinished(() => store.close());
    await store.transaction((tx) => tx.createCollection('other', { key: 'id' }).put({ id: 1 }));
    const snapshot = store.snapshot();
    snapshot.collection('records').getSync(1);
    store.collection('records').getTextSync(2);
    store.collection('other').getSync(1);
    snapshot.release();
    const { collections, caches, catalog } = store.metrics();
    expect(collections.records!.reads).toMatchObject({ disk: 1, frameCache: 1, total: 2 });
    expect(collections.other!.reads).toMatchObject({ inline: 1, total: 1 });
    expect(caches.map(({ cache, entries }) => [cache, entries])).toEqual(
      expect.arrayContaining([
        ['frames', 1],
        ['records', 2],
      ]),
    );
    for (const { bytes, bytesMax } of caches) expect(bytes).toBeLessThanOrEqual(bytesMax);
    expect(catalog.records).toEqual({ other: { live: 1, dead: 0 }, records: { live: COUNT, dead: 0 } });
    expect(catalog).toMatchObject({ generation: 2, bytes: expect.any(Number), mapBytes: expect.any(Number) });
    expect(catalog.mapBytes).toBeGreaterThanOrEqual(catalog.bytes);
  });
});

describe('the sampler', () => {
  /** Milliseconds. */
  let now = 0;
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  function sampler() {
    const counters = new ReadCounters();
    const samples: [string, string, number][] = [];
    const followers = new Set([(...sample: [string, string, number]) => samples.push(sample)]);
    return { counters, samples, sampler: new LatencySampler('posts', counters, followers) };
  }

  test('tells percentiles within one percent of those of a sorted array', () => {
    const duration = fc.double({ min: 1, max: 36, noNaN: true }).map((exponent) => Math.round(2 ** exponent));
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (nanoseconds) => {
        const { counters, sampler: timing } = sampler();
        now = 0;
        for (const one of nanoseconds) {
          timing.timeSync(
            () => {
              counters.frameHits++;
              now = one / 1e6;
            },
            undefined,
            undefined,
          );
          now = 0;
        }
        const { frameCache } = timing.latencies();
        const sorted = nanoseconds.toSorted((left, right) => left - right);
        expect(frameCache!.samples).toBe(sorted.length);
        for (const [percent, told] of [
          [50, frameCache!.p50],
          [90, frameCache!.p90],
          [99, frameCache!.p99],
          [100, frameCache!.max],
        ] as const) {
          const rank = Math.max(1, Math.round((percent / 100) * sorted.length));
          const exact = sorted[rank - 1]! / 1000;
          expect(Math.abs(told - exact)).toBeLessThanOrEqual(0.01 * exact + 0.001);
        }
      }),
    );
  });

  test('times slow reads all, and fast ones seldom', () => {
    const timed = (milliseconds: number, reads: number): number => {
      const { counters, samples, sampler: timing } = sampler();
      for (let i = 0; i < reads; i++) {
        const read = (): void => {
          counters.diskReads++;
          now += milliseconds;
        };
        if (timing.isDue()) timing.timeSync(read, undefined, undefined);
        else read();
      }
      return samples.length;
    };
    expect(timed(1, 1000)).toBe(1000);
    // A read of a microsecond: one in 250, give or take; of a nanosecond: one in 4096 or so.
    const share = timed(0.001, 200_000) / 200_000;
    expect(share).toBeGreaterThan(1 / 500);
    expect(share).toBeLessThan(1 / 125);
    expect(timed(1e-6, 1_000_000)).toBeLessThan(600);
  });

  test('knows where a read was answered, whatever others do meanwhile', async () => {
    const { counters, samples, sampler: timing } = sampler();
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const fromDisk = timing.time(
      () => {
        counters.diskReads++;
        return arrived;
      },
      undefined,
      undefined,
    );
    const hit = () => counters.recordHits++;
    const answers = ['recordStale', 'loadsShared', 'inlineReads', 'absent'] as const;
    timing.timeSync(hit, undefined, undefined);
    for (const name of answers) timing.timeSync(() => counters[name]++, undefined, undefined);
    now += 5;
    arrive();
    await fromDisk;
    expect(samples.map(([, answer]) => answer)).toEqual([
      ...['recordCache', 'recordCache', 'disk', 'inline', 'absent'],
      'disk',
    ]);
    expect(samples.at(-1)).toEqual(['posts', 'disk', 0.005]);
  });

  test('fails no read because somebody who is told of it fails, and warns of it once', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const counters = new ReadCounters();
    const told = vi.fn();
    const bad = (): never => {
      throw new Error('of an exporter');
    };
    const timing = new LatencySampler('posts', counters, new Set([bad, told]));
    expect(timing.timeSync(() => ++counters.frameHits, undefined, undefined)).toBe(1);
    expect(told).toHaveBeenCalledOnce();
    const again = new LatencySampler('posts', counters, new Set([bad]));
    again.timeSync(() => ++counters.frameHits, undefined, undefined);
    expect(warned.mock.calls).toEqual([[expect.stringContaining('Error: of an exporter')]]);
    warned.mockRestore();
  });

  test('leaves out reads that fail', async () => {
    const { samples, sampler: timing } = sampler();
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => timing.timeSync(fail, undefined, undefined)).toThrow('no');
    await expect(timing.time(async () => fail(), undefined, undefined)).rejects.toThrow('no');
    expect(samples).toEqual([]);
    expect(timing.latencies()).toEqual({});
  });
});
