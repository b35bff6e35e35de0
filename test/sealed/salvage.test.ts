// Goal: what is sound of a damaged shard of an encrypted store is saved by a repair, and nothing that is not its own is taken for
// it: records that were moved or repeated by somebody without the key stay out.
// Method: shards of an encrypted store are damaged in known ways. `verify` must find it, a repair must keep all other records with
// their keys, and nothing may come back twice or with another value.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { fileWith } from '../support/import-files.js';
import { ENCRYPTED, newStore } from '../support/sealed.js';

const ROWS = 4000;
const row = (i: number) => `{"id":${i},"text":"record ${i} ${'x'.repeat(40)}"}`;
const HEAD_BYTES = 88;

function framesIn(bytes: Buffer): { readonly begin: number; readonly end: number }[] {
  const found = [];
  for (let at = HEAD_BYTES; bytes.readUInt32LE(at) === 0x184d2a5f; ) {
    const end = at + 8 + bytes.readUInt32LE(at + 4);
    found.push({ begin: at, end });
    at = end;
  }
  return found;
}

/** A store with one shard of several frames, which a change damages. @returns what a repair says, and what it leaves */
async function repairedAfter(change: (bytes: Buffer) => Buffer, fromShards: boolean) {
  const store = await newStore();
  const { directory } = store;
  await store.import(fileWith(Array.from({ length: ROWS }, (_, i) => `${row(i)}\n`).join('')), {
    key: 'id',
    workers: 1,
  });
  await store.close();
  const [name] = readdirSync(join(directory, 'shards')) as [string];
  const path = join(directory, 'shards', name);
  const whole = readFileSync(path);
  expect(framesIn(whole).length).toBeGreaterThan(6);
  writeFileSync(path, change(whole));
  const damaged = await openStore(directory, ENCRYPTED);
  expect((await damaged.verify({ workers: 1 })).isSound).toBe(false);
  await damaged.close();
  const report = await repairStore(directory, { encryption: ENCRYPTED.encryption, workers: 1, fromShards });
  const repaired = await openStore(directory, ENCRYPTED);
  try {
    expect(await repaired.verify({ workers: 1 })).toMatchObject({ isSound: true });
    const kept = repaired.collections().length === 0 ? [] : await allOf(repaired.collection().rangeText());
    for (const { key, text } of kept) expect(text).toBe(row(Number(key)));
    expect(new Set(kept.map(({ key }) => key)).size).toBe(kept.length);
    return { report, kept: kept.length };
  } finally {
    await repaired.close();
  }
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

const flipped = (at: (frames: ReturnType<typeof framesIn>, bytes: Buffer) => number) => (whole: Buffer) => {
  const bytes = Buffer.from(whole);
  bytes[at(framesIn(whole), whole)]! ^= 1;
  return bytes;
};
const parts = (whole: Buffer) => framesIn(whole).map(({ begin, end }) => whole.subarray(begin, end));
const withFrames = (change: (frames: Buffer[]) => Buffer[]) => (whole: Buffer) => {
  const end = framesIn(whole).at(-1)!.end;
  return Buffer.concat([whole.subarray(0, HEAD_BYTES), ...change(parts(whole)), whole.subarray(end)]);
};
/** A frame's share of the records, and a few more: frames are not all of a size. */
const FRAME = ROWS / 6;

test.each([false, true])('a frame that is damaged is lost, and no other (from shards: %s)', async (fromShards) => {
  const { report, kept } = await repairedAfter(
    flipped((frames) => frames[3]!.begin + 100),
    fromShards,
  );
  expect(report.lost.length).toBeGreaterThan(0);
  expect(kept).toBeGreaterThan(ROWS - FRAME);
  expect(kept).toBeLessThan(ROWS);
});

test('tables that are damaged cost nothing: frames say what they are', async () => {
  expect(
    (
      await repairedAfter(
        flipped((_, bytes) => bytes.byteLength - 1),
        false,
      )
    ).kept,
  ).toBe(ROWS);
  expect(
    (
      await repairedAfter(
        flipped((_, bytes) => bytes.byteLength - 30),
        false,
      )
    ).kept,
  ).toBe(ROWS);
});

test.each<[string, (frames: Buffer[]) => Buffer[]]>([
  ['twice in place of another', (frames) => [...frames.slice(0, 3), frames[1]!, ...frames.slice(4)]],
  ['swapped', ([a, b, c, ...rest]) => [a!, c!, b!, ...rest]],
  ['missing', (frames) => [...frames.slice(0, 2), ...frames.slice(3)]],
])('frames that are %s: no record is there twice, or in the place of another', async (_, change) => {
  const { kept } = await repairedAfter(withFrames(change), false);
  expect(kept).toBeGreaterThanOrEqual(ROWS - 3 * FRAME);
  expect(kept).toBeLessThan(ROWS);
});

test('without its salt nothing of a shard can be opened, and its records are reported as lost', async () => {
  const { report, kept } = await repairedAfter(
    flipped(() => 20),
    false,
  );
  expect([kept, report.lost.length]).toEqual([0, 1]);
});
