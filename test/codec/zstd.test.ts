// Goal: every zstd file is read, of whatever frames, and what a frame needs is refused before memory is taken. Method: frames
// made by zstd with other settings, and headers built by hand.
// @zstd: what it needs and refuses

import { describe, expect, test } from 'vitest';
import binding from 'zstd-napi/binding.js';
import { EXPANSION_FREE_BYTES } from '../../src/import/codec/plain.js';
import { zstd } from '../../src/store/codec/zstd/implementation.js';
import { zstdFrame } from '../support/compressed-forms.js';
import { decode, jsonLines, LIMITS, piecesOf, whole } from '../support/decoding.js';
import { skippable, streamed } from '../support/zstd-frames.js';

const { CParameter } = binding;

/** The beginning of a frame whose window is 2^log bytes. */
const windowOf = (log: number) => Buffer.concat([Buffer.from('28b52ffd00', 'hex'), Buffer.from([(log - 10) << 3])]);

describe('zstd', () => {
  const plain = jsonLines(300_000);

  test('frames without size or checksum, of every level, are read', async () => {
    for (const checksum of [0, 1]) {
      for (const level of [-5, 1, 3, 19]) {
        const frame = streamed(plain, [
          [CParameter.compressionLevel, level],
          [CParameter.checksumFlag, checksum],
        ]);
        for (const pieces of [whole, piecesOf(1000)]) {
          expect((await decode('zstd', frame, pieces)).equals(plain)).toBe(true);
        }
      }
    }
  });

  test('skippable frames are left out, first, between and last', async () => {
    const frames = [
      skippable(0),
      skippable(100, 7),
      zstdFrame(plain),
      skippable(70_000, 15),
      zstdFrame(plain),
      skippable(9),
    ];
    for (const pieces of [whole, piecesOf(3)]) {
      expect((await decode('zstd', Buffer.concat(frames), pieces)).equals(Buffer.concat([plain, plain]))).toBe(true);
    }
    expect((await decode('zstd', skippable(10))).byteLength).toBe(0);
    const cut = decode('zstd', Buffer.concat(frames.slice(0, 4)).subarray(0, -1));
    await expect(cut).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });

  test('a frame that needs a dictionary is refused, with the number of the dictionary', async () => {
    for (const [descriptor, bytes, id] of [
      [1, '07', 7],
      [2, '0701', 263],
      [3, '07000080', 2_147_483_655],
    ] as const) {
      const header = Buffer.concat([
        Buffer.from([0x28, 0xb5, 0x2f, 0xfd, descriptor, 0x50]),
        Buffer.from(bytes, 'hex'),
      ]);
      await expect(decode('zstd', Buffer.concat([header, Buffer.alloc(100)]))).rejects.toMatchObject({
        code: 'SOURCE_NOT_SUPPORTED',
        message: expect.stringContaining(`the dictionary ${id} `),
      });
    }
  });

  test('a window above the limit is refused by its header, one below it is read', async () => {
    const frame = streamed(plain, [[CParameter.windowLog, 27]]);
    const limits = { ...LIMITS, memoryMax: 2 ** 27 - 1 };
    await expect(decode('zstd', frame, whole, limits)).rejects.toMatchObject({
      code: 'SOURCE_EXPANDS',
      message: expect.stringMatching(/needs 134217728 bytes .* raise option maxDecoderMemory/),
    });
    expect((await decode('zstd', frame)).equals(plain)).toBe(true);
    // A frame that says how little it holds needs no more than that.
    expect(
      (await decode('zstd', zstdFrame(plain), whole, { ...LIMITS, memoryMax: plain.byteLength })).equals(plain),
    ).toBe(true);
    for (const log of [32, 41]) {
      await expect(decode('zstd', windowOf(log))).rejects.toMatchObject({ code: 'SOURCE_NOT_SUPPORTED' });
    }
  });

  test('windows of 2 GiB are read where the limit allows them (zstd --long=31)', async () => {
    const frame = streamed(plain, [
      [CParameter.windowLog, 31],
      [CParameter.enableLongDistanceMatching, 1],
      [CParameter.checksumFlag, 1],
    ]);
    const limits = { ...LIMITS, memoryMax: 2 ** 31 };
    // WebAssembly cannot address as much.
    if (zstd().reader().windowBytesMax < 2 ** 31) {
      await expect(decode('zstd', frame, whole, limits)).rejects.toMatchObject({ code: 'SOURCE_NOT_SUPPORTED' });
      return;
    }
    await expect(decode('zstd', frame)).rejects.toMatchObject({ code: 'SOURCE_EXPANDS' });
    expect((await decode('zstd', frame, whole, limits)).equals(plain)).toBe(true);
  });

  test('a frame whose header has a reserved bit is damaged', async () => {
    const frame = zstdFrame(plain);
    frame[4]! |= 8;
    await expect(decode('zstd', frame)).rejects.toMatchObject({ code: 'SOURCE_DAMAGED' });
  });

  test('the factor of growth counts from 64 MiB on', async () => {
    const limits = { ...LIMITS, ratioMax: 10 };
    const spaces = Buffer.alloc(EXPANSION_FREE_BYTES - 1, ' ');
    expect((await decode('zstd', zstdFrame(spaces), whole, limits)).byteLength).toBe(spaces.byteLength);
    const twice = decode('zstd', Buffer.concat([zstdFrame(spaces), zstdFrame(Buffer.from(' '))]), whole, limits);
    await expect(twice).rejects.toMatchObject({ code: 'SOURCE_EXPANDS' });
  });
});
