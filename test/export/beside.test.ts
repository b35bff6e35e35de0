// Goal: an export shows one state, whatever is changed while it is read slowly, and nobody waits for it; when its reader stops,
// or it is cancelled, or a frame is damaged, it ends with nothing left behind.
// Method: a store of some 6 MB, so that pieces come from real threads; changes, compaction and an import between two chunks; the
// oracle is the text of all records before.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, type StreamOptions } from '../../dist/src/index.js';
import { DECODERS, exported } from '../support/exported.js';
import { fileWith, scratch } from '../support/import-files.js';
import { HAS_ZSTD, type TestStore, testStore } from '../support/import-store.js';

const RECORDS = 5_000;
const line = (id: number) => `{"id":${id},"text":"${String(id).padEnd(570, 'ä')}"}\n`;
const TEXT = Array.from({ length: RECORDS }, (_, id) => line(id)).join('');

async function largeStore(): Promise<TestStore> {
  const opened = await testStore();
  await opened.run(TEXT, { key: 'id' });
  return opened;
}

test.each<StreamOptions>([{}, { order: 'key' }, { compress: 'gz' }])(
  'an export of %j shows the state that it began with',
  async (options) => {
    const { store, run } = await largeStore();
    const records = store.collection('records');
    const before = await exported(records, options);
    const chunks: Buffer[] = [];
    for await (const chunk of records.stream(options)) {
      chunks.push(chunk as Buffer);
      if (chunks.length === 1) {
        // None of these waits: the stream is not read on before they are done.
        await records.deleteRange({ gte: 1000, lt: RECORDS });
        await store.compact({ minDeadShare: 0 });
        await run(line(1), { key: 'id', mode: 'replace' });
      }
    }
    expect(Buffer.concat(chunks).equals(before)).toBe(true);
    expect((await exported(records)).toString()).toBe(line(1));
  },
);

test('a stream of the Web has the same bytes, and reads nothing before it is asked', async () => {
  const { store } = await largeStore();
  const records = store.collection('records');
  const bytes = Buffer.from(await new Response(records.webStream({ format: 'json' })).arrayBuffer());
  expect(bytes.equals(await exported(records, { format: 'json' }))).toBe(true);
  const unread = records.webStream();
  await store.collection('records').deleteRange({ gte: 1 });
  expect(await new Response(unread).text()).toBe(line(0));
});

test('a reader that stops ends the export, and the store can be closed', async () => {
  const { store } = await largeStore();
  const records = store.collection('records');
  for (const compress of ['none', 'br'] as const) {
    for await (const _ of records.stream({ compress, workers: 1 })) break;
    const reader = records.webStream({ compress, workers: 1 }).getReader();
    await reader.read();
    await reader.cancel();
  }
  // Nobody holds an old state any more.
  await records.delete(0);
  expect(store.stat().readers.oldest?.behind ?? 0).toBe(0);
});

test('cancelled, it fails with CANCELLED, and leaves no file', async () => {
  const { store } = await largeStore();
  const records = store.collection('records');
  const controller = new AbortController();
  const folder = scratch();
  const reading = pipeline(
    records.stream({ signal: controller.signal }),
    async function* (chunks) {
      for await (const chunk of chunks) {
        controller.abort();
        yield chunk;
      }
    },
    async (chunks) => {
      for await (const _ of chunks);
    },
  );
  await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
  const files = records.exportFiles(join(folder, 'files'), { signal: AbortSignal.abort(), workers: 1 });
  await expect(files).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(folder)).toEqual([]);
});

test('an encrypted store is exported as plain text, by threads that open its frames', async () => {
  const key = Buffer.alloc(32, 7);
  const store = await openStore(join(scratch(), 'store'), { create: true, encryption: { key } });
  onTestFinished(() => store.close());
  expect(store.stat().encryption).toBeDefined();
  await store.import(fileWith(TEXT), { key: 'id' });
  const records = store.collection('records');
  expect((await exported(records)).toString()).toBe(TEXT);
  expect(DECODERS.gz(await exported(records, { compress: 'gz', level: 1 })).toString()).toBe(TEXT);
  const frames = await exported(records, { compress: 'zst', workers: 1 });
  if (HAS_ZSTD) expect(DECODERS.zst(frames).toString()).toBe(TEXT);
});

test('a directory that has files stays what it is', async () => {
  const { store, run } = await testStore('in memory');
  await run(line(1), { key: 'id' });
  const folder = scratch();
  writeFileSync(join(folder, 'mine'), 'x');
  await expect(store.collection('records').exportFiles(folder)).rejects.toMatchObject({ code: 'IO_ERROR' });
  expect(readdirSync(folder)).toEqual(['mine']);
});

test('a damaged frame is an error in every form that reads it', async () => {
  const { store, directory } = await largeStore();
  await store.close();
  const shards = join(directory, 'shards');
  const shard = join(shards, readdirSync(shards).toSorted()[0]!);
  const bytes = readFileSync(shard);
  bytes[20]! ^= 0xff;
  writeFileSync(shard, bytes);
  const again = await openStore(directory, { readOnly: true });
  for (const options of [{}, { format: 'csv' }, { compress: 'gz' }] satisfies StreamOptions[])
    await expect(exported(again.collection('records'), { ...options, workers: 1 })).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
    });
  const folder = scratch();
  const files = again.collection('records').exportFiles(join(folder, 'files'), { workers: 1 });
  await expect(files).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(readdirSync(folder)).toEqual([]);
  await again.close();
});
