// Goal: what is sealed without node:crypto's objects is what node:crypto seals, and nothing altered opens. Method: pieces of
// many sizes go both ways between the two; each kind of change is tried; a process without koffi seals the same.

import { spawnSync } from 'node:child_process';
import { createCipheriv, createDecipheriv, createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openInto, sealInto, TAG_BYTES } from '../../dist/src/store/seal/gcm.js';
import { directGcm } from '../../dist/src/store/seal/openssl.js';
import { ROOT } from '../support/cli.js';

const SIZES = [0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 4000, 8192, 65_537, 3_000_000];
const CONTEXTS = [0, 1, 16, 37, 2000];

/** Bytes that look random, the same in each run. */
function bytesOf(name: string, length: number): Buffer {
  const stream = createCipheriv('aes-128-ctr', createHash('md5').update(name).digest(), Buffer.alloc(16));
  return stream.update(Buffer.alloc(length));
}

function sealedByNode(key: Buffer, nonce: Buffer, about: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.setAAD(about).update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openedByNode(key: Buffer, nonce: Buffer, about: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(about).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
}

describe('pieces of', () => {
  test.each(SIZES)('%i bytes are sealed as node:crypto seals them, and open each other', (size) => {
    const direct = directGcm()!;
    for (const contextBytes of CONTEXTS) {
      const name = `${size} ${contextBytes}`;
      const [key, nonce] = [bytesOf(`key ${name}`, 32), bytesOf(`nonce ${name}`, 12)];
      const [about, plain] = [bytesOf(`about ${name}`, contextBytes), bytesOf(`plain ${name}`, size)];
      const sealed = Buffer.alloc(size + TAG_BYTES);
      direct.seal(key, nonce, about, plain, sealed);
      expect(sealed.equals(sealedByNode(key, nonce, about, plain))).toBe(true);
      expect(openedByNode(key, nonce, about, sealed).equals(plain)).toBe(true);
      const opened = Buffer.alloc(size);
      expect(direct.open(key, nonce, about, sealed, opened)).toBe(true);
      expect(opened.equals(plain)).toBe(true);
    }
  });
});

test('nothing altered opens, and nothing of it is given', () => {
  const direct = directGcm()!;
  const [key, nonce, about, plain] = [bytesOf('k', 32), bytesOf('n', 12), bytesOf('a', 20), bytesOf('p', 100)];
  const sealed = sealedByNode(key, nonce, about, plain);
  const nothing = Buffer.alloc(plain.byteLength);
  const into = Buffer.alloc(plain.byteLength);
  const flipped = (bytes: Buffer, bit: number): Buffer => {
    const other = Buffer.from(bytes);
    other[bit >> 3]! ^= 1 << (bit & 7);
    return other;
  };
  for (let bit = 0; bit < 8 * sealed.byteLength; bit++) {
    expect(direct.open(key, nonce, about, flipped(sealed, bit), into.fill(1))).toBe(false);
    expect(into.equals(nothing)).toBe(true);
  }
  for (let bit = 0; bit < 8 * key.byteLength; bit++) {
    expect(direct.open(flipped(key, bit), nonce, about, sealed, into)).toBe(false);
  }
  for (let bit = 0; bit < 8 * nonce.byteLength; bit++) {
    expect(direct.open(key, flipped(nonce, bit), about, sealed, into)).toBe(false);
  }
  for (let bit = 0; bit < 8 * about.byteLength; bit++) {
    expect(direct.open(key, nonce, flipped(about, bit), sealed, into)).toBe(false);
  }
  for (let bytes = 0; bytes < sealed.byteLength; bytes++) {
    const cut = sealed.subarray(0, bytes);
    expect(openInto(key, nonce, about, cut, Buffer.alloc(Math.max(0, bytes - TAG_BYTES)))).toBe(false);
  }
  // What was refused leaves nothing behind.
  expect(direct.open(key, nonce, about, sealed, into)).toBe(true);
  expect(into.equals(plain)).toBe(true);
  direct.forget();
  expect(direct.open(key, nonce, about, sealed, into)).toBe(true);
});

test('memory that is too short, and keys of another length, are refused before OpenSSL sees them', () => {
  const direct = directGcm()!;
  const [key, nonce, about, plain] = [bytesOf('k', 32), bytesOf('n', 12), bytesOf('a', 20), bytesOf('p', 100)];
  const sealed = sealedByNode(key, nonce, about, plain);
  const into = Buffer.alloc(sealed.byteLength);
  expect(() => direct.seal(key, nonce, about, plain, into.subarray(1))).toThrow(RangeError);
  expect(() => direct.open(key, nonce, about, sealed, into.subarray(0, 99))).toThrow(RangeError);
  expect(() => direct.seal(key.subarray(1), nonce, about, plain, into)).toThrow(RangeError);
  expect(() => direct.seal(key, nonce.subarray(1), about, plain, into)).toThrow(RangeError);
});

/** A digest of two thousand sealed pieces, and how many of them open. The text of this function goes to another process. */
function digestOfPieces(hash: Hash, seal: typeof sealInto, open: typeof openInto): string {
  let opened = 0;
  for (let i = 0; i < 2000; i++) {
    const [key, nonce, plain] = [Buffer.alloc(32, i), Buffer.alloc(12, i), Buffer.alloc(i % 300, i)];
    const sealed = Buffer.alloc(plain.byteLength + 16);
    seal(key, nonce, Buffer.from(`piece ${i}`), plain, sealed);
    hash.update(sealed);
    const into = Buffer.alloc(plain.byteLength);
    if (open(key, nonce, Buffer.from(`piece ${i}`), sealed, into) && into.equals(plain)) opened++;
  }
  return `${hash.digest('hex')} ${opened}`;
}

test('a process that cannot load koffi seals the same', () => {
  const module = pathToFileURL(join(ROOT, 'dist/src/store/seal/gcm.js')).href;
  const code = `
    import { createHash } from 'node:crypto';
    let refused = 0;
    const { dlopen } = process;
    process.dlopen = (module, file, ...rest) => {
      if (!/koffi/.test(file)) return dlopen.call(process, module, file, ...rest);
      refused++;
      throw new Error('refused');
    };
    const { sealInto, openInto } = await import(${JSON.stringify(module)});
    ${digestOfPieces}
    console.log(digestOfPieces(createHash('sha256'), sealInto, openInto), refused > 0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const expected = digestOfPieces(createHash('sha256'), sealInto, openInto);
  expect(stdout.trim()).toBe(`${expected} true`);
  expect(expected).toMatch(/ 2000$/);
});
