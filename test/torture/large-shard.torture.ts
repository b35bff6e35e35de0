// Goal: a repair of a shard of more than 2 GiB brings back every record but those of a damaged frame, in bounded memory.
// Method: a shard of a megabyte of noise in each record, written frame by frame without an import; a byte behind 2 GiB is
// flipped, and another process repairs the store, which has no index. Takes 2.2 GB of the temporary directory.

import { spawnSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { files } from '../../src/store/files/file-blobs.js';
import { freeBytes } from '../../src/store/files/io.js';
import { shardFileName, shardPath } from '../../src/store/files/layout.js';
import { ShardReader } from '../../src/store/shards/read.js';
import { ShardWriter } from '../../src/store/shards/write.js';
import { scratchDirectory } from './harness.js';

const GIB = 2 ** 30;
const NEEDED_BYTES = 3 * GIB;
const TEXT_BYTES = 3 << 18;
/** What a repair of one worker may take: kernel, window, threads; nothing of it is the shard's. */
const MEMORY_BYTES = 300 * 2 ** 20;

const REPAIR = `
  import { repairStore } from ${JSON.stringify(new URL('../../dist/src/index.js', import.meta.url).href)};
  const report = await repairStore(process.argv[1], { workers: 1 });
  console.log(JSON.stringify({ report, memory: 1024 * process.resourceUsage().maxRSS }));
`;

const directory = scratchDirectory();
const isRoomy = freeBytes(directory.path) > NEEDED_BYTES;
if (!isRoomy) directory.remove();

/** Base64 of bytes that nothing compresses, the same for every number. */
function noise(number: number): string {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(number);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(TEXT_BYTES)).toString('base64');
}

/** Each frame is compressed for itself, so that texts may come again. */
const texts = new Map<number, string>();

function recordOf(id: number): string {
  const number = id % 32;
  const text = texts.get(number) ?? noise(number);
  texts.set(number, text);
  return `{"id":${id},"text":"${text}"}`;
}

test.skipIf(!isRoomy)('a shard of more than 2 GiB (skipped without 3 GB of room)', { timeout: 600_000 }, async () => {
  onTestFinished(() => directory.remove());
  const store = join(directory.path, 'store');
  mkdirSync(join(store, 'shards'), { recursive: true, mode: 0o700 });
  const path = shardPath(store, shardFileName(1));
  const writer = ShardWriter.create(files, path);
  let records = 0;
  for (; writer.storedBytes < 2 * GIB + 40 * 2 ** 20; records++)
    writer.append(Buffer.from(`${recordOf(records)}\n`), 1);
  writer.finish({
    ...{ import: 1, collection: 'records', mode: 'replace', onDuplicate: 'last', framing: 'lines' },
    ...{ key: { kind: 'path', path: 'id' }, indexes: [], shard: 1, named: false },
    ...{ source: { file: 'noise', from: 0, to: 1 }, sourceNumber: 0, sources: 1, sourceFrom: 0, isLast: true },
  });
  const reader = ShardReader.open(files, path);
  const damaged = records - 10;
  const offset = reader.offsetOf(damaged);
  reader.close();
  expect(offset).toBeGreaterThan(2 ** 31);
  flip(path, offset + 1000);

  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', REPAIR, store], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const { report, memory } = JSON.parse(stdout);
  expect(report).toMatchObject({
    from: 'shards',
    collections: [{ records: records - 1 }],
    lost: [{ file: path, offset }],
  });
  expect(memory).toBeLessThan(MEMORY_BYTES);

  rmSync(path);
  const opened = await openStore(store);
  onTestFinished(() => opened.close());
  const collection = opened.collection();
  for (const id of [0, 1, damaged - 1, damaged, damaged + 1, records - 1]) {
    expect(collection.getTextSync(id) === (id === damaged ? undefined : recordOf(id)), `record ${id}`).toBe(true);
  }
  expect(statSync(shardPath(store, shardFileName(2))).size).toBeGreaterThan(2 * GIB);
});

function flip(path: string, at: number): void {
  const fd = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, at);
  byte[0]! ^= 1;
  writeSync(fd, byte, 0, 1, at);
  closeSync(fd);
}
