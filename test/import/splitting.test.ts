// Goal: THE claim about splitting. However a source is cut into spans and windows, and however many spans are under way,
// the same comes out as of one pass over all of it: records, order, keys, and errors with their offsets; shard bytes do
// not depend on windows or workers; and on ordinary data hardly any span is scanned twice.
// Method: small sources built to deceive, cut at every size from one byte up, and property tests. The oracle is one pass
// of the plain kernel over the whole source, and JSON.parse for what is valid. Everything runs in this thread, through the
// stages an import goes through (support/import-split.ts).
// @alone: modules are mocked

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { datasetChunks, FORMS } from '../../datasets/index.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import type { RecordLayout } from '../../src/kernel/contract.js';
import { damaged, sourceTexts } from '../support/documents.js';
import { isTried, partOf, runs } from '../support/effort.js';
import { BAD, deceptions } from '../support/import-deceptions.js';
import { makeDirectory } from '../support/import-files.js';
import { type Cutting, type Outcome, promised, type Scanned, scanInSpans, scanWhole } from '../support/import-split.js';
import { stripped } from '../support/oracle.js';
import { layouts, recordLayoutOf, utf8 } from '../support/scans.js';

// Tens of thousands of shards that nobody keeps need not reach a disk.
vi.mock('../../src/store/files/io.js', async (original) => ({
  ...(await original<object>()),
  syncFile: async () => {},
}));

const WINDOW_BYTES = 64;
const WINDOWS = [1, 2, 3, 7, 16, 31, 33];

let directory: ReturnType<typeof makeDirectory>;
let path: string;
beforeAll(() => {
  directory = makeDirectory();
  path = join(directory.path, 'source.json');
});
afterAll(() => directory.remove());

/** Where records begin: behind the opening bracket, or at the first byte that is not blank. */
function beginning(bytes: Uint8Array, layout: RecordLayout): number {
  const text = Buffer.from(bytes).toString('latin1');
  const opener = layout === 'array' ? '[' : layout === 'object' ? '{' : undefined;
  return opener ? text.indexOf(opener) + 1 : text.search(/[^ \t\r\n]/);
}

const scan = (options: ImportOptions, cutting: Cutting): Promise<Scanned> =>
  scanInSpans(path, options, cutting, directory.path);

/**
 * Checks the source for span sizes from one byte to all of it (EFFORT=1: each to 24 bytes, and one of three of the larger
 * ones), the number of spans under way changing with it.
 */
async function checkEverySpanSize(text: string, options: ImportOptions, layout: RecordLayout): Promise<Outcome> {
  const bytes = utf8(text);
  writeFileSync(path, bytes);
  const expected = scanWhole(bytes, beginning(bytes, layout), options, layout);
  for (let spanBytes = 1; spanBytes <= bytes.length; spanBytes++) {
    if (spanBytes > 3 && !isTried(spanBytes + bytes.length, spanBytes > 24 ? 3 : 1)) continue;
    const cutting = {
      spanBytes,
      windowBytes: WINDOW_BYTES,
      credits: 1 + (spanBytes % 4),
      isReversed: spanBytes % 3 > 0,
    };
    expect(promised(await scan(options, cutting)), `spans of ${spanBytes} bytes`).toEqual(promised(expected));
  }
  return expected;
}

describe.each(layouts)('sources built to deceive: %s', (layout) => {
  const options: ImportOptions = { layout, indexes: ['id', 'b'] };

  test.each(deceptions(layout))('$name: the same for every span size', async ({ text, records }) => {
    const { lines } = await checkEverySpanSize(text, options, layout);
    const values = lines.map((line) => (layout === 'object' ? line.slice(line.indexOf('"value":') + 8, -1) : line));
    expect(values).toEqual(records.map(stripped));
    expect(values.map((value) => JSON.parse(value))).toEqual(records.map((record) => JSON.parse(record)));
  });

  test('the same shard bytes for every window, in whatever order', async () => {
    // Window by window, for a kernel is made for each.
    const outcomesWith = async (windowBytes: number, order: Cutting) => {
      const outcomes: Record<string, Scanned> = {};
      for (const { name, text } of deceptions(layout)) {
        writeFileSync(path, text);
        for (const spanBytes of [5, 1000]) {
          const outcome = await scan(options, { spanBytes, windowBytes, ...order });
          outcomes[`${name}, spans of ${spanBytes} bytes`] = outcome;
        }
      }
      return outcomes;
    };
    const expected = await outcomesWith(1 << 12, { credits: 1 });
    for (const windowBytes of partOf([1, 2, 7, 31], layouts.indexOf(layout))) {
      expect(await outcomesWith(windowBytes, { credits: 4, isReversed: true }), `${windowBytes}`).toEqual(expected);
    }
  });
});

