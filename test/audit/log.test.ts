// Goal: the audit log goes on through repairs, backups and older versions, or says that it does not; what it takes is bounded; what
// is asked of it is found. Method: real stores, one of them damaged, one put back from a backup, one changed as a gristmill
// without a log changes it.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memory, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { checkpointOf } from '../../dist/src/store/audit/checkpoint.js';
import { LmdbCatalog } from '../../dist/src/store/lmdb/catalog.js';
import { opened } from '../support/edited-rows.js';
import { scratch } from '../support/import-files.js';
import { all } from '../support/misuse.js';

test('a repair keeps the log; where its chain is broken, a new one begins and says so', async () => {
  const path = join(scratch(), 'store');
  const store = await openStore(path);
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }).put({ id: 1 }));
  for (let id = 0; id < 5; id++) await store.collection('rows').put({ id });
  const { line } = (await store.audit.checkpoint())!;
  await store.close();
  expect((await repairStore(path, { why: 'test' })).notes).toEqual([]);
  const repaired = await opened(path);
  expect(await repaired.audit.verify({ since: line })).toMatchObject({ isSound: true, entries: 7, unlogged: 0 });
  expect((await all(repaired.audit.log())).at(-1)).toMatchObject({ operation: 'repair', why: 'test', result: 'done' });
  await repaired.close();

  const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
  await catalog.transaction((write) => write.deleteAuditEntries(3, 3));
  const { chain } = checkpointOf(catalog)!;
  await catalog.close();
  const { notes, from } = await repairStore(path);
  expect(from).toBe('catalog');
  expect(notes).toEqual([expect.stringContaining('The audit log begins again')]);
  const again = await opened(path);
  const [first] = await all(again.audit.log());
  expect(first).toMatchObject({ sequence: 1, operation: 'repair', result: expect.stringContaining('entry 3') });
  expect(first!.chain).not.toBe(chain);
  expect((await again.audit.verify()).isSound).toBe(true);
  expect(await again.audit.verify({ since: line })).toMatchObject({ isSound: false });
});

test('a backup has the log; a store put back from one is exposed by a later checkpoint', async () => {
  const folder = scratch();
  const store = await openStore(join(folder, 'store'));
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
  await store.backup(join(folder, 'copy'));
  await store.collection('rows').put({ id: 1 });
  const { line } = (await store.audit.checkpoint())!;
  await store.close();
  const copy = await opened(join(folder, 'copy'));
  expect((await copy.audit.verify()).isSound).toBe(true);
  expect((await copy.verify()).isSound).toBe(true);
  const report = await copy.audit.verify({ since: line });
  expect(report).toMatchObject({
    isSound: false,
    fault: { sequence: 2, message: expect.stringContaining('rolled back') },
  });
  // Also when it has gone on meanwhile.
  for (let id = 0; id < 3; id++) await copy.collection('rows').put({ id });
  expect((await copy.audit.verify({ since: line })).fault).toMatchObject({ sequence: 2 });
});

test('publications that a gristmill without a log made are told from the others', async () => {
  const path = join(scratch(), 'store');
  const store = await openStore(path);
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
  await store.close();
  const catalog = await LmdbCatalog.open(path, { create: false, readOnly: false });
  await catalog.transaction((write) => {
    const header = catalog.header();
    write.putHeader({ ...header, generation: header.generation + 3 });
  });
  await catalog.close();
  const again = await opened(path);
  expect(await again.audit.verify()).toMatchObject({ isSound: true, unlogged: 3 });
  await again.collection('rows').put({ id: 1 });
  expect(await again.audit.verify()).toMatchObject({ isSound: true, unlogged: 3 });
  expect((await all(again.audit.log())).at(-1)).toMatchObject({ unlogged: 3 });
});

test('what an entry may hold is bounded and checked before anything is changed', async () => {
  const store = await opened(memory());
  await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
  const rows = store.collection('rows');
  for (const why of ['', 'x'.repeat(1001), 7, '\ud800']) {
    await expect(rows.put({ id: 1 }, undefined, { why: why as string })).rejects.toThrow(TypeError);
  }
  await expect(store.transaction(() => {}, { wy: 'x' } as object)).rejects.toThrow('did you mean why?');
  for (const actor of [7, null, [], { 1: 'a' }, { a: {} }, { a: 'x'.repeat(257) }, { a: Number.NaN }, { 'a b': 1 }]) {
    await expect(openStore(memory(), { audit: { actor: actor as object as { a: 1 } } })).rejects.toThrow(TypeError);
    const other = await opened(memory(), { audit: { actor: () => actor as object as { a: 1 } } });
    await expect(other.transaction((tx) => void tx.createCollection('rows'))).rejects.toThrow(TypeError);
    expect(await other.audit.checkpoint()).toBeUndefined();
  }
  expect(await all(store.audit.log())).toHaveLength(1);
  await expect(store.audit.log({ since: 'yesterday' }).next()).rejects.toThrow(TypeError);
  await expect(store.audit.verify({ since: 'nonsense' })).rejects.toThrow(TypeError);
});

test('the log is selected by time, actor, operation and collection', async () => {
  const store = await opened(memory(), { audit: { actor: { app: 'crm' } } });
  await store.transaction((tx) => void tx.createCollection('a', { key: 'id' }).put({ id: 1 }));
  await store.transaction((tx) => void tx.createCollection('b', { key: 'id' }).put({ id: 1 }));
  await store.rename('b', 'c');
  const entries = await all(store.audit.log());
  const sequences = async (options: Parameters<Store['audit']['log']>[0]) =>
    (await all(store.audit.log(options))).map(({ sequence }) => sequence);
  expect(await sequences({ collection: 'b' })).toEqual([2, 3]);
  expect(await sequences({ collection: 'c' })).toEqual([3]);
  expect(await sequences({ operation: 'rename' })).toEqual([3]);
  expect(await sequences({ actor: 'crm', reverse: true, limit: 2 })).toEqual([3, 2]);
  expect(await sequences({ actor: 'nobody' })).toEqual([]);
  expect(await sequences({ until: entries[0]!.time })).toEqual([]);
  expect(await sequences({ since: new Date(entries[0]!.time) })).toEqual([1, 2, 3]);
});
