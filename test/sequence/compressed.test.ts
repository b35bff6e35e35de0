// Goal: compressed files are imported as their text is: alone, among arguments, in folders, kept up to date; a file that is
// cut, damaged or expands too far changes nothing and is named.
// Method: files made by node:zlib and zstd-napi, beside the same text plain; small ones, which are decoded where they are
// needed, and larger ones, which have a thread.
// @node all: a thread, and the inside of Node's zlib

import { appendFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compress } from 'zstd-napi';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

const CODECS = {
  gz: (text: string) => gzipSync(text),
  zst: (text: string) => compress(Buffer.from(text)),
  // At its own level it takes seconds.
  br: (text: string) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
};

/** Lines that hardly compress: `bytes` of them. */
function linesOf(bytes: number, from = 0): string {
  let text = '';
  for (let id = from; text.length < bytes; id++) {
    text += `${JSON.stringify({ id, noise: Buffer.from(Float64Array.of(Math.sin(id), Math.cos(id)).buffer).toString('base64') })}\n`;
  }
  return text;
}

const SMALL = linesOf(20_000);
/** More than is decoded without a thread, when it is compressed. */
const LARGE = linesOf(3_500_000);

describe.each(Object.entries(CODECS))('.%s', (ending, pack) => {
  test.each([
    ['small', SMALL],
    ['large', LARGE],
  ])('%s files have the records of their text', async (_, text) => {
    const { store, texts } = await testStore();
    const plain = join(scratch(), 'data.ndjson');
    const packed = `${plain}.${ending}`;
    writeFileSync(plain, text);
    writeFileSync(packed, pack(text));
    await store.import(plain, { key: 'id' });
    const expected = await texts();
    const report = await store.import(packed, { key: 'id', collection: 'packed' });
    expect(report).toMatchObject({ layout: 'ndjson', files: 1, bytes: { source: pack(text).byteLength } });
    expect(await texts('packed')).toEqual(expected);
    const collected = await store.import([packed, plain], { key: 'id', collection: 'both' });
    expect(collected.records).toMatchObject({ read: 2 * expected.length, replaced: expected.length });
    expect((await store.verify()).faults).toEqual([]);
  });
});

describe.each(partOf(Object.entries(CODECS)))('.%s', (ending, pack) => {
  test('a document with its records inside, and what follows them', async () => {
    const { store, texts } = await testStore();
    const path = join(scratch(), `wrapped.json.${ending}`);
    for (const rows of [3, 120_000]) {
      const items = Array.from({ length: rows }, (_, id) => ({ id, noise: Math.sin(id) }));
      const text = JSON.stringify({ page: 1, data: { items }, after: 'x'.repeat(rows) });
      writeFileSync(path, pack(text));
      const report = await store.import(path, { select: '/data/items', key: 'id' });
      expect(report.records.stored).toBe(rows);
      expect(await texts()).toEqual(items.map((item) => JSON.stringify(item)));
      writeFileSync(path, pack(text.slice(0, -1)));
      const cut = store.import(path, { select: '/data/items', key: 'id' });
      await expect(cut).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED', file: path });
      writeFileSync(path, pack(`${text}]`));
      const more = store.import(path, { select: '/data/items', key: 'id' });
      // A small document may be the first of several: what follows it is a bad one.
      await expect(more).rejects.toMatchObject({
        code: rows === 3 ? 'BAD_RECORD' : 'SOURCE_TRAILING_BYTES',
        file: path,
      });
    }
  });

  test('files that are cut change nothing, and are named', async () => {
    const { store, state } = await testStore();
    await store.import(Buffer.from('{"id":1}'), { key: 'id' });
    const before = await state();
    const path = join(scratch(), `cut.ndjson.${ending}`);
    for (const text of [SMALL, LARGE]) {
      const packed = pack(text);
      for (const share of [0.01, 0.5, 0.99]) {
        writeFileSync(path, packed.subarray(0, Math.floor(share * packed.byteLength)));
        const importing = store.import(path, { key: 'id' });
        await expect(importing).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED', file: path });
        expect(await state()).toEqual(before);
      }
      writeFileSync(path, packed.subarray(0, -1));
      await expect(store.import(path, { key: 'id' })).rejects.toMatchObject({ file: path });
      expect(await state()).toEqual(before);
    }
  });

  test('a file that expands too far is refused, unless that is allowed', async () => {
    const { store } = await testStore();
    const path = join(scratch(), `bomb.json.${ending}`);
    const records = 70 * 64;
    writeFileSync(path, pack(`{"a":"${'x'.repeat(16 * 1024)}"}\n`.repeat(records)));
    const refused = store.import(path, {});
    await expect(refused).rejects.toMatchObject({ code: 'SOURCE_EXPANDS', file: path });
    await expect(refused).rejects.toThrow(/option maxExpansion/);
    const report = await store.import(path, { maxExpansion: Number.POSITIVE_INFINITY });
    expect(report.records.stored).toBe(records);
  });

  test('a folder of them, which is kept up to date', async () => {
    const { store } = await testStore();
    const folder = join(scratch(), 'folder');
    mkdirSync(folder);
    const put = (name: string, text: string) => {
      writeFileSync(join(folder, `.${name}`), text === '' ? '' : pack(text));
      renameSync(join(folder, `.${name}`), join(folder, name));
    };
    put(`a.ndjson.${ending}`, '{"id":1}\n{"id":2}\n');
    put(`b.json.${ending}`, '[{"id":3}]');
    writeFileSync(join(folder, 'c.json'), '{"id":4}');
    put('named-plainly.json', ending === 'br' ? '{"id":5}' : '{"id":5}');
    if (ending === 'br') writeFileSync(join(folder, 'named-plainly.json'), '{"id":5}');
    put(`large.ndjson.${ending}`, LARGE.replaceAll('{"id":', '{"id":1'));
    const warned: string[] = [];
    store.on('warning', ({ error }) => warned.push(error.message));
    const watcher = await store.watch(folder, { key: 'id', collection: 'kept' });
    const kept = store.collection('kept');
    const large = LARGE.split('\n').length - 1;
    expect(kept.count()).toBe(5 + large);
    put(`b.json.${ending}`, '[{"id":3,"new":true},{"id":6}]');
    await expect.poll(() => kept.getSync(3), { timeout: 60_000 }).toEqual({ id: 3, new: true });
    expect(kept.count()).toBe(6 + large);
    // No beginning of a file was taken for the file.
    expect(warned).toEqual([]);
    await watcher.close();
    const report = await store.import(folder, { collection: 'by path' });
    expect(report.records.stored).toBe(6 + large);
    expect(store.collection('by path').getSync(`a.ndjson.${ending}#1`)).toEqual({ id: 2 });
  });
});

