// Goal: whatever a source is, an import takes what JSON.parse takes and gives it back as JSON.parse gives it, and what it
// refuses it refuses in the same way, however the source is cut. Method: a fuzzer that knows the grammar makes sources of all
// layouts and changes them; each is imported in this process with spans, windows and a number of spans under way that the
// seed chooses, and compared with one pass of the plain kernel over all of it, and with JSON.parse. FUZZ_SEED is the first
// seed, FUZZ_INPUTS how many there are.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ImportOptions } from '../../src/import/options/types.js';
import type { RecordLayout } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { fuzzSource } from '../support/fuzz-sources.js';
import { makeDirectory } from '../support/import-files.js';
import { promised, scanInSpans, scanWhole } from '../support/import-split.js';
import { acceptedText, stripped } from '../support/oracle.js';
import { pick, randomFrom } from '../support/random.js';
import { layouts, optionsFor } from '../support/scans.js';

vi.mock('../../src/store/files/io.js', async (original) => ({
  ...(await original<object>()),
  syncFile: async () => {},
}));
// Runs of bad records begin sooner: sources are short.
vi.mock('../../src/import/scan/rejects.js', async (original) => ({
  ...(await original<object>()),
  LINES_OF_THEIR_OWN: 2,
}));

const FIRST = Number(process.env.FUZZ_SEED ?? 1);
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 10_000);
const DEPTH_MAX = 1024;
const WINDOWS = [16, 64, 1 << 12];
const SEEDS_PER_WINDOW = 500;

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

/** What JSON.parse says of a source, against what the plain kernel says. */
function expectAsParsed(bytes: Buffer, from: number, layout: RecordLayout): void {
  const { records, bad, end } = scanPlain(bytes.subarray(from), optionsFor(layout));
  for (const { start, end: to, line } of records) {
    const text = acceptedText(bytes.subarray(from + start, from + to), DEPTH_MAX);
    expect(text).toBeDefined();
    const value = layout === 'object' ? line.slice(line.indexOf('"value":') + 8, -1) : line;
    if (layout !== 'object') expect(value).toBe(stripped(text!));
    expect(line.endsWith(`${stripped(text!)}${layout === 'object' ? '}' : ''}`)).toBe(true);
    expect(JSON.parse(line)).toEqual(
      layout === 'object' ? { key: JSON.parse(line).key, value: JSON.parse(text!) } : JSON.parse(text!),
    );
  }
  if (layout === 'ndjson') {
    const lines = bytes
      .toString('latin1')
      .split('\n')
      .map((line) => Buffer.from(line, 'latin1'));
    const isBlank = (line: Buffer) => /^[ \t\r]*$/.test(line.toString('latin1'));
    const good = lines.filter((line) => !isBlank(line) && acceptedText(line, DEPTH_MAX) !== undefined);
    expect(records).toHaveLength(good.length);
    expect(bad).toHaveLength(lines.filter((line) => !isBlank(line)).length - good.length);
  } else if (layout !== 'values') {
    const isWhole = bad.length === 0 && end !== -1 && /^[ \t\r\n]*$/.test(bytes.toString('latin1', from + end));
    expect(acceptedText(bytes, DEPTH_MAX + 1) !== undefined).toBe(isWhole);
  }
}

test(`${INPUTS} sources from seed ${FIRST} on`, async () => {
  const path = join(directory.path, 'source.json');
  let refused = 0;
  let partly = 0;
  for (let seed = FIRST; seed < FIRST + INPUTS; seed++) {
    const random = randomFrom(seed);
    const layout = layouts[seed % layouts.length]!;
    const bytes = fuzzSource(random, layout);
    // What is told from the beginning of a source before anything is scanned is another matter.
    if (/^\s*$/.test(bytes.toString('latin1')) || bytes[0] === 0 || bytes[1] === 0 || bytes[0]! >= 0xef) continue;
    const isContainer = layout === 'array' || layout === 'object';
    const from = isContainer ? 1 : bytes.toString('latin1').search(/[^ \t\r\n]/);
    const options: ImportOptions = {
      layout,
      indexes: ['a', 'b.id'],
      onBadRecord: pick(random, ['fail', 'quarantine', 'quarantine'] as const),
      ...(random(4) === 0 && { maxBad: random(4) }),
    };
    const cutting = {
      spanBytes: pick(random, [1, 5, 17, 60, 1 << 20]),
      // A kernel is made for each size, and costs more than many of these scans.
      windowBytes: WINDOWS[Math.floor(seed / SEEDS_PER_WINDOW) % WINDOWS.length]!,
      credits: pick(random, [1, 2, 2, 5]),
      isReversed: random(2) === 0,
    };
    const where = `FUZZ_SEED=${seed} ${JSON.stringify({ ...options, ...cutting })} ${JSON.stringify(bytes.toString('latin1'))}`;
    writeFileSync(path, bytes);
    const expected = promised(scanWhole(bytes, from, options, layout));
    const outcome = await scanInSpans(path, options, cutting, directory.path);
    expect(promised(outcome), where).toEqual(expected);
    if (expected.error) refused++;
    else if (expected.rejected.length > 0) partly++;
    try {
      expectAsParsed(bytes, from, layout);
    } catch (error) {
      throw new Error(where, { cause: error });
    }
  }
  // All kinds of outcomes were met.
  for (const count of [refused, partly, INPUTS - refused - partly]) expect(count).toBeGreaterThan(INPUTS / 50);
});
