// Goal: composite keys go through everything that takes keys or makes them again: repair, backup, synchronising, quarantine,
// the hot set, warming, transactions on a new collection. Method: the same records with and without these, compared; and
// tables of what is refused, with what the message has to say.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Collection, type KeyPath, memory, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { syncedStore } from '../support/sync.js';

interface Order {
  readonly tenant: string;
  readonly id: number;
  readonly tags: readonly string[];
  readonly price?: number;
}

const KEY = { key: ['tenant', 'id'], indexes: ['price', ['tags', 'price'], ['price', 'tenant']] } as const;
const orders = Array.from(
  { length: 3000 },
  (_, i): Order => ({
    ...{ tenant: `t${i % 7}`, id: Math.floor(i / 7), tags: [`g${i % 3}`, `g${i % 5}`] },
    ...(i % 11 !== 0 && { price: (i * 37) % 101 }),
  }),
);
const lines = orders.map((order) => JSON.stringify(order)).join('\n');
const byKey = [...orders].sort((left, right) =>
  left.tenant < right.tenant ? -1 : left.tenant > right.tenant ? 1 : left.id - right.id,
);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** That a collection has exactly these records, by key and by index. */
async function expectOrders(collection: Collection<Order>, expected = byKey): Promise<void> {
  const found = await all(collection.range());
  expect(found).toEqual(expected.map((value) => ({ key: [value.tenant, value.id], value })));
  expect(await collection.getMany(expected.map(({ tenant, id }) => [tenant, id]))).toEqual(expected);
  const at = (await all(collection.range({ index: ['price', 'tenant'] }))).map(({ key }) => key);
  const prices = expected.flatMap(({ price, tenant }) => (price === undefined ? [] : [[price, tenant] as const]));
  expect(at).toEqual(prices.sort(([p, a], [q, b]) => p - q || (a < b ? -1 : a > b ? 1 : 0)));
  const tagged = expected.filter(({ tags, price }) => tags.includes('g2') && price === 7);
  const sorted = (list: readonly Order[]) => list.map((order) => JSON.stringify(order)).sort();
  expect(sorted(await all(collection.find(['tags', 'price'], ['g2', 7])))).toEqual(sorted(tagged));
}

async function opened(where: string): Promise<Store> {
  const store = await openStore(where);
  onTestFinished(() => store.close());
  return store;
}

describe('what is made again has the same keys', () => {
  test.each(['lines', 'object'])('an index that is lost, of %s, with what a transaction put', async (shape) => {
    const { store, directory, run } = await testStore();
    const members = JSON.stringify(Object.fromEntries(orders.map((order, i) => [`n${i}`, order])));
    await run(shape === 'object' ? members : lines, {
      ...KEY,
      spanBytes: 40_000,
      ...(shape === 'object' && { shape }),
    });
    await expectOrders(store.collection<Order>('records'));
    await store.close();
    rmSync(join(directory, 'index'), { recursive: true });
    await repairStore(directory, { workers: 2 });
    const repaired = await opened(directory);
    expect(repaired.stat().format).toBe(2);
    await expectOrders(repaired.collection<Order>('records'));
    expect(await repaired.verify()).toMatchObject({ isSound: true, faults: [] });
  });

  test('a collection whose trees are damaged; its catalog is kept', async () => {
    const { store, directory, run } = await testStore();
    await run(lines, KEY);
    const extra = { tenant: 'zz', id: 1, tags: ['g2'], price: 7 };
    await store.collection<Order>('records').put(extra);
    await store.close();
    await repairStore(directory, { workers: 2, force: true } as object).catch(() => repairStore(directory));
    const repaired = await opened(directory);
    await expectOrders(repaired.collection<Order>('records'), [...byKey, extra]);
  });

  test('a backup, a compacted store, and another process that reads it', async () => {
    const { store, run } = await testStore();
    await run(lines, KEY);
    const collection = store.collection<Order>('records');
    for (const id of [5, 6]) await collection.delete(['t3', id]);
    const left = byKey.filter(({ tenant, id }) => !(tenant === 't3' && (id === 5 || id === 6)));
    await store.compact({ minDeadShare: 0 });
    await expectOrders(collection, left);
    const copy = join(scratch(), 'copy');
    await store.backup(copy);
    await expectOrders((await opened(copy)).collection<Order>('records'), left);
  });

  test('a store whose hot set has composite keys warms them', async () => {
    const directory = join(scratch(), 'store');
    const store = await openStore(directory);
    await store.import(fileWith(lines, 'orders.ndjson'), KEY);
    for (let i = 0; i < 10; i++) store.collection('records').getSync(['t2', 9]);
    await store.close();
    expect(readFileSync(join(directory, 'hot-set.ndjson'), 'utf8')).toContain('"keys":1');
    const again = await opened(directory);
    expect(await again.warm()).toMatchObject({ records: 1, complete: true });
    expect(await again.warm({ keys: [['t1', 1]] })).toMatchObject({ records: 1 });
    expect(await again.warm({ prefix: ['t1'] })).toMatchObject({
      records: byKey.filter(({ tenant }) => tenant === 't1').length,
    });
    // The collection gets another form of keys; what the hot set remembers is of no use then, and no error.
    await again.import(fileWith('{"id":1}', 'one.ndjson'), { key: 'id' });
    await again.close();
    expect(await (await opened(directory)).warm()).toMatchObject({ records: 0 });
  });
});

