// Goal: the parts of a compressed source cover it, and each is a file of its own: decoded one by one they give what the whole
// gives. Method: sources of many members, right ones and garbled ones, which come in pieces of any size, cut and decoded.

import { describe, expect, test } from 'vitest';
import type { CodecName } from '../../src/import/codec/codec.js';
import { Cutter, canCut, type Part } from '../../src/import/codec/cuts/cutter.js';
import { HERE, hasTool, runTool, zstdFrame } from '../support/compressed-forms.js';
import { decode, jsonLines, LIMITS, noise, type Pieces, piecesOf, randomPieces, whole } from '../support/decoding.js';
import { runs, seedOfTurn } from '../support/effort.js';
import { bgzfMember, FLAG, member } from '../support/gzip-members.js';
import { randomFrom } from '../support/random.js';
import { skippable, streamed } from '../support/zstd-frames.js';

const SPAN_BYTES = 2000;
const PATH = '/data/records';

/** Cuts a source that comes in pieces, and checks that the parts cover it. */
function cut(codec: CodecName, file: Buffer, pieces: Pieces = whole, spanBytes = SPAN_BYTES): Part[] {
  const cutter = new Cutter(codec, PATH, spanBytes);
  const parts: Part[] = [];
  let isBeginning = false;
  for (let at = 0; at < file.byteLength && !isBeginning; ) {
    const end = Math.min(file.byteLength, at + pieces());
    // Overwritten afterwards: a cutter must not keep it.
    const piece = Uint8Array.from(file.subarray(at, end));
    for (const part of cutter.push(piece)) {
      parts.push(part);
      isBeginning ||= part.isBeginning;
    }
    piece.fill(0xa5);
    at = end;
  }
  if (!isBeginning) parts.push(...cutter.end());
  let to = 0;
  for (const part of parts) {
    // A block of bzip2 may begin in the byte in which the one before it ends.
    expect(part.from === to || (codec === 'bzip2' && part.from >= to - 1)).toBe(true);
    to = part.to;
  }
  if (!isBeginning) expect(to).toBe(file.byteLength);
  return parts;
}

/** Decodes the parts one by one. */
async function decodeParts(codec: CodecName, parts: readonly Part[]): Promise<Buffer> {
  const plains: Buffer[] = [];
  for (const { bytes, within } of parts) plains.push(await decode(codec, bytes, whole, LIMITS, within));
  return Buffer.concat(plains);
}

describe.each(HERE.filter(({ codec }) => canCut(codec)))('$codec', ({ codec, compress }) => {
  const random = randomFrom(1);
  const plains = Array.from({ length: 40 }, (_, i) => jsonLines(random(2 ** random(14)), i));
  const file = Buffer.concat(plains.map((plain) => compress(plain)));

  test.each([
    ['whole', whole],
    ['byte by byte', piecesOf(1)],
    ['in random pieces', randomPieces(random)],
  ])('many members that come %s', async (_, pieces) => {
    const parts = cut(codec, file, pieces);
    expect(parts.length).toBeGreaterThan(5);
    expect((await decodeParts(codec, parts)).equals(Buffer.concat(plains))).toBe(true);
  });

  test('parts do not depend on the pieces', () => {
    expect(cut(codec, file, randomPieces(random))).toEqual(cut(codec, file, whole));
  });

  test('a source of one small member is one part', async () => {
    const one = compress(jsonLines(1000));
    const parts = cut(codec, one, whole, 2 ** 20);
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({ to: one.byteLength, isGuess: false, isBeginning: false });
  });

  test('what is no member at the end is left to the decoder of the last part', async () => {
    for (const rest of [Buffer.from('x'), Buffer.from('garbage behind it'), file.subarray(0, 15)]) {
      const bad = Buffer.concat([file, rest]);
      const expected = await decode(codec, bad).catch(({ code, offset }) => ({ code, offset }));
      const found = await (async () => decodeParts(codec, cut(codec, bad)))().catch(({ code }) => ({ code }));
      if (Buffer.isBuffer(expected)) expect(found).toEqual(expected);
      else expect(found).toEqual({ code: expected.code });
    }
  });

  test('garbled and cut sources never decode to anything else than the whole does', async () => {
    const random = randomFrom(seedOfTurn(2));
    const small = Buffer.concat(plains.slice(0, 8).map((plain) => compress(plain)));
    for (let i = 0; i < runs(60); i++) {
      const bad = Buffer.from(small.subarray(0, random(3) === 0 ? random(small.byteLength) : undefined));
      for (let flips = random(3); flips > 0 && bad.byteLength > 0; flips--) {
        bad[random(bad.byteLength)]! ^= 1 << random(8);
      }
      const expected = await decode(codec, bad).catch((error) => error);
      const found = await (async () => decodeParts(codec, cut(codec, bad, randomPieces(random))))().catch(
        (error) => error,
      );
      if (Buffer.isBuffer(found)) expect(Buffer.isBuffer(expected) && found.equals(expected)).toBe(true);
    }
  });
});

