// Goal: what looks after a store, or changes it in other ways, keeps the versions of its collections: repair, backup, encryption, imports
// that keep the changes of transactions, indexes that are made later. What migrations hide comes back when they are undone.
// Method: one collection with three kinds of shards (of version 0, of version 1, inline), read before and after; examples whose
// outcome is known.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encryptStore, memory, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';

const OPS = [
  { op: 'rename', path: 'mail', to: 'email' },
  { op: 'remove', path: 'old' },
] as const;
const MIGRATION = { collection: 'things', from: 0, to: 1, ops: OPS };
const IMPORT = { collection: 'things', key: 'id', workers: 1 } as const;
const source = (records: readonly object[]) =>
  fileWith(records.map((record) => JSON.stringify(record)).join('\n'), 'things.ndjson');

/** Shards of both versions in files, and records of both that are inline. */
async function mixed(where: Parameters<typeof openStore>[0]): Promise<Store> {
  const store = await openStore(where, { hotSet: false });
  const old = Array.from({ length: 20 }, (_, id) => ({ id, mail: `m${id % 3}`, old: id }));
  await store.import(source(old), { ...IMPORT, indexes: ['mail'] });
  await store.collection('things').put({ id: 20, mail: 'm0', old: 'inline' });
  await store.evolve(MIGRATION, { workers: 1 });
  await store.import(
    source([
      { id: 21, email: 'm1' },
      { id: 22, email: 'm2' },
    ]),
    { ...IMPORT, mode: 'upsert' },
  );
  await store.collection('things').put({ id: 23, email: 'm2' });
  await store.collection('things').patch(4, { note: 1 });
  return store;
}

async function stateOf(store: Store) {
  const things = store.collection<{ id: number }>('things');
  const records = new Map<number, unknown>();
  for await (const { value } of things.range()) records.set(value.id, value);
  const byMail = new Map<unknown, unknown[]>();
  for await (const { key, primaryKey } of things.range({ index: 'email' })) {
    byMail.set(key, [...(byMail.get(key) ?? []), primaryKey]);
  }
  const { version, oldest } = await store.evolution('things');
  return { records, byMail, version, oldest };
}

test('a repair from the catalog, a backup and an encryption keep versions, and undoing brings back what was hidden', async () => {
  const directory = scratch();
  let store = await mixed(directory);
  const before = await stateOf(store);
  expect(before.records.get(3)).toEqual({ id: 3, email: 'm0' });
  expect(before.version).toBe(1);
  const copy = join(scratch(), 'copy');
  await store.backup(copy);
  await store.close();
  expect((await repairStore(directory, { workers: 1 })).lost).toEqual([]);
  const plain = { hotSet: false } as const;
  const sealed = { hotSet: false, encryption: { key: Buffer.alloc(32, 1) } };
  await encryptStore(copy, { encryption: sealed.encryption, keys: 'plaintext', workers: 1 });
  for (const [at, options] of [
    [directory, plain],
    [copy, sealed],
  ] as const) {
    store = await openStore(at, options);
    expect(await stateOf(store)).toEqual(before);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.compact({ migrate: true, minDeadShare: 0 });
    expect(await stateOf(store)).toEqual(before);
    await store.undoMigrations('things', 0, { workers: 1 });
    const things = store.collection('things');
    expect(things.getSync(3)).toEqual({ id: 3, mail: 'm0', old: 3 });
    expect(things.getSync(4)).toEqual({ id: 4, mail: 'm1', old: 4, note: 1 });
    expect(things.getSync(20)).toEqual({ id: 20, mail: 'm0', old: 'inline' });
    expect(things.getSync(23)).toEqual({ id: 23, mail: 'm2' });
    await store.close();
  }
});

test('an index that is made later, and the profile, are of records in the version of the collection', async () => {
  const store = await mixed(memory());
  await store.createIndex('things', 'note');
  await store.dropIndex('things', 'email');
  await store.createIndex('things', { path: 'email', unique: false });
  const { byMail } = await stateOf(store);
  expect([...byMail].map(([key, ids]) => [key, ids.length])).toEqual([
    ['m0', 8],
    ['m1', 8],
    ['m2', 8],
  ]);
  const names = (await store.collection('things').schema()).rows().map(({ path }) => path);
  expect(names).toContain('email');
  expect(names).not.toContain('mail');
  await store.close();
});

test('an import keeps patches of its own version, and the whole record where the patches are of another', async () => {
  const store = await mixed(memory());
  const things = store.collection('things');
  await things.patch(5, { note: 'old' });
  await store.evolve({ ...MIGRATION, from: 1, to: 2, ops: [{ op: 'add', path: 'added', value: 0 }] }, { workers: 1 });
  await things.patch(6, { note: 'new' });
  const again = [5, 6, 7].map((id) => ({ id, email: 'again', added: 1 }));
  await store.import(source(again), { ...IMPORT, mode: 'upsert', changes: 'keep' });
  expect(things.getSync(5)).toEqual({ id: 5, email: 'm2', note: 'old', added: 0 });
  expect(things.getSync(6)).toEqual({ id: 6, email: 'again', added: 1, note: 'new' });
  expect(things.getSync(7)).toEqual({ id: 7, email: 'again', added: 1 });
  await store.close();
});

test('a unique index stays unique, keys stay, and what a migration cannot do is refused with nothing changed', async () => {
  const store = await openStore(memory());
  await store.import(
    source([
      { id: 1, a: 'x', b: 1 },
      { id: 2, a: 'y', b: 2 },
    ]),
    { ...IMPORT, uniqueIndexes: ['a'] },
  );
  const evolve = (...ops: readonly object[]) =>
    store.evolve({ collection: 'things', from: 0, to: 1, ops } as never, { workers: 1 });
  await expect(evolve({ op: 'map', path: 'a', values: [['x', 'y']], otherwise: 'y' })).rejects.toMatchObject({
    code: 'UNIQUE_VIOLATION',
  });
  await expect(evolve({ op: 'wrap', path: 'id' })).rejects.toMatchObject({ code: 'MIGRATION_REFUSED' });
  await expect(evolve({ op: 'rename', path: 'b', to: 'a' })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(evolve({ op: 'call', name: 'f', version: 1 })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await expect(evolve({ op: 'renam', path: 'b', to: 'c' })).rejects.toMatchObject({ code: 'BAD_MIGRATION' });
  expect(await store.evolution('things')).toMatchObject({ version: 0, migrations: [] });
  await evolve({ op: 'rename', path: 'id', to: 'key' }, { op: 'rename', path: 'a', to: 'c' });
  expect(store.collection('things').getSync(2)).toEqual({ key: 2, c: 'y', b: 2 });
  expect(store.collection('things').stat().indexes).toMatchObject([{ path: 'key' }, { path: 'c', unique: true }]);
  await expect(store.collection('things').put({ key: 3, c: 'x' })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
  await store.undoMigrations('things', 0, { workers: 1 });
  expect(store.collection('things').getSync(2)).toEqual({ id: 2, a: 'y', b: 2 });
  await store.close();
});
