// Goal: where keys are hidden, errors say no key and no pseudonym, unique indexes compare values of any length, and records
// that are deleted, retried or repaired are found by their pseudonyms. What writes an index beside imports and transactions
// is here; beside-plain.test.ts has those.
// Method: one case each, with the record that a plain store would give, or a message without keys.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { keyOf, optionsOf } from '../support/hidden-store.js';
import { fileWith, scratch } from '../support/import-files.js';

async function opened(directory = join(scratch(), 'store')): Promise<Store> {
  const store = await openStore(directory, optionsOf('hidden'));
  onTestFinished(() => store.close());
  return store;
}

const lines = (...records: readonly object[]) => fileWith(records.map((one) => JSON.stringify(one)).join('\n'));

test.each([
  ['of an import', { mode: 'insert' }, /^Record 2 of .* has the key \(not shown/],
  ['beside a stored record', { mode: 'insert' }, /already has a record with key \(not shown/],
] as const)('a repeated key %s is refused, and not shown', async (which, options, message) => {
  const store = await opened();
  await store.import(lines({ id: 'a' }), { key: 'id' });
  const ids = which === 'of an import' ? ['b', 'c', 'b'] : ['c', 'a'];
  const source = lines(...ids.map((id) => ({ id })));
  await expect(store.import(source, { key: 'id', ...options })).rejects.toMatchObject({
    code: 'DUPLICATE_KEY',
    message: expect.stringMatching(message),
  });
  const named = fileWith('{"x":{"v":1},"y":{"v":2},"x":{"v":3}}');
  await expect(store.import(named, { collection: 'n', layout: 'object', onDuplicate: 'error' })).rejects.toThrow(
    /Record 2 of .* has the key \(not shown/,
  );
  expect(store.collection().count()).toBe(1);
});

test('a unique index compares values of any length', async () => {
  const store = await opened();
  const long = 'v'.repeat(3000);
  const unique = { key: 'id', uniqueIndexes: ['u', ['u', 'id']] };
  await store.import(
    lines(
      { id: 1, u: 'a' },
      { id: 2, u: `${long}1` },
      { id: 3, u: `${long}2` },
      { id: 4, u: null },
      { id: 5, u: [null] },
    ),
    unique,
  );
  const users = store.collection();
  const message = expect.stringMatching(/both have \(not shown.* in the unique index "u"/);
  await expect(users.put({ id: 9, u: 'a' })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION', message });
  await expect(users.put({ id: 9, u: `${long}2` })).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION' });
  await expect(store.import(lines({ id: 9, u: `${long}1` }), { key: 'id', mode: 'upsert' })).rejects.toMatchObject({
    code: 'UNIQUE_VIOLATION',
  });
  await users.put({ id: 9, u: `${long}3` });
  await users.put({ id: 10, u: null });
  await store.transaction((tx) => {
    tx.collection('records').put({ id: 1, u: 'free' });
    tx.collection('records').put({ id: 11, u: 'a' });
  });
  await store.createIndex('records', { path: 'id', unique: true });
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
});

test('an index cannot be made unique where two records have a value', async () => {
  const store = await opened();
  await store.import(lines({ id: 1, u: 'a' }, { id: 2, u: 'a' }), { key: 'id' });
  await expect(store.createIndex('records', { path: 'u', unique: true })).rejects.toThrow(/both have \(not shown/);
});

test('the deletions of a bulk file find their records, in the file and in the store', async () => {
  const store = await opened();
  const bulk = (text: string) => store.import(fileWith(text, 'x.ndjson'), { format: 'es-bulk', mode: 'upsert' });
  await bulk('{"index":{"_id":"a"}}\n{"v":1}\n{"index":{"_id":"b"}}\n{"v":2}\n');
  await bulk('{"delete":{"_id":"a"}}\n{"index":{"_id":"c"}}\n{"v":3}\n{"delete":{"_id":"c"}}\n');
  expect(['a', 'b', 'c'].map((key) => store.collection().has(key))).toEqual([false, true, false]);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
});

test('records that rules have changed or a folder has named are found', async () => {
  const store = await opened();
  await store.import(lines({ id: 1, a: 'x', b: 2 }, { id: 2, a: 'y' }), {
    collection: 'r',
    key: 'id',
    indexes: ['a'],
    where: ['a=x'],
    omit: ['b'],
  });
  expect(store.collection('r').getSync(1)).toEqual({ id: 1, a: 'x' });
  expect(store.collection('r').has(2)).toBe(false);
  const folder = scratch();
  fileWith('{"v":1}', 'one.json', folder);
  fileWith('{"v":2}\n{"v":3}\n', 'two.ndjson', folder);
  await store.import(folder, { collection: 'f' });
  expect(store.collection('f').getSync('one.json')).toEqual({ v: 1 });
  expect(store.collection('f').getSync('two.ndjson#1')).toEqual({ v: 3 });
});

test('rejected records that are imported after all are found by their keys', async () => {
  const store = await opened();
  await store.import(fileWith('{"id":1}\n{"x":2}\n'), { key: 'id', onBadRecord: 'quarantine' });
  const [file] = await store.quarantine.files();
  await store.quarantine.retry(file!.name, { corrected: [{ number: 1, text: '{"id":"found","x":2}' }] });
  expect(store.collection().getSync('found')).toEqual({ id: 'found', x: 2 });
});

test.each(['catalog', 'shards'])(
  'a repair from the %s hides the keys again, and edits stay with the catalog',
  async (from) => {
    const directory = join(scratch(), 'store');
    const store = await openStore(directory, optionsOf('hidden'));
    const members = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`n${i}`, { i, tag: `t${i % 7}` }]));
    await store.import(fileWith(JSON.stringify(members)), { layout: 'object', indexes: ['tag'] });
    await store.transaction((tx) => tx.collection('records').patch('n3', { tag: 'patched' }));
    if (from === 'shards') await store.compact();
    await store.close();
    if (from === 'shards') rmSync(join(directory, 'index'), { recursive: true });
    await repairStore(directory, { workers: 1, ...keyOf('hidden') });
    const repaired = await opened(directory);
    expect(repaired.collection().getSync('n3')).toEqual({ i: 3, tag: 'patched' });
    expect(repaired.collection().count({ index: 'tag', gte: 't1', lte: 't1' })).toBe(72);
    expect((await repaired.verify({ workers: 1 })).faults).toEqual([]);
    if (from === 'shards') return;
    await repaired.import(fileWith(JSON.stringify(members)), { layout: 'object', indexes: ['tag'], changes: 'keep' });
    expect(repaired.collection().getSync('n3')).toEqual({ i: 3, tag: 'patched' });
  },
);
