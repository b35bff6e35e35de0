// Goal: with dialect json5 the kernels accept exactly JSON5, and what they store parses to what the json5 package reads. Where a
// source is cut into windows and spans changes nothing. What is strict JSON keeps its spelling.
// Method: random JSON5 in all layouts, whole and damaged, against the json5 package; the SIMD kernel in windows of all sizes,
// prefixes and spans against the plain kernel.

import fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it, vi } from 'vitest';
import type { RecordLayout, ScanOptions } from '../../src/kernel/contract.js';
import { NOWHERE, readRecord, scanPlain } from '../../src/kernel/plain/kernel.js';
import { damaged, jsonTexts, sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { json5Sources, json5Texts } from '../support/json5-documents.js';
import { kernels } from '../support/kernels.js';
import { layouts, optionsFor, readText, utf8 } from '../support/scans.js';
import { scanSpan } from '../support/simd-scan.js';

// The package warns of U+2028 in strings.
vi.spyOn(console, 'warn').mockImplementation(() => {});

const [plain, ...simd] = kernels;

function json5(layout: RecordLayout, some: Partial<ScanOptions> = {}): ScanOptions {
  return optionsFor(layout, { dialect: 'json5', ...some });
}

/** What the package reads; undefined if it refuses the text. */
function oracle(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: finite(JSON5.parse(text)) };
  } catch {
    return undefined;
  }
}

/** With null for numbers that JSON does not have, and without the minus of a zero. */
function finite(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

const recordValue = (line: string, layout: RecordLayout): unknown => {
  const value = JSON.parse(line) as unknown;
  return layout === 'object' ? (value as { value: unknown }).value : value;
};

describe.each(layouts)('layout %s', (layout) => {
  it('gives what the json5 package reads, in windows of all sizes', () => {
    fc.assert(
      fc.property(json5Sources(layout), ({ source, documents }) => {
        const expected = plain!.scan(utf8(source), json5(layout, { secondary: [['a']] }));
        expect(expected.bad).toEqual([]);
        expect(expected.end).toBe(utf8(source).length);
        expect(expected.records.map(({ line }) => recordValue(line, layout))).toEqual(
          documents.map((text) => JSON5.parse(text)),
        );
        for (const { scan } of simd) {
          expect(scan(utf8(source), json5(layout, { secondary: [['a']] }))).toEqual(expected);
        }
      }),
      { numRuns: runs(150) },
    );
  });

  const sources = fc.oneof(damaged(json5Sources(layout).map(({ source }) => source)), damaged(sourceTexts(layout)));

  it('is read the same by all kernels, damaged', () => {
    const limits = fc.constantFrom(12, 1_000_000);
    fc.assert(
      fc.property(sources, limits, (source, recordBytesMax) => {
        const options = json5(layout, { recordBytesMax, secondary: [['a']] });
        const expected = plain!.scan(source, options);
        for (const { scan } of simd) expect(scan(source, options)).toEqual(expected);
      }),
      { numRuns: runs(150) },
    );
  });

  it('is read the same from any prefix that is enough', () => {
    fc.assert(
      fc.property(sources, (source) => {
        const options = json5(layout);
        for (let at = 0, afterComma = false, reads = 0; at !== NOWHERE; reads++) {
          expect(reads).toBeLessThanOrEqual(source.length + 2);
          const whole = readRecord(source, at, options, true, afterComma);
          if (whole.kind === 'more') expect.fail('more was asked for at the end of the source');
          for (let length = at; length < source.length; length++) {
            const part = readRecord(source.subarray(0, length), at, options, false, afterComma);
            if (part.kind !== 'more') expect(part).toEqual(whole);
          }
          if (whole.kind === 'end') break;
          at = whole.next;
          afterComma = whole.afterComma;
        }
      }),
      { numRuns: runs(40) },
    );
  });

  it('is the same in spans, wherever it is cut', () => {
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sources, places, fc.constantFrom(1, 7, 4096), (source, cuts, windowBytes) => {
        const options = json5(layout, { secondary: [['a']] });
        const whole = scanSpan(source, options);
        const tos = cuts.map((cut) => Math.round(cut * source.length)).sort((a, b) => a - b);
        const parts = { records: [] as unknown[], bad: [] as unknown[], end: 0 };
        const isContainer = layout === 'array' || layout === 'object';
        for (let from = 0, at = 0; from !== NOWHERE; at++) {
          const to = tos[at] ?? Number.MAX_SAFE_INTEGER;
          if (from >= to) continue;
          const part = scanSpan(source, options, { from, afterComma: isContainer && from > 0, to }, { windowBytes });
          const before = parts.records.length + parts.bad.length;
          parts.bad.push(...part.bad.map((one) => ({ ...one, record: one.record + before })));
          parts.records.push(...part.records);
          parts.end = part.end;
          from = part.exit;
        }
        expect(parts).toEqual({ records: whole.records, bad: whole.bad, end: whole.end });
      }),
      { numRuns: runs(150) },
    );
  });

  it('keeps the spelling of what is strict', () => {
    fc.assert(
      fc.property(sourceTexts(layout), (source) => {
        const strict = scanPlain(utf8(source), optionsFor(layout, { secondary: [['a']] }));
        const found = scanPlain(utf8(source), json5(layout, { secondary: [['a']] }));
        // Of a bad number, a dialect names the first byte.
        const places = strict.bad.map(({ record, start, end }) => ({ record, start, end }));
        expect(found).toMatchObject({ ...strict, bad: places });
      }),
      { numRuns: runs(100) },
    );
  });
});

