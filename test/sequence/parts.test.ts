// Goal: a compressed source that is decoded in parts by several workers gives what its text gives, down to the errors; parts
// that were cut in the wrong place, and members too large for a part, too.
// Method: sources of many members beside their text, as files and as streams that come once; each import once with workers, and
// once without parts (one worker).

import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Compressor } from 'zstd-napi';
import type { GristmillError, ImportSource } from '../../dist/src/index.js';
import { partOf } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

const has = (tool: string) => spawnSync(tool, ['--help']).error === undefined;
const bzip2 = (text: string | Buffer) => spawnSync('bzip2', ['-1'], { input: text, maxBuffer: 2 ** 28 }).stdout;

const xz = (text: string | Buffer, ...args: string[]) =>
  spawnSync('xz', ['-c', '-0', ...args], { input: text, maxBuffer: 2 ** 28 }).stdout;

const zstd = new Compressor();
zstd.setParameters({ checksumFlag: true });

const CODECS = [
  { ending: 'gz', pack: (text: string | Buffer) => gzipSync(text) },
  { ending: 'zst', pack: (text: string | Buffer) => zstd.compress(Buffer.from(text)) },
  ...(has('bzip2') ? [{ ending: 'bz2', pack: bzip2 }] : []),
  ...(has('xz') ? [{ ending: 'xz', pack: (text: string | Buffer) => xz(text) }] : []),
];

/** Lines that hardly compress, in members that end anywhere. */
function lines(bytes: number): string {
  let text = '';
  for (let id = 0; text.length < bytes; id++) {
    const noise = createHash('sha512').update(`${id}`).digest('base64');
    text += `${JSON.stringify({ id, noise })}\n`;
  }
  return text;
}

/** More than is decoded without a thread, when it is compressed. */
const TEXT = lines(1_900_000);
const members = (text: string, bytes: number, pack: (text: string) => Buffer) =>
  Buffer.concat(
    Array.from({ length: Math.ceil(text.length / bytes) }, (_, i) => pack(text.slice(i * bytes, (i + 1) * bytes))),
  );

describe.each(CODECS.map((codec, at) => ({ ...codec, at })))('.$ending', ({ ending, pack, at: number }) => {
  // A process for each member, of some codecs: made once.
  let made: Buffer | undefined;
  const packedText = (): Buffer => {
    made ??= members(TEXT, 40_001, pack);
    return made;
  };

  test('many members have the records of their text, and shards that do not depend on the number of workers', async () => {
    const { store, texts } = await testStore();
    const path = join(scratch(), `parts.ndjson.${ending}`);
    writeFileSync(path, packedText());
    expect(statSync(path).size).toBeGreaterThan(2 ** 20);
    const report = await store.import(path, { key: 'id', workers: 3, spanBytes: 300_000 });
    expect(report.shards).toBeGreaterThan(5);
    expect(report.records.read).toBe(TEXT.split('\n').length - 1);
    expect(await texts()).toEqual(TEXT.trimEnd().split('\n'));
    const again = await store.import(path, { key: 'id', workers: 2, spanBytes: 300_000, collection: 'again' });
    expect(again.shards).toEqual(report.shards);
    const once = { key: 'id', workers: 3, spanBytes: 300_000, collection: 'once' };
    expect((await store.import(createReadStream(path), once)).shards).toEqual(report.shards);
    expect(await texts('once')).toEqual(await texts());
    await store.import(path, { key: 'id', workers: 1, collection: 'one' });
    expect(await texts('one')).toEqual(await texts());
    expect((await store.verify()).faults).toEqual([]);
  });

  test('a bad record is where it is in the text', async () => {
    const { store } = await testStore();
    const path = join(scratch(), `bad.ndjson.${ending}`);
    const at = TEXT.indexOf('\n', 1_000_000) + 1;
    const text = `${TEXT.slice(0, at)}{"id":oops}\n${TEXT.slice(at)}`;
    writeFileSync(path, members(text, 40_001, pack));
    writeFileSync(`${path}.txt`, text);
    const facts = async (source: ImportSource, workers: number) => {
      const error: GristmillError = await store.import(source, { key: 'id', workers, layout: 'ndjson' }).then(
        () => expect.unreachable(),
        (thrown) => thrown,
      );
      const { code, offset, line, record, reason, snippet } = error;
      return { code, offset, line, record, reason, snippet };
    };
    const expected = await facts(`${path}.txt`, 2);
    expect(expected.offset).toBe(at + '{"id":'.length);
    expect(await facts(path, 2)).toEqual(expected);
    expect(await facts(path, 1)).toEqual(expected);
    expect(await facts(createReadStream(path), 2)).toEqual(expected);
  });

  test('records up to the limit are stored, though the source is cut off after them', async () => {
    const { store, texts } = await testStore();
    const path = join(scratch(), `limit.ndjson.${ending}`);
    const expected = TEXT.split('\n').slice(0, 2000);
    const packed = packedText();
    // Small enough to be read as a whole, and large enough to be read in sequence.
    const small = members(TEXT.slice(0, 600_000), 40_001, pack);
    const large = packed.subarray(0, Math.floor(packed.byteLength * 0.9));
    for (const bad of partOf([large, small.subarray(0, small.byteLength - 100), pack(TEXT).subarray(0, -9)], number)) {
      writeFileSync(path, bad);
      for (const source of [path, createReadStream(path)]) {
        const limited = { key: 'id', workers: 2, limit: expected.length, mode: 'replace' } as const;
        await store.import(source, limited);
        expect(await texts()).toEqual(expected);
      }
      const more = store.import(path, { key: 'id', workers: 2, limit: 10 ** 9 });
      await expect(more).rejects.toMatchObject({ code: 'SOURCE_TRUNCATED' });
      expect(await texts()).toEqual(expected);
    }
  });

  test('damage in a later part changes nothing, and is named with its place', async () => {
    const { store, state } = await testStore();
    await store.import(Buffer.from('{"id":1}'), { key: 'id' });
    const before = await state();
    const path = join(scratch(), `damaged.ndjson.${ending}`);
    const packed = packedText();
    const at = Math.floor(packed.byteLength * 0.7);
    const damaged = Buffer.from(packed);
    damaged[at]! ^= 0x10;
    for (const bad of partOf(
      [damaged, packed.subarray(0, at), Buffer.concat([packed, Buffer.from('garbage')])],
      number,
    )) {
      writeFileSync(path, bad);
      for (const source of [path, createReadStream(path)]) {
        await expect(store.import(source, { key: 'id', workers: 2 })).rejects.toMatchObject({
          code: expect.stringMatching(/^SOURCE_(DAMAGED|TRUNCATED|TRAILING_BYTES)$/),
          file: source === path ? path : 'stream 1',
          offset: expect.any(Number),
        });
        expect(await state()).toEqual(before);
      }
    }
  });
});

