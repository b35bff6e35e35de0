// Goal: what the headers of bzip2, xz and LZ4 say is believed only as far as it fits, and what gristmill cannot decode is refused
// by its name. Method: fields of sound files are changed, and the checksums of the headers made right again.

import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decode, jsonLines, LIMITS, noise, PATH, piecesOf, whole } from '../support/decoding.js';
import { skippable } from '../support/zstd-frames.js';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/compressed/${name}`, import.meta.url));
const refusal = (code: string, text: string) => ({ code, file: PATH, message: expect.stringContaining(text) });

describe('xz', () => {
  const HEADER_BYTES = 12;
  const FILTER_AT = HEADER_BYTES + 2;
  const DICTIONARY_AT = HEADER_BYTES + 4;
  const FOOTER_BYTES = 12;
  const file = fixture('xz-crc64-seed4-20000b.xz');
  const plain = jsonLines(20_000, 4);

  /** The file with one byte changed, and the CRC32 of bytes `from` to `to`, which follows them, made right. */
  function changed(at: number, byte: number, from: number, to: number): Buffer {
    const copy = Buffer.from(file);
    copy[at] = byte;
    copy.writeUInt32LE(crc32(copy.subarray(from, to)), to);
    return copy;
  }
  const blockHeaderEnd = HEADER_BYTES + (file[HEADER_BYTES]! + 1) * 4 - 4;
  const inBlockHeader = (at: number, byte: number) => changed(at, byte, HEADER_BYTES, blockHeaderEnd);
  const footer = file.byteLength - FOOTER_BYTES;
  const indexBytes = (file.readUInt32LE(footer + 4) + 1) * 4;
  const index = footer - indexBytes;

  test.each([
    [3, 'delta'],
    [4, 'x86'],
    [0x0a, 'ARM64'],
    [0x7e, '0x7e'],
  ])('filter %i is refused as %s', async (filter, name) => {
    const decoding = decode('xz', inBlockHeader(FILTER_AT, filter));
    await expect(decoding).rejects.toMatchObject(refusal('SOURCE_NOT_SUPPORTED', `the filter ${name} `));
  });

  test('a check that nothing here can verify is refused', async () => {
    const decoding = decode('xz', changed(7, 2, 6, 8));
    await expect(decoding).rejects.toMatchObject(refusal('SOURCE_NOT_SUPPORTED', 'the check 2 '));
  });

  test('a dictionary above the limit is refused by its header', async () => {
    const large = inBlockHeader(DICTIONARY_AT, 36);
    await expect(decode('xz', large)).rejects.toMatchObject(refusal('SOURCE_EXPANDS', 'option maxDecoderMemory'));
    const limits = { ...LIMITS, memoryMax: 2 ** 40 };
    expect((await decode('xz', large, whole, limits)).equals(plain)).toBe(true);
    const decoding = decode('xz', inBlockHeader(DICTIONARY_AT, 40), whole, limits);
    await expect(decoding).rejects.toMatchObject(refusal('SOURCE_NOT_SUPPORTED', 'a dictionary of 4294967295 bytes'));
    await expect(decode('xz', inBlockHeader(DICTIONARY_AT, 41))).rejects.toMatchObject({ code: 'SOURCE_DAMAGED' });
  });

  test('an index that does not fit the blocks is damage', async () => {
    const end = index + indexBytes - 4;
    for (let at = index + 1; at < end; at++) {
      const decoding = decode('xz', changed(at, file[at]! ^ 1, index, end), piecesOf(1000));
      await expect(decoding).rejects.toMatchObject(refusal('SOURCE_DAMAGED', 'an index that does not fit its blocks'));
    }
  });

  test('a footer that does not fit the stream is damage', async () => {
    for (const at of [footer + 4, footer + 9, footer + 10]) {
      const copy = Buffer.from(file);
      copy[at]! ^= 1;
      copy.writeUInt32LE(crc32(copy.subarray(footer + 4, footer + 10)), footer);
      await expect(decode('xz', copy)).rejects.toMatchObject(refusal('SOURCE_DAMAGED', 'a wrong end of a stream'));
    }
  });

  test('zeros between streams come in fours', async () => {
    const two = (zeros: number) => decode('xz', Buffer.concat([file, Buffer.alloc(zeros), file]), piecesOf(3));
    for (const zeros of [0, 4, 8, 400]) expect((await two(zeros)).byteLength).toBe(2 * plain.byteLength);
    for (const zeros of [1, 2, 3, 401]) {
      await expect(two(zeros)).rejects.toMatchObject({ code: 'SOURCE_TRAILING_BYTES', offset: file.byteLength });
    }
  });
});

describe('bzip2', () => {
  const RANDOMISED_AT = 'BZh9'.length + 6 + 4;
  const file = fixture('bzip2-one-block-seed2-9000b.bz2');

  test('the randomised blocks of old versions are refused', async () => {
    const copy = Buffer.from(file);
    copy[RANDOMISED_AT]! |= 0x80;
    await expect(decode('bzip2', copy)).rejects.toMatchObject(refusal('SOURCE_NOT_SUPPORTED', 'bzip2 before 0.9.5'));
  });

  test('sizes of blocks that there are not, and blocks that are larger than they say, are damage', async () => {
    for (const digit of '0:a') {
      const copy = Buffer.concat([Buffer.from(`BZh${digit}`), file.subarray(4)]);
      await expect(decode('bzip2', copy)).rejects.toMatchObject(refusal('SOURCE_DAMAGED', 'no bzip2 header'));
    }
  });
});

describe('LZ4', () => {
  const FLAGS_AT = 4;
  const HEADER_BYTES = 7;
  const file = fixture('lz4-seed8-30000b.lz4');
  const plain = jsonLines(30_000, 8);

  /** The file with another header, whose checksum is found by trying all. */
  async function withHeader(header: Buffer, body: Buffer): Promise<unknown> {
    for (let checksum = 0; checksum < 256; checksum++) {
      const copy = Buffer.concat([file.subarray(0, FLAGS_AT), header, Buffer.from([checksum]), body]);
      const result = await decode('lz4', copy).catch((error) => error);
      if (!(result instanceof Error && result.message.includes('a header with a wrong checksum'))) return result;
    }
    throw new Error('no checksum is right');
  }
  const flags = file[FLAGS_AT]!;
  const sizes = file[FLAGS_AT + 1]!;
  const body = file.subarray(HEADER_BYTES);
  const u64 = (value: number) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);

  test('a dictionary is refused, with its number', async () => {
    const header = Buffer.from([flags | 1, sizes, 7, 1, 0, 0]);
    expect(await withHeader(header, body)).toMatchObject(refusal('SOURCE_NOT_SUPPORTED', 'the dictionary 263 '));
  });

  test('a plain size has to be right', async () => {
    const header = (size: number) => Buffer.concat([Buffer.from([flags | 8, sizes]), u64(size)]);
    expect(await withHeader(header(plain.byteLength), body)).toEqual(plain);
    for (const size of [0, plain.byteLength - 1, plain.byteLength + 1, 2 ** 40]) {
      expect(await withHeader(header(size), body)).toMatchObject(refusal('SOURCE_DAMAGED', `says it has ${size}`));
    }
  });

  test('blocks are not larger than the frame says', async () => {
    // Blocks of at most 64 KiB, and one that is 70,000 bytes.
    const block = noise(70_000);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.byteLength + 2 ** 31);
    const stored = Buffer.concat([size, block]);
    const result = await withHeader(Buffer.from([flags, 0x40]), stored);
    expect(result).toMatchObject(refusal('SOURCE_DAMAGED', 'larger than its frame allows'));
  });

  test('reserved bits and other versions are damage', async () => {
    for (const header of [
      [flags | 2, sizes],
      [flags ^ 0x80, sizes],
      [flags, 0x30],
      [flags, sizes | 1],
    ]) {
      const copy = Buffer.concat([file.subarray(0, FLAGS_AT), Buffer.from(header), file.subarray(FLAGS_AT + 2)]);
      await expect(decode('lz4', copy)).rejects.toMatchObject(refusal('SOURCE_DAMAGED', 'a header with'));
    }
  });

  test('skippable frames are left out, first, between and last', async () => {
    const all = Buffer.concat([skippable(5, 3), file, skippable(0), file, skippable(100_000, 15)]);
    for (const pieces of [whole, piecesOf(5)]) {
      expect((await decode('lz4', all, pieces)).equals(Buffer.concat([plain, plain]))).toBe(true);
    }
  });
});
