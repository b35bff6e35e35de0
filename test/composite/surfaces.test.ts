// Goal: composite keys go through everything that takes keys or makes them again: repair, backup, synchronising, quarantine,
// the hot set, warming. Method: the same records with and without these, compared.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Collection, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { valuesOf } from '../support/rows.js';
import { syncedStore } from '../support/sync.js';
import { until } from '../support/until.js';

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
  expect(sorted(await all(valuesOf(collection.find(['tags', 'price'], ['g2', 7]))))).toEqual(sorted(tagged));
}

async function opened(where: string): Promise<Store> {
  const store = await openStore(where);
  onTestFinished(() => store.close());
  return store;
}

describe('what is made again has the same keys', () => {
  test.each(['lines', 'object'])('an index that is lost, of %s, with what a transaction put', async (layout) => {
    const { store, directory, run } = await testStore();
    const members = JSON.stringify(Object.fromEntries(orders.map((order, i) => [`n${i}`, order])));
    await run(layout === 'object' ? members : lines, {
      ...KEY,
      spanBytes: 40_000,
      ...(layout === 'object' && { layout }),
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

  test('trees that are damaged; the catalog is kept', async () => {
    const { store, directory, run } = await testStore();
    await run(lines, KEY);
    const extra = { tenant: 'zz', id: 1, tags: ['g2'], price: 7 };
    await store.collection<Order>('records').put(extra);
    await store.close();
    const raw = openRawIndex(directory);
    for (const { database, key, value } of raw.values) {
      if (database === 'pages') raw.put(database, key, Buffer.alloc(value.byteLength));
    }
    await raw.close();
    await repairStore(directory, { workers: 2 });
    const repaired = await opened(directory);
    await expectOrders(repaired.collection<Order>('records'), [...byKey, extra]);
    expect(await repaired.verify()).toMatchObject({ isSound: true, faults: [] });
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

test('a watched folder follows composite keys', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'orders.ndjson'), '{"tenant":"x","id":1}\n{"tenant":"x","id":2}\n');
  const store = await opened(join(scratch(), 'store'));
  const watcher = await store.watch(folder, KEY);
  const collection = store.collection('records');
  expect(collection.has(['x', 2])).toBe(true);
  writeFileSync(join(folder, 'orders.ndjson'), '{"tenant":"x","id":1}\n{"tenant":"y","id":2.0}\n');
  await until(() => collection.has(['y', 2]));
  expect(collection.has(['x', 2])).toBe(false);
  expect(collection.count()).toBe(2);
  await watcher.close();
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
    await expect(run(named, { ...KEY, layout: 'object' })).rejects.toThrow(message);
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
