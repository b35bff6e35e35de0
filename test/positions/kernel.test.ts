// Goal: rows are the fast kernel's own: it leaves none to its twin, unless an array on a path is both, a row and transparent.
// Method: rows of any width, in small windows; the keys are those of the twin.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ScanOptions } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { losslessTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { optionsFor, utf8 } from '../support/scans.js';
import { scanSpan } from '../support/simd-scan.js';

const rows = fc.array(
  fc.array(losslessTexts, { maxLength: 20 }).map((elements) => `[${elements.join(' , ')}]`.replaceAll('\n', ' ')),
  { minLength: 1, maxLength: 20 },
);

/** @returns how many good records the twin had to read */
function settledOf(lines: readonly string[], some: Partial<ScanOptions>): number {
  const source = utf8(lines.join('\n'));
  const options = optionsFor('ndjson', some);
  const { settled, records, bad } = scanSpan(source, options, undefined, { windowBytes: 4096 });
  const expected = scanPlain(source, options);
  expect(records).toEqual(expected.records.map(({ line, keys }) => ({ line, keys })));
  expect(bad).toEqual(expected.bad);
  return settled;
}

test('rows are read by the fast kernel', () => {
  fc.assert(
    fc.property(rows, (lines) => {
      expect(settledOf(lines, { secondary: [[0], [3, 0], [3, 1], [17], [[0], [2]]] })).toBe(0);
    }),
    { numRuns: runs(100) },
  );
  const table = Array.from({ length: 500 }, (_, i) => `[${i},"n${i}",[${i % 7},{"a":${i}}]]`);
  expect(settledOf(table, { primary: [0], secondary: [[2, 1, 'a'], [2, 0], [1]] })).toBe(0);
});

test('an array that is a row and transparent is read by the twin, and an object there is not', () => {
  const some = { secondary: [['t'], ['t', 0]] };
  expect(settledOf(['{"t":["a","b"]}', '{"t":[]}', '{"t":{"0":"c"}}', '{"t":"d"}', '{"x":[1]}'], some)).toBe(1);
});
