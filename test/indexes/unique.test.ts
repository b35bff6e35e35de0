// Goal: no two live records of a collection ever have one value of a unique index, however they come in; what is refused
// changes nothing, and says which records and which value.
// Method: a Map of values beside random transactions; imports of every mode, synchronisations, and new indexes.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const UNIQUE = { key: 'id', uniqueIndexes: ['email'] };
const lines = (...records: readonly object[]) => fileWith(records.map((one) => JSON.stringify(one)).join('\n'));

async function withUsers(where: Parameters<typeof openStore>[0] = memory()): Promise<Store> {
  const store = await openStore(where);
  await store.import(lines({ id: 1, email: 'a' }, { id: 2, email: 'b' }, { id: 3 }, { id: 4, email: null }), UNIQUE);
  return store;
}

const violation = (...names: readonly string[]) => ({
  code: 'UNIQUE_VIOLATION',
  message: expect.stringMatching(new RegExp(`${names.join('.*')}.*nothing was changed`)),
});

describe('imports', () => {
  test('within a source: both records are named', async () => {
    const store = await openStore(memory());
    const source = lines({ id: 1, email: 'a' }, { id: 7, email: ['b', 'a'] });
    await expect(store.import(source, UNIQUE)).rejects.toMatchObject({
      ...violation('records 1 and 7', '"a"', 'unique index "email"', 'collection records'),
      file: source,
    });
    expect(store.collections()).toEqual([]);
    await store.close();
  });

  test('nulls, missing values, and a record that another one of the source replaces are no violation', async () => {
    const store = await openStore(scratch());
    const records = Array.from({ length: 2000 }, (_, i) => ({ id: i % 1000, email: `e${i % 1000}`, n: null, i }));
    const source = lines(...records, { id: 'x' }, { id: 'y' });
    await store.import(source, {
      key: 'id',
      uniqueIndexes: ['email', 'n', ['n', 'id']],
      spanBytes: 20_000,
      workers: 2,
    });
    expect(store.collection().count()).toBe(1002);
    expect(store.stat().format).toBe(4);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  });

  test.each(['upsert', 'insert'] as const)('%s: against records that are there', async (mode) => {
    const store = await withUsers();
    await expect(store.import(lines({ id: 9, email: 'b' }), { key: 'id', mode })).rejects.toMatchObject(
      violation('records 2 and 9', '"b"'),
    );
    expect(store.collection().count()).toBe(4);
    await store.import(lines({ id: 10, email: 'c' }), { key: 'id', mode });
    if (mode === 'upsert') {
      // Of the record itself, and of one that gives its value up.
      await store.import(lines({ id: 1, email: 'a', n: 1 }), { key: 'id', mode });
      await store.import(lines({ id: 1, email: 'z' }, { id: 2, email: 'a' }), { key: 'id', mode });
      expect(store.collection<{ email: string }>().getSync(2)?.email).toBe('a');
    }
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  });

  test('an upsert of many records', async () => {
    const store = await openStore(scratch());
    const many = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ id: from + i, email: `e${from + i}` }));
    await store.import(lines(...many(0, 3000)), UNIQUE);
    await store.import(lines(...many(3000, 6000)), { key: 'id', mode: 'upsert' });
    const clash = lines(...many(6000, 9000), { id: 'x', email: 'e17' });
    await expect(store.import(clash, { key: 'id', mode: 'upsert' })).rejects.toMatchObject(
      violation('17', '"x"', '"e17"'),
    );
    expect(store.collection().count()).toBe(6000);
    await store.close();
  });

  test('a watched folder: a value may move from a file that is removed to a new one', async () => {
    const store = await openStore(scratch());
    const folder = scratch();
    writeFileSync(join(folder, 'a.json'), '{"id":1,"email":"a"}');
    const told: unknown[] = [];
    store.on('warning', ({ error }) => told.push(error));
    const watch = async () => (await store.watch(folder, { collection: 'people', ...UNIQUE })).close();
    await watch();
    writeFileSync(join(folder, 'b.json'), '{"id":2,"email":"a"}');
    // It goes on with what is stored, and says why.
    await watch();
    expect(told).toMatchObject([violation('1 and 2')]);
    expect(store.collection('people').count()).toBe(1);
    writeFileSync(join(folder, 'a.json'), '{"id":1,"email":"other"}');
    // The first look may take one of the files alone, while the other has only just changed.
    await watch();
    expect(store.collection('people').count()).toBe(2);
    await store.close();
  });

  test('the rule stays with an index that imports keep, and goes with one that they name otherwise', async () => {
    const store = await withUsers();
    await store.dropIndex('records', 'email');
    await store.createIndex('records', 'email', { unique: true });
    await store.import(lines({ id: 1, email: 'a' }), { key: 'id', indexes: ['email'] });
    await expect(store.collection().put({ id: 2, email: 'a' })).rejects.toMatchObject(violation('1 and 2'));
    await store.dropIndex('records', 'email');
    await store.import(lines({ id: 1, email: 'a' }), { key: 'id', indexes: ['email'] });
    await store.collection().put({ id: 2, email: 'a' });
    const wrong = { key: 'id', mode: 'upsert', uniqueIndexes: ['email'] } as const;
    await expect(store.import(lines({ id: 3 }), wrong)).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
    await store.close();
  });
});

