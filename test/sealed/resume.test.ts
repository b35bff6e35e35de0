// Goal: whatever an import into an encrypted store is doing, no file that it has written shows anything in plain, and when it is
// killed it is resumed as in a plain store.
// Method: imports in a process of its own, which is held or killed at given points; then every file beside the index is searched
// for what all records, keys and paths have, and the import is done again. The oracle is the import in one go.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runImport } from '../../dist/src/api/later.js';
import { decodePart, type PartTask } from '../../dist/src/import/feed/decode-part.js';
import { mergeEntries } from '../../dist/src/import/merge/entries.js';
import { scanSpan } from '../../dist/src/import/scan/scan-span.js';
import type { SpanOrder } from '../../dist/src/import/tasks/span.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { quarantineLines } from '../../dist/src/store/quarantine/lines.js';
import { filesOf } from '../../dist/src/store/sealed/files.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';
import type { Catalog } from '../../dist/src/store/types.js';
import { quarantineFiles } from '../../dist/src/upkeep/quarantine/review.js';
import { type ChildImport, startImport } from '../support/import-child.js';
import { fileWith } from '../support/import-files.js';
import { newStore as newDirectory } from '../support/resumed.js';
import { filesBesideIndex, newSealKeys, sealAsText, seenIn } from '../support/sealed.js';

const WORD = 'qzxsecretv';
const WORDS = [WORD, Buffer.from(WORD).toString('base64').slice(0, 10), 'oops'];
const LINES = Array.from({ length: 400 }, (_, i) =>
  i % 50 === 7
    ? `{"id":"${WORD}${i}",oops}\n`
    : `{"id":"${WORD}${i % 190}","tag":["${WORD}${i % 13}"],"text":"${'x'.repeat(i % 40)}"}\n`,
).join('');
const OPTIONS = {
  collection: `c${WORD}`,
  key: 'id',
  indexes: ['tag'],
  onBadRecord: 'quarantine',
  spanBytes: 1500,
} as const;

const seal = newSealKeys();
const blobs = filesOf(seal);

/** Imports in this process, and says what the store holds then. */
async function importHere(directory: string, source: string) {
  const catalog = await openRecovered({ directory, blobs, seal }, { create: true, readOnly: false });
  const startWorkers = () => ({
    decode: async (task: PartTask) => decodePart(task),
    scan: async (task: SpanOrder) => scanSpan(task, blobs),
    merge: async (task: Parameters<typeof mergeEntries>[0]) => mergeEntries(task, blobs),
    close: async () => {},
  });
  try {
    const target = { directory, blobs, seal, catalog, startWorkers, journalFrom: 0 };
    const { resumed, quarantine, records } = await runImport(target, [source], { ...OPTIONS, workers: 1 });
    const file = blobs.open(quarantine as string, 'quarantine file');
    const rejected = [...quarantineLines(file)].map(({ line }) => line.toString());
    file.close();
    const texts = catalog.shards(catalog.collections()[0]!).map((entry) => {
      const reader = ShardReader.open(blobs, join(directory, 'shards', entry.file), entry);
      const all = Array.from({ length: reader.frames }, (_, index) => reader.readFrameSync(index).toString());
      reader.close();
      return all.join('');
    });
    return { resumed, what: { records, rejected, texts } };
  } finally {
    await catalog.close();
  }
}

const child = (directory: string, source: string, points: Partial<ChildImport>) =>
  startImport({ directory, sources: [source], options: OPTIONS, seal: sealAsText(seal), ...points });

test.each<Partial<ChildImport>>([
  { killAtScan: 5 },
  { killAtScan: 9 },
  { killAtScan: 14 },
  { killAtStage: 'merge' },
  { killAtMerge: 1 },
  { killAtStage: 'publish' },
])('killed: %j', async (point) => {
  const source = fileWith(LINES, `${WORD}.json`);
  const whole = await importHere(newDirectory(), source);
  const directory = newDirectory();
  expect(await child(directory, source, point).ended).toBeUndefined();
  expect(Object.keys(filesBesideIndex(directory)).join()).toMatch(/\.sealed.*journal/s);
  expect(seenIn(directory, WORDS)).toEqual([]);
  // Its quarantine file is listed, though nobody can read what has no end.
  const read = { collections: () => [{ name: OPTIONS.collection }] } as unknown as Catalog;
  for (const { collection, bytes } of quarantineFiles({ directory, blobs, seal }, read)) {
    expect(collection).toBe(OPTIONS.collection);
    expect(bytes).toBeGreaterThan(0);
  }
  const { resumed, what } = await importHere(directory, source);
  expect(resumed!.spans).toBeGreaterThan(0);
  expect(what).toEqual(whole.what);
  expect(seenIn(directory, WORDS)).toEqual([]);
});

test('killed again and again, it goes on each time', async () => {
  const source = fileWith(LINES, `${WORD}.json`);
  const whole = await importHere(newDirectory(), source);
  const directory = newDirectory();
  for (const killAtScan of [6, 7, 8]) {
    expect(await child(directory, source, { killAtScan }).ended).toBeUndefined();
    expect(seenIn(directory, WORDS)).toEqual([]);
  }
  const { resumed, what } = await importHere(directory, source);
  expect(resumed!.spans).toBeGreaterThan(8);
  expect(what).toEqual(whole.what);
});

test('held at any span, no file shows anything', async () => {
  const source = fileWith(LINES, `${WORD}.json`);
  for (const holdAtScan of [2, 6, 10]) {
    const directory = newDirectory();
    const held = child(directory, source, { holdAtScan });
    await held.held;
    expect(readdirSync(join(directory, 'tmp')).length).toBeGreaterThan(0);
    expect(seenIn(directory, WORDS)).toEqual([]);
    held.goOn();
    await held.ended;
  }
});

test('a journal that was changed, or is of another store, resumes nothing, or less', async () => {
  const source = fileWith(LINES, `${WORD}.json`);
  const whole = await importHere(newDirectory(), source);
  const changes: ((lines: string[]) => string[])[] = [
    (lines) => [lines[0]!, lines[2]!, lines[1]!, ...lines.slice(3)],
    (lines) => [lines[0]!, ...lines.slice(2)],
    (lines) => [lines[0]!, lines[1]!, lines[1]!, ...lines.slice(2)],
    (lines) => lines.slice(1),
  ];
  for (const change of changes) {
    const directory = newDirectory();
    await child(directory, source, { killAtScan: 9 }).ended;
    const [id] = readdirSync(join(directory, 'tmp')) as [string];
    const journal = join(directory, 'tmp', id, 'journal');
    const lines = readFileSync(journal, 'latin1').trimEnd().split('\n');
    writeFileSync(journal, `${change(lines).join('\n')}\n`);
    const { resumed, what } = await importHere(directory, source);
    expect(resumed?.spans ?? 0).toBeLessThan(lines.length - 1);
    expect(what).toEqual(whole.what);
  }
});
