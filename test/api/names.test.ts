// Goal: what a collection and its indexes may be called is checked by all ways in alike, before anything is read or made;
// what older stores hold under other names stays readable. Method: each bad name and path by each way in, library and
// command line; a store whose collection was renamed beneath it, as it could be made before names were checked.

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Collection, openStore, type Store, type StoreOptions } from '../../dist/src/index.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { gristmill } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, makeDirectory } from '../support/import-files.js';
import { withoutImportMode } from '../support/import-mode.js';
import { valuesOf } from '../support/rows.js';

let directory: ReturnType<typeof makeDirectory>;
let path: string;
let source: string;
let store: Store;

withoutImportMode();

beforeEach(async () => {
  directory = makeDirectory();
  path = join(directory.path, 'store');
  source = fileWith('{"id":1,"tag":"a"}\n', 'source.ndjson', directory.path);
  store = await openStore(path, { config: false });
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

const LONGEST = 255;
const BAD_NAMES = [
  '',
  '\0',
  'a\0b',
  'a\nb',
  '\t',
  '\x7f',
  '\x85',
  'x'.repeat(LONGEST + 1),
  'é'.repeat(128),
  '\ud800',
  'a\udc00',
];
const GOOD_NAMES = [
  'a',
  ' ',
  'two words',
  'a/b',
  '../x',
  '.',
  '__proto__',
  'é'.repeat(127),
  '😀',
  'x'.repeat(LONGEST),
  '-',
];
/** Stands for the source, which is made for each test. */
const source0 = 'source';
const label = (name: string) => JSON.stringify(name).slice(0, 30);

describe.each(BAD_NAMES.map((name) => [label(name), name]))('the name %s', (_, name) => {
  test.each<[string, () => unknown]>([
    ['import', () => store.import(source, { collection: name })],
    ['import, before its source is looked at', () => store.import('/nowhere', { collection: name })],
    ['watch', () => store.watch(source, { collection: name })],
    ['createCollection', () => store.transaction((tx) => tx.createCollection(name))],
    ['collection', () => store.collection(name)],
    ['collection of a transaction', () => store.transaction((tx) => tx.collection(name))],
    ['collection of a snapshot', () => store.snapshot().collection(name)],
    ['compact', () => store.compact({ collection: name })],
    ['warm', () => store.warm({ collection: name })],
    ['warm with a range', () => store.warm({ collection: name, gte: 1 })],
    ['cache options', () => openStore(path, { collections: { [name]: {} } })],
  ])('is refused by %s', async (_, call) => {
    const refused = (async () => call())();
    await expect(refused).rejects.toThrow(/the name of a collection must be 1 to 255 bytes of UTF-8/);
    await expect(refused).rejects.toBeInstanceOf(TypeError);
    expect(store.collections()).toEqual([]);
  });

  test('is refused in a config file and a variable, before a store is made', async () => {
    const config = join(directory.path, 'own.config.json');
    const nowhere = join(directory.path, 'nowhere');
    for (const content of [{ collections: { [name]: {} } }, { import: { collection: name } }]) {
      writeFileSync(config, JSON.stringify(content));
      await expect(openStore(nowhere, { config })).rejects.toMatchObject({ code: 'CONFIG_INVALID', file: config });
    }
    expect(existsSync(nowhere)).toBe(false);
  });
});

test.each([undefined, null, 5, {}, ['a'], Symbol('a')])('%s is no name at all', async (name) => {
  await store.transaction((tx) => tx.createCollection('5').put({}));
  for (const call of [
    () => store.import(source, { collection: name as string }),
    () => store.transaction((tx) => tx.createCollection(name as string)),
    () => store.transaction((tx) => tx.collection(name as string)),
    () => store.snapshot().collection(name as string),
    () => store.collection(name as string),
  ]) {
    // That is none given, where there is a default.
    if (name === undefined && /import|(store|snapshot\(\))\.collection/.test(String(call))) continue;
    await expect((async () => call())()).rejects.toBeInstanceOf(TypeError);
  }
  expect(store.collections()).toEqual(['5']);
});

test.each(GOOD_NAMES.map((name) => [label(name), name]))('the name %s will do for all of them', async (_, name) => {
  await store.import(source, { collection: name, key: 'id' });
  await store.collection(name).put({ id: 2 });
  await store.transaction((tx) => expect(() => tx.createCollection(name)).toThrow('already exists'));
  await store.compact({ collection: name });
  await store.warm({ collection: name, whole: true });
  expect([store.collections(), store.collection(name).count()]).toEqual([[name], 2]);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true });
  await store.close();
  const collections: StoreOptions['collections'] = JSON.parse(`{${JSON.stringify(name)}:{"recordCacheBytes":1000}}`);
  store = await openStore(path, { config: false, collections });
  expect(store.collection(name).getSync(2)).toEqual({ id: 2 });
});

