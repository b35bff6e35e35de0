// Goal: pseudonyms are keyed BLAKE2s digests of 16 bytes (RFC 7693), made of the bytes of a key however long it is, and keys
// with null in them are told from others. Method: digests that Python's hashlib.blake2s made, of all lengths around the
// blocks of 64 bytes, and the same program itself where there is one.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeKey, type KeyPart } from '../../src/keys/encode.js';
import { isHidden, Pseudonyms, pseudonymsOf } from '../../src/keys/pseudonyms.js';
import { runs } from '../support/effort.js';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
/** The type of a string: the components of composite keys are looked at. */
const STRING = 0x20;
const digestOf = (key: Uint8Array, secret = SECRET): string =>
  Buffer.from(new Pseudonyms(secret).of(key).subarray(1)).toString('hex');

describe('a pseudonym', () => {
  it('has the digest that hashlib.blake2s(key=…, digest_size=16) gives', () => {
    expect(digestOf(Buffer.from('a'))).toBe('97f392c0c0ba804232e789918f25ece5');
    expect(digestOf(new Uint8Array(64))).toBe('989ee6f2b1d5a81f5fb3effe2d523b61');
    expect(digestOf(new Uint8Array(65))).toBe('04d951f542130d8f1440c1c4ce788a03');
    expect(digestOf(Buffer.from('x'.repeat(3000)))).toBe('b0606e21321aabf0c710311b540be7da');
    const pseudonyms = new Pseudonyms(SECRET);
    const hash = createHash('sha256');
    for (let n = 1; n <= 400; n++) {
      const key = Uint8Array.from({ length: n }, (_, i) => (i === 0 ? STRING : i * 7 + n));
      hash.update(pseudonyms.of(key).subarray(1));
    }
    expect(hash.digest('hex')).toBe('100b1c3beef41e3518894355e2d4e263d5c2dedff196a6b4db2c30aa2f8e2837');
  });

  const python = spawnSync('python3', ['-c', 'import hashlib; hashlib.blake2s']).status === 0;
  it.skipIf(!python)('is what this machine’s Python computes', () => {
    const cases = fc.sample(
      fc.tuple(
        bytes(32, 32),
        bytes(1, 300).map((key) => key.fill(STRING, 0, 1)),
      ),
      runs(400),
    );
    const input = cases.map((pair) => pair.map((one) => Buffer.from(one).toString('hex')).join(' ')).join('\n');
    const program =
      'import sys, hashlib\nfor line in sys.stdin:\n  k, m = map(bytes.fromhex, line.split())\n  print(hashlib.blake2s(m, key=k, digest_size=16).hexdigest())';
    const { stdout } = spawnSync('python3', ['-c', program], { input });
    expect(cases.map(([secret, key]) => digestOf(key, secret))).toEqual(stdout.toString().trim().split('\n'));
  });

  it('of a key longer than the memory of the module is right, and what comes after it', () => {
    const long = new Uint8Array(1 << 20).fill(7);
    const short = digestOf(Buffer.from('a'));
    expect(digestOf(long)).not.toBe(digestOf(long.subarray(1)));
    expect(digestOf(Buffer.from('a'))).toBe(short);
  });

  it('says by its first byte whether there is null in the key', () => {
    const typeOf = (key: KeyPart | readonly KeyPart[]) => new Pseudonyms(SECRET).of(encodeKey(key))[0];
    for (const key of [null, [null, 1], ['a\u0000b', -12.5, null], [true, 0, false, 'x', null]])
      expect(typeOf(key)).toBe(0);
    for (const key of [true, 0, 'null', '\u0002', -1, 12, ['\u0002', -2, 2], [-100, 'a']]) expect(typeOf(key)).toBe(1);
  });

  it('has 17 bytes, depends on the secret, and is told from a key', () => {
    const key = encodeKey('ada');
    const hidden = pseudonymsOf(SECRET).of(key);
    expect(hidden.byteLength).toBe(17);
    expect([isHidden(hidden), isHidden(key)]).toEqual([true, false]);
    expect(digestOf(key, new Uint8Array(32))).not.toBe(digestOf(key));
    expect(pseudonymsOf(SECRET)).toBe(pseudonymsOf(SECRET));
    expect(() => new Pseudonyms(new Uint8Array(16))).toThrow(RangeError);
  });
});

function bytes(minLength: number, maxLength: number) {
  return fc.uint8Array({ minLength, maxLength });
}
