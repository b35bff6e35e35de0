// A store in memory is changed by transactions and compacted as one on disk is, and what a snapshot sees stays. (The suites
// of transactions and snapshots run on disk.)

import { expect, test } from 'vitest';
import { memory, openStore } from '../../src/index.js';
import { fileWith } from '../support/import-files.js';

test('a store in memory takes transactions, holds snapshots and is compacted', async () => {
  interface User {
    readonly id: number;
    readonly name?: string;
    readonly age?: number;
  }
  const place = memory();
  const store = await openStore(place);
  await store.import(fileWith('{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n'), { key: 'id', indexes: ['name'] });
  const users = store.collection<User>();
  const before = store.snapshot();
  await store.transaction((transaction) => {
    const changing = transaction.collection<User>('records');
    expect(changing.put({ id: 3, name: 'a' })).toBe(3);
    expect(changing.patch(1, { age: 7 })).toBe(true);
    expect(changing.delete(2)).toBe(true);
    // It sees its own changes.
    expect([changing.get(1), changing.get(2), changing.get(3)]).toEqual([
      { id: 1, name: 'a', age: 7 },
      undefined,
      { id: 3, name: 'a' },
    ]);
    expect(changing.count()).toBe(2);
    transaction.createCollection('log').put({ what: 'changed' });
  });
  const state = async () => ({
    records: await valuesOf(users.scan()),
    found: await valuesOf(users.find('name', 'a')),
    collections: store.collections(),
    count: users.count(),
  });
  const changed = {
    records: [
      { id: 3, name: 'a' },
      { id: 1, name: 'a', age: 7 },
    ],
    collections: ['log', 'records'],
    count: 2,
  };
  expect(await state()).toMatchObject(changed);
  expect((await state()).found.map(({ id }) => id).sort()).toEqual([1, 3]);
  expect(store.collection('log').getSync(0)).toEqual({ what: 'changed' });

  const attempt = store.transaction((transaction) => {
    transaction.collection<User>('records').put({ id: 4 });
    transaction.collection('records').delete(1);
    transaction.createCollection('other');
    throw new RangeError('no');
  });
  await expect(attempt).rejects.toBeInstanceOf(RangeError);
  expect(await state()).toMatchObject(changed);

  // Not even through another store in the same place.
  const other = await openStore(place);
  let nested: Promise<unknown> | undefined;
  await store.transaction((transaction) => {
    const attempts = [users.put({ id: 5 }), other.collection<User>().put({ id: 5 })];
    nested = Promise.all(attempts.map((one) => expect(one).rejects.toBeInstanceOf(TypeError)));
    transaction.collection<User>('records').put({ id: 6 });
  });
  await nested;
  await other.close();
  expect([users.has(5), users.has(6)]).toEqual([false, true]);

  expect(before.collections()).toEqual(['records']);
  const old = before.collection<User>('records');
  expect(await valuesOf(old.scan())).toEqual([
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
  ]);
  expect([old.getSync(3), old.count()]).toEqual([undefined, 2]);
  // The files it reads stay, though nothing else names them any more.
  const report = await store.compact({ minDeadShare: 0 });
  expect(report).toMatchObject({ sealed: 2, rewritten: 0, dropped: 1, records: 4, removed: 2 });
  expect((await state()).records.map(({ id }) => id)).toEqual([3, 1, 6]);
  await store.import(fileWith('{"id":9}'), { key: 'id' });
  expect(await old.get(2)).toEqual({ id: 2, name: 'b' });
  before.release();
  expect(() => before.collection('records')).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
  await store.close();
});

test('a store in memory tells how far behind its oldest snapshot is', async () => {
  const place = memory();
  const store = await openStore(place);
  expect(store.stat().readers).toEqual({ count: 0 });
  await store.import(fileWith('{"id":1}'), { key: 'id' });
  const old = store.snapshot();
  await store.collection().put({ id: 2 });
  const snapshots = [old, store.snapshot()];
  await store.collection().put({ id: 3 });
  expect(store.stat().readers).toEqual({ count: 2, oldest: { pid: process.pid, behind: 2 } });
  for (const snapshot of snapshots) snapshot.release();
  expect(store.stat().readers).toEqual({ count: 0 });
  await store.close();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function valuesOf<T>(records: AsyncIterable<{ readonly value: T }>): Promise<T[]> {
  return (await all(records)).map(({ value }) => value);
}
