// Goal: an import that was killed goes on behind its finished spans, and what comes out is byte for byte what one that was
// never interrupted makes; what does not fit is never gone on with, and said.
// Method: processes killed (SIGKILL) when so many spans are in the journal, and at merging and publishing; the oracle is the
// same import in one go into another store.

import { appendFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { decodeJournal } from '../../dist/src/import/resume/journal-format.js';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { isTried } from '../support/effort.js';
import { startImport } from '../support/import-child.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith } from '../support/import-files.js';
import {
  importHere,
  journalOf,
  killedCopy,
  killedStore,
  LINES,
  newSources,
  newStore,
  OPTIONS,
  oneGoOfAll,
  outcome,
  removeShared,
} from '../support/resumed.js';
import { framesOf } from '../support/shard-frames.js';

afterAll(removeShared);

describe('killed and resumed, the result is that of one go', () => {
  const POINTS = [
    ...[5, 8, 14].map((killAtScan) => ({ killAtScan })),
    ...[{ killAtStage: 'merge' }, { killAtMerge: 1 }, { killAtStage: 'publish' }],
  ] as const;

  test.each(POINTS)('%j', async (point) => {
    const sources = newSources();
    const whole = newStore();
    const oneGo = await importHere(whole, sources, OPTIONS);
    const directory = await killedStore({ sources, options: OPTIONS, ...point });
    const { report, scans } = await importHere(directory, sources, OPTIONS);
    expect(await outcome(directory, report)).toEqual(await outcome(whole, oneGo.report));
    expect(report.resumed!.spans).toBeGreaterThanOrEqual('killAtScan' in point ? point.killAtScan - 4 : 1);
    expect(report.resumed!.spans + scans).toBeLessThan(oneGo.scans + report.spans.redone + 1);
  });

  test.each<[string, () => string[], ImportOptions]>([
    ['small files by the batch', () => LINES.split('\n', 90).map((line) => fileWith(line)), { spanBytes: 256 }],
    ['documents', () => [fileWith(LINES.replaceAll(/^.+$/gm, '{"items":[$&]}'))], { select: '/items' }],
  ])('%s', async (_, newFiles, more) => {
    const [sources, options, whole] = [newFiles(), { ...OPTIONS, ...more }, newStore()];
    const oneGo = await importHere(whole, sources, options);
    const killed = await killedStore({ sources, options, killAtScan: 8 });
    const { report } = await importHere(killed, sources, options);
    expect(await outcome(killed, report)).toEqual(await outcome(whole, oneGo.report));
  });

  test('again and again', async () => {
    const sources = newSources();
    const whole = newStore();
    const oneGo = await importHere(whole, sources, OPTIONS);
    const directory = newStore();
    for (let kills = 0; kills < 3; kills++) {
      expect(await startImport({ directory, sources, options: OPTIONS, killAtScan: 5 }).ended).toBeUndefined();
    }
    const { report } = await importHere(directory, sources, { ...OPTIONS, resume: 'require' });
    expect(report.resumed!.spans).toBeGreaterThanOrEqual(3);
    expect(await outcome(directory, report)).toEqual(await outcome(whole, oneGo.report));
  });

  test('merged into a collection that was there, with other workers and windows', async () => {
    const sources = newSources();
    const stores = [newStore(), newStore()];
    const before = fileWith(LINES.replaceAll('"id":1', '"id":7'));
    for (const directory of stores) await importHere(directory, [before], { ...OPTIONS, onBadRecord: 'skip' });
    const options = { ...OPTIONS, mode: 'upsert' } as const;
    const [whole, directory] = stores as [string, string];
    const oneGo = await importHere(whole, sources, options);
    expect(await startImport({ directory, sources, options, killAtScan: 9 }).ended).toBeUndefined();
    const { report } = await importHere(directory, sources, { ...options, windowBytes: 4096 });
    expect(report.resumed!.spans).toBeGreaterThanOrEqual(5);
    expect(report.updated).toBeGreaterThan(0);
    expect(await outcome(directory, report)).toEqual(await outcome(whole, oneGo.report));
  });

  test('published and killed before it could clean up: not published again', async () => {
    const sources = newSources();
    const directory = await killedStore({ sources, options: OPTIONS, killAtStage: 'done' });
    const catalog = await openRecovered({ directory, blobs: files }, { create: false, readOnly: false });
    expect(catalog.resumable()).toEqual([]);
    expect(catalog.collections()).toHaveLength(1);
    await catalog.close();
    expect(readdirSync(join(directory, 'quarantine'))).toHaveLength(1);
    expect(await errorOf(importHere(directory, sources, { ...OPTIONS, resume: 'require' }))).toMatchObject({
      code: 'NOTHING_TO_RESUME',
    });
  });
});

describe('what does not fit starts afresh, and is said', () => {
  async function expectAfresh(directory: string, sources: readonly string[], options: ImportOptions, why: string) {
    const required = await errorOf(importHere(directory, sources, { ...options, resume: 'require' }));
    expect(required).toMatchObject({ code: 'NOTHING_TO_RESUME', message: expect.stringContaining(why) });
    const { report } = await importHere(directory, sources, options);
    expect(report.resumed).toBeUndefined();
    expect(report.warnings).toEqual([expect.stringContaining(why), expect.stringContaining('share a key')]);
    const found = await outcome(directory, report);
    expect(found.left).toEqual({ lock: undefined, resumable: [] });
    expect(Object.keys(found.shards)).toHaveLength(report.shards);
    expect(readdirSync(join(directory, 'quarantine'))).toHaveLength(found.quarantine === undefined ? 0 : 1);
  }

  test('a source that was written to', async () => {
    const sources = newSources();
    const directory = await killedStore({ sources, options: OPTIONS, killAtScan: 8 });
    appendFileSync(sources[0]!, '{"id":-1}\n');
    await expectAfresh(directory, sources, OPTIONS, 'its source was different, or was changed');
  });

  test('a schema that the collection got meanwhile: finished spans were not checked', async () => {
    const [sources, directory] = [newSources(), newStore()];
    await importHere(directory, [fileWith(LINES)], OPTIONS);
    const options = { ...OPTIONS, mode: 'upsert' } as const;
    expect(await startImport({ directory, sources, options, killAtScan: 8 }).ended).toBeUndefined();
    const store = await openStore(directory);
    await store.setSchema('records', { properties: { id: { maximum: 190 } } });
    await store.close();
    const { report } = await importHere(directory, sources, options);
    expect(report.resumed).toBeUndefined();
    expect(report.warnings[0]).toContain('its options were different');
    expect(report.records.rejected).toBe(8 + 150);
  });

  test.each([
    { level: 3 },
    { key: 'text' },
    { indexes: [] },
    { onDuplicate: 'first' },
    { spanBytes: 1501 },
    { mode: 'upsert' },
    { onBadRecord: 'skip' },
  ] as const)('options: %j', async (changed) => {
    const { sources } = await oneGoOfAll();
    await expectAfresh(await killedCopy(), sources, { ...OPTIONS, ...changed }, 'its options were different');
  });

  test('never', async () => {
    const { sources } = await oneGoOfAll();
    const { report } = await importHere(await killedCopy(), sources, { ...OPTIONS, resume: 'never' });
    expect(report.warnings[0]).toContain("option resume: 'never' was given");
  });

  test('an import into another collection leaves it alone', async () => {
    const { sources } = await oneGoOfAll();
    const directory = await killedCopy();
    await importHere(directory, sources, { ...OPTIONS, collection: 'other' });
    const { report } = await importHere(directory, sources, { ...OPTIONS, resume: 'require' });
    expect(report.resumed!.spans).toBeGreaterThanOrEqual(4);
  });
});

describe('a journal that is not whole', () => {
  test('cut at any byte, or with any byte changed, it ends before the line concerned', async () => {
    const directory = await killedCopy();
    const bytes = readFileSync(journalOf(directory));
    const whole = decodeJournal(bytes)!;
    expect(whole.spans.length).toBeGreaterThanOrEqual(4);
    for (let at = 0; at < bytes.byteLength; at++) {
      if (!isTried(at, 1)) continue;
      const lines = whole.ends.filter((end) => end <= at).length;
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      for (const damaged of [bytes.subarray(0, at), flipped]) {
        const found = decodeJournal(damaged);
        const left = { ...whole, spans: whole.spans.slice(0, lines - 1), ends: whole.ends.slice(0, lines) };
        // Thousands of times, and `toEqual` is slow.
        expect(isDeepStrictEqual(found, lines === 0 ? undefined : left), `byte ${at}`).toBe(true);
      }
    }
  });

  const DAMAGE: [string, (journal: string, directory: string) => void][] = [
    ['its last line is torn', (journal) => truncateSync(journal, readFileSync(journal).byteLength - 1)],
    ['it ends in the middle', (journal) => truncateSync(journal, decodeJournal(readFileSync(journal))!.ends[2]! + 5)],
    [
      'only its first line is whole',
      (journal) => truncateSync(journal, decodeJournal(readFileSync(journal))!.ends[0]!),
    ],
    ['it is empty', (journal) => truncateSync(journal, 0)],
    ['it is gone', (journal) => rmSync(journal)],
    ['a run is gone', (journal) => rmSync(join(journal, '..', '3.run'))],
    ['a run is short', (journal) => truncateSync(join(journal, '..', '2.run'), 10)],
    ['a shard is gone', (_, directory) => rmSync(join(directory, 'shards', '00000003.ndjson.zst'))],
    ['a shard is longer', (_, directory) => appendFileSync(join(directory, 'shards', '00000002.ndjson.zst'), 'x')],
    ['the quarantine file is gone', (_, directory) => rmSync(join(directory, 'quarantine'), { recursive: true })],
    [
      'a span was half written',
      (journal, directory) => {
        writeFileSync(join(directory, 'shards', '00000010.ndjson.zst'), 'half');
        writeFileSync(join(journal, '..', '9.run'), 'half');
        writeFileSync(join(journal, '..', '1.bad'), '0,half');
      },
    ],
  ];

  test.each(DAMAGE)('%s: what is whole is gone on with', async (_, damage) => {
    const { sources, directory: whole, ...oneGo } = await oneGoOfAll();
    const directory = await killedCopy();
    damage(journalOf(directory), directory);
    const { report } = await importHere(directory, sources, OPTIONS);
    const { report: expected, ...rest } = await outcome(whole, oneGo.report);
    const { report: found, ...restFound } = await outcome(directory, report);
    if (report.resumed !== undefined) {
      expect({ ...found, warnings: [] }).toEqual({ ...expected, warnings: [] });
      expect(restFound).toEqual(rest);
    } else {
      // Afresh: under other shard numbers, which each file says behind its frames.
      const { stored: _, ...bytes } = expected.bytes;
      expect({ ...found, warnings: [] }).toMatchObject({ ...expected, warnings: [], bytes });
      expect(framesOf(directory)).toEqual(framesOf(whole));
    }
    expect(restFound.quarantine).toEqual(rest.quarantine);
  });
});

test('cancelled, a resumed import leaves nothing', async () => {
  const { sources } = await oneGoOfAll();
  const directory = await killedCopy();
  const controller = new AbortController();
  const onProgress = ({ stage }: { readonly stage: string }) => {
    if (stage === 'merge') controller.abort();
  };
  const running = importHere(directory, sources, { ...OPTIONS, signal: controller.signal, onProgress });
  expect(await errorOf(running)).toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(directory).sort()).toEqual(['index', 'shards']);
  expect(readdirSync(join(directory, 'shards'))).toEqual([]);
});