test.each(CODECS.slice(0, 2))(
  '.$ending: a member with more text than a part may have, between others',
  async ({ ending, pack }) => {
    const { store } = await testStore();
    const path = join(scratch(), `large-member.ndjson.${ending}`);
    const wide = `${JSON.stringify({ blank: ' '.repeat(16 * 1024) })}\n`;
    const count = Math.ceil((66 * 2 ** 20) / wide.length);
    const small = pack(TEXT);
    writeFileSync(path, Buffer.concat([small, pack(wide.repeat(count)), small]));
    const report = await store.import(path, { workers: 2, maxExpansion: Number.POSITIVE_INFINITY });
    const others = TEXT.split('\n').length - 1;
    expect(report.records.stored).toBe(count + 2 * others);
  },
);

test.runIf(has('xz'))('.xz: blocks of one stream, and one among them that is too large for a part', async () => {
  const { store, texts } = await testStore();
  const path = join(scratch(), 'blocks.ndjson.xz');
  let text = '';
  for (let id = 0; text.length < 11_800_000; id++)
    text += `{"id":${id},"noise":"${randomBytes(6000).toString('base64')}"}\n`;
  const packed = xz(text, '--block-list=300KiB,11MiB,50KiB,50KiB');
  expect(packed.byteLength).toBeGreaterThan(8.3 * 2 ** 20);
  writeFileSync(path, packed);
  await store.import(createReadStream(path), { key: 'id', workers: 2 });
  expect(await texts()).toEqual(text.trimEnd().split('\n'));
  // In its index, which the decoder that began at the large block has to compare with all blocks.
  packed[packed.byteLength - 20]! ^= 4;
  writeFileSync(path, packed);
  await expect(store.import(path, { key: 'id', workers: 2, collection: 'bad' })).rejects.toMatchObject({
    code: 'SOURCE_DAMAGED',
    file: path,
  });
});

test('many members that expand too far together are refused', async () => {
  const { store } = await testStore();
  const path = join(scratch(), `bombs.json.zst`);
  const bomb = zstd.compress(Buffer.alloc(40 * 2 ** 20, 0x20));
  writeFileSync(path, Buffer.concat([zstd.compress(Buffer.from(TEXT)), ...Array(40).fill(bomb)]));
  await expect(store.import(path, { workers: 2 })).rejects.toMatchObject({ code: 'SOURCE_EXPANDS', file: path });
});

test('a gzip member that holds the header of a member is not cut there', async () => {
  const { store, texts } = await testStore();
  const path = join(scratch(), 'header.ndjson.gz');

  // In the extra field of each member, where a search finds it.
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const member = (text: string) => {
    const packed = gzipSync(text);
    const fixed = Buffer.from(packed.subarray(0, 10));
    fixed[3] = 4;
    const field = Buffer.concat([Buffer.alloc(40, 0x41), header]);
    return Buffer.concat([fixed, Buffer.from(Uint16Array.of(field.byteLength).buffer), field, packed.subarray(10)]);
  };
  writeFileSync(path, members(TEXT, 40_001, member));
  await store.import(path, { key: 'id', workers: 2, spanBytes: 300_000 });
  expect(await texts()).toEqual(TEXT.trimEnd().split('\n'));
});
