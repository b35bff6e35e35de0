// Goal: an index made from the shards alone is unique, and kept by imports, as it was; where that cannot be, the report says so.
// Method: the index directory removed; puts that a unique index refuses, imports that name no index, and what is reported.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';

const UNIQUE = { path: 'email', unique: true } as const;
const source = () =>
  fileWith(Array.from({ length: 20 }, (_, id) => JSON.stringify({ id, email: `e${id}`, n: id % 3 })).join('\n'));
const factsOf = (store: Store) =>
  store
    .collection()
    .stat()
    .indexes.map(({ path, unique, kept }) => ({ path, unique, kept }));

/** Loses the catalog and repairs the store. */
async function withoutCatalog(store: Store) {
  await store.close();
  rmSync(join(store.directory, 'index'), { recursive: true });
  const { from, lost, notes } = await repairStore(store.directory, { workers: 1 });
  expect({ from, lost }).toEqual({ from: 'shards', lost: [] });
  const repaired = await openStore(store.directory);
  onTestFinished(() => repaired.close());
  expect((await repaired.verify({ workers: 1 })).faults).toEqual([]);
  return { notes, store: repaired };
}

test('it is unique, and kept, as it was', async () => {
  const store = await openStore(scratch());
  await store.import(source(), { key: 'id' });
  await store.createIndex('records', UNIQUE);
  await store.createIndex('records', 'n');
  await store.import(source(), { key: 'id', indexes: [{ path: 'id', unique: true }] });
  const before = factsOf(store);
  const { store: repaired, notes } = await withoutCatalog(store);
  expect(notes).toHaveLength(1);
  expect(factsOf(repaired)).toEqual(before);
  expect(repaired.stat().format).toBe(4);
  await expect(repaired.collection().put({ id: 99, email: 'e7' })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
  await repaired.import(source(), { key: 'id' });
  expect(factsOf(repaired).map(({ path }) => path)).toEqual(['id', 'email', 'n']);
});

test('an index made after the import, but before a compacted transaction, is there', async () => {
  const store = await openStore(scratch());
  await store.import(source(), { key: 'id' });
  await store.createIndex('records', UNIQUE);
  await store.collection().put({ id: 20, email: 'e20' });
  await store.compact();
  const before = factsOf(store);
  const { store: repaired } = await withoutCatalog(store);
  expect(factsOf(repaired)).toEqual(before);
});

test('a deleted record is back, and another one has its value: the report says that the index is not unique', async () => {
  const store = await openStore(scratch());
  await store.import(source(), { key: 'id', indexes: [UNIQUE, 'n'] });
  await store.collection().delete(4);
  await store.collection().put({ id: 20, email: 'e4' });
  await store.compact({ minDeadShare: 1 });
  const { store: repaired, notes } = await withoutCatalog(store);
  expect(repaired.collection().count()).toBe(21);
  expect(notes[1]).toMatch(
    /^Index "email" of collection records is not unique any more, because the records with ordinals 4 and 20 have the same value/,
  );
  expect(factsOf(repaired)).toEqual([
    { path: 'id', unique: true, kept: false },
    { path: 'n', unique: false, kept: false },
    { path: 'email', unique: false, kept: false },
  ]);
});
