// Goal: writers take turns, across processes too; what a killed one leaves is collected; a stopped one never publishes.
// Method: real processes, held at a known point, killed; lock records written by hand for what cannot be provoked.
// @node all: processes, and how they end

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import type { Writer } from '../../dist/src/options/shared.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory, shardFileName, shardPath } from '../../dist/src/store/files/layout.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { mergeUnderWay, waitUntilMergeable } from '../../dist/src/store/lock/lock-holder.js';
import { WriterLock } from '../../dist/src/store/lock/writer-lock.js';
import { publishRecords } from '../support/build-store.js';
import { start } from '../support/cli.js';
import { startImport } from '../support/import-child.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { lockRecord } from '../support/lock-record.js';

const lines = (from: number, count = 500) =>
  Array.from({ length: count }, (_, i) => `{"id":${from + i},"tag":${i % 7}}\n`).join('');
const OPTIONS = { key: 'id', mode: 'upsert', spanBytes: 1000 } as const;

async function newCatalog() {
  const directory = prepareStoreDirectory(join(scratch(), 'store'), true);
  const catalog = await LmdbCatalog.open(directory, { create: true, readOnly: false });
  onTestFinished(() => catalog.close());
  return { directory, catalog };
}

const [DEAD, BEFORE, PUBLISHED, OTHER, THIEF] = [1, 2, 3, 4, 5].map(
  (n) => `0000000${n}-0000-4000-8000-000000000000`,
) as [string, string, string, string, string];

test('two processes take turns, and both are stored', async () => {
  const directory = join(scratch(), 'store');
  const first = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 2 });
  await first.held;
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  const waits: Writer[] = [];
  let begun = false;
  const second = store.import(fileWith(lines(250)), {
    ...OPTIONS,
    onProgress: () => {
      begun = true;
    },
    onWait: (writer) => {
      waits.push(writer);
      expect(begun).toBe(false);
      first.goOn();
    },
  });
  expect(await first.ended).toMatchObject({ records: { stored: 500 }, updated: 0 });
  expect(await second).toMatchObject({ records: { stored: 500 }, updated: 250 });
  expect(waits).toMatchObject([{ operation: 'import', collection: 'records', pid: first.process.pid }]);
  expect(store.collection().stat().records).toBe(750);
});

test('who does not want to wait is told who writes', async () => {
  const directory = join(scratch(), 'store');
  const source = fileWith(lines(0));
  const holder = startImport({ directory, sources: [source], options: OPTIONS, holdAtScan: 1 });
  await holder.held;
  const { code, stderr } = await start(['import', source, '--store', directory, '--key', 'id', '--no-wait']).ended;
  expect(code).toBe(4);
  expect(stderr).toMatch(new RegExp(`STORE_BUSY: .*import into records by process ${holder.process.pid} on .* since `));
  const waiting = start(['import', source, '--store', directory, '--key', 'id']);
  await waiting.sees(`waiting for import into records by process ${holder.process.pid}`);
  holder.goOn();
  expect((await waiting.ended).code).toBe(0);
});

test('waiting can be cancelled', async () => {
  const directory = join(scratch(), 'store');
  const holder = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 1 });
  await holder.held;
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  const controller = new AbortController();
  const waiting = store.import(fileWith(lines(0)), { signal: controller.signal, onWait: () => controller.abort() });
  expect(await errorOf(waiting)).toMatchObject({ code: 'CANCELLED' });
  holder.goOn();
  expect(await holder.ended).toMatchObject({ records: { stored: 500 } });
});

test('imports through one store and through two stores of a process take turns', async () => {
  const directory = join(scratch(), 'store');
  const stores = [await openStore(directory), await openStore(directory)];
  onTestFinished(async () => {
    for (const store of stores) await store.close();
  });
  const sources = [0, 100, 200, 300].map((from) => fileWith(lines(from, 100)));
  const reports = await Promise.all(
    sources.map((source, i) => stores[i % 2]!.import(source, { ...OPTIONS, workers: 1 })),
  );
  expect(reports.map(({ records }) => records.stored)).toEqual([100, 100, 100, 100]);
  expect(stores[0]!.collection().stat().records).toBe(400);
});

test.each(['merge', 'publish', 'done'] as const)(
  'killed at %s: nothing of it is left, or all of it is published',
  async (at) => {
    const directory = join(scratch(), 'store');
    const sources = [fileWith(`${lines(0)}oops\n`)];
    const options = { ...OPTIONS, onBadRecord: 'quarantine' } as const;
    const killed = startImport({ directory, sources, options, journalFrom: Number.MAX_SAFE_INTEGER, killAtStage: at });
    expect(await killed.ended).toBeUndefined();
    expect(existsSync(join(directory, 'tmp'))).toBe(true);
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
    const published = at === 'done';
    expect(readdirSync(join(directory, 'quarantine'))).toHaveLength(published ? 1 : 0);
    expect(readdirSync(join(directory, 'shards')).length > 0).toBe(published);
    expect(store.collections()).toEqual(published ? ['records'] : []);
    expect(await store.import(fileWith(lines(0)), { ...OPTIONS, wait: false })).toMatchObject({
      records: { stored: 500 },
    });
  },
);

test('a store that is only read is not swept, nor is one whose writer lives', async () => {
  const directory = join(scratch(), 'store');
  const holder = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 4 });
  await holder.held;
  const shards = readdirSync(join(directory, 'shards'));
  expect(shards).toHaveLength(3);
  await (await openStore(directory)).close();
  expect(readdirSync(join(directory, 'shards'))).toEqual(shards);
  holder.process.kill('SIGKILL');
  await holder.ended;
  await (await openStore(directory, { readOnly: true })).close();
  expect(readdirSync(join(directory, 'shards'))).toEqual(shards);
});

