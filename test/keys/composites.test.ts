// Goal: composite keys are ordered by their components, the shorter of two that begin alike first; none is a prefix of
// another; they come back from their bytes; and bytes that are no key are refused. Method: lists of positions in an ordered
// list of values (support/composites.ts); bytes that are damaged.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeKey, decodeStoredKey, keyId, keyOfId } from '../../src/keys/decode.js';
import { compareKeys, encodeKey, type KeyPart, type KeyValue, keyPrefixRange } from '../../src/keys/encode.js';
import { beginsWith, compareNumbers, partsOf } from '../support/composites.js';
import { KEYS } from '../support/store-model.js';

const numbers = fc.array(fc.nat(KEYS.length - 1), { minLength: 1, maxLength: 4 });
const encoded = (list: readonly number[]): Uint8Array => encodeKey(partsOf(list) as KeyPart[]);

describe('composite keys', () => {
  test('are ordered by their components, and none is a prefix of another', () => {
    fc.assert(
      fc.property(numbers, numbers, (left, right) => {
        const [a, b] = [encoded(left), encoded(right)];
        const order = compareNumbers(left, right);
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(order));
        if (order !== 0) expect(Buffer.from(b).subarray(0, a.byteLength).equals(a)).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  test('come back from their bytes, and from their identity in a cache', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const parts = partsOf(list);
        expect(decodeStoredKey(encoded(list))).toEqual(parts);
        expect(keyOfId(keyId(parts as KeyPart[]))).toEqual(parts);
      }),
    );
  });

  test('that begin with components are exactly those within their bounds', () => {
    fc.assert(
      fc.property(numbers, numbers, (list, prefix) => {
        const { gte, lt } = keyPrefixRange(partsOf(prefix) as KeyPart[]);
        const key = encoded(list);
        expect(compareKeys(key, gte) >= 0 && compareKeys(key, lt) < 0).toBe(beginsWith(list, prefix));
      }),
      { numRuns: 5000 },
    );
  });

  test('have an identity that no other key has', () => {
    const keys: KeyValue[] = [['a'], ['a', 1], 'a', '\0', '\0\0', 1, null, ...KEYS.map(({ value }) => value)];
    const texts = keys.map((key) => keyId(key)).filter((id): id is string => typeof id === 'string');
    // Strings that are made to look like one.
    const all = [...new Set(keys), ...texts.filter((id) => id.startsWith('\0'))];
    const ids = all.map((key) => keyId(key));
    expect(new Set(ids).size).toBe(new Set(all.map((key) => Buffer.from(encodeKey(key)).toString('hex'))).size);
    for (const key of all) expect(keyOfId(keyId(key))).toEqual(key);
  });

  test('that are damaged are refused, or are the key of other components', () => {
    fc.assert(
      fc.property(numbers, fc.nat(60), fc.nat(255), fc.nat(60), (list, at, byte, cut) => {
        const bytes = Uint8Array.from(encoded(list)).slice(0, Math.max(1, 60 - cut));
        if (at < bytes.byteLength) bytes[at] = byte;
        let key: KeyValue;
        try {
          key = decodeStoredKey(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        expect(Buffer.from(encodeKey(key)).equals(bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  test('have components that are no arrays, 1 to 16 of them', () => {
    expect(decodeKey(encodeKey(Array.from({ length: 16 }, (_, i) => i)))).toHaveLength(16);
    expect(() => encodeKey([])).toThrow(/1 to 16 components, not 0/);
    expect(() => encodeKey(Array.from({ length: 17 }, (_, i) => i))).toThrow(/not 17/);
    expect(() => encodeKey([['a']] as never)).toThrow(/cannot be an array/);
    expect(() => encodeKey([undefined] as never)).toThrow(TypeError);
    expect(() => encodeKey(['x'.repeat(1000), 'y'.repeat(1000)])).toThrow(/more than 1900 bytes/);
  });
});
