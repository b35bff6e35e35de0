// Goal: a compressed file gives exactly its plain bytes, or an error that says where. Method: files made by other programs,
// pushed in pieces of every size; then cut, changed and added to at random places.
// @node all: it calls the inside of Node's zlib

import { describe, expect, test } from 'vitest';
import { EXPANSION_FREE_BYTES } from '../../src/import/codec/plain.js';
import { HERE, NOT_HERE } from '../support/compressed-forms.js';
import { decode, jsonLines, noise, PATH, piecesOf, randomPieces, whole } from '../support/decoding.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { randomFrom } from '../support/random.js';

/** Sizes around those of blocks and buffers. */
const SIZES = [0, 0, 1, 2, 100, 600, 65_535, 65_536, 131_072, 131_073, 262_144, 262_145, 1_000_000, 400_000, 700_000];

describe.skip.each(NOT_HERE)('$codec: this machine has no $tool', () => {
  test('nothing is tested', () => {});
});

describe.each(HERE)('$codec', ({ codec, compress, hasMembers, hasChecksum, hasPadding }) => {
  test('gives the plain bytes, whatever the pieces', async () => {
    for (const [i, size] of SIZES.entries()) {
      const plain = [jsonLines, noise, (bytes: number) => Buffer.alloc(bytes, 'a')][i % 3]!(size);
      const file = compress(plain);
      for (const pieces of [whole, randomPieces(randomFrom(size))]) {
        expect((await decode(codec, file, pieces)).equals(plain), `${size} bytes`).toBe(true);
      }
    }
    const plain = jsonLines(20_000);
    expect((await decode(codec, compress(plain), piecesOf(1))).equals(plain)).toBe(true);
  });

  test.runIf(hasMembers)('reads members one after another, empty ones too', async () => {
    const random = randomFrom(7);
    const plains = Array.from({ length: 40 }, (_, i) => (i % 5 === 3 ? Buffer.alloc(0) : jsonLines(random(2000), i)));
    const file = Buffer.concat(plains.map(compress));
    for (const pieces of [whole, piecesOf(1), randomPieces(random)]) {
      expect((await decode(codec, file, pieces)).equals(Buffer.concat(plains))).toBe(true);
    }
  });

  test('a file that was cut off anywhere is an error', async () => {
    const random = randomFrom(seedOfTurn(3));
    const file = compress(jsonLines(100_000));
    const ends = Array.from({ length: 2 * 20 }, (_, i) => (i < 20 ? i : file.byteLength - 1 - (i - 20)));
    for (let i = 0; i < runs(80); i++) ends.push(random(file.byteLength));
    for (const end of ends) {
      const error = await failure(decode(codec, file.subarray(0, end), randomPieces(random)));
      expect(error, `cut at ${end}`).toMatchObject({ code: 'SOURCE_TRUNCATED', file: PATH, offset: end });
      expect(error.message).toMatch(/^\/data\/records ends inside its .* data at byte \d+\. Is the copy complete\?$/);
    }
  });

  test.runIf(hasChecksum)('a file with a changed bit is an error, or gives the same plain bytes', async () => {
    const random = randomFrom(seedOfTurn(4));
    for (const plain of [jsonLines(30_000), jsonLines(1000), noise(3000)]) {
      const file = compress(plain);
      for (let i = 0; i < runs(30); i++) {
        const changed = Buffer.from(file);
        const bit = random(file.byteLength * 8);
        changed[bit >>> 3]! ^= 1 << (bit & 7);
        const result = await decode(codec, changed, randomPieces(random)).catch((error) => error);
        if (Buffer.isBuffer(result)) expect(result.equals(plain), `bit ${bit}`).toBe(true);
        else expect(result, `bit ${bit}`).toMatchObject({ name: 'GristmillError', file: PATH });
      }
    }
  });

  test('bytes after the end are an error that says where', async () => {
    const file = compress(jsonLines(5000));
    for (const rest of [Buffer.from('\n'), Buffer.from('x'), Buffer.from('{"id":1}\n'), noise(100_000)]) {
      for (const pieces of [whole, piecesOf(1), piecesOf(file.byteLength)]) {
        const error = await failure(decode(codec, Buffer.concat([file, rest]), pieces));
        expect(error).toMatchObject({ code: 'SOURCE_TRAILING_BYTES', file: PATH, offset: file.byteLength });
        expect(error.message).toContain(`head -c ${file.byteLength}`);
      }
    }
  });

  test('zeros after the end are allowed where the form pads with them', async () => {
    const plain = jsonLines(5000);
    const file = compress(plain);
    for (const zeros of [4, 512, 100_000]) {
      const padded = Buffer.concat([file, Buffer.alloc(zeros)]);
      const result = decode(codec, padded, piecesOf(1000));
      if (hasPadding) expect((await result).equals(plain)).toBe(true);
      else expect(await failure(result)).toMatchObject({ code: 'SOURCE_TRAILING_BYTES', offset: file.byteLength });
      const garbled = decode(codec, Buffer.concat([padded, Buffer.from('x')]));
      expect(await failure(garbled)).toMatchObject({ code: 'SOURCE_TRAILING_BYTES' });
    }
  });

  test('a file of other bytes, or of none, is an error', async () => {
    expect(await failure(decode(codec, Buffer.alloc(0)))).toMatchObject({ code: 'SOURCE_TRUNCATED', offset: 0 });
    if (!hasChecksum) return;
    for (const file of [jsonLines(1000), noise(1000), Buffer.alloc(1000)]) {
      expect(await failure(decode(codec, file))).toMatchObject({ code: 'SOURCE_DAMAGED', file: PATH });
    }
  });

  test('a file that grows beyond the limit is an error', async () => {
    const limits = { ratioMax: 10, memoryMax: 2 ** 27 };
    const file = compress(Buffer.alloc(EXPANSION_FREE_BYTES + 300_000, ' '));
    const error = await failure(decode(codec, file, whole, limits));
    expect(error).toMatchObject({ code: 'SOURCE_EXPANDS', file: PATH });
    expect(error.message).toContain('raise option maxExpansion');
  });

  test('takes no bytes after an error or after close, and can be closed again', async () => {
    const { openDecoder } = await import('../../src/import/codec/open.js');
    const decoder = await openDecoder(codec, { path: PATH, limits: { ratioMax: 10, memoryMax: 2 ** 27 } });
    const file = compress(jsonLines(5000));
    decoder.push(file.subarray(0, 50), () => {});
    decoder.close();
    decoder.close();
    expect(() => decoder.push(file.subarray(50), () => {})).toThrow('has ended');
  });
});

async function failure(decoding: Promise<unknown>): Promise<Error> {
  return decoding.then(
    () => new Error('no error'),
    (error: Error) => error,
  );
}
