// Goal: a lock goes to the next one when its holder cannot give it back: it died, was stopped, or its commits fail. When a
// stopped one goes on it publishes nothing, and takes nothing away from its successor.
// Method: real processes, stopped by a signal; instead of waiting for a minute, the record is made a minute old.
// @node all: processes, and how they end

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { isAlive } from '../../dist/src/store/lock/lock-holder.js';
import { SELF } from '../../dist/src/store/lock/process-identity.js';
import { WriterLock } from '../../dist/src/store/lock/writer-lock.js';
import type { LockRecord } from '../../dist/src/store/lock-types.js';
import { cleanIndexes } from '../../dist/src/upkeep/compact/clean-indexes.js';
import { type Child, startImport } from '../support/import-child.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { lockRecord } from '../support/lock-record.js';
import { valuesOf } from '../support/rows.js';

const lines = (from: number, count = 500) =>
  Array.from({ length: count }, (_, i) => `{"id":${from + i},"tag":${i % 7}}\n`).join('');
const OPTIONS = { key: 'id', indexes: ['tag'], mode: 'upsert', spanBytes: 1000 } as const;
const OLD = new Date(Date.now() - 61_000).toISOString();

/** Stops the holder, and its last sign of life was a minute ago. @returns its record */
async function stopForLong(directory: string, { process }: Pick<Child, 'process'>): Promise<LockRecord> {
  process.kill('SIGSTOP');
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
  const holder = catalog.lock() as LockRecord;
  await catalog.transaction((write) => write.putLock({ ...holder, renewed: OLD }));
  await catalog.close();
  return holder;
}

function goOn(holder: Child): void {
  holder.process.kill('SIGCONT');
  holder.goOn();
}

test('who is alive: whose process runs, as far as can be seen, and renewed its record lately', async () => {
  const start = SELF.process.slice(0, SELF.process.lastIndexOf('/'));
  for (const process of [SELF.process, 'elsewhere/1']) {
    expect(isAlive(lockRecord({ process }))).toBe(true);
    expect(isAlive(lockRecord({ process, renewed: OLD }))).toBe(false);
  }
  if (!existsSync('/proc/self/stat')) return;
  // The number of this process, at another time; a number nobody has.
  expect(isAlive(lockRecord({ process: `${start}/1` }))).toBe(false);
  expect(isAlive(lockRecord({ pid: 2 ** 22 + 1, process: `${start}/1` }))).toBe(false);
  // Another process, which runs.
  const directory = join(scratch(), 'store');
  const child = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 1 });
  await child.held;
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  onTestFinished(() => catalog.close());
  const holder = catalog.lock() as LockRecord;
  expect(holder.pid).toBe(child.process.pid);
  expect([isAlive(holder), isAlive({ ...holder, renewed: OLD })]).toEqual([true, false]);
});

test('whatever the holder writes into its record renews it', async () => {
  const directory = join(scratch(), 'store');
  await (await openStore(directory)).close();
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
  onTestFinished(() => catalog.close());
  const lock = await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'import' });
  await catalog.transaction((write) => write.putLock({ ...(catalog.lock() as LockRecord), renewed: OLD }));
  await lock.set({ merging: 'a' });
  expect(isAlive({ ...(catalog.lock() as LockRecord), token: 'as others see it' })).toBe(true);
  await lock.release();
});

