// Goal: what the callback of a transaction holds does nothing but what it is for, and nothing once it is over; the store is
// sound afterwards, and every way of reading it agrees with every other. Method: each misuse on a real store, then all reads
// against each other and `verify` (support/misuse.ts).

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memory, openStore, type Transaction, type TransactionCollection } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { Misused, ROWS, type Row } from '../support/misuse.js';

let misused: Misused;

beforeEach(async () => {
  misused = await Misused.begin();
});
afterEach(() => misused.end());

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
  ['deleteRange', (_, rows) => rows.deleteRange({ gte: 1 })],
];

describe('what a callback holds', () => {
  test('has its public members and no others', async () => {
    await misused.store.transaction((tx) => {
      expect(namesOf(tx).sort()).toEqual(['collection', 'createCollection']);
      const names = USES.map(([name]) => name).filter((name) => !namesOf(tx).includes(name));
      expect(namesOf(tx.collection('rows')).sort()).toEqual(names.sort());
      expect(namesOf(tx.createCollection('new')).sort()).toEqual(names);
      // Nor does the class have what would reach into it.
      for (const held of [tx, tx.collection('rows')]) {
        expect(Reflect.ownKeys(held.constructor).sort()).toEqual(['length', 'name', 'prototype']);
      }
    });
    await misused.expectSound(ROWS, ['new']);
  });

  test('a place in memory has no way to its catalog and its files', () => {
    expect(namesOf(memory())).toEqual(['read']);
  });

  test('the sources of a watcher cannot be changed', async () => {
    const watcher = await misused.store.watch(fileWith('{}'), { collection: 'watched' });
    expect(() => (watcher.sources as string[]).push('/elsewhere')).toThrow(TypeError);
    await watcher.close();
  });
});

describe('what is kept of a transaction that is over', () => {
  const ends: readonly (readonly [string, (keep: (tx: Transaction) => void) => Promise<unknown>])[] = [
    ['by its commit', (keep) => misused.store.transaction(keep)],
    [
      'by a throw',
      (keep) =>
        misused.store
          .transaction((tx) => {
            keep(tx);
            throw new Error('midway');
          })
          .catch(() => {}),
    ],
    [
      'by a promise',
      (keep) =>
        misused.store
          // It does not compile, so it is a program in JavaScript that does this.
          .transaction(((tx: Transaction) => {
            keep(tx);
            return Promise.resolve();
          }) as never)
          .catch(() => {}),
    ],
  ];

  test.each(ends)('%s does nothing, outside and in the callback of another one', async (_, end) => {
    let kept: { readonly tx: Transaction; readonly rows: TransactionCollection<Row> } | undefined;
    await end((tx) => {
      kept = { tx, rows: tx.collection('rows') };
    });
    const { tx, rows } = kept!;
    const refused = new TypeError('a transaction can be used only inside its callback');
    for (const [, use] of USES) expect(() => use(tx, rows)).toThrow(refused);
    await misused.store.transaction((another) => {
      another.collection('rows').put({ id: 3, tag: 'c' });
      for (const [, use] of USES) expect(() => use(tx, rows)).toThrow(refused);
    });
    await misused.expectSound([...ROWS, { id: 3, tag: 'c' }]);
  });
});

describe('another transaction within the callback', () => {
  const refused = new TypeError('a transaction cannot begin within the callback of another one');

  test.each([
    ['of the same store', async () => misused.store],
    // LMDB would wait for ever for the lock that this thread holds.
    ['of another store object of the directory', () => openStore(misused.path)],
    // Two processes would wait for each other, where each has begun with another one.
    ['of another store', () => openStore(memory())],
  ])('%s is refused', async (_, open) => {
    const other = await open();
    const inner: Promise<unknown>[] = [];
    await misused.store.transaction((tx) => {
      tx.collection('rows').put({ id: 3, tag: 'c' });
      inner.push(other.transaction((nested) => nested.createCollection('nested')));
      inner.push(other.transaction(() => tx.collection('rows').delete(1)));
      for (const refusal of inner) refusal.catch(() => {});
      tx.collection('rows').put({ id: 4, tag: 'd' });
    });
    for (const refusal of inner) await expect(refusal).rejects.toThrow(refused);
    // It is over with the callback.
    await other.transaction(() => {});
    if (other !== misused.store) await other.close();
    await misused.expectSound([...ROWS, { id: 3, tag: 'c' }, { id: 4, tag: 'd' }]);
  });

  test('by a collection is refused', async () => {
    const inner: Promise<unknown>[] = [];
    await misused.store.transaction(() => {
      const rows = misused.store.collection<Row>('rows');
      inner.push(rows.put({ id: 3, tag: 'c' }), rows.putText('{"id":3}'), rows.patch(1, {}), rows.delete(1));
      for (const refusal of inner) refusal.catch(() => {});
    });
    for (const refusal of inner) await expect(refusal).rejects.toThrow(refused);
    await misused.expectSound();
  });
});
