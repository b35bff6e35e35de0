// Goal: what users hold carries its public members and nothing else, at run time as in types. Method: each object and its
// prototypes are walked, and compared with what docs/api.md, which is made from the types, lists for it.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { memory, migration, openStore, type Store } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { membersInReference, membersOf, staticsOf } from '../support/reference.js';

let store: Store;
beforeAll(async () => {
  store = await openStore(memory(), { config: false });
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }).put({ id: 1 }));
});
afterAll(() => store.close());

/** @returns what `within` makes in a callback */
const inTransaction = (within: Parameters<Store['transaction']>[0]) => store.transaction(within) as Promise<object>;
const rows = () => store.collection('rows');

test.each<[string, () => object | Promise<object | undefined> | undefined]>([
  ['Store', () => store],
  ['Collection', () => rows()],
  ['Snapshot', () => store.snapshot()],
  ['ReadableCollection', () => store.snapshot().collection('rows')],
  ['Transaction', () => inTransaction((tx) => tx)],
  ['TransactionCollection', () => inTransaction((tx) => tx.collection('rows'))],
  ['Watcher', () => store.watch(fileWith('{}'), { collection: 'watched' })],
  ['Memory', () => memory()],
  ['Quarantine', () => store.quarantine],
  ['Audit', () => store.audit],
  ['Schema', () => rows().schema()],
  ['Row', () => rows().first()],
  ['Row', async () => (await rows().scan().next()).value],
  ['Row', () => inTransaction((tx) => tx.collection('rows').first()!)],
  ['TextRow', async () => (await rows().rangeText().next()).value],
  ['TextRow', async () => (await rows().scanText().next()).value],
  ['MigrationBuilder', () => migration('rows', { from: 0 })],
])('%s', async (name, make) => {
  const object = (await make()) as object;
  const expected = membersInReference(name);
  expect(expected).not.toEqual([]);
  expect(membersOf(object)).toEqual(expected);
  expect(staticsOf(object)).toEqual([]);
});