test('a writer that takes over a dead one sweeps first; a quarantine file of what was published stays', async () => {
  const { directory, catalog } = await newCatalog();
  await publishRecords(catalog, directory, [{ text: '{"id":1}', key: 1 }]);
  writeFileSync(shardPath(directory, shardFileName(900)), 'left');
  const named = readdirSync(join(directory, 'shards')).length;
  prepareQuarantine(directory, [DEAD, BEFORE, PUBLISHED, OTHER]);
  const dead = lockRecord({ token: DEAD, pid: 2 ** 22 + 1, left: [BEFORE] });
  await catalog.transaction((write) => write.putLock(dead));
  const lock = await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'compact', wait: false });
  expect(readdirSync(join(directory, 'shards'))).toHaveLength(named - 1);
  expect(readdirSync(join(directory, 'quarantine')).sort()).toEqual([`${PUBLISHED}.ndjson`, `${OTHER}.ndjson`]);
  await lock.release();
  expect(catalog.lock()).toBeUndefined();
  await catalog.transaction((write) =>
    write.putLock({ ...dead, token: PUBLISHED, isPublished: true, left: undefined }),
  );
  await (
    await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'repair', wait: false })
  ).release();
  expect(readdirSync(join(directory, 'quarantine')).sort()).toEqual([`${PUBLISHED}.ndjson`, `${OTHER}.ndjson`]);
});

function prepareQuarantine(directory: string, ids: readonly string[]): void {
  const path = join(directory, 'quarantine');
  files.makeDirectory(path);
  for (const id of ids) writeFileSync(join(path, `${id}.ndjson`), '{}\n');
}

test('a holder whose turn was taken publishes nothing', async () => {
  const directory = join(scratch(), 'store');
  const holder = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 3 });
  await holder.held;
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
  onTestFinished(() => catalog.close());
  await catalog.transaction((write) => write.putLock(lockRecord({ token: THIEF })));
  holder.goOn();
  expect(await holder.ended).toMatchObject({ error: 'STORE_BUSY' });
  catalog.refresh();
  expect(catalog.collections()).toEqual([]);
  expect(catalog.lock()).toMatchObject({ token: THIEF });
});

test('a replacement whose turn is taken at its last moment is refused by its own transaction', async () => {
  const { directory, catalog } = await newCatalog();
  const lock = await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'import' });
  await catalog.transaction((write) => write.putLock(lockRecord({ token: THIEF })));
  const attempt = catalog.transaction((write) => lock.write(write, { isPublished: true }));
  expect(await errorOf(attempt)).toMatchObject({ code: 'STORE_BUSY' });
  await lock.release();
  expect(catalog.lock()).toEqual(lockRecord({ token: THIEF, since: expect.any(String), renewed: expect.any(String) }));
});

test('transactions on a collection that is merged into wait, others do not', async () => {
  const { directory, catalog } = await newCatalog();
  const lock = await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'import', collection: 'a' });
  await waitUntilMergeable(catalog, 'a');
  await lock.set({ merging: 'a' });
  expect(mergeUnderWay(catalog, 'a')).toMatchObject({ token: lock.token });
  expect(mergeUnderWay(catalog, 'b')).toBeUndefined();
  await waitUntilMergeable(catalog, 'b');
  const controller = new AbortController();
  const cancelled = waitUntilMergeable(catalog, 'a', controller.signal);
  controller.abort();
  expect(await errorOf(cancelled)).toMatchObject({ code: 'CANCELLED' });
  const order: string[] = [];
  const waiting = waitUntilMergeable(catalog, 'a').then(() => order.push('mergeable'));
  await lock.set({ merging: undefined }).then(() => order.push('unset'));
  await waiting;
  expect(order).toEqual(['unset', 'mergeable']);
  await lock.set({ merging: 'a' });
  await lock.release();
  await waitUntilMergeable(catalog, 'a');
  await catalog.transaction((write) => write.putLock(lockRecord({ merging: 'a', pid: 2 ** 22 + 1 })));
  expect(mergeUnderWay(catalog, 'a')).toBeUndefined();
});

test('closing a store cancels its imports, waiting ones too, and leaves it as it was', async () => {
  const directory = join(scratch(), 'store');
  const store = await openStore(directory);
  let closed: Promise<void> | undefined;
  const onProgress = () => {
    closed ??= store.close();
  };
  const running = errorOf(store.import(fileWith(lines(0, 20_000)), { ...OPTIONS, onProgress }));
  const waiting = errorOf(store.import(fileWith(lines(0)), OPTIONS));
  expect(await running).toMatchObject({ code: 'CANCELLED', cause: { code: 'STORE_CLOSED' } });
  expect(await waiting).toMatchObject({ code: 'CANCELLED' });
  await closed;
  expect(await errorOf(store.import(fileWith(lines(0))))).toMatchObject({ code: 'STORE_CLOSED' });
  expect(readdirSync(directory).sort()).toEqual(['index', 'shards']);
  expect(readdirSync(join(directory, 'shards'))).toEqual([]);
  const again = await openStore(directory);
  onTestFinished(() => again.close());
  expect(again.collections()).toEqual([]);
  expect(await again.import(fileWith(lines(0)), { ...OPTIONS, wait: false })).toMatchObject({
    records: { stored: 500 },
  });
});
