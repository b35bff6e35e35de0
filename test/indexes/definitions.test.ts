// Goal: an index is given as a path or as an object with its rule, wherever indexes are given, and means the same.
// Method: the indexes that a collection has then; objects that are none.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';

describe('an index as an object', () => {
  const INDEXES = [
    'name',
    { path: ['a', 'b'] },
    { path: 'email', unique: true },
    { path: 'n', unique: false },
  ] as const;
  const made = (store: Store) =>
    store
      .collection()
      .stat()
      .indexes.flatMap(({ path, isPrimary, unique }) => (isPrimary ? [] : [{ path, unique }]));
  const expected = [
    { path: 'name', unique: false },
    { path: ['a', 'b'], unique: false },
    { path: 'n', unique: false },
    { path: 'email', unique: true },
  ];
  const records = () => fileWith('{"id":1,"email":"a"}\n{"id":2}');

  test('of an import, of one of its collections, and of a watcher', async () => {
    const store = await openStore(scratch());
    await store.import(records(), { key: 'id', indexes: INDEXES });
    expect(made(store)).toEqual(expected);
    await store.drop('records');
    const both = fileWith('{"r":[{"id":1,"email":"a"}],"s":[]}');
    const places = { records: { select: '/r', indexes: INDEXES }, others: { select: '/s' } };
    await store.import(both, { key: 'id', collections: places, allowEmpty: true });
    expect(made(store)).toEqual(expected);
    await store.drop('records');
    await (await store.watch(records(), { key: 'id', indexes: INDEXES })).close();
    expect(made(store)).toEqual(expected);
    await expect(store.collection().put({ id: 9, email: 'a' })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
    await store.close();
  });

  test('of createCollection and createIndex', async () => {
    const store = await openStore(memory());
    await store.transaction((tx) => tx.createCollection('records', { key: 'id', indexes: INDEXES }));
    expect(made(store)).toEqual(expected);
    const unique = { path: ['x', 'y'], unique: true };
    expect(await store.createIndex('records', unique)).toMatchObject({ path: ['x', 'y'], created: true });
    expect(made(store)).toEqual([...expected, { path: ['x', 'y'], unique: true }]);
    const both = store.createIndex('records', { path: 'z', unique: true }, { unique: false });
    await expect(both).rejects.toThrow('createIndex: index.unique and options.unique contradict each other');
    await store.close();
  });

  test('of a config file; what the caller says of indexes replaces all of it', async () => {
    const config = join(scratch(), 'gristmill.config.json');
    writeFileSync(config, JSON.stringify({ import: { indexes: INDEXES } }));
    const store = await openStore(memory(), { config });
    await store.import(records(), { key: 'id' });
    expect(made(store)).toEqual(expected);
    await store.import(records(), { key: 'id', indexes: ['name'] });
    expect(made(store)).toEqual([{ path: 'name', unique: false }]);
    await store.close();
  });

  test.each([
    [[{ path: 'a' }, 'a'], 'options.indexes: the path "a" is given twice'],
    [[{ unique: true }], 'options.indexes[0].path is missing'],
    [[{ path: 'a', uniq: true }], 'options.indexes[0] has no uniq'],
    [[{ path: 'a', unique: 1 }], 'options.indexes[0].unique must be true or false'],
    [[null], 'options.indexes: '],
    [[{ path: 'a..b' }], 'options.indexes: '],
  ])('%j is refused', async (indexes, message) => {
    const store = await openStore(memory());
    const wrong = { key: 'id', indexes } as never;
    await expect(store.import(records(), wrong)).rejects.toThrow(message);
    await expect(store.transaction((tx) => tx.createCollection('c', wrong))).rejects.toThrow(message);
    await store.close();
  });
});
