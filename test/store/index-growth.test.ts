// Goal: the file of the index does not grow because of a reader that is no more.
// Method: a real process stops in the middle of an iteration and is killed, and its slot says that it reads an old state; then
// another process, which has the store open all the while, commits. LMDB reuses no page that was freed since the oldest state.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CATALOG_FILE } from '../../dist/src/store/files/layout.js';
import { scratch } from '../support/import-files.js';
import { Reader } from '../torture/harness.js';
import { History } from '../torture/model.mjs';

/** Each changes some 40 KiB of pages: 8 MiB, if none of them could be used again. */
const COMMITS = 200;
const GROWTH_MAX = 3 * 2 ** 20;

test('after a reader was killed, pages are reused again', async () => {
  const directory = scratch();
  const store = await openStore(directory, { config: false });
  onTestFinished(() => store.close());
  const records = Array.from({ length: 500 }, (_, id) => ({ id, text: 'x'.repeat(100) }));
  await store.import(records, { key: 'id' });
  const collection = store.collection('records');
  const put = async () => {
    for (let id = 0; id < COMMITS; id++) await collection.put({ id, text: 'y'.repeat(id) });
  };
  await put();
  const reader = new Reader(directory, new History('unused'), 'hold');
  await reader.heard(/^held/);
  await reader.kill();
  const before = statSync(join(directory, CATALOG_FILE)).size;
  await put();
  expect(statSync(join(directory, CATALOG_FILE)).size - before).toBeLessThan(GROWTH_MAX);
});
