// Goal: no import replaces a collection that has records by nothing, unless it is told to; and then it does.
// Method: every kind of source without records, imported, synchronised and watched over a collection that has some; the
// whole state of the store before and after.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { openStore } from '../../dist/src/index.js';
import { gristmill, start } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, syncedStore, Tree } from '../support/sync.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK, textOf } from '../support/watched.js';

const REFUSED = {
  code: 'SOURCE_EMPTY',
  message: expect.stringMatching(/"records" keeps its 3 records.*option allowEmpty: true/),
};

const EMPTY: readonly [string, () => string | string[], ImportOptions?][] = [
  ['an empty file', () => fileWith('')],
  ['an empty file of lines', () => fileWith('', 'a.ndjson')],
  ['a file of blanks', () => fileWith(' \n\t\r\n')],
  ['a byte order mark', () => fileWith('\ufeff')],
  ['an empty array', () => fileWith('[]')],
  ['an empty object of records', () => fileWith('{}'), { layout: 'object' }],
  ['an empty array inside', () => fileWith('{"data":[]}'), { select: '/data' }],
  ['an empty object inside', () => fileWith('{"data":{}}'), { select: '/data' }],
  ['a folder without anything', () => scratch()],
  ['a folder without files that are taken', () => folderOf({ 'a.txt': '1', '.b.json': '2' })],
  ['a folder of empty files of lines', () => folderOf({ 'a.ndjson': '', 'b/c.jsonl': '\n \n' })],
  ['a folder of empty arrays', () => folderOf({ 'a.json': '[]', 'b.json': ' [ ] ' })],
  ['the same with a key', () => folderOf({ 'a.json': '[]', 'b.ndjson': '' }), { key: 'id' }],
  ['files and folders', () => [fileWith('[]'), folderOf({ 'a.ndjson': '' })], { key: 'id' }],
];

describe.each(KINDS)('%s', (kind) => {
  test.each(kind === 'in memory' ? EMPTY : partOf(EMPTY))('%s', async (_, make, options = {}) => {
    const { store, run, state, texts } = await testStore(kind);
    await run('{"id":1}\n{"id":2}\n{"id":3}');
    const before = await state();
    const sources = make();
    const given = { workers: 1, ...options };
    expect(await errorOf(store.import(sources, given))).toMatchObject(REFUSED);
    expect(await state()).toEqual(before);
    for (let i = 0; i < 2; i++) {
      const report = await store.import(sources, { ...given, allowEmpty: true });
      expect(report.records).toEqual({ read: 0, stored: 0, rejected: 0, replaced: 0 });
      expect([store.collection().count(), await texts()]).toEqual([0, []]);
    }
    await run('5');
    expect(await texts()).toEqual(['5']);
  });

  test('where there is nothing yet, what is empty is as before', async () => {
    const { store, run } = await testStore(kind);
    expect(await errorOf(run(''))).toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(await errorOf(store.import(scratch()))).toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(store.collections()).toEqual([]);
    for (let i = 0; i < 2; i++) expect((await run('[]')).records.stored).toBe(0);
    const report = await store.import(folderOf({ 'a.ndjson': '' }), { workers: 1 });
    expect(report.records.stored).toBe(0);
  });

  test('records that are all bad are no empty source, whatever is allowed; adding nothing is nothing', async () => {
    const { run, texts } = await testStore(kind);
    await run('1\n2\n3');
    const bad = errorOf(run('{"a":1}\n{"a":2}', { key: 'id', onBadRecord: 'skip', allowEmpty: true }));
    expect(await bad).toMatchObject({ code: 'TOO_MANY_BAD_RECORDS' });
    for (const mode of ['upsert', 'insert'] as const) await run('[]', { mode });
    expect(await texts()).toEqual(['1', '2', '3']);
  });

  test('a synchronised folder', async () => {
    const { store, sync } = await syncedStore(kind);
    const keep = { allowEmpty: false };
    const tree = new Tree();
    const write = () => {
      for (const [i, name] of ['a.ndjson', 'b/c.jsonl', 'd.json'].entries()) tree.write(name, `{"v":${i}}`);
    };
    write();
    await sync(tree.root, keep);
    const before = await contentOf(store);
    for (const name of ['a.ndjson', 'b/c.jsonl']) tree.write(name, '');
    tree.write('d.json', '[]');
    expect(await errorOf(sync(tree.root, keep))).toMatchObject(REFUSED);
    for (const name of ['a.ndjson', 'b/c.jsonl', 'd.json']) tree.remove(name);
    expect(await errorOf(sync(tree.root, keep))).toMatchObject(REFUSED);
    // By other options everything is imported.
    expect(await errorOf(sync(tree.root, { ...keep, indexes: ['v'] }))).toMatchObject(REFUSED);
    expect(await contentOf(store)).toEqual(before);
    tree.write('d.json', '{"v":5}');
    await sync(tree.root, keep);
    expect(await contentOf(store)).toEqual({ '"d.json"': '{"v":5}' });
    tree.remove('d.json');
    await sync(tree.root, { allowEmpty: true });
    expect(await contentOf(store)).toEqual({});
    write();
    await sync(tree.root, keep);
    expect(await contentOf(store)).toEqual(before);
  });

  test('a synchronised file, and records that came otherwise', async () => {
    const { store, sync } = await syncedStore(kind);
    const keep = { allowEmpty: false, key: 'id' };
    const tree = new Tree();
    tree.write('a.ndjson', '{"id":1}\n{"id":2}\n{"id":3}\n');
    await sync(tree.path('a.ndjson'), keep);
    tree.write('a.ndjson', '');
    expect(await errorOf(sync(tree.path('a.ndjson'), keep))).toMatchObject(REFUSED);
    await store.transaction((tx) => tx.collection('records').put({ id: 4 }));
    tree.write('a.ndjson', '');
    expect(await errorOf(sync(tree.path('a.ndjson'), keep))).toMatchObject({ code: 'SOURCE_EMPTY' });
    // The collection keeps a record: an array without any is what the source is now.
    tree.write('a.ndjson', '[\n]');
    await sync(tree.path('a.ndjson'), keep);
    expect(await contentOf(store)).toEqual({ 4: '{"id":4}' });
  });
});

