// Goal: what a shard says is checked where it is decoded, whatever its checksums say: nothing is allocated from a number in it,
// nothing looped over, and what makes no sense is CHECKSUM_MISMATCH with file and offset. Method: shards are written by hand,
// one thing wrong in each.
// @zstd: what it says of damaged frames

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { FRAME_RECORDS_MAX } from '../../src/base/limits.js';
import { zstd } from '../../src/store/codec/zstd/implementation.js';
import { files } from '../../src/store/files/file-blobs.js';
import { FileWindow } from '../../src/store/files/file-window.js';
import { encodeSection, encodeTables, Section } from '../../src/store/shards/format.js';
import { openFrame } from '../../src/store/shards/frame.js';
import { Holes } from '../../src/store/shards/holes.js';
import { decodeOrigin, originOf, type ShardOrigin } from '../../src/store/shards/origin.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardTail } from '../../src/store/shards/tail.js';
import { rleFrame, skippable } from '../support/hostile-frames.js';
import { scratch } from '../support/import-files.js';
import { ORIGIN } from '../support/salvaged.js';

const compressor = zstd().encoder(1);
const GIB = 2 ** 30;

let path: string;
beforeEach(() => {
  path = join(scratch(), 'shard.zst');
});

interface TestFrame {
  readonly stored: Uint8Array;
  readonly plainBytes?: number;
  readonly records?: number;
  readonly storedBytes?: number;
}

const frameOf = (text: string): Uint8Array => Uint8Array.from(compressor.encode(Buffer.from(text)));
const GOOD = '{"id":1}\n{"id":2}\n';
const good: TestFrame = { stored: frameOf(GOOD), plainBytes: GOOD.length, records: 2 };

function write(frames: readonly TestFrame[], sections: readonly Uint8Array[] = [], hasHoles = false): void {
  const tables = encodeTables({
    storedBytes: Uint32Array.from(frames, ({ stored, storedBytes }) => storedBytes ?? stored.byteLength),
    plainBytes: Uint32Array.from(frames, ({ plainBytes }) => plainBytes ?? GOOD.length),
    records: Uint32Array.from(frames, ({ records }) => records ?? 2),
    hasHoles,
    shape: 0,
  });
  writeFileSync(path, Buffer.concat([...frames.map(({ stored }) => stored), ...sections, tables]));
}

/** Everything is read. @throws what that throws */
function readAll(): void {
  const reader = ShardReader.open(files, path);
  try {
    originOf(reader);
    for (let i = 0; i < reader.frames; i++) openFrame(reader.readFrameSync(i), reader, i);
  } finally {
    reader.close();
  }
}

function expectRefused(): void {
  const offset = expect.any(Number);
  expect(readAll).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH', file: path, offset }));
}

test('a shard written by hand is read', () => {
  write([good, good], [encodeSection(Section.origin, Buffer.from(JSON.stringify(ORIGIN)))]);
  readAll();
});

describe('tables', () => {
  test.each<[string, TestFrame]>([
    ['a frame of 3 GiB of text', { ...good, plainBytes: 3 * GIB }],
    ['a frame without text', { ...good, plainBytes: 0 }],
    ['a frame without records', { ...good, records: 0 }],
    ['4,000,000,000 records', { ...good, records: 4_000_000_000 }],
    ['more records than fit the text', { ...good, records: 10 }],
    [
      'more records than any frame has',
      { ...good, plainBytes: 10 * FRAME_RECORDS_MAX, records: FRAME_RECORDS_MAX + 1 },
    ],
    ['a frame of no bytes', { ...good, storedBytes: 0 }],
    ['a frame that is longer than frames are', { ...good, storedBytes: 2 ** 32 - 1 }],
  ])('%s', (_, frame) => {
    write([good, frame]);
    expectRefused();
  });
});

describe('an entry of the seek table is one frame', () => {
  test.each<[string, TestFrame]>([
    ['a skippable frame behind it', { ...good, stored: Buffer.concat([good.stored, skippable(5)]) }],
    ['a frame of nothing behind it', { ...good, stored: Buffer.concat([good.stored, frameOf('')]) }],
    [
      'two frames',
      { ...good, stored: Buffer.concat([good.stored, good.stored]), plainBytes: 2 * GOOD.length, records: 4 },
    ],
    ['a skippable frame alone', { ...good, stored: skippable(20) }],
    ['a frame that claims 3 GiB', { ...good, stored: rleFrame(3 * GIB, 3 * GIB) }],
    ['a frame that has more than it claims', { ...good, stored: rleFrame(GOOD.length, 1 << 20) }],
    ['a frame that ends early', { ...good, stored: good.stored.subarray(0, good.stored.byteLength - 1) }],
    ['newlines without end', { ...good, stored: rleFrame(1 << 20, 1 << 20, 10), plainBytes: 1 << 20, records: 3 }],
  ])('not %s', (_, frame) => {
    write([good, frame]);
    expectRefused();
  });

  test('not one without a checksum', () => {
    const stored = Buffer.from(good.stored.subarray(0, good.stored.byteLength - 4));
    stored[4]! &= ~0x04;
    write([{ ...good, stored }]);
    expectRefused();
  });
});

