// Goal: the SIMD kernel reads what spans blocks (64 bytes), tiles (8 KiB) and windows as the plain one does, and reads it
// itself: handing everything to the twin would be right, too, but slow.
// Method: every special piece of a string at every place around an edge; then random sources of 100 KB to 1 MB.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanOptions, ScanResult } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { runs } from '../support/effort.js';
import { LARGE_PATHS, largeSource } from '../support/large-documents.js';
import { laidOut, latin1, layouts, optionsFor, utf8 } from '../support/scans.js';
import { type SimdSizes, scanSpan } from '../support/simd-scan.js';

/** Compares record by record: a megabyte of difference helps nobody. Returns how many good records the twin had to read. */
function expectTwin(source: Uint8Array, options: ScanOptions, sizes: Partial<SimdSizes>): number {
  const expected = scanPlain(source, options);
  const { settled, ...actual } = scanSpan(source, options, undefined, sizes);
  const shape = ({ records, bad, end }: ScanResult) => ({ records: records.length, bad, end });
  expect(shape(actual)).toEqual(shape(expected));
  for (const [ordinal, { line, keys }] of expected.records.entries()) {
    const record = actual.records[ordinal]!;
    if (record.line === line && JSON.stringify(record.keys) === JSON.stringify(keys)) continue;
    expect({ ordinal, ...record }).toEqual({ ordinal, line, keys });
  }
  return settled;
}

describe('a string has its pieces at every place around an edge', () => {
  const good = [
    '\\"',
    '\\\\',
    '\\\\\\"',
    '\\\\\\\\',
    '\\\\\\\\\\"',
    '\\/',
    '\\u00e9',
    '\\ud83d\\ude00',
    '\\ud83d',
    '\\\\u',
    'é',
    '€',
    '😀',
    '{',
    '}],[{',
    '\\n',
  ];
  const bad = ['\\x', '\\u12g4', '\\u', '\\"\\', '\x01', '\x1f', '\n', '\r'];
  const notUtf8 = [
    '\x80',
    '\xc3',
    '\xc3\xc3',
    '\xe2\x82',
    '\xf0\x9f\x98',
    '\xc0\x80',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
    '\xe9',
  ];
  const pieces = [...good, ...bad].map(utf8).concat(notUtf8.map(latin1));
  const edges = [64, 128, 8192];

  it.each(layouts)('layout %s', (layout) => {
    const options = optionsFor(layout, { secondary: [['a']] });
    for (const edge of edges) {
      for (const piece of pieces) {
        for (let at = edge - piece.length - 8; at <= edge + 4; at++) {
          const before = utf8('{"a":"');
          const document = Buffer.concat([
            before,
            Buffer.alloc(at - before.length, 'x'),
            piece,
            utf8('" ,"b":[ 1,"\\\\" ]}'),
          ]);
          const source = laidOut(document, layout);
          // The window ends at the same edge, or does not.
          for (const windowBytes of edge === 8192 ? [8192] : [64, 4096]) expectTwin(source, options, { windowBytes });
        }
      }
    }
  });

  it('and a name too', () => {
    const options = optionsFor('values', { secondary: [['a"b'], ['é😀']] });
    for (const edge of edges) {
      for (let at = edge - 40; at <= edge + 2; at++) {
        for (const name of ['a\\"b', 'a\\u0022b', '\\u00e9\\ud83d\\ude00', 'é😀', 'é\\uD83D\\uDE00', 'é\\uD83D']) {
          const source = utf8(`{"x":"${'x'.repeat(at - 6)}","${name}" :1} {"${name}":[{}]}`);
          expect(expectTwin(source, options, { windowBytes: 1 << 16 })).toBe(0);
        }
      }
    }
  });
});

describe('a string of many tiles', () => {
  const filled = (bytes: number) => `"${'s'.repeat(bytes)}"`;
  const sizes = [8180, 8185, 8192, 16_384, 24_000, 30_000, 70_000, 300_000];

  it.each(sizes)('of %i bytes may stand anywhere', (bytes) => {
    const records = [
      `{"x":{},"a":${filled(bytes)},"b":[],"id":1}`,
      `{"id":[{}],${filled(bytes)}:{"a":1}}`,
      `[[1],${filled(bytes)},[],${filled(bytes)}]`,
      filled(bytes),
      `{"a":{"b":[${filled(bytes)},{}]},"id":{}}`,
    ];
    const options = optionsFor('ndjson', { secondary: [['b', 'a'], ['id']] });
    for (const windowBytes of [1000, 1 << 16]) {
      expect(expectTwin(utf8(records.join('\n')), options, { windowBytes })).toBe(0);
      expect(expectTwin(utf8(records.join('')), { ...options, layout: 'values' }, { windowBytes })).toBe(0);
      expect(expectTwin(utf8(`${records.join(',')}]`), { ...options, layout: 'array' }, { windowBytes })).toBe(0);
      const members = records.map((record) => `"${'n'.repeat(bytes)}":${record}`).join(',');
      expect(expectTwin(utf8(`${members}}`), { ...options, layout: 'object', primary: ['no'] }, { windowBytes })).toBe(
        0,
      );
    }
  });
});

describe.each(layouts)('random large sources, layout %s', (layout) => {
  const options = optionsFor(layout, { ...LARGE_PATHS, recordBytesMax: 1 << 20 });
  const sizes = fc.record({
    windowBytes: fc.constantFrom(61, 4099, 1 << 16, 1 << 20),
    frameBytes: fc.constantFrom(1, 4096, 1 << 15),
    heapBytes: fc.constantFrom(1 << 14, 1 << 18),
  });

  it('are read the same, and by the kernel itself', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(100_000, 250_000), sizes, (seed, bytes, some) => {
        const { bytes: source, isGood } = largeSource(seed, layout, bytes);
        const settled = expectTwin(source, options, some);
        if (isGood) expect(settled).toBe(0);
      }),
      { numRuns: runs(10), endOnFailure: true },
    );
  });

  it('are read the same with the member name as key, and without any key', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(undefined, ['a']), (seed, path) => {
        const { bytes: source } = largeSource(seed, layout, 100_000);
        expectTwin(source, optionsFor(layout, { secondary: path ? [path] : [] }), { windowBytes: 4099 });
      }),
      { numRuns: runs(5), endOnFailure: true },
    );
  });
});
