// Goal: whatever a callback does with what it holds, the store is sound afterwards, and every way of reading it agrees with
// every other. Method: each misuse on a real store, then all reads against each other and `verify`; twice, the second time
// after opening the store again.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CollectionOptions,
  memory,
  openStore,
  type Snapshot,
  type Store,
  type Transaction,
  type TransactionCollection,
} from '../dist/src/index.js';
import { MergeUnderWay } from '../dist/src/update/transaction-work.js';
import { temporaryDirectory } from './support/build-store.js';

interface Row {
  readonly id: number;
  readonly tag: string;
}

const ROWS: readonly Row[] = [
  { id: 1, tag: 'a' },
  { id: 2, tag: 'b' },
];

let directory: ReturnType<typeof temporaryDirectory>;
let store: Store;

beforeEach(async () => {
  directory = temporaryDirectory();
  store = await openStore(`${directory.path}/store`);
  await store.transaction((tx) => {
    const rows = tx.createCollection<Row>('rows', { key: 'id', indexes: ['tag'] });
    for (const row of ROWS) rows.put(row);
    tx.createCollection('numbered').put({ n: 0 });
  });
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The store has these rows, however it is asked, and one record without a key. */
async function expectSound(expected: readonly Row[] = ROWS, others: readonly string[] = []): Promise<void> {
  const check = async () => {
    const rows = store.collection<Row>('rows');
    expect(store.collections()).toEqual(['numbered', 'rows', ...others].sort());
    expect(rows.count()).toBe(expected.length);
    expect((await all(rows.range())).map(({ value }) => value)).toEqual(expected);
    const scanned = (await all(rows.scan())).map(({ value }) => value);
    expect(scanned.sort((left, right) => left.id - right.id)).toEqual(expected);
    for (const row of expected) {
      expect([rows.getSync(row.id), await rows.get(row.id), rows.has(row.id)]).toEqual([row, row, true]);
      expect(await all(rows.find('tag', row.tag))).toContainEqual(row);
    }
    expect((await all(rows.range({ index: 'tag' }))).length).toBe(expected.length);
    const numbered = store.collection('numbered');
    expect([numbered.count(), (await all(numbered.scan())).length]).toEqual([1, 1]);
    expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  };
  await check();
  await store.close();
  store = await openStore(`${directory.path}/store`);
  await check();
}

/** Everything that can be called on an object, with its own prototype's names, private and symbol ones too. */
function namesOf(object: object): string[] {
  const prototype = Object.getPrototypeOf(object) as object;
  return [...Reflect.ownKeys(object), ...Reflect.ownKeys(prototype)]
    .map(String)
    .filter((name) => name !== 'constructor');
}

/** All a transaction can be asked for. */
const USES: readonly (readonly [string, (tx: Transaction, rows: TransactionCollection<Row>) => unknown])[] = [
  ['collection', (tx) => tx.collection('rows')],
  ['createCollection', (tx) => tx.createCollection('late')],
  ['get', (_, rows) => rows.get(1)],
  ['getText', (_, rows) => rows.getText(1)],
  ['has', (_, rows) => rows.has(1)],
  ['count', (_, rows) => rows.count()],
  ['put', (_, rows) => rows.put({ id: 9, tag: 'z' })],
  ['putText', (_, rows) => rows.putText('{"id":9,"tag":"z"}')],
  ['patch', (_, rows) => rows.patch(1, { tag: 'z' })],
  ['patchText', (_, rows) => rows.patchText(1, '{"tag":"z"}')],
  ['delete', (_, rows) => rows.delete(1)],
];

describe('what a callback holds', () => {
  test('has its public members and no others', async () => {
    await store.transaction((tx) => {
      expect(namesOf(tx).sort()).toEqual(['collection', 'createCollection']);
      const names = USES.map(([name]) => name).filter((name) => !namesOf(tx).includes(name));
      expect(namesOf(tx.collection('rows')).sort()).toEqual(names.sort());
      expect(namesOf(tx.createCollection('new')).sort()).toEqual(names);
      // Nor does the class have what would reach into it.
      for (const held of [tx, tx.collection('rows')]) {
        expect(Reflect.ownKeys(held.constructor).sort()).toEqual(['length', 'name', 'prototype']);
      }
    });
    await expectSound(ROWS, ['new']);
  });

  test('a place in memory has no way to its catalog and its files', () => {
    expect(namesOf(memory())).toEqual(['read']);
  });

  test('the sources of a watcher cannot be changed', async () => {
    const watcher = await store.watch(directory.path, { collection: 'watched' });
    expect(() => (watcher.sources as string[]).push('/elsewhere')).toThrow(TypeError);
    await watcher.close();
  });
});

describe('what is kept of a transaction that is over', () => {
  const ends: readonly (readonly [string, (keep: (tx: Transaction) => void) => Promise<unknown>])[] = [
    ['by its commit', (keep) => store.transaction(keep)],
    [
      'by a throw',
      (keep) =>
        store
          .transaction((tx) => {
            keep(tx);
            throw new Error('midway');
          })
          .catch(() => {}),
    ],
    [
      'by a promise',
      (keep) =>
        store
          .transaction((tx) => {
            keep(tx);
            return Promise.resolve();
          })
          .catch(() => {}),
    ],
  ];

  test.each(ends)('%s does nothing, outside and in the callback of another one', async (_, end) => {
    let kept: { readonly tx: Transaction; readonly rows: TransactionCollection<Row> } | undefined;
    await end((tx) => {
      kept = { tx, rows: tx.collection('rows') };
    });
    const { tx, rows } = kept!;
    const refused = new TypeError('a transaction can be used within its callback only');
    for (const [, use] of USES) expect(() => use(tx, rows)).toThrow(refused);
    await store.transaction((another) => {
      another.collection('rows').put({ id: 3, tag: 'c' });
      for (const [, use] of USES) expect(() => use(tx, rows)).toThrow(refused);
    });
    await expectSound([...ROWS, { id: 3, tag: 'c' }]);
  });
});

describe('another transaction within the callback', () => {
  const refused = new TypeError('a transaction cannot begin within the callback of another one');

  test.each([
    ['of the same store', async () => store],
    // LMDB would wait for ever for the lock that this thread holds.
    ['of another store object of the directory', () => openStore(`${directory.path}/store`)],
    // Two processes would wait for each other, where each has begun with another one.
    ['of another store', () => openStore(memory())],
  ])('%s is refused', async (_, open) => {
    const other = await open();
    const inner: Promise<unknown>[] = [];
    await store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      inner.push(other.transaction((nested) => nested.createCollection('nested')));
      inner.push(other.transaction(() => tx.collection('rows').delete(1)));
      for (const refusal of inner) refusal.catch(() => {});
      tx.collection('rows').put({ id: 4, tag: 'd' });
    });
    for (const refusal of inner) await expect(refusal).rejects.toThrow(refused);
    // It is over with the callback.
    await other.transaction(() => {});
    if (other !== store) await other.close();
    await expectSound([...ROWS, { id: 3, tag: 'c' }, { id: 4, tag: 'd' }]);
  });

  test('by a collection is refused', async () => {
    const inner: Promise<unknown>[] = [];
    await store.transaction(() => {
      const rows = store.collection<Row>('rows');
      inner.push(rows.put({ id: 3, tag: 'c' }), rows.putText('{"id":3}'), rows.patch(1, {}), rows.delete(1));
      for (const refusal of inner) refusal.catch(() => {});
    });
    for (const refusal of inner) await expect(refusal).rejects.toThrow(refused);
    await expectSound();
  });
});

