// Goal: no store is ever a source: not the one that is imported into, nor another, nor a backup, by whatever path it is named.
// Method: folders that hold stores with quarantined records and a hot set, which are files that an import would take; the
// store named in every way there is, through the library, the command line and a watcher.

import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isStoreDirectory } from '../../dist/src/import/source/store-directory.js';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { gristmill, start } from '../support/cli.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { until } from '../support/until.js';
import { eventsOf, QUICK } from '../support/watched.js';

const SOURCE = { 'a.json': '{"v":1}', 'bad.ndjson': '{"v":2}\n}\n', 'x/y/b.json': '{"v":3}' };
const KEYS = ['a.json', 'bad.ndjson#0', 'x/y/b.json'];
const OPTIONS = { workers: 1, onBadRecord: 'quarantine' } as const;

async function opened(path: string): Promise<Store> {
  const store = await openStore(path);
  onTestFinished(() => store.close());
  return store;
}

async function keysOf(store: Store): Promise<unknown[]> {
  const keys: unknown[] = [];
  for await (const { key } of store.collection().range()) keys.push(key);
  return keys;
}

/** A store at this path with quarantined records and a hot set, closed. */
async function storeAt(path: string): Promise<void> {
  const store = await openStore(path);
  await store.import(folderOf(SOURCE), OPTIONS);
  store.collection().getSync('a.json');
  await store.close();
  expect(readdirSync(join(path, 'quarantine')).length).toBeGreaterThan(0);
}

/** Ways to name the folder `root`, and the store `x/y/st` in it. */
const WAYS: readonly [string, (root: string) => readonly [string, string]][] = [
  ['as they are', (root) => [root, join(root, 'x/y/st')]],
  ['with slashes behind', (root) => [`${root}/`, `${root}/x/y/st/`]],
  ['with dots', (root) => [`${root}/./x/..`, `${root}/./x/y/../y/./st`]],
  ['relative', (root) => [relative(process.cwd(), root), relative(process.cwd(), join(root, 'x/y/st'))]],
  ['the source by a link', (root) => [linkTo(root), join(root, 'x/y/st')]],
  ['the store by a link to the folder', (root) => [root, join(linkTo(root), 'x/y/st')]],
  ['the store by a link to a folder in it', (root) => [root, join(linkTo(join(root, 'x')), 'y/st')]],
  ['both by links', (root) => [linkTo(root), `${linkTo(join(root, 'x/y'))}/st/`]],
];

function linkTo(path: string): string {
  const link = join(scratch(), 'link');
  symlinkSync(path, link);
  return link;
}

describe.each(WAYS)('the store in its source, named %s', (_, name) => {
  test('is no source, however often it is imported', async () => {
    const root = realpathSync(folderOf(SOURCE));
    const [source, where] = name(root);
    const store = await opened(where);
    for (let i = 0; i < 3; i++) {
      const { files, warnings } = await store.import(source, OPTIONS);
      expect([files, warnings, await keysOf(store)]).toEqual([3, [], KEYS]);
      store.collection().getSync('a.json');
    }
  });
});

test('other stores, backups, what is left of a store, and links to them are left out, and told', async () => {
  const root = folderOf(SOURCE);
  const store = await opened(join(scratch(), 'store'));
  await storeAt(join(root, 'other'));
  await storeAt(join(root, 'x/y/deep'));
  await (await opened(join(root, 'other'))).backup(join(root, 'monday'));
  cpSync(join(root, 'other'), join(root, 'lost'), { recursive: true });
  rmSync(join(root, 'lost/index'), { recursive: true });
  symlinkSync(join(root, 'other'), join(root, 'link.json'));
  const { files, warnings } = await store.import(root, OPTIONS);
  expect([files, await keysOf(store)]).toEqual([3, KEYS]);
  expect(warnings).toEqual([
    expect.stringContaining('1 left out (links to folders), such as link.json'),
    expect.stringContaining('4 left out (gristmill stores), such as lost'),
  ]);
});