describe('createIndex', () => {
  test('names two records that have one value, and makes nothing', async () => {
    const store = await openStore(scratch());
    await store.import(lines({ id: 1, email: 'a' }, { id: 2, email: 'b' }), { key: 'id' });
    await store.collection().put({ id: 3, email: 'a' });
    const making = () => store.createIndex('records', 'email', { unique: true });
    await expect(making()).rejects.toMatchObject(violation('records 1 and 3', '"a"'));
    expect((await store.verify({ workers: 1 })).leftovers.trees).toEqual([]);
    await store.collection().delete(1);
    expect(await making()).toMatchObject({ created: true, entries: 2 });
    await store.createIndex('records', 'id');
    const other = store.createIndex('records', 'id', { unique: true });
    await expect(other).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
    await store.close();
  });

  test.each(['stays', 'is removed'])('a value that transactions repeat beside it, and that %s', async (what) => {
    const store = await openStore(scratch());
    await store.import(lines(...Array.from({ length: 3000 }, (_, id) => ({ id, email: `e${id}` }))), { key: 'id' });
    let beside: Promise<unknown> | undefined;
    const onProgress = ({ stage }: { readonly stage: string }) => {
      if (stage !== 'scan' || beside) return;
      // So many that they are added in rounds.
      const put = store.transaction((tx) => {
        for (let i = 0; i < 1500; i++) tx.collection('records').put({ id: `x${i}`, email: i < 10 ? `e${i}` : `x${i}` });
      });
      const removed = () =>
        store.transaction((tx) => {
          for (let i = 0; i < 10; i++) tx.collection('records').delete(i % 2 === 0 ? i : `x${i}`);
        });
      beside = what === 'stays' ? put : put.then(removed);
    };
    const made = store.createIndex('records', 'email', { unique: true, onProgress });
    const [index, changes] = await Promise.allSettled([
      made,
      made.then(
        () => beside,
        () => beside,
      ),
    ]);
    if (what === 'is removed' && index.status === 'rejected') {
      // It was published between the two.
      expect(index.reason).toMatchObject(violation('e\\d'));
      await store.createIndex('records', 'email', { unique: true });
    } else if (what === 'stays') {
      const refused = [index, changes].filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refused.map(({ reason }) => reason)).toMatchObject([violation('e\\d')]);
    }
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  });

  test('a value that is too long to be compared is refused', async () => {
    const store = await withUsers();
    const long = { id: 9, email: 'x'.repeat(5000) };
    const refused = { code: 'KEY_TOO_LONG', message: expect.stringContaining('record 9') };
    await expect(store.collection().put(long)).rejects.toMatchObject(refused);
    await expect(store.import(lines(long), { key: 'id', mode: 'upsert' })).rejects.toMatchObject(refused);
    await store.close();
  });
});

test('it stays after compaction, clear and a rename', async () => {
  const store = await withUsers(scratch());
  await store.collection().delete(1);
  await store.compact({ minDeadShare: 0 });
  await store.rename('records', 'users');
  await expect(store.collection('users').put({ id: 5, email: 'b' })).rejects.toMatchObject(violation('2 and 5'));
  await store.clear('users');
  await store.collection('users').put({ id: 5, email: 'b' });
  await expect(store.collection('users').put({ id: 6, email: 'b' })).rejects.toMatchObject(violation('5 and 6'));
  await store.close();
});

test('transactions refuse what a Map of values refuses, and nothing else', async () => {
  const id = fc.integer({ min: 0, max: 5 });
  const values = fc.array(fc.constantFrom('a', 'b', 'c', 'd', null), { maxLength: 3 });
  const step = fc.oneof(fc.record({ put: id, values }), fc.record({ patch: id, values }), fc.record({ remove: id }));
  const store = await openStore(memory());
  let n = 0;
  const transactions = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(transactions, async (all) => {
      const name = `c${n++}`;
      await store.transaction((tx) => tx.createCollection(name, { key: 'id', uniqueIndexes: ['v'] }));
      let model = new Map<number, readonly (string | null)[]>();
      for (const steps of all) {
        let next = model;
        const done = store.transaction((tx) => {
          next = new Map(model);
          const records = tx.collection<object>(name);
          for (const one of steps) {
            if ('remove' in one) records.delete(one.remove) && next.delete(one.remove);
            else if ('put' in one) {
              records.put({ id: one.put, v: one.values });
              next.set(one.put, one.values);
            } else if (records.patch(one.patch, { v: one.values })) next.set(one.patch, one.values);
          }
        });
        const failure: unknown = await done.then(
          () => undefined,
          (error) => error,
        );
        const taken = [...next.values()].flatMap((list) => [...new Set(list)].filter((value) => value !== null));
        if (new Set(taken).size === taken.length) {
          expect(failure).toBeUndefined();
          model = next;
        } else expect(failure).toMatchObject({ code: 'UNIQUE_VIOLATION' });
        expect(store.collection(name).count()).toBe(model.size);
      }
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      await store.drop(name);
    }),
    { numRuns: runs(40) },
  );
  await store.close();
});
