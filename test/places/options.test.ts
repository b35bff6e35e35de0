// Goal: an import into several collections obeys the options of each, adds up, refuses what makes no sense before it begins,
// and leaves everything as it was when it fails or is cancelled. Method: small documents with bad records, repeated keys,
// rules and limits, from files and streams, on disk and in memory; the expected records are worked out from the documents.

import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { CollectionsImportOptions, Store } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';

const DOCUMENT = JSON.stringify({
  users: [1, 2, 3, 4, 5, 6].map((id) => ({ id, country: id % 2 ? 'DE' : 'FR', name: `u${id}` })),
  rows: [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ],
  orders: { x: { n: 1 }, y: { n: 2 } },
  rest: [1, 2, 3],
});
const forms = [
  ['a file', () => fileWith(DOCUMENT), {}],
  ['a file of small spans', () => fileWith(DOCUMENT), { spanBytes: 16 }],
  ['a stream', () => Readable.from([Buffer.from(DOCUMENT)]), {}],
  [
    'a stream in small chunks',
    () => Readable.from(DOCUMENT.match(/.{1,7}/g)!.map((part) => Buffer.from(part))),
    { spanBytes: 16 },
  ],
] as const;

async function all(store: Store, name: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { value } of store.collection(name).scan()) found.push(value);
  return found;
}

test.each(forms)('each collection has its own options: %s', async (_, source, cut) => {
  const { store } = await testStore();
  await store.import(fileWith('[{"id":1,"name":"old"},{"id":7,"name":"kept"}]'), { collection: 'users', key: 'id' });
  const { collections: reports, records } = await store.import(source(), {
    ...cut,
    collections: {
      users: { select: '/users', key: 'id', mode: 'upsert', where: ['country=DE'], pick: ['id', 'name'] },
      rows: { select: '/rows', key: '/0', onDuplicate: 'first' },
      orders: { select: '/orders', indexes: ['n'] },
    },
  });
  expect((await all(store, 'users')).toSorted((l, r) => (l as { id: number }).id - (r as { id: number }).id)).toEqual([
    { id: 1, name: 'u1' },
    { id: 3, name: 'u3' },
    { id: 5, name: 'u5' },
    { id: 7, name: 'kept' },
  ]);
  expect(await all(store, 'rows')).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect(await store.collection('orders').get('y')).toEqual({ n: 2 });
  expect(reports.users).toMatchObject({
    records: { read: 6, stored: 3, rejected: 0, filtered: 3, replaced: 0 },
    updated: 1,
  });
  expect(reports.rows.records).toEqual({ read: 3, stored: 2, rejected: 0, replaced: 1 });
  expect(reports.orders).toMatchObject({ records: { read: 2, stored: 2 }, layout: 'object', mode: 'replace' });
  expect(records).toEqual({ read: 11, stored: 7, rejected: 0, filtered: 3, replaced: 1 });
  expect((await store.verify()).faults).toEqual([]);
});

test.each(forms)(
  'a limit is that of its collection, and the others are read to their ends: %s',
  async (_, source, cut) => {
    const { store } = await testStore();
    const collections = {
      users: { select: '/users', limit: 2 },
      rows: { select: '/rows' },
      orders: { select: '/orders', limit: 1 },
      rest: { select: '/rest', limit: 3 },
    };
    await store.import(source(), { ...cut, collections });
    expect(await all(store, 'users')).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(await all(store, 'rows')).toHaveLength(3);
    expect(await all(store, 'orders')).toEqual([{ n: 1 }]);
    expect(await all(store, 'rest')).toEqual([1, 2, 3]);
  },
);

test('when each collection has its limit, nothing more is read: the stream has no end', async () => {
  const { store } = await testStore();
  async function* endless() {
    yield Buffer.from('{"users":[{"id":1},{"id":2},{"id":3}],"orders":[{"no":0}');
    for (let no = 1; ; no++) yield Buffer.from(`,{"no":${no}}`.repeat(1000));
  }
  const collections = { users: { select: '/users', limit: 2 }, orders: { select: '/orders' } };
  await store.import(Readable.from(endless()), { collections, limit: 5 });
  expect(await all(store, 'users')).toEqual([{ id: 1 }, { id: 2 }]);
  expect(await all(store, 'orders')).toHaveLength(5);
});

test.each(KINDS)('bad records are those of their collection, with their lines: %s', async (kind) => {
  const text = '{\n"meta":\n1,"users":[\n{"id":1},\n{"id":tru},\n{"id":3}],\n\n"orders":[\n{"no":1},\n{"no":}\n]}';
  for (const source of [() => fileWith(text), () => Readable.from([Buffer.from(text)])]) {
    const { store } = await testStore(kind);
    const collections = { users: { select: '/users', key: 'id' }, orders: { select: '/orders', key: 'no' } };
    const failed = store.import(source(), {
      collections: { ...collections, users: { select: '/users', key: 'id', where: ['id'] } },
    });
    await expect(failed).rejects.toMatchObject({ code: 'BAD_RECORD', line: 5 });
    expect(store.collections()).toEqual([]);
    const report = await store.import(source(), { collections, onBadRecord: 'quarantine' });
    expect(report.records).toEqual({ read: 5, stored: 3, rejected: 2, replaced: 0 });
    const kept: unknown[] = [];
    for (const { name, collection } of await store.quarantine.files()) {
      for await (const { text } of store.quarantine.records(name)) kept.push([collection, text.trim()]);
    }
    expect(kept.toSorted()).toEqual([
      ['orders', '{"no":}'],
      ['users', '{"id":tru}'],
    ]);
    const second = store.import(source(), { collections, onBadRecord: 'skip', maxBad: 0 });
    await expect(second).rejects.toMatchObject({ code: 'TOO_MANY_BAD_RECORDS' });
  }
});

