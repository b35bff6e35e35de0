// Goal: repair from shards alone trusts nothing: it writes and removes nothing outside, ends, and one shard that makes no sense
// costs only itself. Method: real imports; the index is removed; one shard says what no import writes, its checksums being right.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { encodeSection, encodeTables, Section } from '../../dist/src/store/shards/format.js';
import { ShardReader } from '../../dist/src/store/shards/read.js';
import { rleFrame } from '../support/hostile-frames.js';
import { scratch } from '../support/import-files.js';

let parent: string;
let store: string;
/** Outside of the store, where a path from `repair.partial/tmp` may lead. */
let outside: string;

beforeEach(async () => {
  parent = scratch();
  store = join(parent, 'store');
  outside = join(parent, 'outside');
  mkdirSync(outside);
  for (const name of ['x.text', 'x.run']) writeFileSync(join(outside, name), 'precious');
  const open = await openStore(store, { hotSet: false });
  for (const collection of ['one', 'two']) {
    const source = join(parent, `${collection}.ndjson`);
    writeFileSync(source, '{"id":1}\n{"id":2}\n');
    await open.import(source, { collection, key: 'id', workers: 1 });
    rmSync(source);
  }
  await open.close();
  rmSync(join(store, 'index'), { recursive: true });
});

/** Writes the shard of collection `one` anew, with another origin. */
function say(change: (said: Record<string, unknown>) => object): string {
  const path = join(store, 'shards', readdirSync(join(store, 'shards')).sort()[0]!);
  const reader = ShardReader.open(files, path);
  const { offset, storedBytes, plainBytes, records } = reader.spanOf(0);
  const said = JSON.parse(reader.sections().get(Section.origin)!.toString()) as Record<string, unknown>;
  const frame = readFileSync(path).subarray(offset, offset + storedBytes);
  reader.close();
  const counts = { storedBytes: Uint32Array.of(storedBytes), plainBytes: Uint32Array.of(plainBytes) };
  const tables = encodeTables({ ...counts, records: Uint32Array.of(records), hasHoles: false, shape: 0 });
  const origin = encodeSection(Section.origin, Buffer.from(JSON.stringify(change(said))));
  writeFileSync(path, Buffer.concat([frame, origin, tables]));
  return path;
}

async function expectOnlyTwo(path: string): Promise<void> {
  const report = await repairStore(store, { workers: 1 });
  expect(report).toMatchObject({ from: 'shards', collections: [{ name: 'two', records: 2 }], lost: [{ file: path }] });
  expect(readdirSync(parent).sort()).toEqual(['outside', 'store']);
  for (const name of ['x.text', 'x.run']) expect(readFileSync(join(outside, name), 'utf8')).toBe('precious');
  const open = await openStore(store, { readOnly: true });
  expect(open.collection('two').getSync(1)).toEqual({ id: 1 });
  await open.close();
}

test.each([
  ['a path for its number', { shard: '../../../outside/x' }],
  ['a number that is none', { shard: 1e12 }],
  ['a later number than its file', { shard: 5000 }],
  ['no key rule', { key: null }],
  ['a key path that is none', { key: { kind: 'path', path: 'a..b' } }],
  ['indexes without end', { indexes: Array.from({ length: 300 }, (_, i) => `i${i}`) }],
  ['a path for its source', { source: { file: '../../../etc/passwd', from: 0, to: 9 } }],
])('a shard that says %s is left out', async (_, change) => {
  const path = say((said) => ({ ...said, ...change }));
  await expectOnlyTwo(path);
});

test('an import that cannot be published again is left out', async () => {
  // No collection can be called so.
  const path = say((said) => ({ ...said, collection: '\u0001' }));
  await expectOnlyTwo(path);
});

test('frames within frames, each of which claims half a gigabyte, are given up', async () => {
  const path = join(store, 'shards', readdirSync(join(store, 'shards')).sort()[0]!);
  const claimed = 2 ** 29;
  const [header, blocks] = [rleFrame(claimed, 0).subarray(0, 13), rleFrame(claimed, claimed).subarray(13)];
  const block = Buffer.alloc(3);
  // A raw block of sixteen bytes: the next header and block.
  block.writeUIntLE(16 << 3, 0, 3);
  const nested = Array.from({ length: 4000 }, () => [header, block]).flat();
  const origin = readOrigin(path);
  writeFileSync(path, Buffer.concat([...nested, header, blocks, origin]));
  const report = await repairStore(store, { workers: 1 });
  expect(report.collections).toContainEqual({ name: 'two', records: 2 });
  expect(existsSync(join(store, 'index', 'data.mdb'))).toBe(true);
}, 120_000);

function readOrigin(path: string): Uint8Array {
  const reader = ShardReader.open(files, path);
  const body = reader.sections().get(Section.origin)!;
  reader.close();
  return encodeSection(Section.origin, body);
}
