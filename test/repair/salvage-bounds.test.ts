// Goal: a file is taken for a shard only where it is that shard, and never into memory as a whole, whatever its size or what it
// claims. Method: sound files under the wrong name, frames that claim gigabytes, files with holes of gigabytes, noted reads.

import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FRAME_MAGIC } from '../../src/store/codec/zstd/frame.js';
import { files } from '../../src/store/files/file-blobs.js';
import { FileWindow } from '../../src/store/files/file-window.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import { scratch } from '../support/import-files.js';
import { build, expectLeft, FRAMES, ORIGIN, SHARD, salvage } from '../support/salvaged.js';

describe('what a file is', () => {
  test('sound: it stays as it is, and its SHA-256 is that of the file', () => {
    const built = build(scratch());
    for (const knows of [true, false]) {
      const { result, found, entries } = salvage(built, knows);
      expect(result).toMatchObject({ faults: [], file: { ...built.summary, isRewritten: false } });
      expect(found).toEqual(built.lines);
      expect(entries).toEqual([...built.lines.keys()]);
    }
  });

  test.each([
    ['of another shard', { ...ORIGIN, shard: SHARD + 1 }, 0],
    ['with fewer records', ORIGIN, 1],
  ])('a sound file %s is not taken for it', (_, origin, fewer) => {
    const built = build(scratch());
    rmSync(built.path);
    const writer = ShardWriter.create(files, built.path);
    const { records } = built.summary;
    const rows = Array.from({ length: records - fewer }, (_, id) => `{"id":${id}}\n`);
    writer.append(Buffer.from(rows.join('')), rows.length);
    writer.finish(origin);
    const summary = { ...built.summary, records, holes: 0 };
    const { result, found } = salvage({ ...built, summary, dead: new Uint8Array() }, true);
    expect(found).toEqual(new Map());
    expect(result.faults).toMatchObject([{ records: { from: 0, to: records } }]);
  });

  test('frames that claim more than a frame may have are refused before room is made for them', () => {
    const built = build(scratch());
    const claimed = Buffer.from(built.bytes);
    // The header of the first frame, and its place in the seek table, say 3 GiB: a header has eight bytes for that.
    const header = Buffer.concat([FRAME_MAGIC, Buffer.of(0xe4), Buffer.alloc(8)]);
    header.writeBigUInt64LE(3n << 30n, 5);
    claimed.set(header);
    claimed.writeUInt32LE(3 * 2 ** 30, claimed.byteLength - 9 - 8 * FRAMES + 4);
    writeFileSync(built.path, claimed);
    const message = expect.stringMatching(/3221225472 bytes of text .*but a frame cannot have that many/);
    const expected = expect.objectContaining({ code: 'CHECKSUM_MISMATCH', message });
    expect(() => ShardReader.open(files, built.path)).toThrow(expected);
    expectLeft(built, true, [0], '3 GiB claimed');
  });
});

describe('a file is never in memory', () => {
  /** Salvages with all reads noted. */
  function largestRead(path: string): number {
    const file = files.open(path, 'shard');
    let largest = 0;
    const readSync = (into: Uint8Array, offset: number): number => {
      largest = Math.max(largest, into.byteLength);
      return file.readSync(into, offset);
    };
    const window = new FileWindow({ ...file, size: file.size, readSync } as unknown as typeof file);
    for (let at = 0; at < window.size; at += 1000) window.at(at, 5000);
    expect(window.find(Buffer.from('nowhere'), 0, window.size)).toBe(window.size);
    file.close();
    return largest;
  }

  test('it is read through a window of a megabyte', () => {
    const path = join(scratch(), 'large');
    writeFileSync(path, Buffer.alloc(5 << 20, 'x'));
    expect(largestRead(path)).toBe(1 << 20);
  });

  // (Windows makes no holes in files unasked.)
  test.skipIf(process.platform === 'win32')('frames behind 4 GiB of nothing are found, and offsets are right', () => {
    const built = build(scratch());
    const { path, bytes, offsets } = built;
    const behind = 2 ** 32 + 12_345;
    truncateSync(path, offsets[3]!);
    truncateSync(path, behind);
    writeFileSync(path, bytes.subarray(offsets[3]!), { flag: 'a' });
    const window = new FileWindow(files.open(path, 'shard'));
    expect(window.find(FRAME_MAGIC, offsets[3]!, window.size)).toBe(behind);
    const damaged = Buffer.from(bytes.subarray(offsets[3]!));
    damaged[20]! ^= 0xff;
    truncateSync(path, behind);
    writeFileSync(path, damaged, { flag: 'a' });
    expectLeft(built, true, [3], 'a hole of 4 GiB');
  });
});
