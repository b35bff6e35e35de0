// Goal: changes that are called without waiting for one another take effect in the order of their calls, each as if it were
// alone; none fails because of another; none is lost when the store is closed. The same in a directory and in memory.
// Method: random transactions, some of which throw, called all at once, beside a Map that they are applied to one by one.
// @encrypted: its stores are made with the options of the environment

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type KeyPart, memory, openStore, type Store, type Transaction } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { all } from '../support/misuse.js';

interface Row {
  readonly id: number;
  readonly tag?: string;
  readonly n?: number;
}

/** One step of a transaction, or of a collection's own method. */
type Step = { readonly what: 'put' | 'patch' | 'delete'; readonly id: number; readonly n: number };
interface Call {
  readonly steps: readonly Step[];
  readonly throws: boolean;
  readonly how: 'transaction' | 'own' | 'sync';
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('put', 'patch', 'delete'),
  id: fc.integer({ min: 0, max: 5 }),
  n: fc.integer({ min: 0, max: 99 }),
});
const anyCall: fc.Arbitrary<Call> = fc.record({
  steps: fc.array(anyStep, { minLength: 1, maxLength: 4 }),
  throws: fc.boolean(),
  how: fc.constantFrom('transaction', 'transaction', 'own', 'own', 'own', 'sync'),
});

/** What a Map says to a step; a record that is put or patched moves to the end. */
function applied(model: Map<number, Row>, { what, id, n }: Step): unknown {
  const before = model.get(id);
  if (what === 'delete') return model.delete(id);
  if (what === 'patch' && before === undefined) return false;
  model.delete(id);
  model.set(id, what === 'put' ? { id, tag: `t${n % 3}`, n } : { ...before!, n });
  return what === 'put' ? id : true;
}

function onTransaction(tx: Transaction, { what, id, n }: Step): unknown {
  const rows = tx.collection<Row>('rows');
  if (what === 'put') return rows.put({ id, tag: `t${n % 3}`, n });
  return what === 'patch' ? rows.patch(id, { n }) : rows.delete(id);
}

function onCollection(store: Store, { what, id, n }: Step): Promise<unknown> {
  const rows = store.collection<Row>('rows');
  if (what === 'put') return rows.put({ id, tag: `t${n % 3}`, n });
  return what === 'patch' ? rows.patch(id, { n }) : rows.delete(id);
}

async function newStore(where: string | ReturnType<typeof memory>): Promise<Store> {
  const store = await openStore(where);
  await store.transaction((tx) => tx.createCollection('rows', { key: 'id', indexes: ['tag'] }));
  return store;
}

const PLACES = [
  ['a directory', () => `${scratch()}/store`],
  ['memory', () => memory()],
] as const;

