// Goal: integers that no JavaScript number holds exactly come out of a text with all their digits, wherever they stand; all else is
// what JSON.parse makes of it, on each version of Node.
// Method: random texts, spelled in every way JSON allows, against lossless-json, which gives each number as it is spelled;
// against JSON.parse, with the bigints rounded; where Node shows a reviver the spelling of a number, against that.
// @node all: newer versions of JSON.parse know more

import fc from 'fast-check';
import { parse } from 'lossless-json';
import { describe, expect, test } from 'vitest';
import { jsonText } from '../../src/keys/json-text.js';
import { exactValue } from '../../src/keys/json-value.js';
import { runs } from '../support/effort.js';

/** The rule: an integer as it is spelled, beyond what numbers hold. */
function meant(token: string): number | bigint {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? BigInt(token) : Number(token);
}

const digits = fc
  .string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 30 })
  .map((text) => text.replace(/^0+(?=.)/, ''));
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      digits,
      fc.constantFrom('0', '9007199254740991', '9007199254740992', '9007199254740993', '1000000000000000'),
    ),
    fc.oneof(
      fc.constantFrom('', '', ''),
      digits.map((text) => `.${text}`),
    ),
    fc.oneof(fc.constantFrom('', '', ''), fc.constantFrom('e5', 'E+30', 'e-30', 'E0', 'e400', 'e-400', 'E15', 'e16')),
  )
  .map((parts) => parts.join(''));
/** Strings that look like what is looked for, with escapes. */
const string = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '\\', '\\"', ':', ',', '[', '-', 'e', '1E5', '\ud800', '😀', '12345678901234567890'),
      fc.string(),
    ),
    { maxLength: 4 },
  )
  .map((parts) => JSON.stringify(parts.join('')));
const blank = fc.constantFrom('', '', '', ' ', '\n', '\t \r');
const names = fc.constantFrom(
  '"a"',
  '"b"',
  '"__proto__"',
  '"constructor"',
  '"7"',
  '"12345678901234567890"',
  '"\\u0061"',
);

/** @param membersOf spells the members of an object, of which some may have one name */
function texts(isRepeated: boolean): fc.Arbitrary<string> {
  const { value } = fc.letrec<{ value: string }>((tie) => {
    const spaced = fc.tuple(blank, tie('value'), blank).map((parts) => parts.join(''));
    const member = fc.tuple(fc.oneof(names, string), blank, spaced);
    const members = isRepeated
      ? fc.array(member, { maxLength: 5 })
      : fc.uniqueArray(member, { maxLength: 5, selector: ([name]) => JSON.parse(name) });
    return {
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        number,
        string,
        fc.constantFrom('true', 'false', 'null'),
        fc.array(spaced, { maxLength: 5 }).map((elements) => `[${elements.join(',')}]`),
        members.map((list) => `{${list.map(([name, space, text]) => `${name}${space}:${text}`).join(',')}}`),
      ),
    };
  });
  return value;
}

function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return mapped(value, rounded);
}

/** `Object.fromEntries` makes a member of `__proto__` too. */
function mapped(value: object, map: (member: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, map(member)]));
}

/** Names, order and −0 count. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === 'object' && value !== null) {
    return { members: Object.entries(value).map(([name, member]) => [name, shapeOf(member)]) };
  }
  return value;
}

/** What JavaScript writes for a number: no −0, and large numbers below 10^21 without exponent, which makes them integers. */
function written(value: unknown): unknown {
  if (typeof value === 'number') return meant(String(value));
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return mapped(value, written);
}

