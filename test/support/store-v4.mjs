// Made test/fixtures/store-v4 with the release that wrote format 4 first, and is kept to say how:
//
//     node test/support/store-v4.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. It has a unique index, and one that imports keep; and
// transactions have put, patched and deleted records of an import, so it has a note of each.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v4';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
const source = join(scratch, 'rows.ndjson');
writeFileSync(source, [1, 2, 3, 4].map((id) => `{"id":${id},"n":1}\n`).join(''));
await store.import(source, { workers: 1, collection: 'rows', key: 'id', indexes: ['n'] });
await store.transaction((tx) => {
  const rows = tx.collection('rows');
  rows.put({ id: 1, n: 'put' });
  rows.patch(2, { p: 1 });
  rows.delete(3);
  rows.put({ id: 5, n: 'new' });
});
const users = [
  { id: 1, email: 'a', country: 'AT' },
  { id: 2, email: ['b', 'c'], country: 'CH' },
  { id: 3, email: null },
];
const json = join(scratch, 'users.json');
writeFileSync(json, JSON.stringify(users));
await store.import(json, { workers: 1, collection: 'users', key: 'id', uniqueIndexes: ['email'] });
await store.createIndex('users', 'country', { workers: 1 });
await store.transaction((tx) => tx.collection('users').put({ id: 4, email: null, country: 'AT' }));

// A backup has no lock record in it, which would say which machine this was.
await store.backup(join(target, 'store'), { copy: true });
await store.close();
rmSync(scratch, { recursive: true });