describe('methods of the store within the callback', () => {
  test('read what was committed before, new collections not yet', async () => {
    let snapshot: Snapshot | undefined;
    await store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      tx.createCollection('new', { key: 'id' }).put({ id: 1 });
      const rows = store.collection<Row>('rows');
      expect([rows.count(), rows.getSync(3), rows.has(1)]).toEqual([2, undefined, true]);
      expect(store.collections()).toEqual(['numbered', 'rows']);
      expect(store.stat().collections.map(({ name }) => name)).toEqual(['numbered', 'rows']);
      expect(() => store.collection('new')).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
      snapshot = store.snapshot();
      expect(snapshot.collection('rows').count()).toBe(2);
    });
    expect(snapshot!.collection('rows').count()).toBe(2);
    expect(snapshot!.collections()).toEqual(['numbered', 'rows']);
    snapshot!.release();
    expect(store.collection('new').count()).toBe(1);
    await expectSound([...ROWS, { id: 3, tag: 'c' }], ['new']);
  });

  test('that take long begin when it is over', async () => {
    const begun: Promise<unknown>[] = [];
    await store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      begun.push(store.compact(), store.verify({ workers: 1 }), store.warm({ collection: 'rows', whole: true }));
    });
    await Promise.all(begun);
    expect(await begun[1]).toMatchObject({ isSound: true });
    await expectSound([...ROWS, { id: 3, tag: 'c' }]);
  });

  test('close: what it has changed is committed, and the store closed', async () => {
    let closing: Promise<void> | undefined;
    await store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      closing = store.close();
      tx.collection('rows').put({ id: 4, tag: 'd' });
    });
    await closing;
    store = await openStore(`${directory.path}/store`);
    await expectSound([...ROWS, { id: 3, tag: 'c' }, { id: 4, tag: 'd' }]);
  });

  test('do not keep a collection that came to nothing: one of its name may be another', async () => {
    const made = store.transaction((tx) => {
      tx.createCollection('new', { key: 'id', indexes: ['left'] });
      expect(() => store.collection('new')).toThrow();
      throw new Error('midway');
    });
    await expect(made).rejects.toThrow('midway');
    await store.transaction((tx) =>
      tx.createCollection('new', { key: 'id', indexes: ['right'] }).put({ id: 1, right: 7 }),
    );
    expect(await all(store.collection('new').find('right', 7))).toEqual([{ id: 1, right: 7 }]);
    expect(store.collection('new').count()).toBe(1);
    await expectSound(ROWS, ['new']);
  });
});