function hasInfinity(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(hasInfinity);
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

describe('integers of a text', () => {
  test('have all their digits, as lossless-json finds them', () => {
    fc.assert(
      fc.property(texts(false), (text) => {
        expect(shapeOf(exactValue(text))).toStrictEqual(shapeOf(parse(text, null, { parseNumber: meant })));
      }),
      { numRuns: runs(8000) },
    );
  });

  test('rounded, and everything else, are what JSON.parse gives, with repeated names too', () => {
    fc.assert(
      fc.property(texts(true), (text) => {
        expect(shapeOf(rounded(exactValue(text)))).toStrictEqual(shapeOf(JSON.parse(text)));
      }),
      { numRuns: runs(8000) },
    );
  });

  test('are those that a reviver of newer versions of Node sees', () => {
    const source = (text: string) =>
      JSON.parse(text, (_name, value, context?: { source?: string }) =>
        typeof value === 'number' && context?.source !== undefined ? meant(context.source) : value,
      );
    if (typeof source('9007199254740993') !== 'bigint') return expect(process.version).toMatch(/^v20\./);
    fc.assert(
      fc.property(texts(true), (text) => {
        expect(shapeOf(exactValue(text))).toStrictEqual(shapeOf(source(text)));
      }),
      { numRuns: runs(4000) },
    );
  });

  test('keep their digits when the value is written again', () => {
    fc.assert(
      fc.property(texts(false), (text) => {
        const value = exactValue(text);
        if (hasInfinity(value)) {
          expect(() => jsonText(value, 'a record')).toThrow(/Infinity/);
          return;
        }
        const again = parse(jsonText(value, 'a record'), null, { parseNumber: meant });
        expect(shapeOf(again)).toStrictEqual(shapeOf(written(value)));
      }),
      { numRuns: runs(4000) },
    );
  });

  test.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740993', -9007199254740993n],
    ['[18446744073709551615,9007199254740994]', [18446744073709551615n, 9007199254740994n]],
    [`1${'0'.repeat(400)}`, 10n ** 400n],
    // What is spelled with a fraction or an exponent is a number, whatever its value.
    ['12345678901234567890.0', 12345678901234567000],
    ['12345678901234567890.5', 12345678901234567000],
    ['1E30', 1e30],
    ['1e400', Number.POSITIVE_INFINITY],
    ['[-1e400,9007199254740993,1e300]', [Number.NEGATIVE_INFINITY, 9007199254740993n, 1e300]],
    ['-0', -0],
    ['[0.12345678901234566,1]', [0.12345678901234566, 1]],
    ['{"1234567890123456789":"1234567890123456789"}', { '1234567890123456789': '1234567890123456789' }],
    ['"\\\\\\"1234567890123456789"', '\\"1234567890123456789'],
  ])('%s', (text, value) => {
    expect(exactValue(text)).toStrictEqual(value);
  });

  test('are found behind long strings, and deeper than calls can be', () => {
    const long = JSON.stringify('\\"12345678901234567890,'.repeat(100_000));
    expect(exactValue(`[${long},12345678901234567890]`)).toStrictEqual([JSON.parse(long), 12345678901234567890n]);
    const depth = 100_000;
    let value = exactValue(`${'['.repeat(depth)}9007199254740993${']'.repeat(depth)}`);
    while (Array.isArray(value)) value = value[0];
    expect(value).toBe(9007199254740993n);
  });
});

describe('a text that is no JSON', () => {
  const failure = (read: (text: string) => unknown, text: string) => {
    try {
      read(text);
      return 'none';
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };

  test('is refused as JSON.parse refuses it', () => {
    const cut = fc.tuple(
      texts(true),
      fc.nat(),
      fc.nat(3),
      fc.constantFrom('', '-', '.', 'e', '"', ',', '0', '+', '[', 'x', '9'),
    );
    fc.assert(
      fc.property(cut, ([text, at, length, put]) => {
        const from = at % (text.length + 1);
        const changed = text.slice(0, from) + put + text.slice(from + length);
        expect(failure(exactValue, changed)).toBe(failure(JSON.parse, changed));
      }),
      { numRuns: runs(16_000) },
    );
  });

  test.each([
    ...[
      '01234567890123456789',
      '--1234567890123456789',
      '+1234567890123456789',
      '1234567890123456789.',
      '1234567890123456789e',
    ],
    ...[
      '1234567890123456.5.5',
      '[1234567890123456789 1]',
      '1234567890123456789abc',
      '"1234567890123456789',
      'e1234567890123456789',
    ],
    ...[
      '{"a":1234567890123456789',
      '.1234567890123456789',
      '12345678901234567890x"',
      '1234567890123456789-1',
      '[9007199254740993,]',
    ],
  ])('%s', (text) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(failure(exactValue, text)).toBe(failure(JSON.parse, text));
  });
});
