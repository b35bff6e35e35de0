// Made test/fixtures/store-v6 with the release that wrote format 6 first, and is kept to say how:
//
//     node test/support/store-v6.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. Its records have all ways to the version of their collection:
// stored in three versions, in files and inline, kept and null where a migration cannot change them, patched with something
// hidden, of a version that was undone, and by way of a function.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v6';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
/** @type {import('../../dist/src/index.js').MigrationFunction[]} */
const functions = [{ name: 'louder', version: 1, up: (text) => text.toUpperCase() }];
const store = await openStore(join(scratch, 'store'), { functions, hotSet: false });
/** @type {(name: string, rows: readonly object[]) => string} */
const source = (name, rows) => {
  const file = join(scratch, name);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
};
const first = Array.from({ length: 30 }, (_, id) => ({
  id,
  mail: `m${id}`,
  price: id === 7 ? 'free' : `${id}.50`,
  old: id,
}));
const indexes = ['mail', 'price'];
await store.import(source('first.ndjson', first), { workers: 1, collection: 'rows', key: 'id', indexes });
const rows = store.collection('rows');
await rows.put({ id: 40, mail: 'm40', price: 'gift', old: 40 });
/** @type {import('../../dist/src/index.js').Operation[]} */
const ops1 = [
  { op: 'rename', path: 'mail', to: 'email' },
  { op: 'remove', path: 'old' },
];
await store.evolve({ collection: 'rows', from: 0, to: 1, ops: ops1 }, { workers: 1 });
await rows.patch(3, { note: 1 });
await store.compact({ minDeadShare: 0 });
/** @type {import('../../dist/src/index.js').Operation[]} */
const ops2 = [{ op: 'retype', path: 'price', from: 'string', to: 'number' }];
await store.evolve({ collection: 'rows', from: 1, to: 2, ops: ops2 }, { workers: 1, onFailure: 'keep' });
const second = [31, 32].map((id) => ({ id, email: `m${id}`, price: id }));
const keyed = { workers: 1, collection: 'rows', key: 'id', indexes: ['email', 'price'] };
await store.import(source('second.ndjson', second), { ...keyed, mode: 'upsert' });
await store.undoMigrations('rows', 1, { workers: 1 });
await store.evolve({ collection: 'rows', from: 1, to: 2, ops: ops2 }, { workers: 1, onFailure: 'null' });
await rows.put({ id: 50, email: 'm50', price: 50 });
const words = [{ id: 'A', text: 'b' }].map((word) => ({ ID: word.id, text: word.text }));
await store.import(source('words.ndjson', words), { workers: 1, collection: 'words' });
await store.evolve(
  { collection: 'words', from: 0, to: 1, ops: [{ op: 'call', name: 'louder', version: 1 }] },
  { workers: 1 },
);
await store.close();
cpSync(join(scratch, 'store'), join(target, 'store'), { recursive: true });
rmSync(scratch, { recursive: true });
