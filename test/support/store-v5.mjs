// Made test/fixtures/store-v5 with the release that wrote format 5 first, and is kept to say how:
//
//     node test/support/store-v5.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. Transactions have put, patched and deleted records of
// an import, and records that no import had, so its indexes have recent entries of each kind.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v5';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
const source = join(scratch, 'rows.ndjson');
writeFileSync(
  source,
  Array.from({ length: 40 }, (_, id) => `${JSON.stringify({ id, group: `g${id % 4}` })}\n`).join(''),
);
await store.import(source, { workers: 1, collection: 'rows', key: 'id', indexes: ['group'] });
const rows = store.collection('rows');
await rows.put({ id: 7, group: 'put' });
await rows.delete(8);
await rows.put({ id: 50, group: 'g1' });
await rows.put({ id: 51, group: 'g1' });
await rows.delete(51);
await rows.patch(9, { p: 1 });
await store.close();
rmSync(join(scratch, 'store', 'hot-set.ndjson'), { force: true });
cpSync(join(scratch, 'store'), join(target, 'store'), { recursive: true });
rmSync(scratch, { recursive: true });