describe('a collection of an older store', () => {
  const NAME = 'a\nb';

  beforeEach(async () => {
    await store.import(source, { collection: 'now', key: 'id', indexes: ['tag'] });
    await store.close();
    const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
    await catalog.transaction((write) => write.putCollection({ ...catalog.collection('now')!, name: NAME, id: 9 }));
    const shards = catalog.shards(catalog.collection('now')!);
    await catalog.transaction((write) => {
      for (const shard of shards) write.putShard(9, shard);
    });
    await catalog.close();
    store = await openStore(path, { config: false });
  });

  test('is read, changed and compacted under a name that a new one cannot have', async () => {
    const read = async (collection: Pick<Collection, 'getSync' | 'count' | 'scan' | 'find'>) => {
      expect([collection.getSync(1), collection.count()]).toEqual([{ id: 1, tag: 'a' }, 1]);
      expect((await collection.scan().next()).value).toMatchObject({ value: { id: 1 } });
      expect((await valuesOf(collection.find('tag', 'a')).next()).value).toMatchObject({ id: 1 });
    };
    expect(store.collections()).toEqual([NAME, 'now']);
    await read(store.collection(NAME));
    const snapshot = store.snapshot();
    await read(snapshot.collection(NAME) as Collection);
    snapshot.release();
    expect(await store.warm({ collection: NAME, whole: true })).toMatchObject({ records: 1 });
    expect(await gristmill('get', '1', '--store', path, '--collection', NAME)).toMatchObject({
      code: 0,
      stdout: '{"id":1,"tag":"a"}\n',
    });
    // Nothing more is made of it.
    await expect(store.import(source, { collection: NAME, key: 'id' })).rejects.toBeInstanceOf(TypeError);
    await store.transaction((tx) => expect(() => tx.createCollection(NAME)).toThrow(TypeError));
    expect(await store.transaction((tx) => tx.collection(NAME).getText(1))).toBe('{"id":1,"tag":"a"}');
    await store.collection(NAME).put({ id: 2, tag: 'b' });
    // The other collection has the same file, which a join would make garbage.
    expect(await store.compact({ collection: NAME, joinBytes: 0 })).toMatchObject({ sealed: 1 });
    expect(store.collection(NAME).count()).toBe(2);
  });
});

describe('the command line', () => {
  const PATHS: readonly (readonly string[])[] = [
    ['--index', 'a', '--index', 'a'],
    ['--index', 'a.b', '--index', '/a/b'],
    ['--index', 'a..b'],
    ['--index', ''],
    ['--key', 'a..b'],
    ['--key', '/~'],
    Array.from({ length: 250 }, (_, i) => ['--index', `p${i}`]).flat(),
    ...['', 'a\nb', '\x7f', 'x'.repeat(256)].map((name) => ['--collection', name, '--key', 'id']),
  ];

  const COMMANDS = [
    ['import', source0],
    ['watch', source0],
    ['put', '{"id":1}', '--key', 'id'],
  ];

  test.each(
    partOf(
      PATHS.flatMap((flags) =>
        COMMANDS.map((words) => [words[0]!, JSON.stringify(flags).slice(0, 40), words, flags] as const),
      ),
    ),
  )('%s refuses %s before a store is made', async (_, __, words, flags) => {
    const nowhere = join(directory.path, 'nowhere');
    const given = words.map((word) => (word === source0 ? source : word));
    const { code, stderr } = await gristmill(...given, '--store', nowhere, ...flags);
    expect({ code, isUsage: stderr.startsWith('gristmill: USAGE: ') }).toEqual({ code: 2, isUsage: true });
    expect(readdirSync(directory.path).sort()).toEqual(['source.ndjson', 'store']);
  });

  test('import refuses what flags and config file cannot be together, before a store is made', async () => {
    const config = join(directory.path, 'own.config.json');
    writeFileSync(config, JSON.stringify({ import: { mode: 'insert' } }));
    const nowhere = join(directory.path, 'nowhere');
    const flags = ['--store', nowhere, '--config', config, '--on-duplicate', 'last'];
    const { code, stderr } = await gristmill('import', source, ...flags);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--on-duplicate "last" would overwrite'),
    });
    expect(existsSync(nowhere)).toBe(false);
  });

  test.each(
    partOf([
      ['get', '1'],
      ['range'],
      ['export'],
      ['put', '{"id":1}'],
      ['patch', '1', '{}'],
      ['delete', '1'],
      ['compact'],
    ]),
  )('%s refuses a bad name as wrong usage', async (...words) => {
    const { code, stderr } = await gristmill(...words, '--store', path, '--collection', 'a\nb');
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('the name of a collection') });
  });
});