test('a record that one collection refuses at the end leaves all of them as they were', async () => {
  const { store, run, state } = await testStore();
  await run('[{"id":1,"old":true}]', { collection: 'users', key: 'id' });
  await run('[["a",0]]', { collection: 'rows', key: '/0' });
  const before = await state();
  const collections = {
    users: { select: '/users', key: 'id' },
    rows: { select: '/rows', key: '/0', onDuplicate: 'error' },
  } as const;
  await expect(store.import(fileWith(DOCUMENT), { collections })).rejects.toMatchObject({ code: 'DUPLICATE_KEY' });
  expect(await state()).toEqual(before);
  const mismatch = { ...collections, rows: { select: '/rows', key: '/1', mode: 'upsert' } } as const;
  await expect(store.import(fileWith(DOCUMENT), { collections: mismatch })).rejects.toMatchObject({
    code: 'COLLECTION_MISMATCH',
  });
  const named = { users: { select: '/users', key: 'id' }, rows: { select: '/orders', mode: 'upsert' } } as const;
  const late = store.import(Readable.from([Buffer.from(DOCUMENT)]), { collections: named });
  await expect(late).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
  const emptied = { users: { select: '/none', key: 'id' }, rows: { select: '/rows', key: '/0' } };
  const none = store.import(fileWith('{"rows":[["z",1]],"none":[]}'), { collections: emptied });
  await expect(none).rejects.toMatchObject({ code: 'SOURCE_EMPTY', message: expect.stringContaining('"users"') });
  expect(await state()).toEqual(before);
});

test('cancelled while it scans, it leaves all as it was', async () => {
  const { store, run, state } = await testStore();
  await run('[{"id":1,"old":true}]', { collection: 'users', key: 'id' });
  const before = await state();
  const controller = new AbortController();
  const onProgress = ({ stage }: { stage: string }) => {
    if (stage === 'merge') controller.abort();
  };
  const collections = { users: { select: '/users', key: 'id' }, orders: { select: '/orders' } };
  const cancelled = store.import(fileWith(DOCUMENT), { collections, signal: controller.signal, onProgress });
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await state()).toEqual(before);
});

test('sources that are read in different ways: large and small documents, lines, a wildcard', async () => {
  const { store } = await testStore();
  const pages = JSON.stringify({ pages: [{ items: [1, 2] }, { items: [3] }], other: { a: 1 } });
  const places = { items: { select: '/pages/*/items' }, other: { select: '/other' } };
  for (const source of [() => fileWith(pages), () => Readable.from([Buffer.from(pages)])]) {
    await store.import(source(), { collections: places });
    expect(await all(store, 'items')).toEqual([1, 2, 3]);
    expect(await store.collection('other').get('a')).toBe(1);
  }
  const line = '{"users":[{"id":1}],"rest":[1]}\n{"rest":[2],"users":[{"id":2},{"id":3}]}\n';
  const sources = [fileWith(line, 'a.ndjson'), fileWith(DOCUMENT), fileWith(line, 'b.ndjson'), fileWith(DOCUMENT)];
  const collections = { users: { select: '/users' }, rest: { select: '/rest' } };
  const report = await store.import(sources, { collections, spanBytes: 40 });
  expect((await all(store, 'users')).map((user) => (user as { id: number }).id)).toEqual([
    1, 2, 3, 1, 2, 3, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6,
  ]);
  expect(await all(store, 'rest')).toEqual([1, 2, 1, 2, 3, 1, 2, 1, 2, 3]);
  expect(report.collections.users.files).toBe(4);
});

test.each([
  [{ collections: {} }, /has no collection/],
  [{ collections: { a: { key: 'id' } } }, /collections\.a needs select/],
  [
    { collections: { a: { select: '/a' }, b: { select: '/a/b' } } },
    /"\/a" of collection a and "\/a\/b" of collection b are inside/,
  ],
  [{ collections: { a: { select: '/a' }, b: { select: '/a' } } }, /are the same/],
  [{ collections: { a: { select: '/*/x' }, b: { select: '/c' } } }, /are inside each other/],
  [{ collections: { a: { select: '' }, b: { select: '/c' } } }, /are inside each other/],
  [{ collections: { a: { select: '/a', kee: 'id' } } }, /no option collections\.a\.kee; did you mean key/],
  [{ collections: { a: { select: '/a', layout: 'ndjson' } } }, /collections\.a\.layout must be one of array, object/],
  [{ collections: { a: { select: '/a', layout: 'array' } }, layout: 'ndjson' }, /layout "array" cannot be used with/],
  [
    { collections: { a: { select: '/a' } }, collection: 'x' },
    /options\.collection cannot be used with options\.collections/,
  ],
  [{ collections: { a: { select: '/a' } }, select: '/a' }, /options\.select cannot be used with/],
  [{ collections: { a: { select: '/a' } }, resume: 'require' }, /resume "require"/],
  [{ collections: { a: { select: '/a' } }, format: 'csv' }, /format "csv"/],
  [{ collections: [{ select: '/a' }] }, /must be an object/],
  [{ collections: { '': { select: '/a' } } }, /collections/],
])('refused before anything is read: %j', async (options, message) => {
  const { store } = await testStore('in memory');
  const failed = store.import('/no/such/file', options as unknown as CollectionsImportOptions);
  await expect(failed).rejects.toThrow(TypeError);
  await expect(failed).rejects.toThrow(message);
});

test('a watcher keeps one collection, and says so', async () => {
  const { store } = await testStore();
  const failed = store.watch(fileWith('[]'), { collections: { a: { select: '/a' } } } as never);
  await expect(failed).rejects.toThrow(/options\.collections is for imports/);
});
