// Made test/fixtures/store-v5-encrypted with the release that encrypted stores first, and is kept to say how:
//
//     node test/support/store-v5-encrypted.mjs <an empty directory>
//
// The fixture is not made again: it must stay what that release wrote. It has two stores, whose keys are hidden and plain, with
// the same content and key: imports into several shards, one of which a compaction has joined, rejected records, unique and
// composite indexes, transactions before and after a compaction, a hot set, and an audit log. `expected.json` has the records, and
// `checkpoints.json` the state of the audit logs.

import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../dist/src/index.js';

const target = process.argv[2] ?? '';
/** Also in test/store/encrypted-format.test.ts. */
const key = Buffer.from('a key of thirty-two bytes, known');
// Shards name the source they were made from, so it has the same path everywhere.
const scratch = '/tmp/store-v5-encrypted';
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch);

/** The state of the audit log, by how keys are kept. @type {Record<string, unknown>} */
const checkpoints = {};

const names = new Map([
  ['Ada', { n: 1 }],
  ['Grace', { n: 2 }],
]);

/** @param {number} id @param {number} version */
const row = (id, version) => ({ id, group: `g${id % 4}`, mail: [`${id}@a`, `${id}@b`], version, text: 'x'.repeat(id) });
/** @param {number} from @param {number} to */
const rows = (from, to) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify(row(from + i, 1))}\n`).join('');

for (const keys of /** @type {const} */ (['hidden', 'plaintext'])) {
  const store = await openStore(join(scratch, keys), {
    encryption: { key },
    keys,
    audit: { actor: { app: 'fixture' } },
  });
  const source = join(scratch, 'rows.ndjson');
  const indexes = ['group', ['version', 'group'], { path: 'mail', unique: true }];
  /** @type {import('../../dist/src/index.js').ImportOptions} */
  const how = { workers: 1, collection: 'rows', key: 'id', indexes, onBadRecord: 'quarantine' };
  writeFileSync(source, `${rows(0, 60)}{"id":"bad",oops}\n${rows(60, 120)}`);
  await store.import(source, { ...how, spanBytes: 4096, why: 'the first import' });
  for (const from of [120, 130]) {
    writeFileSync(source, rows(from, from + 10));
    await store.import(source, { ...how, mode: 'upsert' });
  }
  const collection = store.collection('rows');
  await store.transaction((tx) => {
    for (let id = 0; id < 40; id += 4) tx.collection('rows').delete(id);
    for (let id = 200; id < 210; id++) tx.collection('rows').put(row(id, 2));
  });
  await store.compact({ minDeadShare: 0.1, joinBytes: 1 << 20 });
  await store.transaction((tx) => {
    tx.collection('rows').put(row(7, 3));
    tx.collection('rows').patch(9, { version: 4 });
    tx.collection('rows').delete(10);
  });
  writeFileSync(source, JSON.stringify(Object.fromEntries(names)));
  await store.import(source, { workers: 1, collection: 'names', layout: 'object' }); // `shape` in that release
  /** @type {[number, string][]} */
  const records = [];
  for await (const { text } of collection.scanText()) records.push([JSON.parse(text).id, text]);
  checkpoints[keys] = (await store.audit.checkpoint())?.line;
  // Is in the hot set.
  for (let i = 0; i < 3; i++) collection.getSync(50);
  await store.close();
  cpSync(join(scratch, keys), join(target, keys), { recursive: true });
  records.sort(([one], [other]) => one - other);
  const named = [...names].map(([name, value]) => [name, JSON.stringify(value)]);
  writeFileSync(join(target, 'expected.json'), `${JSON.stringify({ rows: records, names: named })}\n`);
}
writeFileSync(join(target, 'checkpoints.json'), `${JSON.stringify(checkpoints, undefined, 2)}\n`);
rmSync(scratch, { recursive: true });
