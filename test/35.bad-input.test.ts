// Goal: whatever is given to import, it ends: with a stable code, the facts a person needs, the store as it was and nothing
// left behind; within seconds, and in bounded memory.
// Method: files that are no sources, sources that are no JSON, sources that change under the import, hostile megabytes, a
// full disk. The store holds a collection before; after each failure everything about it is compared.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportOptions } from '../src/import/types.js';
import { errorOf } from './support/import-errors.js';
import { fileWith, scratch } from './support/import-files.js';
import { type TestStore, testStore } from './support/import-store.js';

const MIB = 1024 * 1024;
const IS_ROOT = process.getuid?.() === 0;

let target: TestStore;
let before: unknown;
beforeEach(async () => {
  target = await testStore();
  await target.run('{"id":1,"old":true}\n{"id":2,"old":true}\n', { key: 'id' });
  before = await target.state();
});

/** The error of an import, after which everything has to be as it was. */
async function failure(path: string, options: ImportOptions = {}): Promise<Record<string, unknown>> {
  const error = await errorOf(target.store.import(path, { workers: 2, ...options }));
  expect(error).toMatchObject({ name: 'GristmillError' });
  expect(await target.state()).toEqual(before);
  expect(readdirSync(target.directory).sort()).toEqual(['index', 'shards']);
  expect(await target.texts()).toEqual(['{"id":1,"old":true}', '{"id":2,"old":true}']);
  return error;
}

