// Goal: of a damaged shard file everything is brought back that no damage is in, under the ordinals it had, whatever is
// damaged: frames, tables, sections, lengths. Method: every byte of a small file is changed in turn, bytes are cut off, put
// in and taken out; the lines left are compared with those that were written, and the file written again is verified.

import { createHash } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SharedProgress } from '../src/import/shared-progress.js';
import { files } from '../src/store/file-blobs.js';
import { FileWindow } from '../src/store/file-window.js';
import { Holes } from '../src/store/holes.js';
import { ShardReader } from '../src/store/shard-read.js';
import { ShardWriter } from '../src/store/shard-write.js';
import { FRAME_MAGIC } from '../src/store/zstd-frame.js';
import type { SalvageTask } from '../src/upkeep/salvage-shard.js';
import { salvageShard } from '../src/upkeep/salvage-shard.js';
import { verifyShard } from '../src/upkeep/verify-shard.js';
import { scratch } from './support/import-files.js';

const SHARD = 7;
const FRAMES = 6;
const LINES = 5;

/** What a shard is made of: lines by ordinal; every fourth ordinal is a hole. */
function build(directory: string) {
  const path = join(directory, 'shard.zst');
  const writer = ShardWriter.create(files, path);
  const lines = new Map<number, string>();
  const holes = new Uint8Array(8);
  /** Of each frame its ordinals. */
  const frames: number[][] = [];
  let ordinal = 0;
  for (let frame = 0; frame < FRAMES; frame++) {
    const ordinals: number[] = [];
    while (ordinals.length < LINES) {
      if (ordinal % 4 === 3) holes[ordinal >>> 3]! |= 1 << (ordinal & 7);
      else {
        ordinals.push(ordinal);
        lines.set(ordinal, `{"id":${ordinal},"text":"${createHash('md5').update(`${ordinal}`).digest('hex')}"}`);
      }
      ordinal++;
    }
    writer.append(Buffer.from(ordinals.map((one) => `${lines.get(one)}\n`).join('')), LINES);
    frames.push(ordinals);
  }
  const summary = writer.finish({ shard: SHARD, import: SHARD }, new Holes(ordinal, holes));
  const reader = ShardReader.open(files, path);
  const offsets = Array.from({ length: FRAMES + 1 }, (_, i) => reader.offsetOf(i));
  reader.close();
  return { path, lines, frames, offsets, summary, bytes: readFileSync(path), dead: holes };
}

type Built = ReturnType<typeof build>;

/** Salvages the file as it is. @param knows whether there is a catalog */
function salvage({ path, summary, dead }: Built, knows: boolean) {
  const [rewrittenPath, runPath] = [`${path}.new`, `${path}.run`];
  for (const old of [rewrittenPath, runPath]) rmSync(old, { force: true });
  const setup = {
    id: path,
    scan: { primary: ['id'], secondary: [], depthMax: 100, recordBytesMax: 1000 },
    ...{ level: 1, windowBytes: 65_536, keep: 'last', shared: new SharedProgress().buffer },
  } as unknown as SalvageTask['setup'];
  const { records, holes, sha256 } = summary;
  const task: SalvageTask = {
    ...{ setup, shard: SHARD, path, textPath: `${path}.text`, runPath, rewrittenPath },
    ...(knows ? { expected: { records, holes, sha256 }, dead } : { dead: new Uint8Array() }),
  };
  const result = salvageShard(task);
  const { isRewritten, ...file } = result.file!;
  const now = isRewritten ? rewrittenPath : path;
  const entry = { ...file, shard: SHARD } as Parameters<typeof verifyShard>[0]['entry'];
  const faults = verifyShard({ path: now, entry, shared: new SharedArrayBuffer(24) }, files);
  return {
    result,
    faults,
    ...read(now, file.records),
    entries: entriesOf(result.runs.length > 0 ? runPath : undefined),
  };
}

/** Lines of a sound file by ordinal, and what it says of itself. */
function read(path: string, records: number) {
  const reader = ShardReader.open(files, path);
  const found = new Map<number, string>();
  for (let index = 0; index < reader.frames; index++) {
    const texts = reader.readFrameSync(index).toString().split('\n').slice(0, -1);
    const first = reader.firstLine(index);
    const ordinals = reader.holes?.ordinalsOf(first, texts.length);
    texts.forEach((text, i) => void found.set(ordinals?.[i] ?? first + i, text));
  }
  expect(reader.records).toBe(records);
  reader.close();
  return { found };
}

/** Ordinals of the entries in a run file. */
function entriesOf(path: string | undefined): number[] {
  const ordinals: number[] = [];
  const bytes = path === undefined ? Buffer.alloc(0) : readFileSync(path);
  for (let at = 0; at < bytes.byteLength; at += 10 + bytes.readUInt16LE(at + 8))
    ordinals.push(bytes.readUInt32LE(at + 4));
  return ordinals.sort((a, b) => a - b);
}

/** The lines of all frames but these. */
function without({ frames, lines }: Built, lost: readonly number[]): Map<number, string> {
  return new Map(
    frames.flatMap((ordinals, i) => (lost.includes(i) ? [] : ordinals.map((one) => [one, lines.get(one)!] as const))),
  );
}

/** @returns records that are left */
function expectLeft(
  built: Built,
  knows: boolean,
  mayBeLost: readonly number[],
  what: string,
  isHarmless = false,
): number {
  const { result, faults, found, entries } = salvage(built, knows);
  const lost = isHarmless && found.size === built.lines.size ? [] : mayBeLost;
  const left = without(built, lost);
  expect(found, what).toEqual(left);
  expect(entries, what).toEqual([...left.keys()]);
  expect(faults, what).toEqual([]);
  // A bit that means nothing is noticed by the catalog's SHA-256 only.
  if (knows || lost.length > 0) expect(result.faults, what).not.toEqual([]);
  return left.size;
}

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
    const summary = writer.finish({ shard: SHARD });
    const { result, entries } = salvage({ ...built, summary, dead: new Uint8Array() }, true);
    expect(entries).toEqual([0, 3]);
    expect(result.faults.map(({ records }) => records)).toEqual([
      { from: 1, to: 2 },
      { from: 2, to: 3 },
    ]);
    expect(result.file!.isRewritten).toBe(false);
  });
});

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
    ['of another shard', { shard: SHARD + 1 }, 0],
    ['with fewer records', { shard: SHARD }, 1],
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
    const reader = ShardReader.open(files, built.path);
    onTestFinished(() => reader.close());
    const message = expect.stringMatching(/more than a frame may have/);
    expect(() => reader.readFrameSync(0)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH', message }));
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
