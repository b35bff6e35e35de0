// Goal: features that change a store in different ways leave each other's state right.
// Method: small stores in memory, and what they hold afterwards against what was put.

import { expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const linesOf = (records: readonly unknown[]) => Buffer.from(records.map((one) => `${JSON.stringify(one)}\n`).join(''));
const allOf = (store: Store) => Array.from(store.collection().rangeSync(), ({ value }) => value);

test('a collection whose last index was dropped after a compaction can be compacted again', async () => {
  const store = await openStore(memory());
  await store.import(Buffer.from('{"id":1,"g":1}\n{"id":2,"g":2}'), { key: 'id', indexes: ['g'] });
  const records = store.collection();
  await records.put({ id: 1, g: 3 });
  // Cleans the index of the record that died.
  await store.compact({ minDeadShare: 0.01 });
  await store.dropIndex('records', 'g');
  await records.put({ id: 2, g: 4 });
  await store.compact({ minDeadShare: 0.01 });
  expect([...records.rangeSync()].map(({ value }) => value)).toEqual([
    { id: 1, g: 3 },
    { id: 2, g: 4 },
  ]);
  await store.createIndex('records', 'g');
  expect([...records.distinct('g')]).toEqual([
    { key: 3, count: 1 },
    { key: 4, count: 1 },
  ]);
  expect((await store.verify()).isSound).toBe(true);
  await store.close();
});

test('an import without records does not forget what was deleted', async () => {
  const store = await openStore(memory());
  const records = linesOf([{ id: 1 }, { id: 2 }, { id: 3 }]);
  await store.import(records, { key: 'id' });
  await store.collection().delete(1);
  await store.collection().delete(2);
  await store.import(Buffer.from(''), { key: 'id', allowEmpty: true });
  await store.collection().put({ id: 2, mine: true });
  const report = await store.import(records, { key: 'id' });
  expect(report.changes).toEqual({ kept: 2, dropped: 0 });
  expect(allOf(store)).toEqual([{ id: 2, mine: true }, { id: 3 }]);
  const dropped = await store.import(records, { key: 'id', changes: 'drop' });
  expect(dropped.changes).toEqual({ kept: 0, dropped: 2 });
  expect(allOf(store)).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  await store.close();
});

test('onChanged begins no transaction, not even on another store of the directory', async () => {
  const directory = scratch();
  const store = await openStore(directory);
  const other = await openStore(directory);
  await store.import(linesOf([{ id: 1 }]), { key: 'id' });
  await store.collection().patch(1, { mine: true });
  for (const one of [store, other]) {
    const onChanged = () => one.transactionSync((transaction) => transaction.collection('records').put({ id: 2 }));
    const refused = store.import(linesOf([{ id: 1, n: 1 }]), { key: 'id', onChanged });
    await expect(refused).rejects.toThrow(
      new TypeError('a transaction cannot begin within the callback of another one'),
    );
    expect(allOf(store)).toEqual([{ id: 1, mine: true }]);
  }
  await other.close();
  await store.close();
});

test('a retry of rejected records stores those that a unique index allows, and keeps the others', async () => {
  const store = await openStore(memory());
  const source = linesOf([{ id: 1, u: 'a' }, ...Array.from({ length: 9 }, (_, i) => ({ n: i }))]);
  const options = { key: 'id', uniqueIndexes: ['u'], onBadRecord: 'quarantine' } as const;
  const { quarantine } = await store.import(source, options);
  const values = ['b', 'a', 'c', 'c', 'd', 'e', 'e', 'x'.repeat(3000), 'f'];
  const corrected = values.map((u, i) => ({ number: i + 1, text: JSON.stringify({ id: i + 2, u }) }));
  const report = await store.quarantine.retry(quarantine as string, { corrected });
  expect(report).toMatchObject({ accepted: 5, left: 4 });
  expect(report.refused.map(({ number, code }) => [number, code])).toEqual([
    [2, 'UNIQUE_VIOLATION'],
    [4, 'UNIQUE_VIOLATION'],
    [7, 'UNIQUE_VIOLATION'],
    [8, 'KEY_TOO_LONG'],
  ]);
  expect(allOf(store).map((record) => (record as { id: number }).id)).toEqual([1, 2, 4, 6, 7, 10]);
  expect((await store.verify()).isSound).toBe(true);
  await store.close();
});

test('unique values that moved between more records than an import settles at once stay where they are', async () => {
  const store = await openStore(memory());
  const count = 5000;
  const records = Array.from({ length: count }, (_, id) => ({ id, u: id }));
  const options = { key: 'id', uniqueIndexes: ['u'] };
  await store.import(linesOf(records), options);
  const moved = records.map(({ id }) => ({ id, u: (id + 1) % count }));
  await store.transaction((transaction) => {
    const collection = transaction.collection('records');
    for (const { id, u } of moved) collection.patch(id, { u });
  });
  const report = await store.import(linesOf(records), options);
  expect(report.changes).toEqual({ kept: count, dropped: 0 });
  expect(allOf(store)).toEqual(moved);
  // One of the first batch collides with one that the import brings.
  const refused = store.import(linesOf([...records, { id: count, u: 1 }]), options);
  await expect(refused).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
  expect(allOf(store)).toEqual(moved);
  await store.close();
});
