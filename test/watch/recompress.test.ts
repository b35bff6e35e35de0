// Goal: with option `recompress` a watcher compresses between its rounds what they have stored without compression.
// Method: a watcher of a file, and the sizes of the shards.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { until } from '../support/until.js';

test('a watcher of files compresses what it has imported without', async () => {
  const folder = scratch();
  const text = Array.from({ length: 500 }, (_, id) => `${JSON.stringify({ id, text: 'the same' })}\n`).join('');
  const source = fileWith(text, 'rows.ndjson', folder);
  const store = await openStore(join(folder, 'store'), { config: false, hotSet: false });
  onTestFinished(() => store.close());
  const options = { key: 'id', compression: 'none', recompress: true, stabilityMs: 0, workers: 1 } as const;
  await store.watch(source, options);
  const shards = join(folder, 'store', 'shards');
  const bytes = () => readdirSync(shards).reduce((sum, name) => sum + readFileSync(join(shards, name)).byteLength, 0);
  await until(() => bytes() < text.length / 2);
  writeFileSync(source, text.replaceAll('the same', 'another'));
  await until(
    () => bytes() < text.length / 2 && store.collection('records').getTextSync(1)?.includes('another') === true,
  );
  expect(store.collection('records').count()).toBe(500);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
});