describe.each(PLACES)('in %s', (_, place) => {
  test('calls give what they give one after another, whichever of them throw', async () => {
    const property = fc.asyncProperty(fc.array(anyCall, { minLength: 1, maxLength: 30 }), async (calls) => {
      const where = place();
      const store = await newStore(where);
      const model = new Map<number, Row>();
      const expected: unknown[] = [];
      const outcomes: Promise<unknown>[] = [];
      for (const { steps, throws, how } of calls) {
        const next = how === 'own' ? model : new Map(model);
        if (how === 'own') {
          for (const step of steps) {
            expected.push(applied(next, step));
            outcomes.push(onCollection(store, step));
          }
          continue;
        }
        const run = (tx: Transaction) => {
          const results = steps.map((step) => onTransaction(tx, step));
          if (throws) throw new Error('thrown');
          return results;
        };
        const results = steps.map((step) => applied(next, step));
        expected.push(throws ? 'thrown' : results);
        const failed = (error: Error) => error.message;
        if (how === 'transaction') outcomes.push(store.transaction(run).catch(failed));
        else outcomes.push((async () => store.transactionSync(run))().catch(failed));
        if (throws) continue;
        model.clear();
        for (const [id, row] of next) model.set(id, row);
      }
      expect(await Promise.all(outcomes)).toEqual(expected);
      await expectRows(store, [...model.values()]);
      await store.close();
      const again = await openStore(where);
      await expectRows(again, [...model.values()]);
      expect(await again.verify()).toMatchObject({ isSound: true });
      await again.close();
    });
    await fc.assert(property, { numRuns: runs(25) });
  });

  test('a hundred thousand puts at once are all stored, in order, and others have their turn meanwhile', async () => {
    const COUNT = 100_000;
    const store = await newStore(place());
    const rows = store.collection<Row>('rows');
    let acknowledged = 0;
    const puts = Array.from({ length: COUNT }, (_, n) =>
      rows.put({ id: n % 50_000, n }).then(() => {
        acknowledged++;
      }),
    );
    let isOver = false;
    const over = Promise.all(puts).finally(() => {
      isOver = true;
    });
    const seen = new Set<number>();
    while (!isOver) {
      seen.add(acknowledged);
      await setImmediate();
    }
    await over;
    // Not all in one turn: a group has a budget.
    expect(seen.size).toBeGreaterThan(10);
    expect(rows.count()).toBe(50_000);
    for (const id of [0, 1, 24_999, 49_999]) expect(rows.getSync(id)).toEqual({ id, n: id + 50_000 });
    await store.close();
  }, 240_000);

  test('a change takes its arguments as they are when it is called', async () => {
    const store = await newStore(place());
    const rows = store.collection<Row>('rows');
    const [first, second] = [
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ];
    const patch = { n: 3 };
    const key: KeyPart[] = [1];
    const changes = [rows.put(first), rows.put(second), rows.patch(2, patch)];
    Object.assign(first, { id: 7, n: 7 });
    Object.assign(patch, { n: 7 });
    const refused = rows.delete(key).catch((error: Error) => error.constructor.name);
    expect(await Promise.all([...changes, refused])).toEqual([1, 2, true, 'TypeError']);
    expect((await all(rows.scan())).map(({ value }) => value)).toEqual([
      { id: 1, n: 1 },
      { id: 2, n: 3 },
    ]);
    await store.close();
  });

  test('a bad record, a missing collection and a callback that throws fail alone', async () => {
    const store = await newStore(place());
    const rows = store.collection<Row>('rows');
    const outcomes = await Promise.allSettled([
      rows.put({ id: 1 }),
      rows.put({ name: 'no key' } as never),
      rows.put({ id: 2 }),
      rows.putText('{"id":3'),
      store.transaction((tx) => tx.collection('missing')),
      store.transaction((tx) => {
        tx.createCollection('made', { key: 'id' }).put({ id: 1 });
        tx.collection('rows').delete(1);
        throw new RangeError('thrown');
      }),
      rows.patch(1, { n: 1 }),
      store.transaction((tx) => tx.createCollection('made').put('another')),
      store.transaction((tx) => tx.collection('made').put('after it')),
      rows.put({ id: 'x'.repeat(5_000) } as never),
      rows.put({ id: 4 }),
    ]);
    const said = outcomes.map((one) =>
      one.status === 'fulfilled' ? one.value : (one.reason.code ?? one.reason.message),
    );
    expect(said).toEqual([
      1,
      'BAD_RECORD',
      2,
      'BAD_RECORD',
      'COLLECTION_NOT_FOUND',
      'thrown',
      true,
      0,
      1,
      'KEY_TOO_LONG',
      4,
    ]);
    expect((await all(rows.range())).map(({ value }) => value)).toEqual([{ id: 1, n: 1 }, { id: 2 }, { id: 4 }]);
    expect((await all(store.collection('made').scan())).map(({ value }) => value)).toEqual(['another', 'after it']);
    await store.close();
  });

  test('closing commits what was called before, and refuses what comes after', async () => {
    const where = place();
    const store = await newStore(where);
    const rows = store.collection<Row>('rows');
    const puts = Array.from({ length: 2_000 }, (_, id) => rows.put({ id }));
    const closing = store.close();
    await expect(rows.put({ id: 1 })).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect(() => rows.getSync(1)).toThrow(expect.objectContaining({ code: 'STORE_CLOSED' }));
    expect(await Promise.all(puts)).toEqual(Array.from({ length: 2_000 }, (_, id) => id));
    await closing;
    const again = await openStore(where);
    expect(again.collection('rows').count()).toBe(2_000);
    await again.close();
  });
});

async function expectRows(store: Store, expected: readonly Row[]): Promise<void> {
  const rows = store.collection<Row>('rows');
  expect(rows.count()).toBe(expected.length);
  expect((await all(rows.scan())).map(({ value }) => value)).toEqual(expected);
  const byKey = [...expected].sort((left, right) => left.id - right.id);
  expect((await all(rows.range())).map(({ value }) => value)).toEqual(byKey);
  for (const tag of ['t0', 't1', 't2']) {
    const found = (await all(rows.find('tag', tag))).map(({ value }) => value);
    expect(found.sort((left, right) => left.id - right.id)).toEqual(byKey.filter((row) => row.tag === tag));
  }
}
