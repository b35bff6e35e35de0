// Goal: an import that is killed and resumed in a store that hides its keys has one kind of pseudonyms, those of the spans
// before the kill and those after: each record is found by its key. So is each one of an upsert that is resumed.
// And an import is refused into a collection that was made meanwhile, and so hides its keys otherwise.
// Method: imports in a process of its own, killed or held at given spans; resumed here, and every key looked up.

import { expect, test } from 'vitest';
import { runImport } from '../../dist/src/api/later.js';
import { mergeEntries } from '../../dist/src/import/merge/entries.js';
import { scanSpan } from '../../dist/src/import/scan/scan-span.js';
import type { SpanOrder } from '../../dist/src/import/tasks/span.js';
import { Caches } from '../../dist/src/lookup/cache/caches.js';
import { Lookup } from '../../dist/src/lookup/lookup.js';
import { resolveStoreOptions } from '../../dist/src/options/store.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { newKeySalt } from '../../dist/src/store/seal/hidden-keys.js';
import { filesOf } from '../../dist/src/store/sealed/files.js';
import { startImport } from '../support/import-child.js';
import { fileWith } from '../support/import-files.js';
import { newStore } from '../support/resumed.js';
import { newSealKeys, sealAsText } from '../support/sealed.js';

const seal = newSealKeys('hidden');
const blobs = filesOf(seal);
const OPTIONS = { collection: 'c', key: 'id', indexes: ['tag'], spanBytes: 1500 } as const;
const rows = (from: number) => Array.from({ length: 300 }, (_, i) => ({ id: `k${from + i}`, tag: i % 7, from }));
const textOf = (all: readonly object[]) => all.map((row) => JSON.stringify(row)).join('\n');

async function resumed(directory: string, source: string, mode: 'replace' | 'upsert') {
  const catalog = await openRecovered({ directory, blobs, seal }, { create: true, readOnly: false });
  const startWorkers = () => ({
    decode: async () => {
      throw new Error('nothing is compressed');
    },
    scan: async (task: SpanOrder) => scanSpan(task, blobs),
    merge: async (task: Parameters<typeof mergeEntries>[0]) => mergeEntries(task, blobs),
    close: async () => {},
  });
  const place = { directory, blobs, seal };
  const caches = new Caches(place, resolveStoreOptions({}));
  try {
    const target = { ...place, catalog, startWorkers, journalFrom: 0 };
    const report = await runImport(target, [source], { ...OPTIONS, mode, workers: 1 });
    const lookup = new Lookup({ ...place, catalog, caches, isExact: true }, 'c');
    const texts = Array.from({ length: 451 }, (_, i) => lookup.textSync(`k${i}`));
    return { spans: report.resumed?.spans ?? 0, texts };
  } finally {
    await caches.close();
    await catalog.close();
  }
}

test.each([5, 6])('every record is found, killed at span %i', async (killAtScan) => {
  const directory = newStore();
  const first = fileWith(textOf(rows(0)), 'first.ndjson');
  const child = (source: string, mode: 'replace' | 'upsert') =>
    startImport({ directory, sources: [source], options: { ...OPTIONS, mode }, seal: sealAsText(seal), killAtScan });
  expect(await child(first, 'replace').ended).toBeUndefined();
  const whole = await resumed(directory, first, 'replace');
  expect(whole.spans).toBeGreaterThan(0);
  expect(whole.texts).toEqual(
    Array.from({ length: 451 }, (_, i) => (i < 300 ? JSON.stringify(rows(0)[i]) : undefined)),
  );
  const second = fileWith(textOf(rows(150)), 'second.ndjson');
  expect(await child(second, 'upsert').ended).toBeUndefined();
  const merged = await resumed(directory, second, 'upsert');
  expect(merged.spans).toBeGreaterThan(0);
  const expected = [...rows(0).slice(0, 150), ...rows(150)].map((row) => JSON.stringify(row));
  expect(merged.texts).toEqual([...expected, undefined]);
});

test('a collection that was made while an import ran has pseudonyms of its own, so the import is refused', async () => {
  const directory = newStore();
  const source = fileWith(textOf(rows(0)), 'first.ndjson');
  const made = { directory, sources: [source], options: OPTIONS, seal: sealAsText(seal), holdAtScan: 2 };
  const child = startImport(made);
  await child.held;
  const catalog = await openRecovered({ directory, blobs, seal }, { create: false, readOnly: false });
  await catalog.transaction((write) => {
    const header = catalog.header();
    write.putHeader({ ...header, nextCollection: 2, nextTree: header.nextTree + 1, generation: header.generation + 1 });
    const empty = { entries: 0, pages: 0 };
    write.putCollection({
      ...{ name: 'c', id: 1, generation: header.generation + 1, framing: 'lines', key: { kind: 'path', path: 'id' } },
      ...{ keySalt: newKeySalt(seal, 'a transaction', 'c'), primary: { path: 'id', tree: header.nextTree, ...empty } },
      ...{ secondary: [], records: 0, dead: 0, holes: 0, inline: 0, shards: 0, layout: header.generation + 1 },
      ...{ sourceBytes: 0, storedBytes: 0, plainBytes: 0, published: new Date().toISOString() },
    });
  });
  await catalog.close();
  child.goOn();
  expect(await child.ended).toMatchObject({ error: 'STORE_BUSY' });
  // The next one takes the salt of the collection.
  const { texts } = await resumed(directory, source, 'replace');
  expect(texts.filter((text) => text !== undefined)).toHaveLength(300);
});
