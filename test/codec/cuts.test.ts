// Goal: the pieces of a compressed file cover it, and each is a file of its own: decoded one by one they give what the whole
// file gives. Method: files of many members, right ones and garbled ones, cut and decoded.

import { describe, expect, test } from 'vitest';
import type { Cut } from '../../src/import/codec/cuts/cut.js';
import { cutsOf } from '../../src/import/codec/cuts/cuts.js';
import { zstdFrame } from '../support/compressed-forms.js';
import { decode, jsonLines, noise } from '../support/decoding.js';
import { runs } from '../support/effort.js';
import { bgzfMember, FLAG, member } from '../support/gzip-members.js';
import { randomFrom } from '../support/random.js';
import { skippable, streamed } from '../support/zstd-frames.js';

type Codec = 'gzip' | 'zstd' | 'xz';

/** Cuts a file, and checks that the pieces cover it. */
function cut(codec: Codec, file: Buffer): Cut[] {
  const buffer = Buffer.alloc(1 << 16);
  const read = (from: number, to: number) => {
    expect(from >= 0 && to <= file.byteLength && to - from <= buffer.byteLength).toBe(true);
    // The same buffer each time, as a reader of files does it.
    return buffer.subarray(0, file.copy(buffer, 0, from, to));
  };
  const cuts = [...cutsOf(codec, read, file.byteLength)];
  let end = 0;
  for (const { offset, bytes } of cuts) {
    expect(offset).toBe(end);
    end += bytes;
  }
  expect(end).toBe(file.byteLength);
  return cuts;
}

/** Decodes the pieces one by one; each has the size that the file says. */
async function decodePieces(codec: Codec, file: Buffer, cuts: readonly Cut[]): Promise<Buffer> {
  const plains: Buffer[] = [];
  for (const { offset, bytes, plainBytes } of cuts) {
    const plain = await decode(codec, file.subarray(offset, offset + bytes));
    if (plainBytes !== undefined) expect(plain.byteLength).toBe(plainBytes);
    plains.push(plain);
  }
  return Buffer.concat(plains);
}

const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

/** The seek table of these frames, as the zstd seekable format has it. */
function seekTable(frames: readonly (readonly [frame: Buffer, plainBytes: number])[], hasChecksums: boolean): Buffer {
  const entries = frames.map(([frame, plainBytes]) => u32(frame.byteLength, plainBytes, ...(hasChecksums ? [1] : [])));
  const footer = [u32(frames.length), Buffer.from([hasChecksums ? 0x80 : 0]), u32(0x8f92eab1)];
  const content = Buffer.concat([...entries, ...footer]);
  return Buffer.concat([u32(0x184d2a5e, content.byteLength), content]);
}

describe('zstd', () => {
  const random = randomFrom(1);
  const plains = Array.from({ length: 40 }, (_, i) => jsonLines(random(2 ** random(19)), i));
  const frames = plains.map((plain, i) => (i % 3 === 0 ? streamed(plain) : zstdFrame(plain)));

  test('frames of any kind are found by their headers', async () => {
    const file = Buffer.concat([skippable(10_000), ...frames, zstdFrame(noise(300_000)), skippable(0)]);
    const cuts = cut('zstd', file);
    expect(cuts.map(({ bytes }) => bytes).slice(1, 41)).toEqual(frames.map(({ byteLength }) => byteLength));
    expect(cuts.map(({ plainBytes }) => plainBytes).slice(1, 41)).toEqual(
      plains.map(({ byteLength }, i) => (i % 3 === 0 ? undefined : byteLength)),
    );
    expect((await decodePieces('zstd', file, cuts)).equals(await decode('zstd', file))).toBe(true);
  });

  test.each([false, true])('frames are taken from the seek table (with checksums: %s)', async (hasChecksums) => {
    const listed = frames.map((frame, i) => [frame, plains[i]!.byteLength] as const);
    const file = Buffer.concat([...frames, seekTable(listed, hasChecksums)]);
    const cuts = cut('zstd', file);
    expect(cuts.slice(0, -1).map(({ plainBytes }) => plainBytes)).toEqual(plains.map(({ byteLength }) => byteLength));
    expect((await decodePieces('zstd', file, cuts)).equals(Buffer.concat(plains))).toBe(true);
  });

  test('a seek table that does not fit the file is left alone', async () => {
    const listed = frames.slice(1).map((frame, i) => [frame, plains[i + 1]!.byteLength] as const);
    for (const table of [seekTable(listed, false), seekTable(listed, true).subarray(1), seekTable([], false)]) {
      const file = Buffer.concat([...frames, table]);
      expect(cut('zstd', file).length).toBeGreaterThanOrEqual(frames.length);
    }
  });
});

