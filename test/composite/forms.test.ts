// Goal: a key of another form than a collection has is refused by every method, with the form that it has; so are paths that
// make no composite key, and a later import with other paths. Method: tables of what is refused, and what the message says.

import { describe, expect, test } from 'vitest';
import type { KeyPath } from '../../dist/src/index.js';
import { testStore } from '../support/import-store.js';
import { valuesOf } from '../support/rows.js';

const KEY = { key: ['tenant', 'id'], indexes: ['price', ['tags', 'price'], ['price', 'tenant']] } as const;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a key of another form is refused, and the message says which one the collection has', () => {
  const made = async () => {
    const { run, store } = await testStore('in memory');
    await run('{"tenant":"a","id":1}', KEY);
    await run('{"id":"a"}', { collection: 'single', key: 'id' });
    return { pair: store.collection('records'), single: store.collection('single'), store };
  };
  const COMPONENTS = /has 2 components, \["tenant","id"\]/;

  test.each([['a'], [1], [null], [['a']], [['a', 1, 2]]])('%j as a composite key', async (key) => {
    const { pair, store } = await made();
    const given = key as string;
    for (const method of ['get', 'getText', 'delete'] as const)
      await expect(pair[method](given)).rejects.toThrow(COMPONENTS);
    expect(() => pair.getSync(given)).toThrow(COMPONENTS);
    expect(() => pair.has(given)).toThrow(COMPONENTS);
    await expect(pair.getMany([['a', 1], given])).rejects.toThrow(COMPONENTS);
    await expect(pair.patch(given, {})).rejects.toThrow(COMPONENTS);
    await expect(all(valuesOf(pair.find(['price', 'tenant'], given)))).rejects.toThrow(/components/);
    const created = store.transaction((tx) => tx.createCollection('new', KEY).get(given));
    await expect(created).rejects.toThrow(COMPONENTS);
  });

  test.each([['a'], [['a', 1, 2]], [[]], [[['a']]]])('%j as a bound', async (bound) => {
    const { pair } = await made();
    for (const name of ['gt', 'gte', 'lt', 'lte', 'prefix']) {
      await expect(all(pair.range({ [name]: bound }))).rejects.toThrow(TypeError);
    }
  });

  test('an array where the key is one value', async () => {
    const { single, store } = await made();
    const message = /is one value: give that value, not an array/;
    await expect(single.get(['a'])).rejects.toThrow(message);
    expect(() => single.has(['a', 1])).toThrow(message);
    await expect(single.delete(['a'])).rejects.toThrow(message);
    await expect(all(single.range({ gte: ['a'] }))).rejects.toThrow(/gte: the key of collection single is one value/);
    await expect(all(single.range({ prefix: ['a'] }))).rejects.toThrow(/prefix: the key/);
    await expect(all(valuesOf(store.collection('records').find('price', [1, 2])))).rejects.toThrow(
      /index price is one value/,
    );
  });

  test('an index that is not there, and one spelled as a list of one', async () => {
    const { pair } = await made();
    await expect(all(valuesOf(pair.find(['tenant', 'price'], ['a', 1])))).rejects.toMatchObject({
      code: 'INDEX_NOT_FOUND',
      message: expect.stringContaining('price, ["tags","price"], ["price","tenant"]'),
    });
    await expect(all(pair.find(7 as never, 1))).rejects.toThrow(TypeError);
  });

  test.each<[KeyPath, RegExp]>([
    [['a'], /2 to 16 paths, not 1; for one path, give the path itself/],
    [[], /2 to 16 paths, not 0/],
    [Array.from({ length: 17 }, (_, i) => `n${i}`), /2 to 16 paths, not 17/],
    [['a', 'a'], /the path "a" is given twice/],
    [['a', '/a'], /the paths "a" and "\/a" name the same place/],
    [['a', ''], /it is empty/],
    [['a', ['b', 'c']] as never, /must be a string, not object/],
    [7 as never, /must be a string, not number/],
  ])('paths %j make no composite key', async (key, message) => {
    const { run, store } = await testStore('in memory');
    await expect(run('{}', { key })).rejects.toThrow(message);
    await expect(run('{}', { indexes: ['x', key] })).rejects.toThrow(message);
    await expect(store.transaction((tx) => tx.createCollection('new', { key }))).rejects.toThrow(message);
  });

  test('two composite indexes with the same paths; with another order they differ', async () => {
    const { run } = await testStore('in memory');
    const indexes = [
      ['a', 'b'],
      ['b', 'a'],
    ];
    await run('{"a":1,"b":2}', { indexes });
    await expect(run('{}', { indexes: [...indexes, ['/a', 'b']] })).rejects.toThrow(/name the same place/);
  });
});

test('a later import has the same key, component by component', async () => {
  const { run } = await testStore();
  await run('{"tenant":"a","id":1}', KEY);
  for (const key of ['tenant', ['id', 'tenant'], ['tenant', 'price'], undefined]) {
    await expect(run('{"tenant":"a","id":2}', { ...KEY, key, mode: 'upsert' })).rejects.toMatchObject({
      code: 'COLLECTION_MISMATCH',
      message: expect.stringContaining('its key at path ["tenant","id"]'),
    });
  }
  const other = { ...KEY, indexes: ['price', ['tags', 'price'], ['tenant', 'price']], mode: 'upsert' } as const;
  await expect(run('{}', other)).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
  const reordered = { ...KEY, indexes: [['price', 'tenant'], 'price', ['tags', 'price']], mode: 'upsert' } as const;
  expect(await run('{"tenant":"a","id":2,"price":3,"tags":"x"}', reordered)).toMatchObject({ records: { stored: 1 } });
});
