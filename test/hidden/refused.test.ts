// Goal: a store that hides its keys refuses everything that needs their order, with one code and a text that says what to do,
// in the library, in snapshots, in transactions and on the command line; what is about one key or value works, pages of it too.
// Method: each such call on an imported collection; a store with plaintext keys, encrypted too, is the twin that refuses none.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore, type RangeOptions, type ReadableCollection, type Store } from '../../dist/src/index.js';
import { gristmill } from '../support/cli.js';
import { NEEDS_ORDER, STORE_KEY } from '../support/hidden-store.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';

const rows = Array.from({ length: 300 }, (_, id) => ({ id, name: `n${id % 10}`, at: { day: id % 3 } }));
const source = rows.map((row) => JSON.stringify(row)).join('\n');
const COMPOSITE = ['name', 'at.day'];
const OPTIONS = { collection: 'c', key: 'id', indexes: ['name', COMPOSITE] };

async function imported(directory: string, keys: 'hidden' | 'plaintext'): Promise<Store> {
  const store = await openStore(join(directory, keys), { encryption: { key: STORE_KEY }, keys });
  await store.import(fileWith(source, 'source.ndjson', directory), OPTIONS);
  return store;
}

async function all<T>(rows: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

/** The options of ranges that need an order, for the primary key and for an index. */
const RANGES: readonly RangeOptions[] = [
  ...[{ gt: 5 }, { gte: 5 }, { lt: 5 }, { lte: 5 }, { gte: 5, lte: 6 }, { gt: 4, lte: 5 }, { gte: 5, lt: 5 }],
  ...[
    { index: 'name', prefix: 'n' },
    { index: 'name', gt: 'n1' },
    { index: 'name', gte: 'n1', lte: 'n2' },
  ],
  ...[
    { index: COMPOSITE, prefix: ['n1'] },
    { index: COMPOSITE, gte: ['n1'], lt: ['n2'] },
  ],
];

/** Everything that reads by order. */
function ordered(collection: ReadableCollection): readonly [string, () => unknown][] {
  const ranges = RANGES.flatMap((options): [string, () => unknown][] => {
    const text = JSON.stringify(options);
    return [
      [`range ${text}`, () => all(collection.range(options))],
      [`rangeText ${text}`, () => all(collection.rangeText(options))],
      [`rangeSync ${text}`, () => all(collection.rangeSync(options))],
      [`count ${text}`, () => collection.count(options)],
      [`first ${text}`, () => collection.first(options)],
    ];
  });
  return [
    ...ranges,
    ['range', () => all(collection.range())],
    ['range in reverse', () => all(collection.range({ reverse: true, limit: 1 }))],
    ['first', () => collection.first()],
    ['last', () => collection.last({ index: 'name' })],
    ['firstSync', () => collection.firstSync()],
    ['lastSync', () => collection.lastSync()],
    ['distinct', () => all(collection.distinct('name'))],
  ];
}

describe('where keys are hidden', () => {
  let store: Store;
  let plaintext: Store;
  beforeAll(async () => {
    const directory = makeDirectory();
    store = await imported(directory.path, 'hidden');
    plaintext = await imported(directory.path, 'plaintext');
    return async () => {
      await store.close();
      await plaintext.close();
      directory.remove();
    };
  });

  test('reads that need the order of keys are refused, in a snapshot too', async () => {
    const snapshot = store.snapshot();
    for (const collection of [store.collection('c'), snapshot.collection('c')]) {
      for (const [, read] of ordered(collection))
        await expect(async () => await read()).rejects.toMatchObject(NEEDS_ORDER);
    }
    for (const [, read] of ordered(plaintext.collection('c'))) await read();
    snapshot.release();
  });

  test('the error names the collection and the index, and what to do', async () => {
    const message = /collection c hides the values of its index "name".*option keys: 'plaintext'/;
    await expect(all(store.collection('c').range({ index: 'name' }))).rejects.toThrow(message);
    await expect(all(store.collection('c').range())).rejects.toThrow(/collection c hides its keys/);
  });

  test('a transaction refuses them, and deleteRange, and stays as it was', async () => {
    await store.transaction((tx) => {
      const collection = tx.collection('c');
      for (const options of RANGES)
        expect(() => [...collection.range(options)]).toThrow(expect.objectContaining(NEEDS_ORDER));
      expect(() => [...collection.range()]).toThrow(expect.objectContaining(NEEDS_ORDER));
      expect(() => [...collection.distinct('name')]).toThrow(expect.objectContaining(NEEDS_ORDER));
      expect(() => collection.deleteRange({ gt: 1 })).toThrow(expect.objectContaining(NEEDS_ORDER));
      expect(() => collection.deleteRange({ gte: 1, lte: 1 })).toThrow(expect.objectContaining(NEEDS_ORDER));
    });
    await expect(store.collection('c').deleteRange({ lt: 5 })).rejects.toMatchObject(NEEDS_ORDER);
    expect(store.collection('c').count()).toBe(300);
  });

  test('equal bounds find what find finds, and counts need no order', async () => {
    const collection = store.collection<{ id: number }>('c');
    const ids = async (found: AsyncIterable<{ readonly value: { id: number } }>) =>
      (await all(found)).map(({ value }) => value.id);
    expect(await ids(collection.range({ gte: 7, lte: 7.0 }))).toEqual([7]);
    expect(await ids(collection.range({ index: 'name', gte: 'n3', lte: 'n3' }))).toEqual(
      await ids(collection.find('name', 'n3')),
    );
    expect(collection.count({ index: 'name', gte: 'n3', lte: 'n3' })).toBe(30);
    expect(collection.count({ index: 'name' })).toBe(300);
    expect(collection.count()).toBe(300);
    expect((await collection.first({ index: 'name', gte: 'n4', lte: 'n4' }))?.value.id).toBe(4);
    expect((await collection.last({ index: 'name', gte: 'n4', lte: 'n4' }))?.value.id).toBe(294);
    expect(await all(collection.distinct('name', { gte: 'n4', lte: 'n4' }))).toEqual([{ key: 'n4', count: 30 }]);
    expect(await ids(collection.find(COMPOSITE, ['n1', 1]))).toEqual(
      rows.filter(({ name, at }) => name === 'n1' && at.day === 1).map(({ id }) => id),
    );
  });

  test('pages of equal values go on after a cursor, in both directions; one of another value is refused', async () => {
    const collection = store.collection<{ id: number }>('c');
    for (const reverse of [false, true]) {
      const ids: number[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await all(
          collection.find('name', 'n5', { limit: 7, reverse, ...(after !== undefined && { after }) }),
        );
        for (const { key, primaryKey, value } of page) {
          expect([key, primaryKey]).toEqual(['n5', value.id]);
          ids.push(value.id);
        }
        after = page.at(-1)?.cursor;
        if (after === undefined) break;
      }
      const expected = rows.filter(({ name }) => name === 'n5').map(({ id }) => id);
      expect(ids).toEqual(reverse ? expected.toReversed() : expected);
    }
    const [row] = await all(collection.find('name', 'n6', { limit: 1 }));
    await expect(all(collection.find('name', 'n5', { after: row!.cursor }))).rejects.toMatchObject(NEEDS_ORDER);
  });

  test('a transaction finds its own records by equal values', async () => {
    await store
      .transaction((tx) => {
        const collection = tx.collection<{ id: number; name: string }>('c');
        collection.put({ id: 1000, name: 'n7' });
        collection.patch(7, { name: 'other' });
        collection.delete(17);
        const ids = [...collection.find('name', 'n7')].map(({ value }) => value.id);
        expect(ids).toEqual([...rows.filter(({ id }) => id % 10 === 7 && id > 17).map(({ id }) => id), 1000]);
        expect(collection.count()).toBe(300);
        expect([...collection.find('name', 'other')].map(({ key, primaryKey }) => [key, primaryKey])).toEqual([
          ['other', 7],
        ]);
        throw new Error('undone');
      })
      .catch((error) => expect(error.message).toBe('undone'));
  });

  test('in a collection without a key ordinals stay in order: nothing about them is secret', async () => {
    await store.import(fileWith(source), { collection: 'ordinals', indexes: ['name'] });
    const collection = store.collection<{ id: number }>('ordinals');
    expect((await all(collection.range({ gte: 5, lt: 8 }))).map(({ value }) => value.id)).toEqual([5, 6, 7]);
    expect((await collection.last())?.value.id).toBe(299);
    expect((await all(collection.find('name', 'n2'))).length).toBe(30);
    await expect(all(collection.range({ index: 'name' }))).rejects.toMatchObject(NEEDS_ORDER);
  });
});

test('the command line refuses them with exit code 4, and names the way out', async () => {
  const directory = scratch();
  const keyFile = join(directory, 'key');
  writeFileSync(keyFile, STORE_KEY, { mode: 0o600 });
  const at = ['--store', join(directory, 'store'), '--key-file', keyFile] as const;
  expect((await gristmill('init', ...at, '--encrypt')).code).toBe(0);
  expect(await gristmill('import', fileWith(source), ...at, '--key', 'id', '--index', 'name')).toMatchObject({
    code: 0,
  });
  for (const args of [
    ['range'],
    ['range', '--gte', '5'],
    ['range', '--index', 'name', '--prefix', 'n'],
    ['distinct', 'name'],
    ['count', '--index', 'name', '--gt', 'n1'],
    ['delete', '--gt', '5'],
  ]) {
    const { code, stderr } = await gristmill(args[0]!, ...at, ...args.slice(1));
    expect({ args, code, stderr }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('RANGE_NEEDS_PLAINTEXT_KEYS'),
    });
    expect(stderr).toContain('--keys plaintext');
  }
  expect((await gristmill('get', '5', ...at)).stdout).toContain('"n5"');
  expect(await gristmill('count', ...at, '--index', 'name', '--gte', 'n1', '--lte', 'n1')).toMatchObject({
    stdout: '30\n',
  });
  expect((await gristmill('export', ...at)).stdout.split('\n').length).toBe(301);
});
