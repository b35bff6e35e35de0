// Goal: composite keys keep what keys promise at their limits: long values in order, a bounded number of keys a record, and a
// format that older versions refuse only where they must. Method: arrays that are sorted by JavaScript; numbers at both
// sides of a limit.

import { describe, expect, onTestFinished, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { valuesOf } from '../support/rows.js';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

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
    expect((await all(valuesOf(collection.find(['a', 'b', 'c'], [a, b, c])))).map((row) => row.n)).toEqual([n]);
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

  test('is 1 until an import brings a composite key, and then 2; transactions that put records make it 5', async () => {
    const first = { key: ['a', 'b'] };
    const second = { key: 'a', indexes: [['a', 'b']] };
    for (const options of [first, second]) {
      const store = await openStore(memory());
      onTestFinished(() => store.close());
      await store.import(fileWith('{"id":1}', 'x.ndjson'), { collection: 'single', key: 'id', indexes: ['id'] });
      expect(formatOf(store)).toBe(1);
      await store.import(fileWith('{"a":1,"b":2}', 'x.ndjson'), options);
      expect(formatOf(store)).toBe(2);
      // It has recent entries then.
      await store.transaction((tx) => tx.createCollection('x', { key: ['a', 'b'] }).put({ a: 1, b: 2 }));
      expect(formatOf(store)).toBe(6);
    }
  });
});
