// Goal: an import can be watched and stopped. What it tells only goes forward; stopped at whatever moment, it ends within
// a second and leaves the store as it was. A worker that dies costs a second try, or a clean failure.
// Method: callbacks that act at a given stage; workers that die, put in the place of the real ones.
// @node all: threads that die, and AbortSignal

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { writeDataset } from '../../datasets/index.js';
import { runImport } from '../../dist/src/api/later.js';
import type { ImportProgress } from '../../dist/src/base/import-report.js';
import { inOrder } from '../../dist/src/parallel/in-order.js';
import { WorkerPool } from '../../dist/src/pool/pool.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

const STAGES = ['scan', 'merge', 'publish'] as const;
const records = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `{"id":${from + i},"text":"some text ${i % 7}"}`).join('\n');

describe('progress', () => {
  test('goes forward, through all stages, to exact totals', async () => {
    const path = join(scratch(), 'events.json');
    const { records: count, bytes } = writeDataset(path, { name: 'events', bytes: 8 << 20, form: 'array' });
    const { store } = await testStore();
    const told: ImportProgress[] = [];
    const report = await store.import(path, { key: 'event_id', spanBytes: 100_000, onProgress: (p) => told.push(p) });
    const stages: string[] = [...new Set(told.map(({ stage }) => stage))];
    // A plan that takes long is told too.
    if (stages[0] === 'plan') stages.shift();
    expect(stages).toEqual([...STAGES, 'done']);
    for (let i = 1; i < told.length; i++) {
      expect(told[i]!.bytes).toBeGreaterThanOrEqual(told[i - 1]!.bytes);
      expect(told[i]!.seconds).toBeGreaterThanOrEqual(told[i - 1]!.seconds);
      expect(told[i]!.bytes).toBeLessThanOrEqual(bytes);
    }
    expect(told.at(-1)).toMatchObject({ stage: 'done', bytes, bytesTotal: bytes, records: count });
    expect(report).toMatchObject({ records: { read: count, stored: count }, bytes: { source: bytes } });
    expect(report.seconds).toBeGreaterThan(0);
    expect(report.peakAnonBytes).toBeGreaterThan(0);
  });

  test('spans that are scanned twice count once', async () => {
    // Each record looks like the source: every guess is wrong.
    const record = `{"a":[${'{"a":[1,2]},'.repeat(200)}0]}`;
    const { run } = await testStore();
    const told: ImportProgress[] = [];
    const content = `[${Array(20).fill(record).join(',')}]`;
    const report = await run(content, { spanBytes: 500, onProgress: (p) => told.push(p) });
    expect(report).toMatchObject({ records: { read: 20, stored: 20 } });
    for (let i = 1; i < told.length; i++) expect(told[i]!.bytes).toBeGreaterThanOrEqual(told[i - 1]!.bytes);
    expect(told.at(-1)).toMatchObject({ bytes: content.length, records: 20 });
  });
});

describe('cancelling', () => {
  test('before it begins', async () => {
    const { run, state } = await testStore();
    const before = await state();
    const signal = AbortSignal.abort(new Error('no'));
    expect(await errorOf(run('1', { signal }))).toMatchObject({ code: 'CANCELLED', cause: signal.reason });
    expect(await state()).toEqual(before);
  });

  test.each(STAGES)('at stage %s: CANCELLED, and the store as it was', async (at) => {
    const { run, state, directory, texts } = await testStore();
    await run(records(3), { key: 'id' });
    const before = await state();
    const controller = new AbortController();
    const onProgress = ({ stage }: ImportProgress) => {
      if (stage === at) controller.abort();
    };
    const options = { key: 'id', onBadRecord: 'quarantine', spanBytes: 4000, signal: controller.signal } as const;
    const error = await errorOf(run(`{"id":-1}\nx\n${records(20_000)}`, { ...options, onProgress }));
    expect(error).toMatchObject({ code: 'CANCELLED' });
    expect(await state()).toEqual(before);
    expect(readdirSync(directory).sort()).toEqual(['index', 'shards']);
    await run(records(3, 5), { key: 'id', mode: 'upsert' });
    expect(await texts()).toHaveLength(6);
  });

  test('in the middle of a long scan', async () => {
    const path = join(scratch(), 'nested.json');
    writeDataset(path, { name: 'nested', bytes: 48 << 20, form: 'array' });
    const { store, state } = await testStore();
    const before = await state();
    const controller = new AbortController();
    let done = 0;
    const onProgress = ({ bytes }: ImportProgress) => {
      done = bytes;
      if (bytes >= 1 << 20) controller.abort();
    };
    // A level at which the whole takes long.
    const running = store.import(path, { workers: 2, level: 12, onProgress, signal: controller.signal });
    expect(await errorOf(running)).toMatchObject({ code: 'CANCELLED' });
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(24 << 20);
    expect(await state()).toEqual(before);
  });

  test('while it walks to what --select names', async () => {
    const { store, state } = await testStore();
    const before = await state();
    const path = fileWith(`{"skip":[${'{"a":[1,2,3]},'.repeat(1 << 20)}0],"items":[1]}`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    expect(await errorOf(store.import(path, { select: '/items', signal: controller.signal }))).toMatchObject({
      code: 'CANCELLED',
    });
    expect(await state()).toEqual(before);
  });

  test.each(STAGES)('onProgress throws at stage %s: the import rejects with that', async (at) => {
    const { run, state } = await testStore();
    const before = await state();
    for (const thrown of [new Error('enough'), undefined]) {
      const onProgress = ({ stage }: ImportProgress) => {
        if (stage === at) throw thrown;
      };
      let caught: unknown = 'nothing';
      await run(records(2000), { key: 'id', spanBytes: 4000, onProgress }).catch((error: unknown) => {
        caught = error;
      });
      expect(caught).toBe(thrown);
    }
    expect(await state()).toEqual(before);
  });

  test('when it is done it is too late', async () => {
    const { run, texts } = await testStore();
    const onProgress = ({ stage }: ImportProgress) => {
      if (stage === 'done') throw new Error('too late');
    };
    expect(await run('1', { onProgress })).toMatchObject({ records: { stored: 1 } });
    expect(await texts()).toEqual(['1']);
  });
});

describe('credits', () => {
  test('bound what is under way, keep the order, and stop and await what was begun', async () => {
    let running = 0;
    let most = 0;
    let stops = 0;
    const start = async (task: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, (task * 7) % 5));
      running--;
      if (task === 17) throw new Error('17');
      return task * task;
    };
    const seen: number[] = [];
    const take = async (tasks: Iterable<number>, until: number) => {
      for await (const { task, result } of inOrder(tasks, 3, start, () => stops++)) {
        expect(result).toBe(task * task);
        seen.push(task);
        if (task === until) break;
      }
    };
    await take([1, 2, 3, 4, 5, 6, 7], -1);
    expect({ seen: seen.splice(0), most, running, stops }).toEqual({
      seen: [1, 2, 3, 4, 5, 6, 7],
      most: 3,
      running: 0,
      stops: 0,
    });
    await take([1, 2, 3, 4, 5, 6, 7], 4);
    expect({ seen: seen.splice(0), running, stops }).toEqual({ seen: [1, 2, 3, 4], running: 0, stops: 1 });
    await expect(take([15, 16, 17, 18, 19], -1)).rejects.toThrow('17');
    expect({ seen, running, stops }).toEqual({ seen: [15, 16], running: 0, stops: 2 });
  });
});

