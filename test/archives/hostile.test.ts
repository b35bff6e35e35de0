// Goal: nothing of an archive is lost silently, whatever happened to it, and nothing in it can do harm: archives that are cut
// off or have flipped bits, bombs, entries that overlap, and entries that gristmill does not read.
// Method: archives written field by field; each damaged one gives an error, or the records of the whole one, or says what it
// leaves out. The store must not change.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compress } from 'zstd-napi';
import { GristmillError, type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { paxOf, TAR_END, type TarFile, tarOf, type ZipFile, zipOf } from '../support/archives.js';
import { isTried, runs } from '../support/effort.js';
import { makeDirectory } from '../support/import-files.js';
import { randomFrom } from '../support/random.js';

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

/** Records by key, and the warnings; or the error. */
async function imported(source: ImportSource, options: ImportOptions = {}) {
  const store = await openStore(memory());
  try {
    const { warnings, records } = await store.import(source, options);
    const found: [unknown, string][] = [];
    for await (const { key, text } of store.collection().rangeText()) found.push([key, text]);
    return { records: Object.fromEntries(found), warnings, replaced: records.replaced };
  } catch (error) {
    if (!(error instanceof GristmillError)) throw error;
    expect(store.collections()).toEqual([]);
    return { code: error.code, file: error.file, message: error.message };
  } finally {
    await store.close();
  }
}

function archive(bytes: Uint8Array, name: string): string {
  const path = join(directory.path, name);
  writeFileSync(path, bytes);
  return path;
}

const zip = (files: readonly ZipFile[], options: Parameters<typeof zipOf>[1] = {}) =>
  archive(zipOf(files, options), 'a.zip');
const tar = (files: readonly TarFile[], end = TAR_END) => archive(Buffer.concat([tarOf(files), end]), 'a.tar');

const FILES = [
  { name: 'a.json', data: '{"a":1}' },
  { name: 'b/c.ndjson', data: '1\n2\n' },
  { name: 'other.txt', data: 'text' },
  { name: 'd.json', data: '[true,{"x":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}]' },
];
const RECORDS = {
  ...{ 'a.json': '{"a":1}', 'b/c.ndjson#0': '1', 'b/c.ndjson#1': '2', 'd.json#0': 'true' },
  'd.json#1': '{"x":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}',
};

/** Hardly compresses, so that there are places enough at which an archive may be cut. */
const NOISE = JSON.stringify(Array.from({ length: 260 }, (_, i) => Math.sin(i)));
const LONGER = [...FILES, { name: 'e.json', data: `{"noise":${NOISE}}` }];
const LONGER_RECORDS = { ...RECORDS, 'e.json': `{"noise":${NOISE}}` };
const TAR = Buffer.concat([tarOf(LONGER), TAR_END]);

describe.each<[string, Uint8Array]>([
  ['whole.zip', zipOf(LONGER)],
  ['streamed.zip', zipOf(LONGER.map((file) => ({ ...file, follows: true })))],
  ['whole.tar', TAR],
  ['whole.tar.gz', gzipSync(TAR)],
  ['whole.tar.zst', compress(TAR, { checksumFlag: true })],
])('%s', (name, whole) => {
  test('cut off anywhere is an error that names it', async () => {
    expect(await imported(archive(whole, name))).toMatchObject({ records: LONGER_RECORDS });
    let cuts = 0;
    for (let bytes = 1; bytes < whole.byteLength; bytes++) {
      if (!isTried(bytes, 80)) continue;
      cuts++;
      const path = archive(whole.subarray(0, bytes), name);
      const outcome = await imported(path);
      // The last block of zeros says nothing.
      if (name === 'whole.tar' && bytes > whole.byteLength - 512 - 512) continue;
      expect(outcome.code, `${bytes} bytes`).toMatch(/^SOURCE_/);
      expect(outcome.file?.split('::')[0]).toBe(path);
    }
    expect(cuts).toBeGreaterThanOrEqual(runs(25));
  });

  test('flipped bits are an error that names it, or told, or change no record', async () => {
    const random = randomFrom(name.length);
    for (let trial = 0; trial < runs(25); trial++) {
      const bytes = Buffer.from(whole);
      bytes[random(bytes.byteLength)]! ^= 1 << random(8);
      const path = archive(bytes, name);
      const outcome = await imported(path);
      if (outcome.records === undefined) expect(outcome.file?.split('::')[0], outcome.message).toBe(path);
      // The data of a plain tar has no checksum.
      if (outcome.records === undefined || name === 'whole.tar') continue;
      const told = (outcome.warnings ?? []).filter((warning) => !warning.includes('other.txt')).length > 0;
      if (!told) expect(outcome.records).toEqual(LONGER_RECORDS);
    }
  });
});

describe('zip', () => {
  test('what stands before it, a comment, zip64, and directories change nothing', async () => {
    const directories = [{ name: 'b/', data: '', method: 0 }, ...FILES];
    for (const options of [
      { before: 'MZ program\n' },
      { before: 'MZ', countsBefore: true },
      { comment: 'x'.repeat(999) },
    ]) {
      for (const is64 of [false, true]) {
        const files = directories.map((file) => ({ ...file, is64 }));
        expect(await imported(zip(files, { ...options, is64 }))).toMatchObject({ records: RECORDS });
      }
    }
  });

  test.each<[string, Partial<ZipFile>, string]>([
    ['an encrypted entry', { flags: 1 }, 'is encrypted'],
    ['Deflate64', { method: 9 }, 'is compressed with Deflate64'],
    ['an unknown method', { method: 77 }, 'is compressed with method 77'],
  ])('%s is refused by name, or left out', async (_, fields, message) => {
    const files = [FILES[0]!, { ...FILES[1]!, ...fields }];
    const path = zip(files);
    const file = `${path}::b/c.ndjson`;
    expect(await imported(path)).toMatchObject({ code: 'SOURCE_NOT_SUPPORTED', file });
    expect((await imported(path)).message).toContain(message);
    expect(await imported(path, { exclude: ['b'] })).toMatchObject({ records: { 'a.json': '{"a":1}' } });
    expect(await imported(path, { onBadFile: 'skip' })).toMatchObject({ records: { 'a.json': '{"a":1}' } });
  });

  test.each<[string, Partial<ZipFile>]>([
    ['another name', { directory: { name: 'b/e.ndjson' } }],
    ['another checksum', { directory: { crc: 1 } }],
    ['a longer text', { directory: { plainBytes: 5 } }],
    ['a shorter text', { directory: { plainBytes: 3 } }],
    ['more data', { stored: Buffer.concat([deflateRawSync('1\n2\n'), Buffer.from('xx')]) }],
    ['another place', { directory: { at: 3 } }],
  ])('an entry of which the directory says %s is damage', async (_, fields) => {
    const outcome = await imported(zip([FILES[0]!, { ...FILES[1]!, ...fields }]));
    expect(outcome.code).toMatch(/SOURCE_(DAMAGED|TRAILING_BYTES)/);
  });

  test('a directory that has fewer entries than are said is damage', async () => {
    expect(await imported(zip(FILES, { entries: 5 }))).toMatchObject({ code: 'SOURCE_DAMAGED' });
  });

  test('entries that share bytes are refused', async () => {
    const files = FILES.map((file) => ({ ...file, directory: { at: 0 } }));
    expect((await imported(zip(files))).message).toContain('an entry that overlaps what follows it');
  });

  test('an entry whose own header leaves its data no room is damage, whether it is taken or not', async () => {
    for (const extra of [1, 40, 0xffff]) {
      const bytes = zipOf(FILES);
      bytes.writeUInt16LE(extra, bytes.lastIndexOf('PK\u0003\u0004') + 28);
      for (const options of [{}, { exclude: ['d.json'] }]) {
        expect(await imported(archive(bytes, 'a.zip'), options), `${extra}`).toMatchObject({ code: 'SOURCE_DAMAGED' });
      }
    }
  });

  test('bombs are refused, one entry or many', async () => {
    const large = { name: 'a.json', data: Buffer.alloc(70 * 1024 * 1024, '[') };
    expect(await imported(zip([large]), { onBadRecord: 'skip' })).toMatchObject({ code: 'SOURCE_EXPANDS' });
    const lying = { ...large, directory: { plainBytes: 1000 } };
    expect(await imported(zip([lying]), { onBadRecord: 'skip' })).toMatchObject({ code: 'SOURCE_DAMAGED' });
    const part = { name: 'b.json', data: Buffer.alloc(20 * 1024 * 1024, ' ') };
    const many = Array.from({ length: 4 }, () => part);
    expect(await imported(zip(many), { onBadRecord: 'skip' })).toMatchObject({ code: 'SOURCE_EXPANDS' });
  });

  test('a stream of one is refused', async () => {
    const outcome = await imported([zipOf(FILES)] as never);
    expect(outcome).toMatchObject({ code: 'SOURCE_NOT_SUPPORTED' });
    expect(outcome.message).toContain('Save the archive to a file');
    expect(await imported(archive(gzipSync(zipOf(FILES)), 'a.zip.gz'))).toMatchObject({ code: 'SOURCE_NOT_SUPPORTED' });
  });
});

describe('tar', () => {
  test('long names, binary sizes, headers without magic, and other kinds of entries', async () => {
    const long = `${'long/'.repeat(40)}x.json`;
    const files: TarFile[] = [
      ...paxOf({ path: long, mtime: '1.5' }, { name: 'short.json', data: '1' }),
      { name: '././@LongLink', type: 'L', data: `${long}l\0` },
      { name: 'cut.json', data: '[2]' },
      ...paxOf({ size: '3' }, { name: 'size.json', data: '123', bytes: 0 }),
      { name: 'x.json', prefix: 'some/where', data: '4' },
      { name: 'binary.json', data: '5', isBinary: true },
      { name: 'old.json', data: '6', isOld: true, type: '\0' },
      { name: 'folder', type: '5' },
      { name: 'link.json', type: '2' },
      { name: 'hard.json', type: '1', bytes: 77 },
      { name: 'device.json', type: '3' },
    ];
    expect(await imported(tar(files))).toMatchObject({
      records: {
        [long]: '1',
        [`${long}l#0`]: '[2]',
        ...{ 'size.json': '123', 'some/where/x.json': '4', 'binary.json': '5', 'old.json': '6' },
      },
      warnings: [
        expect.stringContaining('2 left out (links), such as link.json'),
        expect.stringContaining('1 left out (not regular files), such as device.json'),
      ],
    });
  });

  test('sparse files are refused by name, or left out', async () => {
    for (const files of [
      [{ name: 's.json', type: 'S' }],
      paxOf({ 'GNU.sparse.major': '1' }, { name: 's.json' }),
    ] satisfies TarFile[][]) {
      const path = tar([...files, FILES[0]!]);
      expect(await imported(path)).toMatchObject({ code: 'SOURCE_NOT_SUPPORTED', file: `${path}::s.json` });
      expect(await imported(path, { exclude: ['s.json'] })).toMatchObject({ records: { 'a.json': '{"a":1}' } });
    }
  });

  test('padding is fine, another archive is read too, and anything else after the end is an error', async () => {
    const padded = Buffer.concat([TAR_END, Buffer.alloc(10_000)]);
    expect(await imported(tar(FILES, padded))).toMatchObject({ records: RECORDS });
    const another = Buffer.concat([TAR_END, tarOf([{ name: 'z.json', data: '9' }]), TAR_END]);
    expect(await imported(tar(FILES, another))).toMatchObject({ records: { ...RECORDS, 'z.json': '9' } });
    const garbage = Buffer.concat([TAR_END, Buffer.alloc(600, 'x')]);
    expect(await imported(tar(FILES, garbage))).toMatchObject({ code: 'SOURCE_TRAILING_BYTES' });
    expect(await imported(tar(FILES, Buffer.alloc(0)))).toMatchObject({ code: 'SOURCE_TRUNCATED' });
  });
});

test('names are only names: absolute ones, `..`, `./`, hidden ones, and ones that are no UTF-8', async () => {
  const files = [
    ...['/abs.json', '../up.json', './dot.json', 'a//b/./c.json', '.hidden/x.json', '__MACOSX/._a.json'],
    Buffer.from('b\xe4d.json', 'latin1'),
  ].map((name) => ({ name, data: '1' }));
  const expected = {
    records: { '/abs.json': '1', '../up.json': '1', 'dot.json': '1', 'a/b/c.json': '1' },
    warnings: [
      expect.stringContaining('2 left out (hidden)'),
      expect.stringContaining('1 left out (names that are not UTF-8)'),
    ],
  };
  expect(await imported(zip(files))).toMatchObject(expected);
  expect(await imported(tar(files))).toMatchObject(expected);
});

test('of entries with the same name the last one stays, unless that is an error; empty ones are bad', async () => {
  const files = ['{"v":1}', '{"v":2}'].map((data) => ({ name: 'same.json', data }));
  for (const path of [zip(files), tar(files)]) {
    expect(await imported(path)).toMatchObject({ records: { 'same.json': '{"v":2}' }, replaced: 1 });
    expect(await imported(path, { onDuplicate: 'error' })).toMatchObject({
      code: 'DUPLICATE_KEY',
      file: `${path}::same.json`,
    });
  }
  for (const make of [zip, tar]) {
    const path = make([{ name: 'empty.json', data: '' }, FILES[0]!]);
    expect(await imported(path)).toMatchObject({ code: 'BAD_RECORD', file: `${path}::empty.json` });
    expect(await imported(path, { onBadFile: 'skip' })).toMatchObject({ records: { 'a.json': '{"a":1}' } });
    expect(await imported(make([]))).toMatchObject({ code: expect.stringMatching(/^SOURCE_/) });
  }
});

test('a pattern after :: chooses entries, and needs an archive', async () => {
  for (const path of [zip(FILES), tar(FILES)]) {
    expect(await imported(`${path}::b/*`)).toMatchObject({ records: { 'b/c.ndjson#0': '1', 'b/c.ndjson#1': '2' } });
    expect(await imported(`${path}::*.json`, { exclude: ['d*'] })).toMatchObject({ records: { 'a.json': '{"a":1}' } });
    expect(await imported(`${path}::nothing/*`)).toMatchObject({ code: 'SOURCE_EMPTY', file: path });
    expect(await imported(`${path}::nothing/*`, { allowEmpty: true })).toMatchObject({ records: {} });
  }
  const plain = archive(Buffer.from('{}'), 'plain.json');
  expect(await imported(`${plain}::*`)).toMatchObject({ code: 'SOURCE_NOT_SUPPORTED', file: plain });
});