test('a folder is synchronised by composite keys', async () => {
  const { store, sync } = await syncedStore('on disk');
  const folder = scratch();
  const write = (tenant: string, some: readonly Order[]): void =>
    writeFileSync(join(folder, `${tenant}.ndjson`), some.map((order) => `${JSON.stringify(order)}\n`).join(''));
  const stored = byKey.filter(({ tenant }) => tenant === 't0' || tenant === 't1');
  for (const name of ['t0', 't1'])
    write(
      name,
      stored.filter(({ tenant }) => tenant === name),
    );
  await sync(folder, KEY);
  await expectOrders(store.collection('records') as Collection<Order>, stored);
  const kept = stored.filter(({ tenant, id }) => tenant === 't1' || id % 2 === 0);
  const changed = kept.map((order) => (order.tenant === 't0' ? { ...order, price: 1 } : order));
  write(
    't0',
    changed.filter(({ tenant }) => tenant === 't0'),
  );
  await sync(folder, KEY);
  await expectOrders(store.collection('records') as Collection<Order>, changed);
});

describe('a record without a whole key', () => {
  const bad = ['{"tenant":"x"}', '{"tenant":"x","id":null}', '{"tenant":"x","id":[1]}', '{"tenant":{},"id":1}'];

  test.each([
    [bad[0]!, /no value at the key path "id": the record has tenant/],
    [bad[1]!, /null at the key path "id"/],
    [bad[2]!, /an array or object at the key path "id": "id" is an array/],
    [bad[3]!, /an array or object at the key path "tenant"/],
    ['{"tenant":[1]}', /no value at the key path "id"/],
  ])('%s fails the import, and its component is named', async (text, message) => {
    const { run, store } = await testStore();
    await expect(run(`{"tenant":"a","id":1}\n${text}`, KEY)).rejects.toMatchObject({
      code: 'BAD_RECORD',
      message: expect.stringMatching(message),
    });
    const named = `{"one":${text}}`;
    await expect(run(named, { ...KEY, shape: 'object' })).rejects.toThrow(message);
    await run('{"tenant":"a","id":1}', KEY);
    const put = store.collection('records').putText(text);
    const said = /key path "[a-z]+"/.exec(message.source)![0];
    await expect(put).rejects.toMatchObject({ code: 'BAD_RECORD', message: expect.stringContaining(said) });
    await expect(store.collection('records').put(JSON.parse(text))).rejects.toThrow(said);
  });

  test('is quarantined, corrected, and stored by a retry', async () => {
    const { run, store } = await testStore();
    const report = await run(`{"tenant":"a","id":1}\n${bad[1]}\n${bad[0]}`, { ...KEY, onBadRecord: 'quarantine' });
    expect(report.records).toMatchObject({ stored: 1, rejected: 2 });
    const [{ name }] = store.stat().quarantine as [{ name: string }];
    const corrected = [{ number: 1, text: '{"tenant":"x","id":2}' }];
    expect(await store.quarantine.retry(name, { corrected })).toMatchObject({ accepted: 1, left: 1 });
    expect(store.collection('records').getSync(['x', 2])).toEqual({ tenant: 'x', id: 2 });
  });

  test('of two records with one key the last stays, and a key that is not unique is noticed', async () => {
    const { run, store } = await testStore();
    const source = [1, 2, 3].map((n) => `{"tenant":"a","id":1.0,"n":${n}}`).join('\n');
    const report = await run(source, KEY);
    expect(report.sharedKeys?.text).toContain('["tenant","id"]');
    expect(store.collection('records').getSync(['a', 1])).toEqual({ tenant: 'a', id: 1, n: 3 });
    await expect(run(source, { ...KEY, onDuplicate: 'error' })).rejects.toMatchObject({ code: 'DUPLICATE_KEY' });
    await expect(run('{"tenant":"a","id":1}', { ...KEY, mode: 'insert' })).rejects.toMatchObject({
      code: 'DUPLICATE_KEY',
      message: expect.stringContaining('["a",1]'),
    });
  });
});

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
    await expect(all(pair.find(['price', 'tenant'], given))).rejects.toThrow(/components/);
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
    await expect(all(store.collection('records').find('price', [1, 2]))).rejects.toThrow(/index price is one value/);
  });

  test('an index that is not there, and one spelled as a list of one', async () => {
    const { pair } = await made();
    await expect(all(pair.find(['tenant', 'price'], ['a', 1]))).rejects.toMatchObject({
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

test('long values: a composite index gives them whole and in order, and a primary key refuses them', async () => {
  const { run, store } = await testStore();
  const long = (end: string): string => 'x'.repeat(1000) + end;
  const rows = ['b', 'a', 'c', 'aa', ''].flatMap((end, i) => [
    { n: 2 * i, a: long(''), b: long(end), c: i },
    { n: 2 * i + 1, a: long('y'), b: long(end), c: 0 - i },
  ]);
  await run(rows.map((row) => JSON.stringify(row)).join('\n'), {
    key: 'n',
    indexes: [
      ['a', 'b', 'c'],
      ['c', 'a'],
    ],
  });
  const collection = store.collection<(typeof rows)[number]>('records');
  const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
  const sorted = [...rows].sort((l, r) => compare(l.a, r.a) || compare(l.b, r.b) || l.c - r.c);
  const found = await all(collection.range({ index: ['a', 'b', 'c'] }));
  expect(found.map(({ value }) => value)).toEqual(sorted);
  expect(found.map(({ key }) => key)).toEqual(sorted.map(({ a, b, c }) => [a, b, c]));
  for (const { a, b, c, n } of rows) {
    expect((await all(collection.find(['a', 'b', 'c'], [a, b, c]))).map((row) => row.n)).toEqual([n]);
    const same = sorted.filter((row) => row.a === a && row.b === b);
    expect((await all(collection.range({ index: ['a', 'b', 'c'], prefix: [a, b] }))).map(({ value }) => value)).toEqual(
      same,
    );
    const after = sorted.filter((row) => compare(row.a, a) > 0 || (row.a === a && compare(row.b, b) >= 0));
    expect((await all(collection.range({ index: ['a', 'b', 'c'], gte: [a, b] }))).map(({ value }) => value)).toEqual(
      after,
    );
  }
  await expect(run(JSON.stringify(rows[0]), { key: ['a', 'b'] })).rejects.toMatchObject({ code: 'BAD_RECORD' });
  expect(() => store.collection('records').has([long(''), long('')] as never)).toThrow(/is one value/);
});

test('more combinations than a record may have keys are refused', async () => {
  const { run, store } = await testStore('in memory');
  const many = (count: number) =>
    JSON.stringify({ a: Array.from({ length: count }, (_, i) => i), b: Array.from({ length: 256 }, (_, i) => i) });
  const indexes = [['a', 'b']];
  await expect(run(many(257), { indexes })).rejects.toMatchObject({ code: 'BAD_RECORD', reason: 'TOO_MANY_KEYS' });
  expect(await run(many(256), { indexes })).toMatchObject({ indexes: [{ entries: 65_536 }] });
  await store.transaction((tx) => tx.createCollection('put', { indexes }));
  await expect(store.collection('put').putText(many(257))).rejects.toMatchObject({ reason: 'TOO_MANY_KEYS' });
  await expect(store.collection('put').put(JSON.parse(many(257)))).rejects.toMatchObject({ reason: 'TOO_MANY_KEYS' });
});

describe('the format of a store', () => {
  const formatOf = (store: Store): number => store.stat().format;

  test('is 1 until it has a composite key, whichever way that comes', async () => {
    for (const begin of [
      (store: Store) => store.import(fileWith('{"a":1,"b":2}', 'x.ndjson'), { key: ['a', 'b'] }),
      (store: Store) => store.import(fileWith('{"a":1,"b":2}', 'x.ndjson'), { key: 'a', indexes: [['a', 'b']] }),
      (store: Store) => store.transaction((tx) => tx.createCollection('x', { key: ['a', 'b'] }).put({ a: 1, b: 2 })),
      (store: Store) =>
        store.transaction((tx) => {
          tx.createCollection('x', { indexes: [['a', 'b']] });
          tx.createCollection('y', { key: 'a' }).put({ a: 1 });
          tx.collection('single').put({ id: 2 });
        }),
    ]) {
      const store = await openStore(memory());
      onTestFinished(() => store.close());
      await store.import(fileWith('{"id":1}', 'x.ndjson'), { collection: 'single', key: 'id', indexes: ['id'] });
      await store.transaction((tx) => tx.createCollection('other', { key: 'id' }).put({ id: 1 }));
      expect(formatOf(store)).toBe(1);
      await begin(store);
      expect(formatOf(store)).toBe(2);
      await store.collection('single').put({ id: 3 });
      expect(formatOf(store)).toBe(2);
    }
  });
});
