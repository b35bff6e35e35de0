// Goal: what a stream gives is stored and counted as what a file with the same bytes gives, whatever else is asked for: several
// collections with rules of their own, rows that workers convert, a generator that fills one buffer again and again.
// Method: sources of some 70 KB to 1.5 MB in small spans, plain and compressed, with real workers. The oracles are the values
// that the texts were made of, and csv-parse.

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import type { ImportProgress, Store } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { testStore } from '../support/import-store.js';

const users = Array.from({ length: 9000 }, (_, id) => ({ id, email: `user-${id}@example.org`, age: id % 90 }));
const orders = Array.from({ length: 6000 }, (_, no) => ({ no, text: `]}"${no}`, total: no / 4 }));
const lines = Buffer.from(users.map((user) => `${JSON.stringify(user)}\n`).join(''));
const document = Buffer.from(JSON.stringify({ meta: { users: [1] }, orders, users }));
const rows = Buffer.from(`id,v\n${users.map(({ id, email }) => `${id},"${email}\n"""\n`).join('')}`);

function membersOf(bytes: Buffer): Buffer {
  const members: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += 30_000) members.push(gzipSync(bytes.subarray(at, at + 30_000)));
  return Buffer.concat(members);
}

const forms: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['plain', (bytes) => bytes],
  ['one gzip member', (bytes) => gzipSync(bytes)],
  ['gzip members', membersOf],
];

async function valuesOf(store: Store, collection: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { value } of store.collection(collection).scan()) found.push(value);
  return found;
}

/** The bytes, each piece in the buffer of the one before it. */
function* inOneBuffer(bytes: Buffer, piece: number) {
  const buffer = Buffer.alloc(piece);
  for (let at = 0; at < bytes.byteLength; at += piece) yield buffer.subarray(0, bytes.copy(buffer, 0, at, at + piece));
}

async function* later(pieces: Iterable<Buffer>) {
  yield* pieces;
}

test.each(forms)('a generator may fill one buffer again and again: %s', async (_, compress) => {
  const begins = [inOneBuffer, (bytes: Buffer, size: number) => later(inOneBuffer(bytes, size))];
  const cases = [3000, 65_536].flatMap((piece) => begins.map((begin) => ({ piece, begin })));
  const number = forms.findIndex(([, one]) => one === compress);
  for (const { piece, begin } of partOf(cases, number)) {
    const { store } = await testStore();
    await store.import(begin(compress(lines), piece), { collection: 'lines', workers: 2, spanBytes: 60_000 });
    expect(await valuesOf(store, 'lines')).toEqual(users);
    const options = { collection: 'rows', format: 'csv', workers: 2, spanBytes: 60_000 } as const;
    await store.import(begin(compress(rows), piece), options);
    expect(await valuesOf(store, 'rows')).toEqual(parse(rows, { columns: true }));
    await store.close();
  }
});

test.each(forms)('progress never counts to more than the bytes of a stream: %s', async (_, compress) => {
  for (const text of [lines.subarray(0, lines.indexOf('\n', 100_000) + 1), lines]) {
    const bytes = compress(text);
    const { store } = await testStore();
    const told: ImportProgress[] = [];
    const report = await store.import(Readable.from([bytes]), { workers: 2, onProgress: (one) => told.push(one) });
    expect(report.bytes.source).toBe(bytes.byteLength);
    for (const { stage, bytesTotal } of told) {
      if (stage !== 'plan') expect([bytes.byteLength, Number.POSITIVE_INFINITY]).toContain(bytesTotal);
    }
    expect(told.at(-1)).toMatchObject({ bytes: bytes.byteLength, bytesTotal: bytes.byteLength });
    await store.close();
  }
});

test.each(forms)('several collections with rules, indexes and limits of their own: %s', async (_, compress) => {
  const { store } = await testStore();
  const collections = {
    users: { select: '/users', key: 'id', where: ['age>=30'], omit: ['age'], uniqueIndexes: ['email'] },
    orders: { select: '/orders', key: 'no', pick: ['no', 'total'], limit: 700 },
  } as const;
  const read = () => Readable.from([compress(document)]);
  const { collections: reports } = await store.import(read(), { collections, workers: 2, spanBytes: 100_000 });
  const values = (name: string) => valuesOf(store, name);
  const old = users.filter(({ age }) => age >= 30).map(({ id, email }) => ({ id, email }));
  const some = orders.slice(0, 700).map(({ no, total }) => ({ no, total }));
  expect([await values('users'), await values('orders')]).toEqual([old, some]);
  expect(reports.users!.records).toMatchObject({ read: 9000, stored: old.length, filtered: 9000 - old.length });
  expect(reports.orders!.records).toMatchObject({ read: 700, stored: 700 });

  // An index that somebody made stays, and so does what transactions changed; one of two collections is merged into.
  await store.createIndex('orders', 'total');
  await store.transaction((tx) => void tx.collection('users').patch(50, { seen: true }));
  const again = { users: collections.users, orders: { ...collections.orders, mode: 'upsert' } } as const;
  await store.import(read(), { collections: again, workers: 2, spanBytes: 100_000 });
  // A changed record is written again, at the end.
  const changed = old.filter(({ id }) => id === 50).map((user) => ({ ...user, seen: true }));
  expect(await values('users')).toEqual([...old.filter(({ id }) => id !== 50), ...changed]);
  expect(await values('orders')).toEqual(some);
  expect([...store.collection('orders').findSync('total', 2.5)].map(({ value }) => value)).toEqual([some[10]]);
  expect((await store.verify()).faults).toEqual([]);
  await store.close();
});
