// Goal: a log that rotates under a watcher loses no record, imported or not, and none is imported twice. Method: real files
// that are renamed, copied and truncated as logrotate does, at each moment of a rotation; synchronisations one by one, and
// watchers and a process over real notices.

import { appendFileSync, copyFileSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gristmill, start } from '../support/cli.js';
import { scratch } from '../support/import-files.js';
import { syncedStore } from '../support/sync.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK } from '../support/watched.js';

const line = (id: number) => `{"id":${id}}\n`;
const linesFrom = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

/** A log and a store that it is synchronised into. */
async function log(key?: string, name = 'app.log') {
  const directory = scratch();
  const path = join(directory, name);
  const { store, sync } = await syncedStore('on disk');
  const look = () => sync(path, { log: true, ...(key !== undefined && { key }) });
  const ids = async () => {
    const found: number[] = [];
    for await (const { value } of store.collection<{ id: number }>().scan()) found.push(value.id);
    return found.sort((left, right) => left - right);
  };
  return { directory, path, look, ids, append: (text: string) => appendFileSync(path, text) };
}

const upTo = (end: number) => Array.from({ length: end }, (_, id) => id);

// Small, and so large that its beginning and its end are different parts.
describe.each([
  ['id', 10],
  [undefined, 10],
  [undefined, 8000],
] as const)('a log with the key %s and %i lines', (key, size) => {
  test('that grows is read line by line, each when it is whole', async () => {
    const { path, look, ids, append } = await log(key);
    writeFileSync(path, linesFrom(0, size));
    expect(await look()).toMatchObject({ added: 1, records: { imported: size, removed: 0, rejected: 0 } });
    append(`${line(size)}{"id":`);
    expect(await look()).toMatchObject({ changed: 1, records: { imported: 1 } });
    expect(await look()).toMatchObject({ changed: 0, bytesRead: 0 });
    append(`${size + 1}}\n`);
    await look();
    expect(await ids()).toEqual(upTo(size + 2));
  });

  test('that is renamed, and begun again by its program', async () => {
    const { path, look, ids, append } = await log(key);
    writeFileSync(path, linesFrom(0, size));
    await look();
    append(line(size)); // no round sees it before the log is renamed
    renameSync(path, `${path}.1`);
    await look(); // nothing of the name is there
    writeFileSync(path, '');
    appendFileSync(`${path}.1`, line(size + 1)); // its program has not opened the new one yet
    await look();
    expect(await ids()).toEqual(upTo(size + 2));
    append(linesFrom(size + 2, size + 5));
    await look();
    await look();
    expect(await ids()).toEqual(upTo(size + 5));
    rmSync(`${path}.1`);
    append(line(size + 5));
    await look();
    expect(await ids()).toEqual(upTo(size + 6));
  });

  test('that is copied and truncated, also where it is longer again by then', async () => {
    const { path, look, ids, append } = await log(key);
    writeFileSync(path, linesFrom(0, size));
    await look();
    append(line(size));
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    await look();
    append(linesFrom(size + 1, size + 4));
    await look();
    expect(await ids()).toEqual(upTo(size + 4));
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
    append(linesFrom(size + 4, 3 * size + 20));
    await look();
    expect(await ids()).toEqual(upTo(3 * size + 20));
  });

  test('that was rotated twice while nobody looked keeps what is stored', async () => {
    const { path, look, ids, append } = await log(key);
    writeFileSync(path, linesFrom(0, size));
    await look();
    renameSync(path, `${path}.1`);
    writeFileSync(path, linesFrom(size, size + 2));
    await look();
    renameSync(`${path}.1`, `${path}.2`);
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(size + 2));
    await look();
    append(line(size + 3));
    await look();
    expect(await ids()).toEqual(upTo(size + 4));
  });
});

test.each([undefined, 'id'])('logs of a folder, key %s: those that are renamed in it are known again', async (key) => {
  const directory = join(scratch(), 'logs');
  mkdirSync(directory);
  const path = (name: string) => join(directory, name);
  const { store, sync } = await syncedStore('on disk');
  const look = () => sync(directory, { log: true, ...(key !== undefined && { key }) });
  writeFileSync(path('a.ndjson'), linesFrom(0, 5));
  writeFileSync(path('b.ndjson'), linesFrom(5, 8));
  await look();
  renameSync(path('a.ndjson'), path('a-1.ndjson'));
  writeFileSync(path('a.ndjson'), linesFrom(8, 10));
  await look();
  appendFileSync(path('b.ndjson'), line(10));
  renameSync(path('b.ndjson'), path('b.ndjson.1'));
  writeFileSync(path('b.ndjson'), line(11));
  await look();
  rmSync(path('a-1.ndjson'));
  await look();
  const ids: number[] = [];
  for await (const { value } of store.collection<{ id: number }>().scan()) ids.push(value.id);
  expect(ids.sort((left, right) => left - right)).toEqual(upTo(12));
});

test('without the option, the records of a rotated log go: its records are those of the file', async () => {
  const { path, store, write, folder } = await place({ 'app.ndjson': linesFrom(0, 3) });
  const watcher = await store.watch(join(folder, 'app.ndjson'), { ...QUICK, key: 'id' });
  renameSync(join(folder, 'app.ndjson'), join(path, 'app.ndjson.1'));
  write('app.ndjson', line(3));
  await until(() => store.collection().has(3));
  expect(store.collection().count()).toBe(1);
  await watcher.close();
});

describe('a watcher of a log', () => {
  test('takes the records of each rotation, and says how many', async () => {
    const { folder, write, store } = await place({ 'app.log': linesFrom(0, 3) });
    const path = join(folder, 'app.log');
    const { events } = eventsOf(store);
    const watcher = await store.watch(path, { ...QUICK, log: true });
    expect(store.collection().count()).toBe(3);
    for (let rotation = 1; rotation <= 3; rotation++) {
      renameSync(path, `${path}.${rotation}`);
      write('app.log', linesFrom(3 * rotation, 3 * rotation + 3));
      await until(() => store.collection().count() === 3 * rotation + 3);
    }
    copyFileSync(path, `${path}.4`);
    truncateSync(path);
    appendFileSync(path, line(12));
    await until(() => store.collection().count() === 13);
    await until(() => events.reduce((sum, { records }) => sum + records.imported, 0) === 13);
    expect(events.every(({ records }) => records.removed === 0)).toBe(true);
    await watcher.close();
  });

  test.each([
    { layout: 'array' as const },
    { select: '/a' },
    { onBadFile: 'skip' as const },
    { onBadFile: 'quarantine' as const },
  ])('has no option %j', async (options) => {
    const { folder, store } = await place({ 'app.log': line(1) });
    await expect(store.watch(join(folder, 'app.log'), { log: true, ...options })).rejects.toThrow(TypeError);
  });
});

test('gristmill watch --log follows a log through a rotation', async () => {
  const directory = scratch();
  const [path, store] = [join(directory, 'app.log'), join(directory, 'store')];
  writeFileSync(path, line(0));
  const { child, ended } = start(['watch', path, '--log', '--store', store, '--stability-ms', '50ms', '--json']);
  let told = '';
  child.stdout!.on('data', (chunk) => {
    told += chunk;
  });
  await until(() => told.includes('"watching"'));
  renameSync(path, `${path}.1`);
  writeFileSync(path, line(1));
  await until(() => (told.match(/"imported":1/g) ?? []).length === 2);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  expect((await gristmill('export', '--store', store)).stdout).toBe(line(0) + line(1));
});
