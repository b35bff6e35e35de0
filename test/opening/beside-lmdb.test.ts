// Goal: a program that uses lmdb itself can use a store, whichever of the two it opens first: lmdb-js is there twice then, as
// an ES module and as CommonJS, over one native part.
// Method: a process for each order, which changes and reads both in turns.
// @node all: ES modules beside CommonJS

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scratch } from '../support/import-files.js';

const PROGRAM = `
import { open } from 'lmdb';
import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
const [, own, directory, first] = process.argv;
const opens = { own: () => open({ path: own }), store: () => openStore(directory, { config: false }) };
const opened = {};
for (const name of first === 'own' ? ['own', 'store'] : ['store', 'own']) opened[name] = await opens[name]();
const { own: env, store } = opened;
await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
const rows = store.collection('rows');
for (let id = 0; id < 20; id++) {
  await Promise.all([rows.put({ id, n: env.get(id - 1) ?? 0 }), env.put(id, id)]);
  store.transactionSync((tx) => void tx.collection('rows').patch(id, { also: true }));
}
const sum = await store.transaction((tx) => Array.from({ length: 20 }, (_, id) => tx.collection('rows').get(id).n).reduce((a, b) => a + b));
console.log(JSON.stringify([sum, rows.count(), env.get(19), (await store.verify()).isSound]));
await Promise.all([store.close(), env.close()]);
`;

test.each(['own', 'store'])('%s first', (first) => {
  const folder = scratch();
  const args = ['--input-type=module', '-e', PROGRAM, join(folder, 'own'), join(folder, 'store'), first];
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd });
  expect(stderr).toBe('');
  // 0 + 0 + 1 + … + 18
  expect(JSON.parse(stdout)).toEqual([171, 20, 19, true]);
});
