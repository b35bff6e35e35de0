// Goal: a list of garbage that names what a collection has, removes nothing. Method: such lists with right checksums; the store is
// opened and compacted, which both remove garbage; then it is repaired, and all of it is there.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { garbageCheck } from '../../dist/src/store/catalog/schema.js';
import { encodeValue, GARBAGE_KEY } from '../../dist/src/store/catalog/values.js';
import type { Garbage } from '../../dist/src/store/types.js';
import { scratch } from '../support/import-files.js';
import { openRawIndex } from '../support/raw-catalog.js';

const NOTHING = { files: [], trees: [], inline: [] };
const OPTIONS = { config: false, hotSet: false } as const;

/** Shard 1 in a file, shard 2 inline, trees 1 to 3. */
async function newStore(): Promise<string> {
  const path = join(scratch(), 'store');
  writeFileSync(`${path}.ndjson`, '{"id":1,"tag":"a"}\n{"id":2,"tag":"b"}\n');
  const store = await openStore(path, OPTIONS);
  await store.import(`${path}.ndjson`, { key: 'id', indexes: ['tag'], workers: 1 });
  await store.transaction((tx) => tx.collection('records').put({ id: 3, tag: 'c' }));
  await store.close();
  return path;
}

test.each<[string, Partial<Garbage>]>([
  ['a file', { files: [{ file: '00000001.ndjson.zst', after: 1 }] }],
  ['the primary index', { trees: [1] }],
  ['a secondary index', { trees: [2] }],
  ['records of transactions', { inline: [2] }],
])('%s of a collection', async (_, named) => {
  const path = await newStore();
  const raw = openRawIndex(path);
  raw.put('meta', GARBAGE_KEY, encodeValue(garbageCheck, { ...NOTHING, ...named }, 'garbage', path));
  await raw.close();
  const told = /garbage.*collection.* has/;
  const opened = await openStore(path, OPTIONS);
  const { isSound, faults } = await opened.verify({ workers: 1 });
  expect([isSound, faults.map(({ message }) => message)]).toEqual([false, [expect.stringMatching(told)]]);
  const refused = { code: 'CHECKSUM_MISMATCH', message: expect.stringMatching(told) };
  const compacting = opened.compact({ minDeadShare: 0, joinBytes: 0 });
  // Records of transactions get a file by it: what they had before is garbage then.
  if (named.inline) await compacting;
  else await expect(compacting).rejects.toMatchObject(refused);
  await opened.close();
  await expect(repairStore(path, { workers: 1 })).resolves.toMatchObject({ from: 'catalog', lost: [] });
  const store = await openStore(path, OPTIONS);
  const records = store.collection<{ id: number; tag: string }>();
  const found: unknown[] = [];
  for await (const { value } of records.range({ index: 'tag' })) found.push(value);
  expect([1, 2, 3].map((id) => records.getSync(id))).toEqual(found);
  expect(found.length).toBe(3);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true });
  await store.close();
});
