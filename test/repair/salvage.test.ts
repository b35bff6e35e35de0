// Goal: of a damaged shard file everything is brought back that no damage is in, under the ordinals it had, whatever is
// damaged: frames, tables, sections, lengths. Method: every byte of a small file is changed in turn, bytes are cut off, put
// in and taken out; the lines left are compared with those that were written, and the file written again is verified.

import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FRAME_MAGIC } from '../../src/store/codec/zstd/frame.js';
import { files } from '../../src/store/files/file-blobs.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import { scratch } from '../support/import-files.js';
import { build, expectLeft, FRAMES, ORIGIN, salvage } from '../support/salvaged.js';

describe('a damaged file', () => {
  test.each([true, false])('any byte of it: only the frame it is in is lost (catalog: %s)', (knows) => {
    const built = build(scratch());
    const { bytes, path, offsets } = built;
    // Without a catalog the sections have to say what a lost frame costs, and the shard's own name is needed anyway.
    const end = knows ? bytes.byteLength : offsets[FRAMES]!;
    // Some bits of a frame's header mean nothing.
    let harmless = 0;
    for (let at = 0; at < end; at += knows ? 1 : 3) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at & 7);
      writeFileSync(path, flipped);
      const frame = offsets.findLastIndex((offset) => offset <= at);
      const left = expectLeft(built, knows, frame < FRAMES ? [frame] : [], `byte ${at}`, true);
      if (frame < FRAMES && left === built.lines.size) harmless++;
    }
    expect(harmless).toBeLessThan(2 * FRAMES);
  });

  test.each([true, false])(
    'its tables and two frames: what can be counted from either end stays (catalog: %s)',
    (knows) => {
      const built = build(scratch());
      const { bytes, path, offsets } = built;
      for (const [one, other] of [
        [0, 1],
        [1, 2],
        [0, 5],
        [1, 4],
        [2, 2],
      ] as const) {
        const changed = Buffer.from(bytes);
        for (const frame of new Set([one, other])) changed[offsets[frame]! + 20]! ^= 0xff;
        changed[changed.byteLength - 3]! ^= 0xff;
        writeFileSync(path, changed);
        const lost = Array.from({ length: FRAMES }, (_, i) => i).filter((i) => i >= one && i <= other);
        expectLeft(built, knows, lost, `frames ${one} to ${other}`);
      }
    },
  );

  test('cut off anywhere: the frames before the cut stay', () => {
    const built = build(scratch());
    const { path, bytes, offsets } = built;
    for (let size = 0; size < bytes.byteLength; size += 3) {
      writeFileSync(path, bytes.subarray(0, size));
      const lost = Array.from({ length: FRAMES }, (_, i) => i).filter((i) => offsets[i + 1]! > size);
      expectLeft(built, true, lost, `${size} bytes`);
    }
  });

  test('bytes put in or taken out: the frames behind are found', () => {
    const built = build(scratch());
    const { path, bytes, offsets } = built;
    for (let at = 0; at < offsets[FRAMES]!; at += 5) {
      const frame = offsets.findLastIndex((offset) => offset <= at);
      const noise = Buffer.concat([Buffer.alloc(at % 90, at), FRAME_MAGIC, Buffer.alloc(11, 0x2a)]);
      writeFileSync(path, Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]));
      expectLeft(built, true, offsets.includes(at) ? [] : [frame], `put in at ${at}`);
      writeFileSync(path, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 7)]));
      const cut = offsets.findLastIndex((offset) => offset <= at + 6);
      expectLeft(built, true, [frame, cut], `taken out at ${at}`);
    }
  });

  test('a record that is none: it is named, and the others stay', () => {
    const directory = scratch();
    const built = build(directory);
    rmSync(built.path);
    const writer = ShardWriter.create(files, built.path);
    writer.append(Buffer.from('{"id":1}\nnonsense\n{"name":"no id"}\n{"id":3}\n'), 4);
    const summary = writer.finish(ORIGIN);
    const { result, entries } = salvage({ ...built, summary, dead: new Uint8Array() }, true);
    expect(entries).toEqual([0, 3]);
    expect(result.faults.map(({ records }) => records)).toEqual([
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]);
    expect(result.file!.isRewritten).toBe(false);
  });
});
