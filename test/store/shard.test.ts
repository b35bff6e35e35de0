// Shards: what is written is what is read, by us and by anyone's zstd; and a damaged file never yields a wrong record.
// Method: small shards of random lines, read back frame by frame, by an independent decoder, and with every byte flipped.
// @zstd: frames of shards

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { xxh64 } from '../../src/store/files/checksum.js';
import { files } from '../../src/store/files/file-blobs.js';
import { openFrame } from '../../src/store/shards/frame.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { type ShardSummary, ShardWriter } from '../../src/store/shards/write.js';
import { temporaryDirectory } from '../support/build-store.js';
import { runs } from '../support/effort.js';

let directory: ReturnType<typeof temporaryDirectory>;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory.path, '00000001.ndjson.zst');
});
afterEach(() => directory.remove());

const HAS_ZSTD = spawnSync('zstd', ['--version']).status === 0;

/** Writes frames of lines. */
function write(frames: readonly (readonly string[])[]): ShardSummary {
  const writer = ShardWriter.create(files, path);
  for (const lines of frames) writer.append(Buffer.from(lines.map((line) => `${line}\n`).join('')), lines.length);
  return writer.finish();
}

/** All lines, as a lookup would read them. */
function readLines(expected?: ShardSummary): string[][] {
  const reader = ShardReader.open(files, path, expected);
  try {
    return Array.from({ length: reader.frames }, (_, index) => {
      const { plain } = openFrame(reader.readFrameSync(index), reader, index);
      return plain.toString().split('\n').slice(0, -1);
    });
  } finally {
    reader.close();
  }
}

const line = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => JSON.stringify(text)),
);
const shard = fc.array(fc.array(line, { minLength: 1, maxLength: 20 }), { maxLength: 8 });

describe('checksum', () => {
  test.each([
    ['', 'ef46db3751d8e999'],
    ['a', 'd24ec4f1a98c6e5b'],
    ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
  ])('of "%s" is the published one', (text, hash) => {
    expect(xxh64(Buffer.from(text)).toString(16)).toBe(hash);
  });
});

