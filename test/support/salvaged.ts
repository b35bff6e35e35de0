// A small shard with holes, salvaged after a test has damaged it: lines that are left, entries found, faults told.

import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { SharedProgress } from '../../src/parallel/shared-progress.js';
import { files } from '../../src/store/files/file-blobs.js';
import { Holes } from '../../src/store/shards/holes.js';
import type { ShardOrigin } from '../../src/store/shards/origin.js';
import { PACKED } from '../../src/store/shards/packing.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import { salvageShard } from '../../src/upkeep/salvage/shard.js';
import type { SalvageTask } from '../../src/upkeep/salvage/task.js';
import { verifyShard } from '../../src/upkeep/verify/shard.js';

export const SHARD = 7;
/** What an import would say in its file. */
export const ORIGIN: ShardOrigin = {
  ...{ import: SHARD, collection: 'records', mode: 'replace', onDuplicate: 'last', framing: 'lines' },
  ...{ key: { kind: 'path', path: 'id' }, indexes: [], shard: SHARD, named: false },
  ...{
    source: { file: 'records.ndjson', from: 0, to: 1000 },
    sourceNumber: 0,
    sources: 1,
    sourceFrom: 0,
    isLast: true,
  },
};
export const FRAMES = 6;
const LINES = 5;

/** What a shard is made of: lines by ordinal; every fourth ordinal is a hole. */
export function build(directory: string) {
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
  const summary = writer.finish(ORIGIN, new Holes(ordinal, holes));
  const reader = ShardReader.open(files, path);
  const offsets = Array.from({ length: FRAMES + 1 }, (_, i) => reader.offsetOf(i));
  reader.close();
  return { path, lines, frames, offsets, summary, bytes: readFileSync(path), dead: holes };
}

export type Built = ReturnType<typeof build>;

export function taskOf({ path, summary, dead }: Built, knows: boolean): SalvageTask {
  const [rewrittenPath, runPath] = [`${path}.new`, `${path}.run`];
  for (const old of [rewrittenPath, runPath]) rmSync(old, { force: true });
  const setup = {
    id: path,
    scan: { primary: ['id'], secondary: [], depthMax: 100, recordBytesMax: 1000 },
    ...{ packing: PACKED, windowBytes: 65_536, keep: 'last' },
  } as unknown as SalvageTask['setup'];
  const { records, holes, sha256 } = summary;
  return {
    ...{
      setup,
      shared: new SharedProgress().buffer,
      ...{ shard: SHARD, named: false, route: undefined },
      path,
      textPath: `${path}.text`,
      runPath,
      rewrittenPath,
    },
    ...(knows ? { expected: { records, holes, sha256 }, dead } : { dead: new Uint8Array() }),
  };
}

/** Salvages the file as it is. @param knows whether there is a catalog */
export function salvage(built: Built, knows: boolean) {
  const task = taskOf(built, knows);
  const { path, runPath, rewrittenPath } = task as SalvageTask & { readonly path: string };
  const result = salvageShard(task, files);
  const { isRewritten, ...file } = result.file!;
  const now = isRewritten ? rewrittenPath : path;
  const entry = { ...file, shard: SHARD } as Parameters<typeof verifyShard>[0]['entry'];
  const { faults } = verifyShard({ path: now, entry, shared: new SharedArrayBuffer(24) }, files);
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
export function expectLeft(
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
