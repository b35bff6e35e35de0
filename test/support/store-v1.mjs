// Made test/fixtures/store-v1 with the release that wrote format 1 first, and is kept to say how. It made the store of
// test/fixtures/store-v2 with the release that joined small shards first, which is format 2:
//
//     node test/support/store-v1.mjs <an empty directory>
//
// The fixtures are not made again: they must stay what those releases wrote. One of everything: records under a path with a
// secondary index (replaced, deleted, compacted, then deleted and put once more), under names, and under ordinals.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v1';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);
const store = await openStore(join(scratch, 'store'));
/** @type {Record<string, Map<string | number, string>>} */
const expected = { records: new Map(), named: new Map(), plain: new Map() };

/** @param {string} collection @param {string} text @param {object} options */
async function importText(collection, text, options) {
  const source = join(scratch, `${collection}.json`);
  writeFileSync(source, text);
  await store.import(source, { collection, workers: 1, ...options });
}

/**
 * The text of a record, as its collection is expected to return it.
 * @param {string} collection @param {string | number} key @param {string} text
 */
function remembered(collection, key, text) {
  expected[collection]?.set(key, text);
  return text;
}

/** @param {number} id @param {number} version */
const record = (id, version) =>
  remembered(
    'records',
    id,
    `{"id":${id},"group":"g${id % 3}","price":${version}.50,"text":"\\u00e9 ${'x'.repeat(id)}"}`,
  );
const all = Array.from({ length: 40 }, (_, id) => record(id, 1));
await importText('records', `[${all.join(',\n  ')}]`, { key: 'id', indexes: ['group'] });
await store.transaction((tx) => {
  const records = tx.collection('records');
  for (const id of [7, 8, 41]) records.putText(record(id, 2));
  records.delete(9);
  expected.records?.delete(9);
});
await store.compact({ minDeadShare: 0 });
await store.transaction((tx) => {
  const records = tx.collection('records');
  records.putText(record(42, 3));
  records.putText(record(41, 3));
  records.delete(10);
  expected.records?.delete(10);
});

const members = ['a', 'b\u00df', '', 'd'].map(
  (name, i) => /** @type {const} */ ([name, remembered('named', name, `{"i":${i}}`)]),
);
await importText('named', `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`, {
  shape: 'object', // which the first release took for granted
});
const rows = Array.from({ length: 5 }, (_, i) => remembered('plain', i, `{"row":${i}}`));
await importText('plain', rows.join('\n'), {});

// A backup has no lock record in it, which would say which machine this was.
await store.backup(join(target, 'store'), { copy: true });
await store.close();
rmSync(scratch, { recursive: true });
const lists = Object.entries(expected).map(([name, records]) => [name, [...records]]);
writeFileSync(join(target, 'expected.json'), `${JSON.stringify(Object.fromEntries(lists), null, 1)}\n`);