describe('gzip', () => {
  test('members of BGZF are found by their headers', async () => {
    const plains = Array.from({ length: 30 }, (_, i) => (i === 29 ? Buffer.alloc(0) : jsonLines(i * 300, i)));
    const other = Buffer.concat([Buffer.from('AB'), Buffer.from([3, 0]), Buffer.from('xyz')]);
    const members = plains.map((plain, i) => bgzfMember(plain, i % 2 === 0 ? other : undefined));
    const file = Buffer.concat(members);
    const cuts = cut('gzip', file);
    expect(cuts.map(({ bytes }) => bytes)).toEqual(members.map(({ byteLength }) => byteLength));
    expect(cuts.map(({ plainBytes }) => plainBytes)).toEqual(plains.map(({ byteLength }) => byteLength));
    expect((await decodePieces('gzip', file, cuts)).equals(Buffer.concat(plains))).toBe(true);
  });

  test('members of which not all say their size are one piece from there on', async () => {
    const plain = jsonLines(5000);
    for (const next of [member(plain), member(plain, { flags: FLAG.extra }), Buffer.alloc(1000)]) {
      const file = Buffer.concat([bgzfMember(plain), bgzfMember(plain), next]);
      const cuts = cut('gzip', file);
      expect(cuts).toHaveLength(2);
      expect(cuts[1]!.plainBytes).toBeUndefined();
      expect((await decodePieces('gzip', file, cuts)).equals(await decode('gzip', file))).toBe(true);
      expect(cut('gzip', next)).toHaveLength(1);
    }
  });
});

test('a form without cuts is one piece', () => {
  expect(cut('xz', jsonLines(1000))).toEqual([{ offset: 0, bytes: expect.any(Number), plainBytes: undefined }]);
});

test('pieces cover garbled and cut files too, and never decode to anything else than the whole does', async () => {
  const random = randomFrom(5);
  const plains = Array.from({ length: 6 }, (_, i) => jsonLines(3000, i));
  const table = seekTable(
    plains.map((plain) => [zstdFrame(plain), plain.byteLength] as const),
    false,
  );
  const sound = {
    gzip: Buffer.concat(plains.map((plain) => bgzfMember(plain))),
    zstd: Buffer.concat([...plains.map((plain) => zstdFrame(plain)), table]),
  };
  for (let i = 0; i < runs(100); i++) {
    for (const codec of ['gzip', 'zstd'] as const) {
      const file = Buffer.from(sound[codec].subarray(0, random(3) === 0 ? random(sound[codec].byteLength) : undefined));
      for (let flips = random(3); flips > 0 && file.byteLength > 0; flips--)
        file[random(file.byteLength)]! ^= 1 << random(8);
      const cuts = cut(codec, file);
      const pieces = await decodePieces(codec, file, cuts).catch((error) => error);
      const whole = await decode(codec, file).catch((error) => error);
      // Pieces may fail where the whole does not: the sizes that a seek table says are read for them only.
      if (Buffer.isBuffer(pieces)) expect(Buffer.isBuffer(whole) && pieces.equals(whole)).toBe(true);
    }
  }
});