it('accepts a document if and only if the package does', () => {
  const documents = fc
    .oneof(damaged(json5Texts), damaged(jsonTexts))
    .map((bytes) => Buffer.from(bytes).toString('utf8'));
  fc.assert(
    fc.property(documents, (text) => {
      const { records, bad } = scanPlain(utf8(text), json5('values', { nonfinite: 'null' }));
      const expected = oracle(text);
      const value = records.length === 1 && bad.length === 0 ? finite(JSON.parse(records[0]!.line)) : undefined;
      expect(value).toEqual(expected?.value);
    }),
    { numRuns: runs(3000) },
  );
});

describe('the text that is stored', () => {
  it.each([
    ["{a:'b',}", '{"a":"b"}'],
    ["['it\\'s \"x\"']", '["it\'s \\"x\\""]'],
    ["'\\v\\0\\x41\\q\\\n'", '"\\u000b\\u0000\\u0041q"'],
    ['[+1, .5, 5., -.5e3, 5.e1, 0x1F, -0x0]', '[1,0.5,5,-0.5e3,5e1,31,-0]'],
    ['0xffffffffffffffffffff', '1208925819614629174706175'],
    ['{"a": 1.50e+02 /* as spelled */}', '{"a":1.50e+02}'],
    ['{\\u0061b: "\\u0061"}', '{"\\u0061b":"\\u0061"}'],
  ])('%s is %s', (source, line) => {
    expect(readText(scanPlain, source, 'values', { dialect: 'json5' }).outcomes).toEqual([line]);
  });
});

describe('numbers that JSON does not have', () => {
  const source = '[NaN, Infinity, -Infinity]';

  it.each([
    ['json', 'null', '[null,null,null]'],
    ['json', 'string', '["NaN","Infinity","-Infinity"]'],
    ['json5', 'null', '[null,null,null]'],
    ['json5', 'string', '["NaN","Infinity","-Infinity"]'],
  ] as const)('in %s they become %s', (dialect, nonfinite, line) => {
    for (const { scan } of kernels) {
      expect(readText(scan, source, 'values', { dialect, nonfinite }).outcomes).toEqual([line]);
    }
  });

  it.each(['json', 'json5'] as const)('in %s they make a record bad by default', (dialect) => {
    for (const { scan } of kernels) {
      const { bad } = readText(scan, 'NaN\n{"a":-Infinity}\n[Infinity]\n1\n', 'ndjson', { dialect });
      expect(bad.map(({ reason }) => reason)).toEqual(['NOT_FINITE', 'NOT_FINITE', 'NOT_FINITE']);
    }
  });

  it('have no signs but the minus of an infinity in JSON, and all in JSON5', () => {
    const options = { nonfinite: 'string' } as const;
    expect(readText(scanPlain, '+Infinity\n-NaN\nInf\nNaN1\n', 'ndjson', options).bad).toHaveLength(4);
    expect(readText(scanPlain, '+Infinity\n-NaN\n+NaN\n', 'ndjson', { ...options, dialect: 'json5' }).outcomes).toEqual(
      ['"Infinity"', '"NaN"', '"NaN"'],
    );
  });

  it('as keys are strings, or null, which is no primary key', () => {
    const options = { primary: ['id'] } as const;
    const strings = readText(scanPlain, '{"id":NaN}', 'values', { ...options, nonfinite: 'string' });
    const same = readText(scanPlain, '{"id":"NaN"}', 'values', options);
    expect(strings.records[0]?.keys).toEqual(same.records[0]?.keys);
    const nulls = readText(scanPlain, '{"id":NaN}', 'values', { ...options, nonfinite: 'null' });
    expect(nulls.bad[0]?.reason).toBe('KEY_NULL');
  });
});
