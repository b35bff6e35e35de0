// Goal: the order of keys is the order of values, exactly (docs/format.md, "Keys" and Invariant 5).
// Method: properties against oracles that know nothing of the encoding: decimals compared as scaled BigInts, strings as
// the UTF-8 of their code points; and a table of bytes, because the bytes are the format.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { KEY_BYTES_MAX } from '../../src/base/limits.js';
import { decodeKey } from '../../src/keys/decode.js';
import { compareKeys, encodeKey, encodeKeyToken, type KeyValue, keyPrefixRange } from '../../src/keys/encode.js';
import { JsonNumber } from '../../src/keys/json-number.js';
import { runs } from '../support/effort.js';
import { utf8 } from '../support/scans.js';

const hex = (key: Uint8Array | string): string => (typeof key === 'string' ? key : Buffer.from(key).toString('hex'));
const tokenKey = (token: string) => encodeKeyToken(utf8(token), 0, utf8(token).length);
const keyOfToken = (token: string): Uint8Array => {
  const key = tokenKey(token);
  if (typeof key === 'string') throw new Error(`${token} has no key: ${key}`);
  return key;
};

/** Decimals in many spellings; the exponents overlap, so that equal values meet. */
const decimals = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.oneof(
      fc.constant('0'),
      fc.bigInt({ min: 1n, max: 10n ** 40n }).map(String),
      fc.integer({ min: 1, max: 99 }).map(String),
    ),
    fraction: fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^\.[0-9]{1,4}$/),
      fc.stringMatching(/^\.0{0,3}[0-9]{1,20}$/),
    ),
    exponent: fc.oneof(
      fc.constant(''),
      fc
        .tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 60 }))
        .map((parts) => parts.join('')),
    ),
  })
  .map(({ sign, whole, fraction, exponent }) => sign + whole + fraction + exponent);

/** A decimal as an integer multiple of 10^-SCALE: exact, and comparable. */
const SCALE = 100;
function scaled(decimal: string): bigint {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(decimal)!;
  const shift = SCALE - fraction.length + Number(exponent);
  return BigInt(`${sign}1`) * BigInt(whole + fraction) * 10n ** BigInt(shift);
}

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom('\0', '\x01', 'a', 'b', '\xff', '\ud800', '\udc00', '\uffff', '\u{10000}', '😀'),
    maxLength: 5,
  }),
);
const anyDouble = fc.double({ noNaN: true, noDefaultInfinity: true });
const anyValue: fc.Arbitrary<KeyValue> = fc.oneof(
  anyString,
  anyDouble,
  fc.bigInt(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);

const order = (left: bigint | number, right: bigint | number): number => (left < right ? -1 : left > right ? 1 : 0);
const codePoints = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0)!);
function compareCodePoints(left: string, right: string): number {
  const [leftPoints, rightPoints] = [codePoints(left), codePoints(right)];
  const differs = leftPoints.findIndex((point, index) => point !== rightPoints[index]);
  if (differs === -1) return order(leftPoints.length, rightPoints.length);
  return differs === rightPoints.length ? 1 : order(leftPoints[differs]!, rightPoints[differs]!);
}