const WORKER = pathToFileURL('dist/workers/import-worker.js').href;

/** A worker module that does as told the first `times` times it is asked to scan, in whatever thread, and then its work. */
function failingWorker(times: number, how: string): string {
  const log = join(scratch(), 'log');
  writeFileSync(log, '');
  return fileWith(
    `import { appendFileSync, readFileSync } from 'node:fs';
     import * as worker from '${WORKER}';
     export const merge = worker.merge;
     export function scan(task) {
       if (readFileSync('${log}').length >= ${times}) return worker.scan(task);
       appendFileSync('${log}', 'x');
       worker.scan(task);
       ${how};
     }`,
    'worker.mjs',
  );
}

describe('workers', () => {
  const DYING = [
    ['exits', 'process.exit(1)'],
    ['throws', 'throw new Error("a fault")'],
    ['throws later', 'setTimeout(() => { throw new Error("a fault") }); return new Promise(() => {})'],
    ['runs out of memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(all.length))'],
  ] as const;

  async function importWith(filename: string) {
    const directory = prepareStoreDirectory(join(scratch(), 'store'), true);
    const catalog = await LmdbCatalog.open(directory, { create: true, readOnly: false });
    onTestFinished(() => catalog.close());
    const path = fileWith(records(1000));
    const startWorkers = (threads: number) => new WorkerPool(threads, filename);
    const options = { key: 'id', workers: 1, spanBytes: 20_000 };
    return {
      path,
      directory,
      catalog,
      running: runImport({ directory, blobs: files, catalog, startWorkers }, [path], options),
    };
  }

  test.each(DYING)('one that %s once: its span is scanned again', async (_, how) => {
    const { running, directory } = await importWith(failingWorker(1, how));
    expect(await running).toMatchObject({ records: { read: 1000, stored: 1000 }, shards: 2 });
    expect(readdirSync(directory).sort()).toEqual(['index', 'shards']);
  });

  test.each(DYING.slice(0, 3))('one that %s again and again: WORKER_FAILED names the bytes', async (_, how) => {
    const { running, directory, catalog, path } = await importWith(failingWorker(9, how));
    const error = await errorOf(running);
    expect(error).toMatchObject({ code: 'WORKER_FAILED', file: path });
    expect(error.message).toMatch(/bytes 0 to 20000 of /);
    expect(readdirSync(directory).sort()).toEqual(['index', 'shards']);
    expect(readdirSync(join(directory, 'shards'))).toEqual([]);
    expect(catalog.collections()).toEqual([]);
  });

  test('an error with a code is no failure of a worker: it is not tried twice', async () => {
    const how = 'return { kind: "failed", error: { code: "DISK_FULL", message: "full", facts: { file: "x" } } }';
    const filename = failingWorker(9, how);
    const { running } = await importWith(filename);
    expect(await errorOf(running)).toMatchObject({ code: 'DISK_FULL', file: 'x' });
    const log = /appendFileSync\('([^']+)'/.exec(readFileSync(filename, 'utf8'))![1]!;
    expect(existsSync(log) && readFileSync(log, 'utf8').length).toBeLessThanOrEqual(3);
  });
});
