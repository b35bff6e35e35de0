// Goal: all kernels say exactly the same about every source, good or bad: records, lines, keys, reasons, offsets, ends.
// Method: random sources of several records, damaged; and all short sources over the characters JSON is made of.
// The first kernel is the specification. Whatever the kernels say is also checked for what must be true of any answer:
// nothing is lost between records but white space and separators.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordLayout, Scan, ScanOptions, ScanResult } from '../../src/kernel/contract.js';
import { type PlainResult, scanPlain } from '../../src/kernel/plain/kernel.js';
import { damaged, keyPaths, secondaryPaths, sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { kernels } from '../support/kernels.js';
import { layouts, optionsFor, utf8 } from '../support/scans.js';

const [specification, ...twins] = kernels;

function expectTwins(source: Uint8Array, options: ScanOptions): void {
  const expected = specification!.scan(source, options);
  for (const { scan } of twins) expectSame(scan, expected, source, options);
}

/** Compares as text first: the costly, readable comparison is for the case that fails. */
function expectSame(scan: Scan, expected: ScanResult, source: Uint8Array, options: ScanOptions): void {
  const actual = scan(source, options);
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  expect({ source: Buffer.from(source).toString('latin1'), ...actual }).toEqual({
    source: Buffer.from(source).toString('latin1'),
    ...expected,
  });
}

/** Records are in order, do not overlap, and only white space and separators (and names of members) are outside them. */
function expectNothingLost(result: PlainResult, source: Uint8Array, layout: RecordLayout): void {
  const good = result.records.map(({ start, end }) => ({ start, end, isGood: true }));
  const bad = result.bad.map(({ start, end }) => ({ start, end, isGood: false }));
  const all = [...good, ...bad].sort((left, right) => left.start - right.start || left.end - right.end);
  let at = 0;
  for (const { start, end, isGood } of all) {
    const between = Buffer.from(source.subarray(at, start)).toString('latin1');
    const hasName = layout === 'object' && isGood;
    expect(between).toMatch(hasName ? /^[\s,]*"(?:[^"\\]|\\.)*"\s*:\s*$/s : /^[ \t\r\n,]*$/);
    expect(end).toBeGreaterThanOrEqual(start);
    at = end;
  }
  if (result.bad.at(-1)?.reason === 'RECORD_TOO_LARGE') return;
  const rest = source.subarray(at, result.end === -1 ? source.length : result.end);
  expect(Buffer.from(rest).toString('latin1')).toMatch(/^[ \t\r\n,]*[\]}]?$/);
}

/** By index number; more than there are indexes. */
const SECRETS = Array.from({ length: 16 }, (_, index) => new Uint8Array(32).fill(index + 1));

describe.each(layouts)('layout %s', (layout) => {
  const someOptions = fc.record({
    primary: fc.option(keyPaths, { nil: undefined }),
    secondary: secondaryPaths,
    depthMax: fc.constantFrom(1, 2, 4, 1024),
    recordBytesMax: fc.constantFrom(10, 40, 1_000_000),
    secrets: fc.constantFrom(undefined, SECRETS),
  });

  it('is read the same by all kernels, in random sources whole and damaged', () => {
    fc.assert(
      fc.property(damaged(sourceTexts(layout)), someOptions, (source, { primary, secrets, ...some }) => {
        const options = optionsFor(layout, { ...(primary && { primary }), ...(secrets && { secrets }), ...some });
        expectTwins(source, options);
        expectNothingLost(scanPlain(source, options), source, layout);
      }),
      { numRuns: runs(600) },
    );
  });

  const alphabet = Array.from('[]{},:"\\1a\n ');
  const shortSource = (length: number, number: number): Uint8Array => {
    let text = '';
    for (let rest = number, count = 0; count < length; count++, rest = Math.floor(rest / alphabet.length)) {
      text += alphabet[rest % alphabet.length];
    }
    return utf8(text);
  };
  const options = optionsFor(layout, { secondary: [['a']], depthMax: 3 });

  it.each([0, 1, 2, 3, 4])('is read the same in all sources of %i characters', (length) => {
    for (let number = 0; number < alphabet.length ** length; number++) {
      expectTwins(shortSource(length, number), options);
    }
  });

  it.each([5, 6, 7])('is read the same in 5,000 sources of %i characters', (length) => {
    const stride = alphabet.length ** length / 5_000;
    for (let step = 0; step < 5_000; step++) {
      expectTwins(shortSource(length, Math.floor(step * stride)), options);
    }
  });
});
