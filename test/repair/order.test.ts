// Goal: an index that repair makes is in order, whatever order the shards came to be in: a shard that a transaction began
// while an import was reserving numbers has a higher number than the import's shards, and lower positions.
// Method: such a store, made with a transaction in the middle of an import; repaired, verified, and read by its index.

import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { valuesOf } from '../support/rows.js';

test('a secondary index over shards whose numbers and positions are in different orders', async () => {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  await store.transaction((tx) => tx.createCollection('records', { key: 'id', indexes: ['g'] }).put({ id: 1, g: 1 }));
  await store.compact();
  let put: Promise<unknown> | undefined;
  const source = fileWith('{"id":2,"g":1}\n{"id":3,"g":1}\n');
  await store.import(source, {
    ...{ key: 'id', indexes: ['g'], mode: 'upsert', workers: 1 },
    onProgress: ({ stage }) => {
      if (stage === 'scan') put ??= store.collection().put({ id: 4, g: 1 });
    },
  });
  expect(put).toBeDefined();
  await put;
  await store.close();
  await repairStore(directory, { workers: 1 });
  const again = await openStore(directory, { hotSet: false });
  onTestFinished(() => again.close());
  expect((await again.verify({ workers: 1 })).faults).toEqual([]);
  const found: number[] = [];
  for await (const value of valuesOf(again.collection<{ id: number }>().find('g', 1))) found.push(value.id);
  expect(found.sort()).toEqual([1, 2, 3, 4]);
});
