// Goal: damage to a joined file is found, and costs no record but those it hits, with the index and without.
// Method: a small joined file with bytes flipped, cut off, and with its end damaged; repaired, and compared with what was in it.

import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { readJoined } from '../../dist/src/store/shards/joined/joined.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';
import { all } from '../support/dropped-shards.js';
import { isTried } from '../support/effort.js';
import { makeDirectory, scratch } from '../support/import-files.js';
import { expectHolds, open, shardFiles, smallImports } from '../support/joined.js';

const { path: directory, remove } = makeDirectory();
let texts: string[] = [];
let file = '';
let sound = Buffer.alloc(0);

beforeAll(async () => {
  const store = await openStore(join(directory, 'store'), { hotSet: false });
  texts = await smallImports(store, 3, { sources: directory });
  await store.compact();
  await store.close();
  file = shardFiles(join(directory, 'store'))[0] as string;
  sound = readFileSync(join(directory, 'store', 'shards', file));
  return remove;
});

/** A store with another file in place of the joined one, and without an index where `isLost`. */
async function repaired(bytes: Uint8Array, isLost: boolean) {
  const store = join(directory, 'store');
  const copy = scratch();
  const target = join(copy, 'store');
  const source = await openStore(store, { hotSet: false });
  await source.backup(target, { copy: true });
  await source.close();
  writeFileSync(join(target, 'shards', file), bytes);
  if (isLost) rmSync(join(target, 'index'), { recursive: true });
  const report = await repairStore(target, { workers: 1 });
  const opened = await openStore(target, { hotSet: false });
  try {
    const { faults } = await opened.verify({ workers: 1 });
    expect(faults).toEqual([]);
    const found =
      opened.collections().length === 0 ? [] : await all(opened.collection().scanText(), ({ text }) => text);
    return { report, found };
  } finally {
    await opened.close();
  }
}

test('every byte: a flip is found by verify', async () => {
  const store = await openStore(join(directory, 'store'), { hotSet: false });
  const path = join(directory, 'store', 'shards', file);
  for (let at = 0; at < sound.byteLength; at++) {
    if (!isTried(at, 61)) continue;
    const bytes = Buffer.from(sound);
    bytes[at]! ^= 1;
    writeFileSync(path, bytes);
    expect((await store.verify({ workers: 1 })).isSound, `byte ${at}`).toBe(false);
  }
  writeFileSync(path, sound);
  await store.close();
});

const end = () => {
  const blob = files.open(join(directory, 'store', 'shards', file), 'shard');
  const last = readJoined(blob, file, undefined)!.at(-1)!.region;
  blob.close();
  return last.at + last.bytes;
};

test.each([true, false])('its end: no record is lost (index lost: %s)', { timeout: 120_000 }, async (isLost) => {
  for (let at = end(); at < sound.byteLength; at++) {
    if (!isTried(at, 41)) continue;
    const bytes = Buffer.from(sound);
    bytes[at]! ^= 0x10;
    const { found } = await repaired(bytes, isLost);
    expect(found, `byte ${at}`).toEqual(texts);
  }
});

test.each([true, false])(
  'a shard in the middle: the others are not touched (index lost: %s)',
  { timeout: 120_000 },
  async (isLost) => {
    const blob = files.open(join(directory, 'store', 'shards', file), 'shard');
    const { region } = readJoined(blob, file, undefined)![1]!;
    blob.close();
    for (let at = region.at; at < region.at + region.bytes; at++) {
      if (!isTried(at, 83)) continue;
      const bytes = Buffer.from(sound);
      bytes[at]! ^= 0x10;
      const { found } = await repaired(bytes, isLost);
      const others = found.filter((text) => !texts.slice(3, 6).includes(text));
      expect(others, `byte ${at}`).toEqual([...texts.slice(0, 3), ...texts.slice(6)]);
    }
  },
);

test('cut off anywhere, without an index: what is whole is there', { timeout: 120_000 }, async () => {
  const blob = files.open(join(directory, 'store', 'shards', file), 'shard');
  const shards = readJoined(blob, file, undefined)!;
  blob.close();
  for (let bytes = 0; bytes <= sound.byteLength; bytes++) {
    if (!isTried(bytes, 127)) continue;
    const { found } = await repaired(sound.subarray(0, bytes), true);
    const whole = shards.filter(({ region }) => region.at + region.bytes <= bytes).length;
    expect(found.slice(0, 3 * whole), `${bytes} bytes`).toEqual(texts.slice(0, 3 * whole));
    expect(texts).toEqual(expect.arrayContaining(found));
  }
});

test('its end and a shard in it, without an index: the other joined file is not touched', async () => {
  const target = join(scratch(), 'store');
  const store = await openStore(target, { hotSet: false });
  const stored = await smallImports(store, 4);
  await store.compact();
  stored.push(...(await smallImports(store, 4, { from: 100 })));
  await store.compact({ joinBytes: 100 });
  await store.close();
  const [first, ...others] = shardFiles(target);
  expect(others).toHaveLength(1);
  const path = join(target, 'shards', first as string);
  const blob = files.open(path, 'shard');
  const { region } = readJoined(blob, path, undefined)![1]!;
  blob.close();
  const bytes = readFileSync(path);
  // The tables of the second shard, and the list of shards.
  bytes[region.at + region.bytes - 30]! ^= 1;
  bytes[bytes.lastIndexOf('GRST') - 30]! ^= 1;
  writeFileSync(path, bytes);
  rmSync(join(target, 'index'), { recursive: true });
  await repairStore(target, { workers: 1 });
  const opened = await open(target);
  const found = await all(opened.collection().scanText(), ({ text }) => text);
  expect(found).toEqual(expect.arrayContaining(stored.filter((text) => ![3, 4, 5].includes(JSON.parse(text).id))));
  expect(stored).toEqual(expect.arrayContaining(found));
  expect((await opened.verify({ workers: 1 })).faults).toEqual([]);
});

test('a killed join leaves nothing that a repair without an index takes for shards', async () => {
  const store = join(directory, 'store');
  const target = join(scratch(), 'store');
  const source = await openStore(store, { hotSet: false });
  await source.backup(target, { copy: true });
  await source.close();
  copyFileSync(join(target, 'shards', file), join(target, 'shards', '00000099.ndjson.zst.unfinished'));
  truncateSync(join(target, 'shards', '00000099.ndjson.zst.unfinished'), sound.byteLength >>> 1);
  rmSync(join(target, 'index'), { recursive: true });
  expect(await repairStore(target, { workers: 1 })).toMatchObject({ lost: [], unused: [] });
  const opened = await open(target);
  await expectHolds(opened, texts);
  const unfinished = '00000099.ndjson.zst.unfinished';
  expect(await opened.verify({ workers: 1 })).toMatchObject({ faults: [], leftovers: { files: [unfinished] } });
});

test('the reader of one shard refuses the tables of all', () => {
  const path = join(directory, 'store', 'shards', file);
  expect(() => ShardReader.open(files, path)).toThrow(/joined file/);
});
