// Goal: a frame that does not compress is a frame of zstd, and has its text in it as it is; it is told from every other frame.
// Method: texts of random sizes, and of those around the borders of blocks, are read by the tool zstd, by its library, and by our
// reader; a flipped byte is found; frames that zstd makes itself are looked at.
// @node all: native code

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import binding from 'zstd-napi/binding.js';
import { newBuffer, zstdFrames } from '../../src/store/codec/frame-codec.js';
import { isRawFrame, RawEncoder, rawFrameBytes } from '../../src/store/codec/raw/raw-frame.js';
import { zstd } from '../../src/store/codec/zstd/implementation.js';
import { runs } from '../support/effort.js';

const BLOCK = 128 * 1024;
const HAS_ZSTD = spawnSync('zstd', ['--version']).status === 0;
const BORDERS = [0, 1, BLOCK]
  .flatMap((at) => [-1, 0, 1].map((by) => at + by))
  .concat(2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1);
const SIZES = [...new Set(BORDERS)].filter((bytes) => bytes >= 0);
const anySize = fc.oneof(fc.nat(64), fc.nat(3 * BLOCK), fc.constantFrom(...SIZES));

/** Text that zstd would compress, ended by a newline where there is room. */
function textOf(bytes: number, seed: number): Buffer {
  const text = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) text[i] = 32 + ((i * 7 + seed * (i >> 9)) % 90);
  if (bytes > 0) text[bytes - 1] = 10;
  return text;
}

const frameOf = (plain: Buffer): Buffer => Buffer.from(new RawEncoder().encode(plain));
const read = (frame: Uint8Array, bytes: number): Buffer => zstdFrames.decode(newBuffer, frame, bytes, 'file', 0, 0);

describe('a raw frame', () => {
  test('is read by our reader and by the library of zstd, and has the size that was foretold', () => {
    fc.assert(
      fc.property(anySize, fc.nat(9), (bytes, seed) => {
        const plain = textOf(bytes, seed);
        const frame = frameOf(plain);
        expect(frame.byteLength).toBe(rawFrameBytes(bytes));
        expect(isRawFrame(frame)).toBe(true);
        expect(read(frame, bytes).equals(plain)).toBe(true);
        const output = Buffer.alloc(bytes);
        expect(new binding.DCtx().decompress(output, frame)).toBe(bytes);
        expect(output.equals(plain)).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });

  test.skipIf(!HAS_ZSTD)('is read by the tool zstd, one after another, at every border of blocks', () => {
    const texts = SIZES.map((bytes, i) => textOf(bytes, i));
    const encoder = new RawEncoder();
    const input = Buffer.concat(texts.map((plain) => Buffer.from(encoder.encode(plain))));
    const { status, stdout } = spawnSync('zstd', ['-dcq'], { input, maxBuffer: 1 << 26 });
    expect(status).toBe(0);
    expect(stdout.equals(Buffer.concat(texts))).toBe(true);
    expect(spawnSync('zstd', ['-tq'], { input }).status).toBe(0);
  });

  test('has its text as it is, but for three bytes before each block', () => {
    const plain = textOf(2 * BLOCK + 5, 3);
    const frame = frameOf(plain);
    expect(frame.indexOf(plain.subarray(0, BLOCK))).toBeGreaterThan(0);
    expect(frame.indexOf(plain.subarray(BLOCK, 2 * BLOCK))).toBeGreaterThan(BLOCK);
  });

  test('with a flipped bit is damaged, or has the same text: zstd has bits in the header that mean nothing', () => {
    const plain = textOf(300, 1);
    const frame = frameOf(plain);
    for (let bit = 0; bit < 8 * frame.byteLength; bit += 3) {
      const broken = Buffer.from(frame);
      broken[bit >> 3]! ^= 1 << (bit & 7);
      let found: Buffer | undefined;
      try {
        found = read(broken, 300);
      } catch (error) {
        expect(error, `bit ${bit}`).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
      }
      if (found !== undefined) expect([found.equals(plain), bit >> 3 < 6], `bit ${bit}`).toEqual([true, true]);
    }
    expect(() => read(frame.subarray(0, -1), 300)).toThrow();
  });

  test('is told from what zstd makes of the same text, at every level, also of text that it cannot compress', () => {
    const random = Buffer.from(Array.from({ length: 200_000 }, (_, i) => Math.imul(i ^ (i << 7), 2654435761) >>> 24));
    for (const level of [-7, 1, 12]) {
      const compressor = zstd().encoder(level);
      for (const bytes of [0, 1, 255, 256, 65_791, 65_792, 131_072, 200_000]) {
        for (const plain of [random.subarray(0, bytes), textOf(bytes, level & 3)]) {
          expect(isRawFrame(compressor.encode(plain)), `level ${level}, ${bytes} bytes`).toBe(false);
        }
      }
    }
  });

  test('for a large record costs no memory for ever, and is right after and before small ones', () => {
    const encoder = new RawEncoder();
    for (const bytes of [100, 3 * 1024 * 1024, 100, 32_768]) {
      const plain = textOf(bytes, 2);
      expect(read(encoder.encode(plain), bytes).equals(plain)).toBe(true);
    }
  });
});
