// Goal: in ordinary sources the guess at where a record begins is right, whatever byte one looks from; in strange ones it
// may be wrong, but it is always an offset of the bytes it was given, or none.
// Method: guesses from every byte of small sources, compared with the boundaries that are there; random bytes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guessBoundary, NO_GUESS } from '../../src/import/scan/guess.js';
import type { RecordLayout } from '../../src/kernel/contract.js';
import { damaged, sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { layouts, utf8 } from '../support/scans.js';

const BACKSLASH = 0x5c;

const RECORDS = [
  '{"id":1,"tags":["a","b"],"text":"plain"}',
  '{"id":2,"tags":[],"text":"},{\\"id\\":9,"}',
  '{"id":3,"nested":{"list":[{"id":4},{"id":5}]},"text":"back\\\\slashes\\\\\\\\"}',
  '{"id":6,"text":"[1,2],[3,4]","empty":{}}',
  '{"id":7,"text":"\u00e9\u20ac\ud83d\ude00","n":-1.5e3,"t":true,"z":null}',
];

interface Source {
  readonly bytes: Uint8Array;
  /** All boundaries but the first, and the byte by which each is known to be one. */
  readonly boundaries: readonly { readonly at: number; readonly known: number }[];
}

/** Records with `between` them; a boundary stands `offset` bytes after the end of each and is known by the byte before it. */
function sourceOf(records: readonly string[], open: string, between: string, offset: number, close: string): Source {
  let text = open;
  const boundaries: { at: number; known: number }[] = [];
  records.forEach((record, i) => {
    text += record;
    if (i === records.length - 1) return;
    const end = utf8(text).length;
    boundaries.push({ at: end + offset, known: end + offset - 1 });
    text += between;
  });
  return { bytes: utf8(text + close), boundaries };
}

/** Values: known by the last byte of the value before. */
function valuesOf(records: readonly string[], between: string): Source {
  const { bytes, boundaries } = sourceOf(records, '', between, between.length, '');
  return { bytes, boundaries: boundaries.map(({ at }) => ({ at, known: at - between.length - 1 })) };
}

const repeated = Array.from({ length: 4 }, () => RECORDS).flat();
const named = repeated.map((record, i) => `"k${i}":${record}`);
const pretty = repeated.map((record) => JSON.stringify(JSON.parse(record), undefined, 2));

const ORDINARY: readonly (readonly [string, RecordLayout, Source])[] = [
  ['ndjson', 'ndjson', sourceOf(repeated, '', '\n', 1, '\n')],
  ['lines that end in CRLF', 'ndjson', sourceOf(repeated, '', '\r\n', 2, '\r\n')],
  ['an array on one line', 'array', sourceOf(repeated, '[', ',', 1, ']')],
  ['a pretty array', 'array', sourceOf(pretty, '[\n  ', ',\n  ', 1, '\n]\n')],
  [
    'an array of arrays',
    'array',
    sourceOf(
      repeated.map((record) => `[${record},[1,2]]`),
      '[',
      ', ',
      1,
      ']',
    ),
  ],
  ['an object on one line', 'object', sourceOf(named, '{', ',', 1, '}')],
  ['a pretty object', 'object', sourceOf(named, '{\n', ',\n', 1, '\n}')],
  ['values with nothing between them', 'values', valuesOf(repeated, '')],
  ['values with white space between them', 'values', valuesOf(pretty, '\n')],
];

describe('guessBoundary', () => {
  test.each(ORDINARY)(
    '%s: right from every byte, whether the end of the source is seen or not',
    (_, layout, source) => {
      const { bytes, boundaries } = source;
      const wrong: string[] = [];
      for (let from = 1; from < boundaries.at(-3)!.at; from++) {
        // Between two backslashes nobody can tell which one escapes the other.
        if (bytes[from - 1] === BACKSLASH) continue;
        const expected = boundaries.find(({ known }) => known >= from)!.at;
        for (const [end, isTail] of [
          [bytes.length, true],
          [boundaries.at(-1)!.at, false],
        ] as const) {
          const guess = from + guessBoundary(bytes.subarray(from, end), layout, isTail);
          if (guess !== expected) wrong.push(`${from} to ${end}: ${guess} instead of ${expected}`);
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  test('a raw newline settles whether a string is open', () => {
    const text = '","a":"},{"},\n{"b":1},{"c":2}';
    expect(guessBoundary(utf8(text), 'array', false)).toBe(text.indexOf('\n'));
  });

  test('finds nothing in the middle of one long record', () => {
    expect(guessBoundary(utf8('"a":1,"b":2,"c":3'), 'array', false)).toBe(NO_GUESS);
    expect(guessBoundary(utf8('1,2,3,4'), 'object', false)).toBe(NO_GUESS);
    expect(guessBoundary(utf8('{"a":1}'), 'ndjson', false)).toBe(NO_GUESS);
    expect(guessBoundary(utf8(''), 'values', false)).toBe(NO_GUESS);
  });

  test.each(layouts)('%s: never leaves the bytes it was given', (layout) => {
    const anything = fc.oneof(damaged(sourceTexts(layout)), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(anything, fc.boolean(), (bytes, isTail) => {
        const guess = guessBoundary(bytes, layout, isTail);
        if (guess !== NO_GUESS) expect(guess).toBeGreaterThanOrEqual(0);
        expect(guess).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: runs(500) },
    );
  });
});
