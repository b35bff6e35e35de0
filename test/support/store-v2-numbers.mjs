// Made test/fixtures/store-v2-numbers with the last release that took numbers in paths for names, and is kept to say how:
//
//     node test/support/store-v2-numbers.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. An array is transparent to its index `/tags/0`.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v2';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
const records = [
  { id: 1, tags: ['a', 'b'] },
  { id: 2, tags: [{ 0: 'c' }, { 0: 'd', 1: 'e' }] },
  { id: 3, tags: { 0: 'f' } },
];
const source = join(scratch, 'records.json');
writeFileSync(source, JSON.stringify(records));
await store.import(source, { workers: 1, key: 'id', indexes: ['/tags/0', 'tags'] });

// A backup has no lock record in it, which would say which machine this was.
await store.backup(join(target, 'store'), { copy: true });
await store.close();
rmSync(scratch, { recursive: true });