test('one that is damaged is left as it is stored until it changes, and the others go on', async () => {
  const { store } = await testStore();
  const folder = join(scratch(), 'folder');
  mkdirSync(folder);
  const put = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, `.${name}`), bytes);
    renameSync(join(folder, `.${name}`), join(folder, name));
  };
  put('a.json.gz', gzipSync('{"v":1}'));
  put('b.json', Buffer.from('{"v":1}'));
  const watcher = await store.watch(folder, { stabilityMs: 50 });
  const records = store.collection('records');
  const damaged = gzipSync('{"v":2}');
  damaged[damaged.byteLength - 8]! ^= 1;
  const bomb = gzipSync(Buffer.alloc(70 * 2 ** 20, ' '));
  for (const [v, bytes, code] of [
    [2, damaged, 'SOURCE_DAMAGED'],
    [3, bomb, 'SOURCE_EXPANDS'],
  ] as const) {
    put('a.json.gz', bytes);
    await expect.poll(() => watcher.refused?.code, { timeout: 60_000 }).toBe(code);
    put('b.json', Buffer.from(`{"v":${v}}`));
    await expect.poll(() => records.getSync('b.json'), { timeout: 60_000 }).toEqual({ v });
    expect(records.getSync('a.json.gz')).toEqual({ v: 1 });
  }
  put('a.json.gz', gzipSync('{"v":4}'));
  await expect.poll(() => records.getSync('a.json.gz'), { timeout: 60_000 }).toEqual({ v: 4 });
  await expect.poll(() => watcher.refused, { timeout: 60_000 }).toBeUndefined();
  await watcher.close();
});

test('what has grown by another member is read anew', async () => {
  const { store, texts } = await testStore();
  const path = join(scratch(), 'log.ndjson.gz');
  writeFileSync(path, gzipSync(linesOf(200_000)));
  const watcher = await store.watch(path, { key: 'id' });
  const before = store.collection('records').count();
  appendFileSync(path, gzipSync('{"id":"last"}\n'));
  await expect.poll(() => store.collection('records').count(), { timeout: 60_000 }).toBe(before + 1);
  expect((await texts()).at(-1)).toBe('{"id":"last"}');
  await watcher.close();
});

test('option codec says what the bytes do not', async () => {
  const { store, texts } = await testStore();
  const path = join(scratch(), 'data');
  writeFileSync(path, brotliCompressSync('{"id":1}'));
  await store.import(path, { codec: 'brotli' });
  expect(await texts()).toEqual(['{"id":1}']);
  writeFileSync(path, gzipSync('{"id":1}'));
  await expect(store.import(path, { codec: 'none' })).rejects.toMatchObject({ code: 'SOURCE_NOT_JSON' });
  await expect(store.import(path, { codec: 'zstd' })).rejects.toMatchObject({ code: 'SOURCE_DAMAGED', file: path });
  // Compressed twice: what is inside is no JSON.
  writeFileSync(path, gzipSync(gzipSync('{"id":1}')));
  await expect(store.import(path)).rejects.toMatchObject({ code: 'SOURCE_NOT_JSON', file: path });
});

test('many of them, without a key: each is let go of', async () => {
  const { store } = await testStore();
  const folder = scratch();
  const packed = gzipSync(LARGE);
  const paths = Array.from({ length: 20 }, (_, i) => join(folder, `${i}.ndjson.gz`));
  for (const path of paths) writeFileSync(path, packed);
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  const report = await store.import(paths);
  const lines = LARGE.split('\n').length - 1;
  expect(report.records.stored).toBe(20 * lines);
  expect(report.warnings).toEqual([]);
  await expect.poll(descriptors, { timeout: 30_000 }).toBeLessThanOrEqual(before);
  expect(warnings).toEqual([]);
  // Each has its own text: no memory was given to another source too early.
  let [number, wrong] = [0, 0];
  for await (const { text } of store.collection('records').scanText()) {
    if ((JSON.parse(text) as { id: number }).id !== number++ % lines) wrong++;
  }
  expect([number, wrong]).toEqual([20 * lines, 0]);
});
