// Goal: a file of lines whose last line has no newline leaves the records of its neighbours whole, whatever is in the window.
// Method: folders with such files, larger and smaller than a window; all records are read, and the store is verified.

import { expect, test } from 'vitest';
import { folderOf } from '../support/folders.js';
import { KINDS, testStore } from '../support/import-store.js';

const linesOf = (from: number, count: number, bytes: number) =>
  Array.from({ length: count }, (_, i) => `{"id":${from + i},"text":"${'x'.repeat(bytes)}"}`);

test.each(KINDS)('a last line without a newline keeps its newline in the shard, %s', async (kind) => {
  const parts = [linesOf(0, 12_000, 50), linesOf(20_000, 1, 1), linesOf(30_000, 3, 9), linesOf(40_000, 12_000, 50)];
  const root = folderOf(Object.fromEntries(parts.map((lines, i) => [`${i}.ndjson`, lines.join('\n')])));
  const { store, texts } = await testStore(kind);
  await store.import(root, { key: 'id', workers: 1, spanBytes: 1 << 24 });
  expect(await texts()).toEqual(parts.flat());
  expect(store.collection().getTextSync(20_000)).toBe(parts[1]![0]);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
});
