// Goal: a source may be cut anywhere. Spans that each begin at the boundary where the one before stopped hold, together,
// exactly what one scan of the whole source holds; and each stops at the first boundary at or after its end.
// Method: random sources, whole and damaged, cut at random places, scanned in spans by the SIMD kernel, against one scan by
// the plain kernel. Where boundaries are is worked out from the source and the places the plain kernel tells.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BadRecord, RecordLayout, ScannedRecord, ScanOptions, ScanResult } from '../../src/kernel/contract.js';
import { NOWHERE, readRecord, scanPlain } from '../../src/kernel/plain/kernel.js';
import { damaged, sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { LARGE_PATHS, largeSource } from '../support/large-documents.js';
import { layouts, optionsFor, utf8 } from '../support/scans.js';
import { type SimdSizes, scanSpan } from '../support/simd-scan.js';

const NEWLINE = '\n'.charCodeAt(0);

/** All offsets at which a span may begin, in order, but for the start of the source. */
function boundariesOf(source: Uint8Array, options: ScanOptions): number[] {
  const { layout } = options;
  const boundaries: number[] = [];
  for (let at = 0, afterComma = false; ; ) {
    const outcome = readRecord(source, at, options, true, afterComma);
    const start =
      outcome.kind === 'record' ? outcome.record.start : outcome.kind === 'bad' ? outcome.start : source.length;
    // Blank lines.
    if (layout === 'ndjson') for (; at < start; at++) if (source[at] === NEWLINE) boundaries.push(at + 1);
    if (outcome.kind === 'end' || outcome.kind === 'more') return boundaries;
    if (layout === 'values') boundaries.push(start);
    if (outcome.next === NOWHERE) return boundaries;
    if (layout === 'ndjson' || outcome.afterComma) boundaries.push(outcome.next);
    at = outcome.next;
    afterComma = outcome.afterComma;
  }
}

/** Scans in spans that end at `cuts`, and checks that each stops where it has to. */
function scanInSpans(
  source: Uint8Array,
  options: ScanOptions,
  cuts: readonly number[],
  sizes: Partial<SimdSizes>,
): ScanResult {
  const boundaries = boundariesOf(source, options);
  const isContainer = options.layout === 'array' || options.layout === 'object';
  const records: ScannedRecord[] = [];
  const bad: BadRecord[] = [];
  let from = 0;
  for (const to of [...cuts, Number.MAX_SAFE_INTEGER]) {
    if (from >= to) continue; // a record that reaches over all of this span
    const span = { from, afterComma: isContainer && from > 0, to };
    const part = scanSpan(source, options, span, sizes);
    const before = records.length + bad.length;
    records.push(...part.records);
    bad.push(...part.bad.map((one) => ({ ...one, record: one.record + before })));
    expect(part.exit).toBe(boundaries.find((boundary) => boundary >= to) ?? NOWHERE);
    if (part.exit === NOWHERE) return { records, bad, end: part.end };
    from = part.exit;
  }
  throw new Error('the last span stopped somewhere');
}

function expectWhole(
  source: Uint8Array,
  options: ScanOptions,
  cuts: readonly number[],
  sizes: Partial<SimdSizes>,
): void {
  const { records, bad, end } = scanPlain(source, options);
  const whole = { records: records.map(({ line, keys }) => ({ line, keys })), bad, end };
  const inSpans = scanInSpans(
    source,
    options,
    [...cuts].sort((a, b) => a - b),
    sizes,
  );
  if (JSON.stringify(inSpans) !== JSON.stringify(whole)) expect(inSpans).toEqual(whole);
}

const sizes = fc.record({
  windowBytes: fc.constantFrom(1, 7, 64, 4096),
  frameBytes: fc.constantFrom(1, 16, 4096),
  heapBytes: fc.constantFrom(1 << 13, 1 << 18),
});

describe.each(layouts)('layout %s', (layout) => {
  it('random sources, whole and damaged', () => {
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });
    const limits = fc.constantFrom(12, 1_000_000);
    fc.assert(
      fc.property(damaged(sourceTexts(layout)), places, sizes, limits, (source, cuts, some, recordBytesMax) => {
        const options = optionsFor(layout, { secondary: [['a']], recordBytesMax });
        expectWhole(
          source,
          options,
          cuts.map((cut) => Math.round(cut * source.length)),
          some,
        );
      }),
      { numRuns: runs(1200) },
    );
  });

  it('a source cut before every byte', () => {
    const source = utf8(everything[layout]);
    const options = optionsFor(layout, { primary: ['id'] });
    for (let cut = 0; cut <= source.length; cut++) {
      for (const windowBytes of [1, 5, 4096]) {
        expectWhole(source, options, [cut], { windowBytes });
        expectWhole(source, options, [cut, cut + 3, cut + 40], { windowBytes });
      }
    }
  });

  it('large sources', () => {
    const places = fc.array(fc.integer({ min: 0, max: 110_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer(), places, fc.constantFrom(61, 4099, 1 << 16), (seed, cuts, windowBytes) => {
        const { bytes: source } = largeSource(seed, layout, 100_000);
        const options = optionsFor(layout, LARGE_PATHS);
        expectWhole(
          source,
          options,
          cuts.filter((cut) => cut <= source.length),
          { windowBytes },
        );
      }),
      { numRuns: runs(5), endOnFailure: true },
    );
  });

  it('a boundary followed by more blanks than all of the kernel has addresses before its window', () => {
    const [separator, closer] = { ndjson: ['\n', ''], values: [' ', ''], array: [',', ']'], object: [',', '}'] }[
      layout
    ] as [string, string];
    const name = layout === 'object' ? '"n":' : '';
    const record = `${name}{"id":1}`;
    const blanks = (layout === 'ndjson' ? ' \r\t ' : ' \n\t\r').repeat(700_000);
    const source = utf8(`${record}${separator}${blanks}${record}${separator}${record}${separator}${record}${closer}`);
    for (const cut of [3, record.length + 2, source.length - 14]) {
      const sizes = { windowBytes: 1000, heapBytes: 8192 };
      expectWhole(source, optionsFor(layout, { primary: ['id'] }), [cut], sizes);
    }
  });
});

/** Good and bad records, blanks of all kinds, nothing between values. */
const everything: Record<RecordLayout, string> = {
  ndjson: ' {"id":1}\r\n\n  \n{"id" : "},{\\n"}\n{"no":1}\n[1,\n \t\n{"id":2} x\n{"id":"\\\\"}\n\n',
  values: ' {"id":1}{"id":"}{"}\n\n{"no":1} [1,,2] {"id":2}"x"{"id":3} 4 ',
  array: ' {"id":1},{"id":"},{"} ,\n\n {"no":[1,2]}, ,[1,,{"id":1}],{"id":2}, x ,{"id":3} ] ',
  object:
    ' "a" :{"id":1},"b,c":{"id":"},\\"{"} ,\n\n "d": {"no":[1,2]}, ,"e":[1,,{"id":1}],"f" : {"id":2}, x ,"g":{"id":3} } ',
};