describe('zstd', () => {
  test('frames with and without their size, and frames that decoders leave out', async () => {
    const plains = Array.from({ length: 30 }, (_, i) => jsonLines(i * 300, i));
    const frames = plains.map((plain, i) => (i % 3 === 0 ? streamed(plain) : zstdFrame(plain)));
    const file = Buffer.concat([skippable(10_000), ...frames, zstdFrame(noise(300_000)), skippable(0)]);
    const parts = cut('zstd', file, piecesOf(777));
    expect(parts.length).toBeGreaterThan(5);
    expect((await decodeParts('zstd', parts)).equals(await decode('zstd', file))).toBe(true);
  });
});

describe.runIf(hasTool('xz'))('xz', () => {
  const text = jsonLines(200_000);
  const xz = (...args: string[]) => runTool('xz', ['-c', '-1', '--block-size=5000', ...args], text);

  test.each([
    ['with sizes in the headers of blocks', xz('-T2')],
    ['without', xz('-T1')],
    ['without checks', xz('--check=none')],
    ['with CRC32', xz('--check=crc32')],
    ['with SHA-256', xz('--check=sha256')],
  ])('blocks of one stream, %s', async (_, file) => {
    for (const pieces of [whole, piecesOf(1), piecesOf(777)]) {
      const parts = cut('xz', file, pieces, 12_000);
      expect(parts.length).toBeGreaterThan(10);
      expect((await decodeParts('xz', parts)).equals(text)).toBe(true);
    }
  });

  test('streams beside each other, with and without blocks, and zeros between them', async () => {
    const zeros = (bytes: number) => Buffer.alloc(bytes);
    const empty = runTool('xz', ['-c'], zeros(0));
    const file = Buffer.concat([empty, xz(), zeros(4), empty, zeros(400), xz('--check=crc32'), empty, xz(), zeros(8)]);
    for (const pieces of [whole, piecesOf(333)]) {
      const parts = cut('xz', file, pieces, 12_000);
      expect(parts.length).toBeGreaterThan(30);
      expect((await decodeParts('xz', parts)).equals(Buffer.concat([text, text, text]))).toBe(true);
    }
  });

  test('a block or an index that is not as it should be is left to the decoder of what follows', async () => {
    const random = randomFrom(5);
    const file = Buffer.concat([xz(), xz('-T2')]);
    for (let i = 0; i < runs(80); i++) {
      const bad = Buffer.from(file.subarray(0, random(2) === 0 ? random(file.byteLength) : undefined));
      if (random(3) > 0) bad[random(bad.byteLength)]! ^= 1 << random(8);
      // Of the end of the first stream, where its index is.
      if (random(3) === 0) bad[Math.max(0, file.byteLength / 2 - random(400)) >>> 0]! ^= 1 << random(8);
      const facts = ({ code, offset }: { code: string; offset?: number }) => ({ code, offset });
      const expected = await decode('xz', bad).catch(facts);
      const parts = cut('xz', bad, whole, 12_000);
      const found = await decodeParts('xz', parts).catch(({ code }) => ({ code }));
      if (Buffer.isBuffer(expected)) expect(Buffer.isBuffer(found) && found.equals(expected)).toBe(true);
      else expect(found).toEqual({ code: expected.code });
    }
  });
});

describe('gzip', () => {
  test('members of BGZF', async () => {
    const plains = Array.from({ length: 30 }, (_, i) => (i === 29 ? Buffer.alloc(0) : jsonLines(i * 300, i)));
    const other = Buffer.concat([Buffer.from('AB'), Buffer.from([3, 0]), Buffer.from('xyz')]);
    const file = Buffer.concat(plains.map((plain, i) => bgzfMember(plain, i % 2 === 0 ? other : undefined)));
    const parts = cut('gzip', file);
    expect(parts.length).toBeGreaterThan(5);
    expect((await decodeParts('gzip', parts)).equals(Buffer.concat(plains))).toBe(true);
  });

  test('a header inside a member is a wrong guess, and says so', async () => {
    // Stored, not compressed: noise that holds a header.
    const inner = Buffer.concat([noise(3000), member(noise(100, 2)), noise(3000, 3)]);
    const file = Buffer.concat([member(inner), member(jsonLines(5000), { flags: FLAG.name })]);
    const parts = cut('gzip', file, whole, 100);
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.slice(0, -1).every(({ isGuess }) => isGuess)).toBe(true);
    await expect(decode('gzip', parts[0]!.bytes)).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });
});