describe('a shard', () => {
  test('gives back what was put in, frame by frame', () => {
    fc.assert(
      fc.property(shard, (frames) => {
        rmSync(path, { force: true });
        const summary = write(frames);
        expect(readLines(summary)).toEqual(frames);
        expect(summary).toMatchObject({ frames: frames.length, records: frames.flat().length });
        expect(summary.storedBytes).toBe(statSync(path).size);
        expect(summary.sha256).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
      }),
      { numRuns: runs(60) },
    );
  });

  test('finds the frame of every record', () => {
    write([['1', '2', '3'], ['4'], ['5', '6']]);
    const reader = ShardReader.open(files, path);
    expect([0, 1, 2, 3, 4, 5].map((ordinal) => reader.frameOf(ordinal))).toEqual([0, 0, 0, 1, 2, 2]);
    expect(() => reader.lineOf(6)).toThrow(GristmillError);
    reader.close();
  });

  test('reads the same synchronously, asynchronously and in sequence', async () => {
    const frames = Array.from({ length: 40 }, (_, i) => [`"${'x'.repeat(i * 1000)}"`]);
    write(frames);
    const reader = ShardReader.open(files, path);
    let index = 0;
    for await (const frame of reader.readFrames()) {
      expect(frame.index).toBe(index);
      expect(frame.plain.equals(reader.readFrameSync(index))).toBe(true);
      expect(frame.plain.equals(await reader.readFrame(index))).toBe(true);
      index++;
    }
    expect(index).toBe(40);
    reader.close();
  });

  test('may be closed while a read is under way', async () => {
    write([['1']]);
    const reader = ShardReader.open(files, path);
    const reading = reader.readFrame(0);
    reader.close();
    expect((await reading).toString()).toBe('1\n');
    await expect(reader.readFrame(0)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  test.skipIf(!HAS_ZSTD)('is a plain .zst file to the zstd command', () => {
    fc.assert(
      fc.property(shard, (frames) => {
        rmSync(path, { force: true });
        write(frames);
        const { status, stdout } = spawnSync('zstd', ['-dc', path]);
        expect(status).toBe(0);
        expect(stdout.toString()).toBe(frames.flatMap((lines) => lines.map((text) => `${text}\n`)).join(''));
      }),
      { numRuns: runs(10) },
    );
  });

  test('takes frames larger than the write buffer', () => {
    const noise = Array.from({ length: 60_000 }, (_, i) => createHash('md5').update(`${i}`).digest('base64')).join('');
    write([['1'], [`"${noise}"`], ['2']]);
    expect(readLines()).toEqual([['1'], [`"${noise}"`], ['2']]);
  });

  test('is created with mode 0600 and never over another file', () => {
    write([['1']]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(() => ShardWriter.create(files, path)).toThrow(expect.objectContaining({ code: 'IO_ERROR', file: path }));
  });

  test('leaves no file when aborted, before or after it was finished', () => {
    ShardWriter.create(files, path).abort();
    expect(() => statSync(path)).toThrow();
    const writer = ShardWriter.create(files, path);
    writer.append(Buffer.from('1\n'), 1);
    writer.finish();
    writer.abort();
    expect(() => statSync(path)).toThrow();
  });

  test('is not read through a symbolic link', () => {
    write([['1']]);
    const link = join(directory.path, 'link');
    symlinkSync(path, link);
    expect(() => ShardReader.open(files, link)).toThrow(expect.objectContaining({ code: 'IO_ERROR', file: link }));
  });

  test('of a newer version is refused, naming both', () => {
    write([['1']]);
    const bytes = readFileSync(path);
    const table = bytes.indexOf('GRST');
    bytes[table + 4] = 2;
    const end = table + 16 + 4;
    bytes.writeBigUInt64LE(xxh64(bytes, table, end), end);
    writeFileSync(path, bytes);
    expect(() => readLines()).toThrow(expect.objectContaining({ code: 'STORE_TOO_NEW' }));
  });

  test('that is not the one the catalog describes is refused', () => {
    const summary = write([['1']]);
    const other = { ...summary, records: 2 };
    expect(() => readLines(other)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH', file: path }));
  });
});

describe('a damaged shard', () => {
  const frames = [['{"id":1}', '{"id":2,"text":"äöü"}'], ['{"id":3}'], ['[1,2,3]', '"x"']];

  /** The damage was noticed, or did no harm: a bit of a frame header that nobody reads. */
  function expectNoWrongRecord(where: string): boolean {
    try {
      expect(readLines(), where).toEqual(frames);
      return false;
    } catch (error) {
      if (!(error instanceof GristmillError)) throw error;
      expect(error, where).toMatchObject({ code: 'CHECKSUM_MISMATCH', file: path });
      expect(error.message, where).toContain(path);
      return true;
    }
  }

  test('with any byte changed gives no wrong record, and names the file', () => {
    write(frames);
    const whole = readFileSync(path);
    let noticed = 0;
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= flip;
        writeFileSync(path, bytes);
        if (expectNoWrongRecord(`byte ${at} xor ${flip}`)) noticed++;
      }
    }
    // The test itself must be able to notice: nearly every flip is an error.
    expect(noticed).toBeGreaterThan(whole.length * 3 * 0.98);
  });

  test('cut off anywhere gives no wrong record', () => {
    write(frames);
    const { length } = readFileSync(path);
    for (let end = length - 1; end >= 0; end--) {
      truncateSync(path, end);
      expect(expectNoWrongRecord(`cut at ${end}`)).toBe(true);
    }
  });

  test('never makes a reader allocate what a frame header claims', () => {
    write([['"x"']]);
    const bytes = readFileSync(path);
    // Frame header: magic, descriptor 0x24 (single segment, checksum, one byte of size), size. Claim four bytes of size.
    expect(bytes[4]).toBe(0x24);
    bytes[4] = 0xa4;
    bytes.writeUInt32LE(0xf000_0000, 5);
    writeFileSync(path, bytes);
    expect(() => readLines()).toThrow(/claims 4026531840 bytes/);
  });
});
