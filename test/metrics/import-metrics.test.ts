// Goal: what imports come to is what their reports say, while they run and afterwards, and they tell of themselves as
// events. Method: real imports, with threads and in memory; workers that the test holds back, under a clock of its own.

import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { StoreEvents } from '../../src/base/events.js';
import type { ImportReport } from '../../src/base/import-report.js';
import type { MergeTask } from '../../src/import/tasks/merge.js';
import type { ImportObserver } from '../../src/import/tasks/observer.js';
import type { SpanOrder } from '../../src/import/tasks/span.js';
import type { Workers } from '../../src/import/tasks/workers.js';
import { ImportMeter } from '../../src/metrics/import-meter.js';
import { MeteredWorkers } from '../../src/metrics/metered-workers.js';
import { SharedProgress } from '../../src/parallel/shared-progress.js';
import { fileWith } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { eventually } from '../support/until.js';

const LINES = Array.from({ length: 20_000 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(id % 90)}"}\n`).join('');

type Told = StoreEvents['import'];

describe.each(KINDS)('imports %s', (kind) => {
  test('add up to what their reports say', async () => {
    const { store, run } = await testStore(kind);
    const reports = [await run(LINES, { key: 'id', spanBytes: 65_536 }), await run('[{"id":1}]', { key: 'id' })];
    const sum = (of: (report: (typeof reports)[number]) => number) =>
      reports.reduce((total, report) => total + of(report), 0);
    const { imports } = store.metrics();
    expect(imports).toMatchObject({
      ...{ running: 0, done: 2, failed: 0 },
      bytes: sum(({ bytes }) => bytes.source),
      records: sum(({ records }) => records.read),
      storedBytes: sum(({ bytes }) => bytes.stored),
      workers: { busy: 0, threads: 0, queued: 0 },
    });
    const { stages, workers } = imports;
    for (const [name, { seconds, bytesPerSecond }] of Object.entries(stages)) {
      expect.soft(seconds, name).toBeGreaterThan(0);
      expect.soft(bytesPerSecond * seconds, name).toBeCloseTo(imports.bytes);
    }
    // Threads together were in these stages as long as they were busy, and no longer than there were threads.
    const inThreads = [stages.map, stages.scan, stages.key, stages.frame, stages.merge];
    expect(inThreads.reduce((total, { seconds }) => total + seconds, 0)).toBeCloseTo(workers.busySeconds);
    expect(workers.utilization).toBeCloseTo(workers.busySeconds / workers.capacitySeconds);
    expect(workers.utilization).toBeLessThanOrEqual(1);
    expect(sum(({ seconds }) => seconds) * 2).toBeGreaterThanOrEqual(workers.capacitySeconds - 0.01);
  });

  test('tell how far they are and how they ended', async () => {
    const { store, run } = await testStore(kind);
    const told: Told[] = [];
    store.on('import', (event) => told.push(event));
    const seen: unknown[] = [];
    const report = await run(LINES, { key: 'id', onProgress: (progress) => seen.push(progress) });
    await expect(run('{"id":1}\n{"id":', { key: 'id', collection: 'bad' })).rejects.toThrow();
    // Events come in a turn of their own, in order.
    await eventually(() => expect(told.at(-1)?.phase).toBe('failed'));
    const done = told.findIndex(({ phase }) => phase === 'done');
    expect(told[done]).toEqual({ phase: 'done', collection: 'records', report });
    expect(told.slice(0, done).map((event) => event.phase === 'progress' && event.progress)).toEqual(seen);
    expect(told.slice(0, done).every(({ collection }) => collection === 'records')).toBe(true);
    expect(told.at(-1)).toMatchObject({ phase: 'failed', collection: 'bad', error: { code: 'BAD_RECORD' } });
    expect(store.metrics().imports).toMatchObject({ running: 0, done: 1, failed: 1 });
  });

  test('that are refused for their options have not begun', async () => {
    const { store } = await testStore(kind);
    const told: Told[] = [];
    store.on('import', (event) => told.push(event));
    await expect(store.import(fileWith('[]'), { mode: 'no' as 'insert' })).rejects.toThrow(TypeError);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual([]);
    expect(store.metrics().imports).toMatchObject({ running: 0, done: 0, failed: 0, bytes: 0 });
  });

  test('are seen while they run', async () => {
    const { store, run } = await testStore(kind);
    const seen: ReturnType<typeof store.metrics>['imports'][] = [];
    const report = await run(LINES, {
      ...{ key: 'id', spanBytes: 65_536, workers: 2 },
      onProgress: ({ stage }) => stage !== 'done' && seen.push(store.metrics().imports),
    });
    expect(seen.length).toBeGreaterThanOrEqual(3);
    for (const { running, done, bytes, records, workers } of seen) {
      expect({ running, done }).toEqual({ running: 1, done: 0 });
      expect(bytes).toBeLessThanOrEqual(report.bytes.source);
      expect(records).toBeLessThanOrEqual(report.records.read);
      expect(workers.busy).toBeLessThanOrEqual(workers.threads);
      expect(workers.threads).toBeLessThanOrEqual(report.workers);
    }
  });
});

describe('an import meter', () => {
  const report = { bytes: { stored: 7 } } as ImportReport;
  const progress = (bytes: number) => ({ stage: 'scan', bytes, bytesTotal: 10, records: 1, seconds: 0 }) as const;

  test('adds what an import did before it began again', async () => {
    const meter = new ImportMeter(() => {});
    const seen: number[] = [];
    await meter.observe(
      async (observer) => {
        observer.begin('posts');
        for (const shared of [new SharedProgress(), new SharedProgress()]) {
          observer.enter('plan', shared);
          shared.spend('scan', 1000);
          observer.progress(progress(5));
          seen.push(meter.totals().bytes);
        }
        expect(meter.counts).toEqual({ running: 1, done: 0, failed: 0 });
      },
      () => [report],
    );
    expect(seen).toEqual([5, 10]);
    expect(meter.counts).toEqual({ running: 0, done: 1, failed: 0 });
    expect(meter.totals()).toMatchObject({ bytes: 10, records: 2, storedBytes: 7, stages: { scan: 2 } });
  });

  test('counts nothing where there was nothing to import, and tells followers of every end', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    const told: string[] = [];
    const meter = new ImportMeter(({ phase }) => told.push(phase));
    const fails = (): never => {
      throw new Error('of an exporter');
    };
    meter.followers.add(fails);
    meter.followers.add(() => ({ enter: fails, end: fails }));
    meter.followers.add((collection) => ({
      enter: (stage) => told.push(`${collection} enters ${stage}`),
      end: (error) => told.push(`ends${error === undefined ? '' : ` with ${error}`}`),
    }));
    const run = async (observer: ImportObserver): Promise<void> => {
      observer.begin('posts');
      observer.enter('plan', new SharedProgress());
    };
    await meter.observe(run, () => []);
    const failing = async (observer: ImportObserver): Promise<void> => {
      await run(observer);
      throw 'a fault';
    };
    await expect(meter.observe(failing, () => [report])).rejects.toBe('a fault');
    expect(meter.counts).toEqual({ running: 0, done: 0, failed: 1 });
    const enters = 'posts enters plan';
    expect(told).toEqual([enters, 'ends', enters, 'ends with a fault', 'failed']);
  });
});

