// Goal: a store of which shards were dropped, or joined, is repaired like any other, from its catalog and from its shards alone.
// Method: shards dropped at the beginning, in the middle and at the end of imports; the index damaged or removed.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { contents, versions } from '../support/upkeep.js';

/** Imports of several shards, replaced in part; returns the directory and all that is in it. */
async function storeWithDropped(parts: readonly (readonly [from: number, to: number])[], joinBytes: number) {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  const options = { key: 'id', indexes: ['version'], workers: 1 } as const;
  await store.import(fileWith(versions(0, 300, 1)), { ...options, spanBytes: 1000 });
  const before = store.collection().stat().shards;
  for (const [i, [from, to]] of parts.entries()) {
    await store.import(fileWith(versions(from, to, i + 2)), { ...options, mode: 'upsert', spanBytes: 1000 });
    await store.transaction((tx) => tx.collection('records').patch(from, { version: 100 + i }));
    await store.compact({ minDeadShare: 0, joinBytes });
  }
  await store.compact({ minDeadShare: 0, joinBytes });
  expect(before).toBeGreaterThan(5);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  const expected = await contents(store);
  const { shards, files } = store.collection().stat();
  await store.close();
  expect(files).toBe(joinBytes === 0 ? shards : 1);
  expect(readdirSync(join(directory, 'shards'))).toHaveLength(files);
  return { directory, expected };
}

const byText = (contentsOf: unknown) => {
  const { records } = contentsOf as { records: { texts: string[] } };
  return { ...records, texts: [...records.texts].sort() };
};

const PARTS: readonly [string, readonly (readonly [from: number, to: number])[]][] = [
  ['the first', [[0, 120]]],
  ['those in the middle', [[100, 220]]],
  ['the last', [[180, 300]]],
  ['all of the first import', [[0, 300]]],
  [
    'those of several imports',
    [
      [0, 300],
      [50, 250],
      [0, 300],
      [0, 90],
    ],
  ],
];
const CASES = [0, 4 << 20].flatMap((joinBytes) =>
  (['catalog', 'shards'] as const).flatMap((from) => PARTS.map(([what, parts]) => ({ from, joinBytes, what, parts }))),
);

test.each(partOf(CASES))(
  '$what were dropped, from the $from, joined up to $joinBytes bytes',
  async ({ from, joinBytes, parts }) => {
    const { directory, expected } = await storeWithDropped(parts, joinBytes);
    if (from === 'shards') rmSync(join(directory, 'index'), { recursive: true });
    expect(await repairStore(directory, { workers: 1 })).toMatchObject({ from, lost: [], unused: [] });
    const store = await openStore(directory, { hotSet: false });
    onTestFinished(() => store.close());
    expect(byText(await contents(store))).toEqual(byText(expected));
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    // And it can be changed and compacted on.
    await store.collection().put({ id: 7, version: 1000 });
    await store.compact({ minDeadShare: 0 });
    expect(store.collection().getSync(7)).toEqual({ id: 7, version: 1000 });
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  },
);