describe('files that are no sources', () => {
  test('missing, or in a directory that is missing, or below a file', async () => {
    const file = fileWith('1');
    for (const path of [`${file}.none`, join(file, 'x'), join(scratch(), 'none', 'x')]) {
      expect(await failure(path)).toMatchObject({ code: 'SOURCE_NOT_FOUND', file: path });
    }
  });

  test('a directory', async () => {
    const path = scratch();
    expect(await failure(path)).toMatchObject({ code: 'SOURCE_NOT_A_FILE', file: path });
  });

  test.skipIf(spawnSync('mkfifo', ['--version']).status !== 0)('a FIFO: nobody waits for a writer', async () => {
    const path = join(scratch(), 'fifo');
    execFileSync('mkfifo', [path]);
    expect(await failure(path)).toMatchObject({ code: 'SOURCE_NOT_A_FILE', file: path });
  });

  test.skipIf(!existsSync('/dev/zero'))('a device without end', async () => {
    expect(await failure('/dev/zero')).toMatchObject({ code: 'SOURCE_NOT_A_FILE' });
  });

  test.skipIf(!existsSync('/proc/self/status'))(
    'files of /proc and /sys, whose sizes are not what they say',
    async () => {
      expect(await failure('/proc/self/status')).toMatchObject({ code: 'SOURCE_NOT_A_FILE' });
      const attribute = '/sys/kernel/mm/transparent_hugepage/enabled';
      if (existsSync(attribute)) expect(await failure(attribute)).toMatchObject({ code: 'SOURCE_NOT_A_FILE' });
    },
  );

  test.skipIf(IS_ROOT)('a file that may not be read', async () => {
    const path = fileWith('1');
    chmodSync(path, 0);
    expect(await failure(path)).toMatchObject({ code: 'SOURCE_NOT_READABLE', file: path });
  });

  test('a symbolic link to a file is that file; one that leads nowhere is missing', async () => {
    const link = join(scratch(), 'link');
    symlinkSync(fileWith('[7]'), link);
    expect(await target.store.import(link, { collection: 'other' })).toMatchObject({ records: { stored: 1 } });
    before = await target.state();
    const lost = join(scratch(), 'lost');
    symlinkSync(join(scratch(), 'none'), lost);
    expect(await failure(lost)).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  test('one bad source among good ones', async () => {
    const error = await errorOf(target.store.import([fileWith('1'), fileWith(''), fileWith('2')]));
    expect(error).toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(await target.state()).toEqual(before);
  });
});

describe('sources that are not right', () => {
  test.each<[string, string | Uint8Array, Record<string, unknown>, ImportOptions?]>([
    ['empty', '', { code: 'SOURCE_EMPTY' }],
    ['blanks only', ' \n\t', { code: 'SOURCE_EMPTY' }],
    ['CSV', 'a,b\n1,2\n', { code: 'SOURCE_NOT_JSON', offset: 0 }],
    ['UTF-16', Buffer.from('\ufeff[1]', 'utf16le'), { code: 'SOURCE_UTF16', offset: 0 }],
    ['a truncated array', '[{"id":1},\n{"id":2}', { code: 'SOURCE_TRUNCATED', offset: 19, line: 2, record: 1 }],
    ['an array truncated after a comma', '[{"id":1},', { code: 'SOURCE_TRUNCATED', offset: 10, record: 1 }],
    ['an array truncated in a record', '[{"id":1},{"id":"x', { code: 'SOURCE_TRUNCATED', offset: 18, record: 1 }],
    [
      'a truncated object',
      '{"a":{"id":1},"b":{"id":2}',
      { code: 'SOURCE_TRUNCATED', offset: 26, record: 1 },
      { key: 'id' },
    ],
    ['a truncated line', '{"id":1}\n{"id":2', { code: 'BAD_RECORD', offset: 16, line: 2, reason: 'UNEXPECTED_END' }],
    ['bytes behind an array', '[{"id":1}]\n]', { code: 'SOURCE_TRAILING_BYTES', offset: 11 }],
    [
      'bytes behind an object',
      '{"a":{"id":1},"b":{"id":2}} x',
      { code: 'SOURCE_TRAILING_BYTES', offset: 28 },
      { shape: 'object' },
    ],
    [
      'a bad record',
      '[{"id":1},{"id":+2}]',
      {
        code: 'BAD_RECORD',
        offset: 16,
        line: 1,
        record: 1,
        reason: 'UNEXPECTED_CHARACTER',
        snippet: '[{"id":1},{"id":+2}]',
      },
    ],
    [
      'control characters in a record',
      '{"id":"\u001b[31m"}',
      { code: 'BAD_RECORD', offset: 7, reason: 'CONTROL_CHARACTER', snippet: '{"id":"\\u001b[31m"}' },
    ],
    [
      'a record over the limit',
      '[{"id":1},{"id":"xxxxxxxxxx"}]',
      { code: 'RECORD_TOO_LARGE', offset: 10, record: 1 },
      { recordBytesMax: 12 },
    ],
    [
      'a key path that matches nothing',
      '[{"ID":1}]',
      { code: 'BAD_RECORD', offset: 1, record: 0, reason: 'KEY_MISSING' },
    ],
    [
      'a key path that matches nothing, skipped',
      '[{"ID":1}]',
      { code: 'TOO_MANY_BAD_RECORDS', reason: 'KEY_MISSING' },
      { onBadRecord: 'skip' },
    ],
    ['nothing at --select', '{"a":{"b":1}}', { code: 'SELECT_NOT_FOUND' }, { select: '/a/c' }],
    ['a number at --select', '{"a":{"b":1}}', { code: 'SELECT_NOT_CONTAINER', offset: 10 }, { select: '/a/b' }],
    ['a repeated key', '{"id":1}\n{"id":1.0}', { code: 'DUPLICATE_KEY', record: 1 }, { onDuplicate: 'error' }],
  ])('%s', async (_, content, facts, options = {}) => {
    const path = fileWith(content);
    const error = await failure(path, { key: 'id', ...options });
    expect(error).toMatchObject({ file: path, ...facts });
    expect(error.message).toContain(path);
    expect(error.message).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('sources that change under the import', () => {
  const records = `[${Array.from({ length: 2000 }, (_, i) => `{"id":${i}}`).join(',')}]`;

  test.each<[string, (path: string) => void]>([
    ['grows', (path) => appendFileSync(path, ' ')],
    ['shrinks', (path) => truncateSync(path, 5000)],
    ['becomes empty', (path) => truncateSync(path, 0)],
    ['is written again', (path) => writeFileSync(path, records.replace('1', '2'))],
    ['is touched', (path) => utimesSync(path, 1, 1)],
    ['is replaced', (path) => renameSync(fileWith(records), path)],
    ['is removed', (path) => rmSync(path)],
  ])('it %s', async (_, change) => {
    for (const at of ['scan', 'merge', 'publish']) {
      for (const access of ['read', 'mmap'] as const) {
        const path = fileWith(records);
        const onProgress = ({ stage }: { stage: string }) => {
          if (stage === at && existsSync(path)) change(path);
        };
        const error = await failure(path, { key: 'id', access, spanBytes: 4000, onProgress });
        expect(error, `${at} ${access}`).toMatchObject({ code: 'SOURCE_CHANGED', file: path });
      }
    }
  });
});

describe('hostile megabytes', () => {
  const BYTES = 64 * MIB;
  /** Far above what an import takes by itself, and far below what a copy or two of the source would. */
  const SECONDS = 10;

  async function within(content: Uint8Array, options: ImportOptions = {}): Promise<Record<string, unknown>> {
    const path = fileWith(content);
    const began = performance.now();
    const error = await failure(path, options);
    expect((performance.now() - began) / 1000).toBeLessThan(SECONDS);
    rmSync(path);
    return error;
  }
  const filled = (beginning: string, unit: string, end = '') =>
    Buffer.concat([Buffer.from(beginning), Buffer.alloc(BYTES, unit), Buffer.from(end)]);

  test('nothing but blanks', async () => {
    expect(await within(filled('', ' \n'))).toMatchObject({ code: 'SOURCE_EMPTY' });
  });

  test('blanks before, between and behind records are no matter', async () => {
    const blanks = ' '.repeat(24 * MIB);
    const path = fileWith(`${blanks}[1,${blanks}2${blanks}]`);
    const report = await target.store.import(path, { collection: 'other' });
    expect(report).toMatchObject({ records: { stored: 2 } });
    expect(report.peakAnonBytes).toBeLessThan(500 * MIB);
    rmSync(path);
  });

  test('nothing but [', async () => {
    expect(await within(filled('', '['))).toMatchObject({ code: 'SOURCE_TRUNCATED', offset: BYTES });
    expect(await within(filled('', '['), { recordBytesMax: MIB })).toMatchObject({
      code: 'RECORD_TOO_LARGE',
      offset: 1,
    });
    expect(await within(filled('', '['), { shape: 'ndjson' })).toMatchObject({
      code: 'BAD_RECORD',
      reason: 'TOO_DEEP',
      offset: 1024,
    });
  });

  test('nothing but {"a":', async () => {
    expect(await within(filled('', '{"a":'))).toMatchObject({ code: 'SOURCE_TRUNCATED', offset: BYTES });
  });

  test('nothing but \\, in a string and bare', async () => {
    expect(await within(filled('', '\\'))).toMatchObject({ code: 'SOURCE_NOT_JSON', offset: 0 });
    expect(await within(filled('["', '\\'))).toMatchObject({ code: 'SOURCE_TRUNCATED', offset: BYTES + 2 });
    expect(await within(filled('[', '\\', ']'))).toMatchObject({ code: 'BAD_RECORD', offset: 1 });
  });

  test('nothing but "', async () => {
    expect(await within(filled('[', '"'))).toMatchObject({ code: 'SOURCE_TRUNCATED' });
    expect(await within(filled('', '"', '\n'), { shape: 'ndjson' })).toMatchObject({ code: 'BAD_RECORD', offset: 2 });
  });

  test('a bracket too many at byte 0: the whole file is one record that is never closed', async () => {
    const records = filled('[[', '{"id":12345678,"name":"something"},', '0]');
    expect(await within(records)).toMatchObject({ code: 'SOURCE_TRUNCATED', offset: records.byteLength, record: 0 });
    const error = await within(records, { recordBytesMax: 8 * MIB });
    expect(error).toMatchObject({ code: 'RECORD_TOO_LARGE', offset: 1, line: 1, record: 0 });
  });

  test('one record of all of it is stored, once the limit allows it', async () => {
    const path = fileWith(filled('[{"text":"', 'some text ', '"}]'));
    const report = await target.store.import(path, {
      collection: 'other',
      recordBytesMax: 80 * MIB,
      spanBytes: 4 * MIB,
    });
    expect(report).toMatchObject({ records: { read: 1, stored: 1 }, shards: 1 });
    expect(target.store.collection('other').getTextSync(0)).toHaveLength(BYTES + 11);
    rmSync(path);
  });
});

const MOUNT = ['-m', 'sh', '-c'];
const CAN_MOUNT = IS_ROOT && spawnSync('unshare', [...MOUNT, 'mount -t tmpfs -o size=64k none /mnt'], {}).status === 0;

describe('the store', () => {
  test('at a path that is a file, or holds other files', async () => {
    const { openStore } = await import('../dist/src/index.js');
    expect(await errorOf(openStore(fileWith('x')))).toMatchObject({ code: 'STORE_NOT_A_STORE' });
    const directory = scratch();
    mkdirSync(join(directory, 'music'));
    expect(await errorOf(openStore(directory))).toMatchObject({ code: 'STORE_NOT_A_STORE' });
  });

  // Skipped, visibly, where one may not mount: a file system of its own is what it takes to fill one.
  test.skipIf(!CAN_MOUNT).each([
    ['shards', 8 * MIB, 24 * MIB, {}],
    ['runs and pages', 8 * MIB, 24 * MIB, { key: 'id', indexes: ['name', 'country', 'population'], level: 19 }],
    ['anything at all', 360 * 1024, 1000, {}],
  ])('on a disk with no room for %s', (_, diskBytes, sourceBytes, options) => {
    const directory = scratch();
    const script = join(directory, 'fill.mjs');
    writeFileSync(
      script,
      `import { readdirSync } from 'node:fs';
       import { writeDataset } from '${resolve('dist/datasets/index.js')}';
       import { openStore } from '${resolve('dist/src/index.js')}';
       const [disk, memory] = process.argv.slice(2);
       const store = await openStore(disk + '/store');
       writeDataset(memory + '/first.json', { name: 'flat', bytes: 10 });
       if (${diskBytes} > 1e6) await store.import(memory + '/first.json', { key: 'id' });
       const told = () => JSON.stringify([store.stat().generation, store.collections(), readdirSync(disk + '/store', { recursive: true }).sort()]);
       const before = told();
       writeDataset(memory + '/flat.json', { name: 'flat', bytes: ${sourceBytes}, form: 'array' });
       const error = await store.import(memory + '/flat.json', { workers: 2, ...${JSON.stringify(options)} }).catch((error) => error);
       console.log(JSON.stringify({ code: error.code, message: error.message, isSame: told() === before, left: told() }));
       await store.close();`,
    );
    const disk = join(directory, 'disk');
    mkdirSync(disk);
    const command = `mount -t tmpfs -o size=${diskBytes} none ${disk} && "${process.execPath}" ${script} ${disk} ${directory}`;
    const { stdout, stderr } = spawnSync('unshare', [...MOUNT, command], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ code: 'DISK_FULL', isSame: true });
  });
});