describe('workers that are metered', () => {
  /** Milliseconds. */
  let now = 0;
  beforeEach(() => {
    now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => vi.restoreAllMocks());

  test('are busy as far as there are threads; other tasks wait', async () => {
    const given: { resolve: (result: never) => void; reject: (error: Error) => void }[] = [];
    const later = () => new Promise<never>((resolve, reject) => given.push({ resolve, reject }));
    const close = vi.fn(async () => {});
    const workers = new MeteredWorkers({ decode: later, scan: later, merge: later, close } as Workers, 2);
    const scans = [1, 2, 3].map(() => workers.scan({} as SpanOrder));
    expect(workers.use()).toMatchObject({ threads: 2, busy: 2, queued: 1, mergeSeconds: 0 });
    now = 1000;
    given[0]!.resolve(undefined as never);
    given[1]!.reject(new Error('no'));
    await scans[0];
    await expect(scans[1]).rejects.toThrow('no');
    expect(workers.use()).toMatchObject({ busy: 1, queued: 0, capacitySeconds: 2 });
    given[2]!.resolve(undefined as never);
    await scans[2];
    const merges = [1, 2, 3].map(() => workers.merge({} as MergeTask));
    now = 3000;
    for (const { resolve } of given.slice(3, 5)) resolve(undefined as never);
    await Promise.all(merges.slice(0, 2));
    now = 4000;
    given[5]!.resolve(undefined as never);
    await merges[2];
    await workers.close();
    now = 9000;
    // Two threads for two seconds, and one for one; none any more after the end.
    const use = { threads: 0, busy: 0, queued: 0, mergeSeconds: 5, capacitySeconds: 8 };
    expect(workers.use()).toEqual(use);
    expect(close).toHaveBeenCalledOnce();
  });
});
