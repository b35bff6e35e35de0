// Goal: bad records cost what their bytes cost. A source may have a bad record with each byte; they are read one from the
// next, and share lines of the quarantine file. Method: runs of bad records between good ones, in every layout, cut in many
// ways; the lines are taken apart again and must be exactly the records that one pass of the plain kernel finds bad. Runs
// begin with the third bad record of a span here, not after a thousand.
// @alone: modules are mocked

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { ImportOptions } from '../../src/import/options/types.js';
import { runs } from '../support/effort.js';
import { makeDirectory } from '../support/import-files.js';
import { promised, scanInSpans, scanWhole } from '../support/import-split.js';
import { layouts, utf8 } from '../support/scans.js';

vi.mock('../../src/store/files/io.js', async (original) => ({
  ...(await original<object>()),
  syncFile: async () => {},
}));
vi.mock('../../src/import/scan/rejects.js', async (original) => ({
  ...(await original<object>()),
  LINES_OF_THEIR_OWN: 2,
}));

const SEPARATORS = { ndjson: '\n', values: ' ', array: ',', object: ',' } as const;
const BAD = ['', 'x', '01', '"', '{"a":}', '[1', '}', '\u0001', 'nul', '"\\x"', '{"b":1', 'y'.repeat(200)];
const GOOD = { ndjson: '{"a":1}', values: '{"a":1}', array: '{"a":1}', object: '"k":{"a":1}' } as const;

let directory: string;
beforeAll(() => {
  const made = makeDirectory();
  directory = made.path;
  return made.remove;
});

describe.each(layouts)('%s', (layout) => {
  const opener = layout === 'array' ? '[' : layout === 'object' ? '{' : '';
  const closer = layout === 'array' ? ']' : layout === 'object' ? '}' : '';

  test('every rejected record is found again in its line, however the source is cut', async () => {
    const path = join(directory, `${layout}.json`);
    const record = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...BAD) }, fc.constant(GOOD[layout]));
    const cuttings = fc.record({
      spanBytes: fc.constantFrom(20, 150, 10_000),
      windowBytes: fc.constantFrom(64, 1 << 12),
      credits: fc.constantFrom(1, 3),
    });
    const options: ImportOptions = { layout, onBadRecord: 'quarantine', indexes: ['a'] };
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 80 }), cuttings, fc.nat(40), async (records, cutting, maxBad) => {
        const text = `${opener}${GOOD[layout]}${SEPARATORS[layout]}${records.join(SEPARATORS[layout])}${closer}`;
        writeFileSync(path, text);
        const all = { ...options, ...(maxBad < 30 && { maxBad }) };
        const outcome = await scanInSpans(path, all, cutting, directory);
        expect(promised(outcome)).toEqual(promised(scanWhole(utf8(text), opener.length, all, layout)));
      }),
      { numRuns: runs(120) },
    );
  });
});
