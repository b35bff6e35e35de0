// Goal: the schema of a collection goes where the collection goes: through imports, renaming, compaction, backups, conversions and
// repairs, sealed in encrypted stores; and it goes with it. Who does not know of it refuses the store, and damage to it is found.
// Method: what a store says of it, and what it refuses, after each of these.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  decryptStore,
  encryptStore,
  openStore,
  reencryptStore,
  repairStore,
  type Store,
  type StoreOptions,
} from '../../dist/src/index.js';
import { MetaKind, seal } from '../../dist/src/store/catalog/values.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { ENCRYPTED, KEY } from '../support/sealed.js';

const WORD = 'qzxsecretv';
const SCHEMA = { title: WORD, type: 'object', properties: { n: { type: 'integer' } }, required: ['id'] };
const USERS = '{"id":1,"n":1}\n{"id":2,"n":2}\n';
const HELD = { code: 'SCHEMA_VIOLATION' };

async function opened(directory: string, options?: StoreOptions): Promise<Store> {
  const store = await openStore(directory, { hotSet: false, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** A store whose collection `users` carries the schema. */
async function users(options?: StoreOptions, schema: object = SCHEMA): Promise<Store> {
  const store = await opened(join(scratch(), 'store'), options);
  await store.import(fileWith(USERS), { collection: 'users', key: 'id', workers: 1 });
  await store.setSchema('users', schema);
  return store;
}

async function expectHeld(store: Store, name = 'users'): Promise<void> {
  expect(store.getSchema(name)).toMatchObject({ schema: SCHEMA, onlyNew: false });
  await expect(store.collection(name).put({ id: 9, n: 'x' })).rejects.toMatchObject(HELD);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
}

describe('setSchema', () => {
  test.each([
    ['no schema', { type: 'integr' }, /not a JSON Schema/],
    ['a reference to elsewhere', { $ref: 'https://example.com/other.json' }, /not a JSON Schema/],
    ['one that answers later', { $async: true }, /\$async is not supported/],
    ['an array', [], /must be an object/],
    ['nothing', null, /must be an object/],
    ['no JSON', '{', /not valid JSON/],
    ['no file', 'nowhere.json', /nowhere.json cannot be read/],
  ])('%s is a TypeError, and nothing has changed', async (_, schema, message) => {
    const { store, run, state } = await testStore();
    await run(USERS);
    const before = await state();
    const setting = store.setSchema('records', schema as never);
    await expect(setting).rejects.toBeInstanceOf(TypeError);
    await expect(setting).rejects.toThrow(message);
    expect(await state()).toEqual(before);
  });

  test('a violation names the first few records; with onlyNew, the records that are there stay', async () => {
    const { store, run, texts } = await testStore();
    const text = Array.from({ length: 5 }, (_, i) => `{"id":${i},"n":"x"}\n`).join('');
    await run(text, { key: 'id' });
    await expect(store.setSchema('records', SCHEMA)).rejects.toMatchObject({
      ...HELD,
      records: 5,
      message: expect.stringMatching(
        /^5 records of collection records .* record 0 is .*\/n must be integer; .*; …; nothing/,
      ),
      violations: [0, 1, 2].map((key) => ({ key, pointer: '/n', keyword: 'type' })),
    });
    expect(store.getSchema('records')).toBeUndefined();
    expect(await store.setSchema('records', SCHEMA, { onlyNew: true })).toMatchObject({ records: 5, checked: false });
    expect(store.getSchema('records')).toMatchObject({ schema: SCHEMA, onlyNew: true });
    expect(await texts()).toEqual(text.trim().split('\n'));
    await expect(store.collection().patch(1, { more: 1 })).rejects.toMatchObject(HELD);
    expect(await store.collection().patch(1, { n: 1 })).toBe(true);
  });

  test('of a file; in place of another one; taken away; in the audit log', async () => {
    const store = await users();
    const path = join(scratch(), 'users.schema.json');
    writeFileSync(path, JSON.stringify({ properties: { n: { maximum: 5 } } }));
    await store.setSchema('users', path, { why: 'less' });
    await store.collection('users').put({ id: 3, n: 'x' });
    await expect(store.collection('users').put({ id: 3, n: 6 })).rejects.toMatchObject(HELD);
    expect(await store.unsetSchema('users')).toBe(true);
    expect(await store.unsetSchema('users')).toBe(false);
    expect(store.getSchema('users')).toBeUndefined();
    await store.collection('users').put({ id: 3, n: 6 });
    const log: string[] = [];
    for await (const { operation, why, collections } of store.audit.log())
      if (operation.endsWith('schema')) log.push(`${operation} ${collections?.[0]?.name} ${why ?? ''}`);
    expect(log).toEqual(['set schema users ', 'set schema users less', 'unset schema users ']);
    await expect(store.setSchema('nobody', SCHEMA)).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    expect(() => store.getSchema('nobody')).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
  });

  test('cancelled, it has changed nothing', async () => {
    const { store, run } = await testStore();
    await run(USERS);
    const signal = AbortSignal.abort();
    await expect(store.setSchema('records', SCHEMA, { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(store.getSchema('records')).toBeUndefined();
  });

  test('when it changes, a synchronisation reads all sources again', async () => {
    const { store } = await testStore();
    const source = fileWith('{"id":1,"n":1}\n{"id":2,"n":2.5}\n', 'followed.ndjson');
    const follow = { key: 'id', onBadRecord: 'skip' } as const;
    const sync = async () => (await store.watch(source, { ...follow, collection: 'users' })).close();
    const ids = () => [...store.collection('users').rangeSync()].map(({ key }) => key);
    await store.transaction((tx) => void tx.createCollection('users', { key: 'id' }));
    await store.setSchema('users', SCHEMA);
    await sync();
    expect(ids()).toEqual([1]);
    await store.setSchema('users', { ...SCHEMA, properties: {} });
    await sync();
    expect(ids()).toEqual([1, 2]);
    // What vanishes meanwhile is noticed, too.
    writeFileSync(source, '{"id":2,"n":2.5}\n{"n":3}\n');
    await store.unsetSchema('users');
    await sync();
    expect(ids()).toEqual([2]);
  });
});

describe('the schema stays with its collection', () => {
  test('renamed, cleared, compacted, imported again; dropped, it is gone', async () => {
    const store = await users();
    await store.rename('users', 'people');
    await expectHeld(store, 'people');
    expect(() => store.getSchema('users')).toThrow();
    await store.collection('people').put({ id: 3, n: 3 });
    await store.compact({ minDeadShare: 0 });
    await expectHeld(store, 'people');
    await store.import(fileWith(USERS), { collection: 'people', key: 'id', changes: 'drop', workers: 1 });
    await expectHeld(store, 'people');
    await store.clear('people');
    await expectHeld(store, 'people');
    await store.drop('people');
    await store.import(fileWith('{"id":1,"n":"x"}\n'), { collection: 'people', key: 'id', workers: 1 });
    expect(store.getSchema('people')).toBeUndefined();
  });

  test('in a backup, and after a repair from the catalog; a repair from shards loses it, and says so', async () => {
    const store = await users();
    const copy = join(scratch(), 'copy');
    await store.backup(copy);
    await expectHeld(await opened(copy));
    const { directory } = store;
    await store.close();
    expect(await repairStore(directory, { workers: 1 })).toMatchObject({ from: 'catalog', notes: [] });
    const repaired = await opened(directory);
    await expectHeld(repaired);
    await repaired.close();
    const { notes } = await repairStore(directory, { workers: 1, fromShards: true });
    expect(notes.join(' ')).toContain('Schemas are lost');
    expect((await opened(directory)).getSchema('users')).toBeUndefined();
  });

  test('encrypted, with other keys, decrypted', async () => {
    const store = await users();
    const { directory } = store;
    await store.close();
    const { encryption = {} } = ENCRYPTED;
    await encryptStore(directory, { encryption, workers: 1 });
    const sealed = await opened(directory, { encryption });
    await expectHeld(sealed);
    await sealed.close();
    await reencryptStore(directory, { encryption, closed: true, workers: 1 });
    await reencryptStore(directory, { encryption });
    const again = await opened(directory, { encryption });
    await expectHeld(again);
    await again.close();
    await decryptStore(directory, { encryption, workers: 1 });
    await expectHeld(await opened(directory));
  });
});

test('an older gristmill refuses the store: its format says so from the transaction on that sets a schema', async () => {
  const { store, run } = await testStore();
  await run(USERS);
  expect(store.stat().format).toBeLessThan(6);
  await store.setSchema('records', SCHEMA);
  expect(store.stat().format).toBe(6);
});

test('an encrypted store has nothing of the schema in plain text', async () => {
  const store = await users({ encryption: { key: KEY } });
  await expectHeld(store);
  await store.close();
  const files = readdirSync(store.directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  const seen = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(WORD));
  expect(seen).toEqual([]);
});

describe('a schema that is damaged', () => {
  let damages = 0;

  /** Changes the value of the schema in the index of a closed store. */
  async function damaged(change: (value: Buffer) => Buffer | undefined): Promise<string> {
    // One that this process has not read before.
    const store = await users({}, { ...SCHEMA, title: `${damages++}` });
    await store.close();
    const raw = openRawIndex(store.directory);
    const { key, value } = raw.values.find(({ database, key }) => database === 'meta' && key[0] === MetaKind.schema)!;
    const changed = change(value);
    if (changed === undefined) raw.remove('meta', key);
    else raw.put('meta', key, changed);
    await raw.close();
    return store.directory;
  }
  const other = (value: Buffer, text: string) =>
    seal(Buffer.from(JSON.stringify({ ...JSON.parse(value.subarray(8).toString()), text })));

  const DAMAGE: readonly [string, (value: Buffer) => Buffer | undefined][] = [
    ['of another checksum', (value: Buffer) => Buffer.concat([value, Buffer.of(32)])],
    ['of another text', (value: Buffer) => other(value, '{"type":"object"}')],
    ['missing', () => undefined],
  ];
  test.each(partOf(DAMAGE))('%s: found, and nothing is written; repair leaves it out', async (_, change) => {
    const directory = await damaged(change);
    const store = await opened(directory);
    expect((await store.verify({ workers: 1 })).faults).toMatchObject([{ kind: 'value' }]);
    const mismatch = { code: 'CHECKSUM_MISMATCH', message: expect.stringContaining('schema') };
    await expect(store.collection('users').put({ id: 3 })).rejects.toMatchObject(mismatch);
    const importing = store.import(fileWith(USERS), { collection: 'users', key: 'id', workers: 1 });
    await expect(importing).rejects.toMatchObject(mismatch);
    expect(() => store.getSchema('users')).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
    expect(store.collection('users').getSync(1)).toEqual({ id: 1, n: 1 });
    await store.close();
    const { from, notes } = await repairStore(directory, { workers: 1 });
    expect({ from, notes }).toEqual({
      from: 'catalog',
      notes: [expect.stringContaining('users has no schema any more')],
    });
    const repaired = await opened(directory);
    expect((await repaired.verify({ workers: 1 })).faults).toEqual([]);
    await repaired.setSchema('users', SCHEMA);
    await expectHeld(repaired);
  });

  test('setting it again mends it', async () => {
    const store = await opened(await damaged((value) => Buffer.concat([value, Buffer.of(32)])));
    await store.setSchema('users', SCHEMA);
    await expectHeld(store);
  });
});