describe('a callback', () => {
  test('that throws midway leaves nothing, whatever it has changed', async () => {
    const failed = store.transaction((tx) => {
      const rows = tx.collection<Row>('rows');
      rows.put({ id: 3, tag: 'c' });
      rows.delete(1);
      rows.patch(2, { tag: 'x' });
      tx.collection('numbered').put({ n: 1 });
      tx.createCollection('new').put({});
      throw new Error('midway');
    });
    await expect(failed).rejects.toThrow('midway');
    await expectSound();
  });

  test('that is async changes nothing, neither before nor after its first await', async () => {
    let late: unknown;
    const failed = store.transaction(async (tx) => {
      const rows = tx.collection<Row>('rows');
      rows.delete(1);
      await Promise.resolve();
      try {
        rows.put({ id: 3, tag: 'c' });
      } catch (error) {
        late = error;
      }
    });
    await expect(failed).rejects.toThrow('must not be async');
    expect(late).toBeInstanceOf(TypeError);
    await expectSound();
  });

  test.each([undefined, null, 'rows', {}, Promise.resolve()])('that is none (%s) is refused', async (change) => {
    await expect(store.transaction(change as never)).rejects.toThrow('a transaction needs a function');
    await expectSound();
  });

  test('that makes a collection twice is told so, and goes on with the first', async () => {
    await store.transaction((tx) => {
      const made = tx.createCollection<Row>('new', { key: 'id' });
      const exists = expect.objectContaining({ code: 'COLLECTION_EXISTS' });
      expect(() => tx.createCollection('new')).toThrow(exists);
      expect(() => tx.createCollection('rows')).toThrow(exists);
      expect(() => tx.createCollection('bad', { key: 'a..b' })).toThrow(TypeError);
      expect(() => tx.createCollection('bad', { index: ['a'] } as CollectionOptions)).toThrow(TypeError);
      expect(tx.collection('new')).toBe(made);
      tx.createCollection('second', { key: 'id', indexes: ['tag'] }).put({ id: 1, tag: 'z' });
      made.put({ id: 1, tag: 'y' });
    });
    const [made, second] = [store.collection<Row>('new'), store.collection<Row>('second')];
    expect([made.getSync(1), second.getSync(1)]).toEqual([
      { id: 1, tag: 'y' },
      { id: 1, tag: 'z' },
    ]);
    expect(await all(second.find('tag', 'z'))).toEqual([{ id: 1, tag: 'z' }]);
    await expectSound(ROWS, ['new', 'second']);
  });

  test('that catches what tells of an import under way begins again all the same', async () => {
    const { transact } = await import('../dist/src/update/transact.js');
    const { LmdbCatalog } = await import('../dist/src/store/lmdb-catalog.js');
    const catalog = await LmdbCatalog.open(`${directory.path}/store`, { create: false, readOnly: false });
    let runs = 0;
    const stop = new AbortController();
    const changing = transact(
      catalog,
      (name) => {
        // As it is thrown where an import is merging; there is none, so the second time it is over.
        throw runs === 1 ? new MergeUnderWay(name) : new Error('second run');
      },
      (tx) => {
        runs++;
        tx.collection('rows');
      },
      stop.signal,
    );
    await expect(changing).rejects.toThrow('second run');
    expect(runs).toBe(2);
    await catalog.close();
    await expectSound();
  });
});