describe('numbers', () => {
  it('are ordered by value, exactly, in every spelling', () => {
    fc.assert(
      fc.property(decimals, decimals, (left, right) => {
        expect(compareKeys(keyOfToken(left), keyOfToken(right))).toBe(order(scaled(left), scaled(right)));
      }),
      { numRuns: runs(3000) },
    );
  });

  it('keep their order next to each other, where digits are few and close', () => {
    const close = fc.tuple(
      fc.constantFrom('', '-'),
      fc.stringMatching(/^[1-9][09]{0,3}$/),
      fc.integer({ min: -3, max: 3 }),
    );
    const closeDecimals = close.map(([sign, digits, exponent]) => `${sign}${digits}e${exponent}`);
    fc.assert(
      fc.property(closeDecimals, closeDecimals, (left, right) => {
        expect(compareKeys(keyOfToken(left), keyOfToken(right))).toBe(order(scaled(left), scaled(right)));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('beyond 2^53 stay apart', () => {
    expect(compareKeys(keyOfToken('9007199254740992'), keyOfToken('9007199254740993'))).toBe(-1);
    expect(decodeKey(keyOfToken('123456789012345678901234567890'))).toBe(123456789012345678901234567890n);
  });

  it('are one key in all their spellings', () => {
    for (const spelling of ['1', '1.0', '10e-1', '0.1e1', '1E0', '1.000e+0', '0.00001e5']) {
      expect(hex(keyOfToken(spelling))).toBe(hex(encodeKey(1)));
    }
    for (const spelling of ['0', '-0', '0.0', '0e9', '-0.000e-99999999999999999999999']) {
      expect(hex(keyOfToken(spelling))).toBe('11');
    }
  });

  it('have no key when the exponent is out of range, and have one up to there', () => {
    expect(tokenKey('1e32767')).toBe('KEY_OUT_OF_RANGE');
    expect(tokenKey('-1e-32770')).toBe('KEY_OUT_OF_RANGE');
    expect(tokenKey('1e99999999999999999999999999')).toBe('KEY_OUT_OF_RANGE');
    expect(hex(tokenKey('0.1e32767'))).toBe('12ffff0b00');
    expect(hex(tokenKey('0.1e-32768'))).toBe('1200000b00');
    expect(hex(tokenKey(`0.${'0'.repeat(40_000)}1e40001`))).toBe(hex(encodeKey(1)));
  });
});

describe('strings', () => {
  it('are ordered by code point', () => {
    fc.assert(
      fc.property(anyString, anyString, (left, right) => {
        expect(compareKeys(encodeKey(left), encodeKey(right))).toBe(compareCodePoints(left, right));
      }),
      { numRuns: runs(3000) },
    );
  });

  it('that are well-formed are ordered as their UTF-8', () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(wellFormed, wellFormed, (left, right) => {
        expect(compareKeys(encodeKey(left), encodeKey(right))).toBe(
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        );
      }),
    );
  });

  it('are one key however they are escaped', () => {
    const escaped = (text: string) =>
      `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;
    fc.assert(
      fc.property(anyString, (text) => {
        expect(hex(keyOfToken(escaped(text)))).toBe(hex(encodeKey(text)));
        expect(hex(keyOfToken(escaped(text).toUpperCase().replaceAll('\\U', '\\u')))).toBe(hex(encodeKey(text)));
      }),
    );
    expect(hex(keyOfToken('"\\"\\\\\\/\\b\\f\\n\\r\\t"'))).toBe(hex(encodeKey('"\\/\b\f\n\r\t')));
    expect(hex(keyOfToken('"\\ud83d😀"'))).toBe(hex(encodeKey('\ud83d😀')));
    expect(hex(keyOfToken('"\\ud83d\\n"'))).toBe(hex(encodeKey('\ud83d\n')));
  });

  it('that begin with a prefix are exactly those within its bounds', () => {
    fc.assert(
      fc.property(anyString, anyString, fc.boolean(), (prefix, other, joined) => {
        const text = joined ? prefix + other : other;
        const { gte, lt } = keyPrefixRange(prefix);
        const key = encodeKey(text);
        const isWithin = compareKeys(key, gte) >= 0 && compareKeys(key, lt) < 0;
        const prefixPoints = codePoints(prefix);
        expect(isWithin).toBe(prefixPoints.every((point, index) => codePoints(text)[index] === point));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('are all within the bounds of the empty prefix, and nothing else is', () => {
    const { gte, lt } = keyPrefixRange('');
    fc.assert(
      fc.property(anyValue, (value) => {
        const key = encodeKey(value);
        expect(compareKeys(key, gte) >= 0 && compareKeys(key, lt) < 0).toBe(typeof value === 'string');
      }),
    );
  });
});

describe('values of all types', () => {
  it('are ordered null < false < true < numbers < strings', () => {
    const values = [null, false, true, -(10n ** 300n), -1.5, -1e-300, 0, 5e-324, 1, 1.5, 2n ** 64n, '', '\0', 'a'];
    const keys = values.map((value) => encodeKey(value));
    expect(keys.toSorted(compareKeys)).toEqual(keys);
  });

  it('have keys none of which is a prefix of another', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (left, right) => {
        const [leftKey, rightKey] = [encodeKey(left), encodeKey(right)];
        expect(hex(rightKey).startsWith(hex(leftKey))).toBe(hex(rightKey) === hex(leftKey));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('have the same key as a value and as the token JSON.stringify writes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const token = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
        const inside = utf8(`[${token}]`);
        expect(hex(encodeKeyToken(inside, 1, inside.length - 1))).toBe(hex(encodeKey(value)));
      }),
      { numRuns: runs(2000) },
    );
  });

  it('come back from their keys', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const decoded = decodeKey(encodeKey(value));
        if (typeof value === 'bigint') expect(BigInt(decoded as number)).toBe(value);
        else if (typeof decoded === 'bigint') expect(Number(decoded)).toBe(value);
        else expect(decoded).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: runs(2000) },
    );
  });

  it('come back as a JsonNumber where no number is exact', () => {
    const texts = ['3.14159265358979323846', '-0.00012345678901234567891', '1.2345678901234567891e-400', '-1e-400'];
    for (const text of texts) {
      expect(decodeKey(keyOfToken(text))).toBeInstanceOf(JsonNumber);
      expect(String(decodeKey(keyOfToken(text)))).toBe(text);
    }
    expect(decodeKey(keyOfToken('1e21'))).toBe(1e21);
    expect(decodeKey(keyOfToken('1e400'))).toBe(10n ** 400n);
    expect(decodeKey(keyOfToken('9007199254740993'))).toBe(9007199254740993n);
  });

  it.each([
    [null, '02'],
    [false, '03'],
    [true, '04'],
    [0, '11'],
    [1, '1280010b00'],
    [-1, '107ffef4ff'],
    [123, '1280030d1f00'],
    [0.05, '127fff3300'],
    ['', '2000'],
    ['a\0b', '206101016200'],
    ['😀', '20f09f988000'],
    ['\ud83d', '20eda0bd00'],
  ])('%j is the bytes %s', (value, bytes) => {
    expect(hex(encodeKey(value))).toBe(bytes);
  });
});

describe('what cannot be a key', () => {
  it('is refused with the caller as the one to change it', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => encodeKey(value)).toThrow(TypeError);
    for (const value of [undefined, {}, [], Symbol('s'), { text: '1' }, Object(1)])
      expect(() => encodeKey(value as never)).toThrow(TypeError);
    expect(() => decodeKey(Uint8Array.of(0x30))).toThrow(TypeError);
  });

  it('is too long, by one byte', () => {
    const longest = 'x'.repeat(KEY_BYTES_MAX - 2);
    expect(encodeKey(longest).length).toBe(KEY_BYTES_MAX);
    expect(() => encodeKey(`${longest}x`)).toThrow(expect.objectContaining({ code: 'KEY_TOO_LONG' }));
    expect(() => encodeKey(`${longest}x`)).toThrow(GristmillError);
    expect(tokenKey(JSON.stringify(`${longest}x`))).toBe('KEY_TOO_LONG');
    expect(tokenKey('7'.repeat(2 * (KEY_BYTES_MAX - 4)))).toHaveLength(KEY_BYTES_MAX);
    expect(tokenKey('7'.repeat(2 * (KEY_BYTES_MAX - 4) + 1))).toBe('KEY_TOO_LONG');
    for (const value of [10n ** 40_000n, new JsonNumber('1e-40000'), new JsonNumber(`1e${'9'.repeat(30)}`)]) {
      const refused = expect.objectContaining({ code: 'KEY_TOO_LONG', reason: 'KEY_OUT_OF_RANGE' });
      expect(() => encodeKey(value)).toThrow(refused);
    }
  });
});
