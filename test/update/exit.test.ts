// Goal: a process that ends itself while its commit thread writes ends, and what was acknowledged is there.
// Method: processes that call process.exit when some of many puts are acknowledged, so that others are being written.
// @node all: how threads are ended

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';

const PROGRAM = `
import { openStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
const [, directory, acknowledged] = process.argv;
const store = await openStore(directory, { config: false });
await store.transaction((tx) => void tx.createCollection('rows', { key: 'id' }));
let left = Number(acknowledged);
const ended = () => --left === 0 && process.exit(7);
for (let id = 0; id < 4000; id++) store.collection('rows').put({ id, text: 'x'.repeat(id % 300) }).then(ended);
`;

test.each([1, 50, 400, 1500])('after %d acknowledged puts', async (acknowledged) => {
  const directory = `${scratch()}/store`;
  const args = ['--input-type=module', '-e', PROGRAM, directory, String(acknowledged)];
  expect(spawnSync(process.execPath, args, { timeout: 45_000, killSignal: 'SIGKILL' })).toMatchObject({
    ...{ signal: null, status: 7 },
  });
  const store = await openStore(directory);
  const count = store.collection('rows').count();
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  for (let id = 0; id < count; id++) expect(store.collection('rows').has(id)).toBe(true);
  await store.close();
});
