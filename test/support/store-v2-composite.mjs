// Made test/fixtures/store-v2-composite with the release that wrote format 2 first, and is kept to say how:
//
//     node test/support/store-v2-composite.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. A composite primary key and composite indexes, of
// records that were imported, replaced, deleted and compacted.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v2';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
/** @type {Map<string, string>} */
const expected = new Map();

/** @param {number} number @param {number} version */
function record(number, version) {
  const key = [`t${number % 3}`, number - 10];
  const text = `{"tenant":"${key[0]}","id":${key[1]},"tags":["a","b${number % 2}"],"price":${version}.50}`;
  expected.set(JSON.stringify(key), text);
  return text;
}

const source = join(scratch, 'records.json');
writeFileSync(source, `[${Array.from({ length: 40 }, (_, number) => record(number, 1)).join(',\n')}]`);
await store.import(source, {
  workers: 1,
  key: ['tenant', 'id'],
  indexes: ['price', ['tags', 'price'], ['price', 'tenant']],
});
await store.transaction((tx) => {
  const records = tx.collection('records');
  for (const number of [7, 41]) records.putText(record(number, 2));
  records.delete(['t0', -1]);
  expected.delete('["t0",-1]');
});
await store.compact({ minDeadShare: 0 });
await store.transaction((tx) => void tx.collection('records').putText(record(42, 3)));

// A backup has no lock record in it, which would say which machine this was.
await store.backup(join(target, 'store'), { copy: true });
await store.close();
rmSync(scratch, { recursive: true });
const list = Array.from(expected, ([key, text]) => [JSON.parse(key), text]);
writeFileSync(join(target, 'expected.json'), `${JSON.stringify(list, null, 1)}\n`);