test('a store in memory has no place: a folder of its name is one like any other', async () => {
  const at = scratch();
  folderOf({ 'memory/a.json': '1' }, at);
  const cwd = process.cwd();
  const store = await openStore(memory());
  onTestFinished(() => store.close());
  process.chdir(at);
  onTestFinished(() => process.chdir(cwd));
  expect(await store.import('.', { workers: 1 })).toMatchObject({ files: 1 });
});

test('what only looks like a part of a store is a source', async () => {
  const root = folderOf({
    'shards/a.json': '1',
    'index/b.json': '2',
    'x/shards/c.json': '3',
    'x/quarantine/d.json': '4',
  });
  mkdirSync(join(root, 'y/shards'), { recursive: true });
  writeFileSync(join(root, 'y/shards/00000001.ndjson.zst'), '');
  writeFileSync(join(root, 'y/about.json'), '5');
  // A file of lines without any: the ending says that it is compressed, its bytes say nothing.
  const store = await opened(join(scratch(), 'store'));
  expect(await store.import(root, { workers: 1 })).toMatchObject({ files: 6 });
  expect(isStoreDirectory(store.directory)).toBe(true);
});

test('a source that is a store, or in one, is refused, and nothing changes', async () => {
  const at = scratch();
  const [own, other] = [join(at, 'own'), join(at, 'other')];
  await storeAt(other);
  const store = await opened(own);
  await store.import(fileWith('1'), { workers: 1 });
  const [bad] = readdirSync(join(other, 'quarantine')) as [string];
  const sources = [other, `${other}/`, own, join(other, 'quarantine'), join(other, 'quarantine', bad), linkTo(other)];
  for (const source of [...sources, join(linkTo(other), 'shards')]) {
    const error = { code: 'SOURCE_IS_A_STORE', file: source };
    expect(await errorOf(store.import(source, OPTIONS))).toMatchObject(error);
    expect(await errorOf(store.import([fileWith('2'), source], OPTIONS))).toMatchObject(error);
    expect(await errorOf(store.watch(source, { ...QUICK, collection: 'watched' }))).toMatchObject({ code: error.code });
  }
  expect([store.collections(), await keysOf(store)]).toEqual([['records'], [0]]);
  const run = await gristmill('import', other, '--store', join(at, 'new'));
  expect(run).toMatchObject({ code: 3, stderr: expect.stringContaining('SOURCE_IS_A_STORE') });
  expect(existsSync(join(at, 'new'))).toBe(false);
});

test('on the command line, with a relative store in the working directory that is the source', async () => {
  const root = folderOf(SOURCE);
  for (const store of ['store', './store/', 'x/y/st', './x/../x/y/st/', `${root}/store`]) {
    const { ended } = start(['import', '.', '--store', store, '--on-bad-record', 'quarantine', '--json'], root);
    const { code, stdout } = await ended;
    expect([code, JSON.parse(stdout).files]).toEqual([0, 3]);
  }
});

test.each(['auto', 'always'] as const)(
  'watched through a link, poll %s: the store, and others that come, are left out',
  async (poll) => {
    const root = realpathSync(folderOf({ 'a.json': '{"v":1}', 'bad.ndjson': '{"v":2}\n' }));
    const link = linkTo(root);
    mkdirSync(join(root, 'in'));
    const store = await opened(`${root}/in/store/`);
    const { events } = eventsOf(store);
    const watcher = await store.watch(link, { ...QUICK, onBadRecord: 'quarantine', poll });
    for (let version = 1; version < 4; version++) {
      writeFileSync(join(root, 'bad.ndjson'), `{"v":2}\n${'}\n'.repeat(version)}`);
      await until(() => events.filter(({ outcome }) => outcome === 'imported').length > version);
    }
    await storeAt(join(root, 'in/other'));
    writeFileSync(join(root, 'last.json'), '1');
    await until(() => store.collection().has('last.json'));
    await watcher.settled();
    expect(await keysOf(store)).toEqual(['a.json', 'bad.ndjson#0', 'last.json']);
    expect(events.filter(({ error }) => String(error).includes('/in/'))).toEqual([]);
    await watcher.close();
  },
);