describe('bad sources', () => {
  test.each<[string, ImportOptions]>([
    ['fail', {}],
    ['quarantine', { onBadRecord: 'quarantine' }],
    ['quarantine, at most one', { onBadRecord: 'quarantine', maxBad: 1 }],
    ['quarantine, with a key', { onBadRecord: 'quarantine', key: 'id' }],
    ['fail, with a key', { key: 'id' }],
    ['quarantine, records of at most 6 bytes', { onBadRecord: 'quarantine', recordBytesMax: 6 }],
    ['fail, two levels at most', { depthMax: 2 }],
  ])('the same errors, at the same places, for every span size: %s', async (_, options) => {
    for (const { text, layout } of BAD) {
      await checkEverySpanSize(text, { ...options, layout, indexes: ['b'] }, recordLayoutOf(layout));
    }
  });

  test.each(WINDOWS)('and with windows of %s bytes', async (windowBytes) => {
    const options: ImportOptions = { onBadRecord: 'quarantine', key: 'id' };
    for (const { text, layout } of BAD) {
      writeFileSync(path, text);
      const expected = scanWhole(
        utf8(text),
        beginning(utf8(text), recordLayoutOf(layout)),
        { ...options, layout },
        recordLayoutOf(layout),
      );
      const outcome = await scan({ ...options, layout }, { spanBytes: 7, windowBytes });
      expect(promised(outcome), text).toEqual(promised(expected));
    }
  });
});

describe('whatever the source', () => {
  test.each(layouts)(
    '%s: every cutting gives what one pass gives, wherever spans are guessed to begin',
    async (layout) => {
      const sources = fc.oneof(damaged(sourceTexts(layout)), sourceTexts(layout).map(utf8));
      const misguess = fc.option(fc.nat(30), { nil: undefined });
      const cuttings = fc.record({
        misguess,
        spanBytes: fc.integer({ min: 1, max: 90 }),
        credits: fc.nat(4),
        isReversed: fc.boolean(),
      });
      const all = fc.record({
        onBadRecord: fc.constantFrom<Policy>('fail', 'quarantine'),
        maxBad: fc.constantFrom(0, 1, 9),
      });
      await fc.assert(
        fc.asyncProperty(sources, cuttings, all, async (source, cutting, policy) => {
          const opener = layout === 'array' ? '[' : layout === 'object' ? '{' : '';
          const bytes = Buffer.concat([utf8(opener), source]);
          const from = beginning(bytes, layout);
          // Sources that are refused before anything is scanned: detection's business.
          if (from === -1 || bytes[0] === 0 || bytes[1] === 0 || bytes[0]! >= 0xef) return;
          writeFileSync(path, bytes);
          const options = { ...policy, layout, indexes: ['a', 'b.id'] };
          const outcome = await scan(options, { ...cutting, credits: 1 + cutting.credits, windowBytes: WINDOW_BYTES });
          expect(promised(outcome)).toEqual(promised(scanWhole(bytes, from, options, layout)));
        }),
        { numRuns: runs(120) },
      );
    },
  );
});
type Policy = 'fail' | 'quarantine';

describe('ordinary data', () => {
  const BYTES = 1 << 20;
  const SPAN_BYTES = 10_007;

  test.each(FORMS.flatMap((form) => (['flat', 'events', 'nested'] as const).map((name) => ({ name, form }))))(
    'hardly any span is scanned twice: $name, $form',
    async ({ name, form }) => {
      const chunks = [...datasetChunks({ name, form, bytes: BYTES })].map(({ bytes }) => Buffer.from(bytes));
      writeFileSync(path, Buffer.concat(chunks));
      const { spans, redone, error } = await scan({}, { spanBytes: SPAN_BYTES });
      expect(error).toBeUndefined();
      expect(spans).toBeGreaterThan(100);
      expect(redone).toBeLessThanOrEqual(0.01 * spans);
    },
  );

  test('text is the same for every span size, and shards for every window', async () => {
    writeFileSync(
      path,
      Buffer.concat([...datasetChunks({ name: 'events', form: 'pretty', bytes: BYTES / 2 })].map(({ bytes }) => bytes)),
    );
    const whole = await scan({ key: 'event_id' }, { windowBytes: BYTES });
    expect(whole.lines.length).toBeGreaterThan(300);
    for (const spanBytes of [30_011, 300_007]) {
      const cut = await scan({ key: 'event_id' }, { spanBytes, windowBytes: 4096 });
      expect(cut.lines).toEqual(whole.lines);
      expect(cut.keys).toEqual(whole.keys);
      expect((await scan({ key: 'event_id' }, { spanBytes, windowBytes: 65_537, isReversed: true })).shards).toEqual(
        cut.shards,
      );
    }
  });
});
