// Goal: a number key comes back from its bytes in one form, exactly, and is the same key again, however it was spelled.
// Method: properties against an oracle of decimals that knows nothing of the encoding (support/decimals.ts).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalKey, decodeKey } from '../../src/keys/decode.js';
import { compareKeys, encodeKey, encodeKeyToken } from '../../src/keys/encode.js';
import { JsonNumber } from '../../src/keys/json-number.js';
import { anyNumber, compareDecimals, isWhole } from '../support/decimals.js';
import { runs } from '../support/effort.js';

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
function keyOfToken(token: string): Uint8Array {
  const key = encodeKeyToken(Buffer.from(token), 0, token.length);
  if (typeof key === 'string') throw new Error(`${token} has no key: ${key}`);
  return key;
}

describe('numbers', () => {
  it('come back from their keys in one form for all spellings, exactly, and are the same key again', () => {
    fc.assert(
      fc.property(anyNumber, (token) => {
        const key = keyOfToken(token);
        const value = decodeKey(key);
        expect(compareDecimals(String(value), token)).toBe(0);
        expect(hex(encodeKey(value))).toBe(hex(key));
        expect(hex(encodeKey(new JsonNumber(token)))).toBe(hex(key));
        // A JsonNumber that is none of the others is one object.
        expect(canonicalKey(new JsonNumber(token))).toBe(value);
        expect(canonicalKey(value)).toBe(value);
        const double = Number(token);
        const isDouble = Number.isFinite(double) && compareDecimals(String(double), token) === 0;
        if (isWhole(token) && compareDecimals(token.replace('-', ''), '1e21') < 0) {
          expect(typeof value).toBe(Number.isSafeInteger(double) && isDouble ? 'number' : 'bigint');
        } else if (isDouble) expect(value).toBe(double);
        else if (isWhole(token)) expect(typeof value).toBe('bigint');
        else expect(value).toBeInstanceOf(JsonNumber);
      }),
      { numRuns: runs(5000) },
    );
  });

  it('given as a number stand for the decimal that JavaScript writes for it, not for the double itself', () => {
    expect(decodeKey(keyOfToken('0.1'))).toBe(0.1);
    const double = '0.1000000000000000055511151231257827021181583404541015625';
    expect(Number(double)).toBe(0.1);
    expect(String(decodeKey(keyOfToken(double)))).toBe(double);
    expect(compareKeys(encodeKey(0.1), keyOfToken(double))).toBe(-1);
    expect(hex(encodeKey(2 ** 70))).toBe(hex(keyOfToken('1180591620717411300000')));
  });
});

describe('a JsonNumber', () => {
  it('has one text for each value: that of JavaScript, wherever JavaScript has the number', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (left, right) => {
        const [a, b] = [new JsonNumber(left), new JsonNumber(right)];
        expect(compareDecimals(a.text, left)).toBe(0);
        expect(a.text === b.text).toBe(compareDecimals(left, right) === 0);
        const double = Number(left);
        if (Number.isFinite(double) && compareDecimals(String(double), left) === 0 && Math.abs(double) < 1e22) {
          expect(a.text).toBe(String(double));
        }
        expect([String(a), `${a}`, Number(a) || 0]).toEqual([a.text, a.text, Number(left) || 0]);
      }),
      { numRuns: runs(3000) },
    );
    expect(new JsonNumber(`1e${'9'.repeat(30)}`).text).toBe(`1e+${'9'.repeat(30)}`);
    expect(new JsonNumber(`1e-${'9'.repeat(30)}`).text).toBe(`1e-${'9'.repeat(30)}`);
    expect(new JsonNumber('1234567890123456789012345').text).toBe('1234567890123456789012345');
  });

  it('is made of a JSON number and of nothing else, and does not change', () => {
    for (const text of ['', ' 1', '1 ', '+1', '01', '1.', '.5', '0x1', 'NaN', 'Infinity', '1e', '1n', '-', '1\n']) {
      expect(() => new JsonNumber(text)).toThrow(TypeError);
    }
    for (const value of [1, 1n, null, undefined, {}, new JsonNumber('1')]) {
      expect(() => new JsonNumber(value as never)).toThrow(TypeError);
    }
    expect(Object.isFrozen(new JsonNumber('1'))).toBe(true);
  });

  it('is never written to JSON as something else', () => {
    const write = () => JSON.stringify({ key: new JsonNumber('0.10000000000000000001') });
    if ('rawJSON' in JSON) expect(write()).toBe('{"key":0.10000000000000000001}');
    else expect(write).toThrow(TypeError);
  });
});
