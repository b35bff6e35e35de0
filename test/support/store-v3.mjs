// Made test/fixtures/store-v3 with the release that wrote format 3 first, and is kept to say how:
//
//     node test/support/store-v3.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. Numbers in its paths are positions in arrays.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v3';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
const rows = [
  [1, 'a', ['b', 'c']],
  [2, { 0: 'd' }, [['e', 'f']]],
  [3, 'g', []],
];
const source = join(scratch, 'rows.json');
writeFileSync(source, JSON.stringify(rows));
await store.import(source, { workers: 1, collection: 'rows', key: '/0', indexes: ['/1', '/2/0', '/1/0'] });
await store.transaction((tx) => tx.collection('rows').put([4, 'a', ['e']]));

// A backup has no lock record in it, which would say which machine this was.
await store.backup(join(target, 'store'), { copy: true });
await store.close();
rmSync(scratch, { recursive: true });