describe('sections', () => {
  const holesOf = (records: number, bytes: number): Buffer => {
    const body = Buffer.alloc(4 + bytes);
    body.writeUInt32LE(records);
    return body;
  };

  test.each<[string, Uint8Array[]]>([
    ['holes without a count', [encodeSection(Section.holes, Buffer.alloc(3))]],
    ['holes of more records than bits', [encodeSection(Section.holes, holesOf(4_000_000_000, 1))]],
    ['holes of more bits than records', [encodeSection(Section.holes, holesOf(4, 100))]],
    ['no holes at all', []],
    ['one that is there twice', [1, 2].map(() => encodeSection(Section.holes, holesOf(4, 1)))],
    ['one that is none', [encodeSection(0x184d2a50, Buffer.alloc(5))]],
  ])('%s', (_, sections) => {
    write([good, good], sections, true);
    expectRefused();
  });

  test('holes that fit are read', () => {
    write([good, good], [encodeSection(Section.holes, new Holes(5, Uint8Array.of(4)).encode())], true);
    readAll();
  });
});

describe('an origin', () => {
  const changed = (change: object): Buffer => Buffer.from(JSON.stringify({ ...ORIGIN, ...change }));

  test.each<[keyof ShardOrigin, readonly unknown[]]>([
    ['shard', ['../../x', '7', -1, 1.5, 2 ** 32, null, [7]]],
    ['import', ['7', -1, 8, 1e300]],
    ['collection', ['', 5, null, ['records']]],
    ['mode', ['delete', null]],
    ['onDuplicate', ['none', 1]],
    ['framing', ['constructor', 'ndjson', 0]],
    ['key', [null, 'id', { kind: 'path' }, { kind: 'path', path: '' }, { kind: 'x' }]],
    ['indexes', ['a', [''], [5], ['a', 'a'], Array.from({ length: 250 }, (_, i) => `i${i}`)]],
    ['named', [1, 'true', null]],
    [
      'source',
      [null, { file: '../x', from: 0, to: 1 }, { file: 'x', from: 2, to: 1 }, { file: 'x', from: 0, to: 1e300 }],
    ],
    ['sourceNumber', [-1, 1, '0']],
    ['sources', [0, 1e300]],
    ['sourceFrom', [-1, '0']],
    ['isLast', [1, null]],
  ])('%s of a kind that no import writes', (field, values) => {
    for (const value of [...values, undefined]) {
      expect(decodeOrigin(changed({ [field]: value })), JSON.stringify(value)).toBeUndefined();
    }
    write([good], [encodeSection(Section.origin, changed({ [field]: values[0] }))]);
    expectRefused();
  });

  test('that is no JSON, or far too long', () => {
    for (const text of ['', '{', 'null', '[]', '{"a":'.repeat(50_000)]) {
      expect(decodeOrigin(Buffer.from(text)), text.slice(0, 9)).toBeUndefined();
    }
    const collection = 'x'.repeat(9 << 20);
    expect(decodeOrigin(changed({ collection }))).toBeUndefined();
    expect(decodeOrigin(changed({}))).toEqual(ORIGIN);
  });
});

test('looking for sections costs no more than their bytes, however many headers lead to large ones', () => {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(Section.holes);
  const headers = 40_000;
  const bytes = Buffer.alloc(8 * headers + (1 << 20));
  for (let i = 0; i < headers; i++) {
    header.writeUInt32LE(bytes.byteLength - 8 * (i + 1), 4);
    bytes.set(header, 8 * i);
  }
  writeFileSync(path, bytes);
  const file = files.open(path, 'shard');
  let read = 0;
  const readSync = (into: Uint8Array, offset: number): number => {
    read += into.byteLength;
    return file.readSync(into, offset);
  };
  const tail = new ShardTail(new FileWindow({ ...file, size: file.size, readSync } as unknown as typeof file), path);
  file.close();
  expect(tail.sections.size).toBe(0);
  expect(read).toBeLessThan(2 * GIB);
});
