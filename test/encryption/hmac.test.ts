// Goal: the codes of which the digest of a state is made are those of HMAC-SHA-256. Method: node:crypto makes the same codes,
// of all lengths around the blocks of 64 bytes, of pieces cut at any place, and of keys up to a block.

import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hmac } from '../../src/store/seal/hmac.js';
import { runs } from '../support/effort.js';

const NOTHING = new Uint8Array();
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);
const codeByNode = (key: Uint8Array, message: Uint8Array): string =>
  createHmac('sha256', key).update(message).digest('hex');

test('messages of every length up to five blocks have the code that node:crypto makes', () => {
  const hmac = new Hmac(KEY);
  for (let bytes = 0; bytes <= 320; bytes++) {
    const message = Uint8Array.from({ length: bytes }, (_, i) => i * 31 + bytes);
    expect(hmac.of(message, NOTHING, NOTHING).toString('hex')).toBe(codeByNode(KEY, message));
  }
});

test('three pieces are one message, and several keys do not mix', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  const cases = fc.tuple(bytes(64), bytes(64), bytes(40), bytes(2000), bytes(40));
  fc.assert(
    fc.property(cases, ([one, other, ...pieces]) => {
      const [first, second] = [new Hmac(one), new Hmac(other)];
      const message = Buffer.concat(pieces);
      expect(first.of(...pieces).toString('hex')).toBe(codeByNode(one, message));
      expect(second.of(...pieces).toString('hex')).toBe(codeByNode(other, message));
      expect(first.of(...pieces).toString('hex')).toBe(codeByNode(one, message));
    }),
    { numRuns: runs(300) },
  );
});

test('a message longer than the memory of the module has its code, and so has what comes after it', () => {
  const hmac = new Hmac(KEY);
  for (const bytes of [1 << 20, 5, 131_072, 131_000]) {
    const message = new Uint8Array(bytes).fill(9);
    expect(hmac.of(message, NOTHING, NOTHING).toString('hex')).toBe(codeByNode(KEY, message));
  }
});

test('a key longer than a block is refused: it would have to be hashed first', () => {
  expect(() => new Hmac(new Uint8Array(65))).toThrow(RangeError);
});
