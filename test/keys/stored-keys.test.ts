// Goal: bytes that somebody else wrote are a key, or refused: never another key. Method: any bytes behind each type byte; what
// is taken for a key must be what its value is encoded as.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeStoredKey } from '../../src/keys/decode.js';
import { encodeKey, type KeyValue } from '../../src/keys/encode.js';

describe('stored keys', () => {
  it('are a key, or refused: never another key', () => {
    const typeByte = fc.constantFrom(...[0x00, 0x01, 0x02, 0x10, 0x11, 0x12, 0x20, 0x21]);
    const anyBytes = fc
      .tuple(typeByte, fc.uint8Array({ maxLength: 12 }))
      .map(([type, rest]) => Uint8Array.of(type, ...rest));
    // Nearly a key: random bytes are hardly ever a number near 1.
    const nearlyNumber = fc
      .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.nat(12), fc.nat(255))
      .map(([number, at, byte]) => {
        const key = encodeKey(Number(number.toPrecision(6)));
        if (at < key.byteLength) key[at] = byte;
        return key;
      });
    const bytes = fc.oneof(anyBytes, nearlyNumber);
    fc.assert(
      fc.property(bytes, (stored) => {
        let key: KeyValue;
        try {
          key = decodeStoredKey(stored);
        } catch {
          return;
        }
        expect(Buffer.from(encodeKey(key))).toEqual(Buffer.from(stored));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['200100', '128001', '20', '2061'])('%s is none', (hex) => {
    expect(() => decodeStoredKey(Buffer.from(hex, 'hex'))).toThrow();
  });
});