// The same import again would go on where it stopped, from 1 GiB on, if it had been killed.
test.each([
  ['with nothing that could be resumed', Number.MAX_SAFE_INTEGER],
  ['with a journal', 0],
])('an import that was stopped, %s, publishes nothing and removes nothing of the next one', async (_, journalFrom) => {
  const directory = join(scratch(), 'store');
  const sources = [fileWith(lines(0))];
  const what = { directory, sources, options: OPTIONS, journalFrom };
  const stopped = startImport({ ...what, holdAtScan: 8 });
  await stopped.held;
  const { token } = await stopForLong(directory, stopped);
  const next = startImport(what);
  expect(await next.ended).toMatchObject({ records: { stored: 500 } });
  goOn(stopped);
  expect(await stopped.ended).toMatchObject({ error: 'STORE_BUSY' });

  const store = await openStore(directory);
  onTestFinished(() => store.close());
  expect(await store.verify()).toMatchObject({ isSound: true });
  expect(store.collection().getSync(499)).toEqual({ id: 499, tag: 499 % 7 });
  expect(readdirSync(join(directory, 'shards'))).toHaveLength(store.stat().collections[0]!.shards);
  expect(existsSync(join(directory, 'tmp', token))).toBe(false);
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  onTestFinished(() => catalog.close());
  expect([catalog.lock(), catalog.resumable()]).toEqual([undefined, []]);
});

/** A compaction that holds before its first shard, and once it has gone on is killed with a file written that nothing names. */
const COMPACTION = `
  import { readSync, writeSync } from 'node:fs';
  import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
  const store = await openStore(process.argv[1]);
  let isHeld = false;
  const hold = () => {
    if (isHeld) return;
    isHeld = true;
    writeSync(1, 'held');
    readSync(0, Buffer.alloc(1));
  };
  await store.compact({ minDeadShare: 0, onProgress: hold });
`;

test('what a stopped writer writes when it wakes is looked for, even if it is killed before it has cleaned up', async () => {
  const directory = join(scratch(), 'store');
  const first = await openStore(directory);
  await first.import(fileWith(lines(0)), OPTIONS);
  await first.collection().delete(7);
  await first.close();
  const stopped = spawn(process.execPath, ['--input-type=module', '-e', COMPACTION, directory], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: 'compact.publish=kill' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void stopped.kill('SIGKILL'));
  await once(stopped.stdout, 'data');
  await stopForLong(directory, { process: stopped });
  // Each takes the turn and sweeps; as long as the stopped one may go on, the next one has to look again.
  for (let i = 0; i < 2; i++) await (await openStore(directory)).close();
  stopped.kill('SIGCONT');
  stopped.stdin.write('\n');
  expect((await once(stopped, 'close'))[1]).toBe('SIGKILL');

  const store = await openStore(directory);
  onTestFinished(() => store.close());
  expect((await store.verify()).leftovers).toEqual({ files: [], temporary: [], trees: [] });
  expect(readdirSync(join(directory, 'shards'))).toHaveLength(store.stat().collections[0]!.shards);
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: true });
  onTestFinished(() => catalog.close());
  expect(catalog.lock()).toBeUndefined();
});

test('a stopped import that nobody took the turn of goes on', async () => {
  const directory = join(scratch(), 'store');
  const stopped = startImport({ directory, sources: [fileWith(lines(0))], options: OPTIONS, holdAtScan: 3 });
  await stopped.held;
  await stopForLong(directory, stopped);
  goOn(stopped);
  expect(await stopped.ended).toMatchObject({ records: { stored: 500 } });
});

test('indexes are not exchanged for ones that lack what was put after they were read', async () => {
  const directory = join(scratch(), 'store');
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  await store.import(fileWith(lines(0)), OPTIONS);
  await store.import(fileWith(lines(0)), OPTIONS);
  const catalog = await LmdbCatalog.open(directory, { create: false, readOnly: false });
  onTestFinished(() => catalog.close());
  const lock = await WriterLock.acquire(catalog, { directory, blobs: files }, { operation: 'compact' });
  // A transaction that took the cleaner for dead commits when it has begun to read.
  const snapshot = catalog.snapshot();
  catalog.snapshot = () => snapshot;
  await store.collection().put({ id: 1000, tag: 3 });
  expect(await errorOf(cleanIndexes(catalog, lock, 'records', 0))).toMatchObject({ code: 'STORE_BUSY' });
  await lock.release();
  const found: unknown[] = [];
  for await (const value of valuesOf(store.collection().find('tag', 3))) found.push(value);
  expect(found).toContainEqual({ id: 1000, tag: 3 });
});