test.each(['auto', 'always'] as const)(
  'a watched folder is served on, and goes on when files come back: poll %s',
  async (poll) => {
    const { folder, write, store } = await place({ 'a.json': '{"v":1}', 'b.ndjson': '1\n2\n' });
    const { events, warnings } = eventsOf(store);
    const watcher = await store.watch(folder, { ...QUICK, poll });
    rmSync(join(folder, 'a.json'));
    write('b.ndjson', '');
    await until(() => warnings.some(({ message }) => message.includes('option allowEmpty: true')));
    expect(textOf(store, 'a.json') ?? textOf(store, 'b.ndjson#0')).toBeDefined();
    write('c.json', '{"v":2}');
    await until(() => textOf(store, 'c.json') !== undefined && store.collection().count() === 1);
    expect(events.filter(({ outcome }) => outcome === 'refused')).toHaveLength(1);
    await watcher.close();
  },
);

test('a watched folder may be emptied where that is allowed', async () => {
  const { folder, store } = await place({ 'a.json': '{"v":1}' });
  const watcher = await store.watch(folder, { ...QUICK, allowEmpty: true });
  rmSync(join(folder, 'a.json'));
  await until(() => store.collection().count() === 0);
  await watcher.close();
});

test('on the command line, and by a variable', async () => {
  const at = scratch();
  const folder = folderOf({ 'a.ndjson': '1\n2\n3\n' }, join(at, 'folder'));
  const store = join(at, 'store');
  const run = (...args: string[]) => gristmill('import', folder, '--store', store, '--quiet', ...args);
  const count = async () => {
    const opened = await openStore(store, { readOnly: true });
    try {
      return opened.collection().count();
    } finally {
      await opened.close();
    }
  };
  expect(await run()).toMatchObject({ code: 0 });
  folderOf({ 'a.ndjson': '' }, folder);
  const refused = await run();
  expect(refused).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/SOURCE_EMPTY.*its 3 records.*--allow-empty/),
  });
  expect(await count()).toBe(3);
  rmSync(join(folder, 'a.ndjson'));
  expect(await run('--json')).toMatchObject({ code: 3 });
  expect(await count()).toBe(3);
  expect(await run('--allow-empty')).toMatchObject({ code: 0 });
  expect(await count()).toBe(0);
  folderOf({ 'a.ndjson': '1\n2\n3\n' }, folder);
  await run();
  rmSync(join(folder, 'a.ndjson'));
  const allowed = start(['import', folder, '--store', store], at, { GRISTMILL_IMPORT_ALLOW_EMPTY: 'true' });
  expect(await allowed.ended).toMatchObject({ code: 0 });
  expect(await count()).toBe(0);
});
