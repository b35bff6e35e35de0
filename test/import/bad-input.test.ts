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
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { openStore } from '../../dist/src/index.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, makeDirectory, scratch } from '../support/import-files.js';
import { openTestStore, type TestStore, testStore } from '../support/import-store.js';

const MIB = 1024 * 1024;
const IS_ROOT = process.getuid?.() === 0;

let directory: ReturnType<typeof makeDirectory>;
let target: TestStore;
let before: unknown;
beforeAll(async () => {
  directory = makeDirectory();
  target = await openTestStore(directory.path);
  const source = join(directory.path, 'old.json');
  writeFileSync(source, '{"id":1,"old":true}\n{"id":2,"old":true}\n');
  await target.store.import(source, { key: 'id' });
  before = await target.state();
});
afterAll(async () => {
  await target.store.close();
  directory.remove();
});

/** The error of an import, after which everything has to be as it was. */
async function failure(path: string, options: ImportOptions = {}): Promise<Record<string, unknown>> {
  const error = await errorOf(target.store.import(path, { workers: 1, ...options }));
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

  test('a folder without any file to import', async () => {
    const path = scratch();
    expect(await failure(path)).toMatchObject({ code: 'SOURCE_EMPTY', file: path });
  });

  test.skipIf(spawnSync('mkfifo', ['--version']).status !== 0)(
    'a FIFO: a writer is waited for, until the import is cancelled',
    async () => {
      const path = join(scratch(), 'fifo');
      execFileSync('mkfifo', [path]);
      expect(await failure(path, { signal: AbortSignal.timeout(20) })).toMatchObject({ code: 'CANCELLED' });
    },
  );

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
      { key: 'id', layout: 'object' },
    ],
    ['a truncated line', '{"id":1}\n{"id":2', { code: 'BAD_RECORD', offset: 16, line: 2, reason: 'UNEXPECTED_END' }],
    ['bytes behind an array', '[{"id":1}]\n]', { code: 'SOURCE_TRAILING_BYTES', offset: 11 }],
    [
      'bytes behind an object',
      '{"a":{"id":1},"b":{"id":2}} x',
      { code: 'SOURCE_TRAILING_BYTES', offset: 28 },
      { layout: 'object' },
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
    expect(error.message).not.toMatch(/\p{Cc}/u);
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
    for (const [at, access] of [
      ['scan', 'mmap'],
      ['scan', 'read'],
      ['merge', 'read'],
      ['publish', 'read'],
    ] as const) {
      const path = fileWith(records);
      const onProgress = ({ stage }: { stage: string }) => {
        if (stage === at && existsSync(path)) change(path);
      };
      const error = await failure(path, { key: 'id', access, spanBytes: 4000, onProgress });
      expect(error, `${at} ${access}`).toMatchObject({ code: 'SOURCE_CHANGED', file: path });
    }
  });
});

describe('hostile megabytes', () => {
  const BYTES = 16 * MIB;
  /** Far above what it takes, even on a slow machine, and far below what reading again and again would. */
  const SECONDS = 15;
  const FEWER = 4 * MIB;
  const filled = (beginning: string, unit: string, end = '', bytes = BYTES) =>
    Buffer.concat([Buffer.from(beginning), Buffer.alloc(bytes, unit), Buffer.from(end)]);

  const UNCLOSED = Buffer.from(`[[${'{"id":12345678,"name":"something"},'.repeat(250_000)}0]`);

  test.each<[string, () => Buffer, Record<string, unknown>, ImportOptions?]>([
    ['blanks', () => filled('', ' \n'), { code: 'SOURCE_EMPTY' }],
    ['[', () => filled('', '['), { code: 'BAD_RECORD', reason: 'TOO_DEEP', offset: 1025 }],
    [
      '[, with a limit',
      () => filled('', '[', '', FEWER),
      { code: 'RECORD_TOO_LARGE', offset: 1 },
      { recordBytesMax: MIB },
    ],
    ['[, as a line', () => filled('', '[', '', FEWER), { code: 'BAD_RECORD', offset: 1024 }, { layout: 'ndjson' }],
    ['{"a":', () => filled('', '{"a":'), { code: 'BAD_RECORD', reason: 'TOO_DEEP', offset: 5 * 1024 }],
    ['\\', () => filled('', '\\'), { code: 'SOURCE_NOT_JSON', offset: 0 }],
    ['\\ in a string', () => filled('["', '\\'), { code: 'SOURCE_TRUNCATED', offset: BYTES + 2 }],
    ['\\ in an array', () => filled('[', '\\', ']', FEWER), { code: 'BAD_RECORD', offset: 1 }],
    ['"', () => filled('[', '"'), { code: 'BAD_RECORD', offset: 3 }],
    ['" as a line', () => filled('', '"', '\n', FEWER), { code: 'BAD_RECORD', offset: 2 }, { layout: 'ndjson' }],
    ['records, in a bracket too many', () => UNCLOSED, { code: 'SOURCE_TRUNCATED', record: 0 }],
    [
      'records, in a bracket too many, with a limit',
      () => UNCLOSED,
      { code: 'RECORD_TOO_LARGE', offset: 1 },
      { recordBytesMax: 8 * MIB },
    ],
  ])('nothing but %s', async (_, content, facts, options) => {
    const path = fileWith(content());
    const began = performance.now();
    expect(await failure(path, options)).toMatchObject(facts);
    expect((performance.now() - began) / 1000).toBeLessThan(SECONDS);
  });

  test('blanks before, between and behind records are no matter', async () => {
    const { run } = await testStore();
    const blanks = ' '.repeat(12 * MIB);
    expect(await run(`${blanks}[1,${blanks}2${blanks}]`)).toMatchObject({ records: { stored: 2 } });
  });

  test('one record of all of it is stored, as the limit allows it', async () => {
    const { run, store } = await testStore();
    const report = await run(filled('[{"text":"', 'some text ', '"}]'), { spanBytes: 4 * MIB });
    expect(report).toMatchObject({ records: { read: 1, stored: 1 }, shards: 1 });
    expect(store.collection().getTextSync(0)).toHaveLength(BYTES + 11);
  });
});

describe('the store', () => {
  test('at a path that is a file, or holds other files', async () => {
    expect(await errorOf(openStore(fileWith('x')))).toMatchObject({ code: 'STORE_NOT_A_STORE' });
    const path = scratch();
    mkdirSync(join(path, 'music'));
    expect(await errorOf(openStore(path))).toMatchObject({ code: 'STORE_NOT_A_STORE' });
  });

  const script = fileURLToPath(new URL('../support/import-full-disk.mjs', import.meta.url));
  const inMountSpace = (command: string) => spawnSync('unshare', ['-m', 'sh', '-c', command], { encoding: 'utf8' });
  const canMount = IS_ROOT && inMountSpace('mount -t tmpfs -o size=64k none /mnt').status === 0;

  // Skipped, visibly, where one may not mount: a file system of its own is what it takes to fill one.
  test.skipIf(!canMount).each(['shards', 'pages', 'quarantine', 'anything'])(
    'on a disk with no room for %s',
    (what) => {
      const path = scratch();
      const disk = join(path, 'disk');
      mkdirSync(disk);
      const command = `mount -t tmpfs -o size=8m none ${disk} && "${process.execPath}" ${script} ${disk} ${path} ${what}`;
      const { stdout, stderr } = inMountSpace(command);
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ code: 'DISK_FULL', isSame: true });
    },
  );
});
