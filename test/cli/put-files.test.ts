// Goal: put and patch read files and stdin as import does: the same bytes are accepted, and refused with the same code.
// Method: the same file given to import and to put as real processes; pipes, and a file that another user may not read.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI, gristmill, scratch } from '../support/cli.js';

const MARK = '\ufeff';
const isRoot = process.getuid?.() === 0;
let folder: string;
let store: string;

const run = (command: string, ...args: readonly string[]) => gristmill(command, ...args, '--store', store);
const piped = (input: string | Buffer, ...args: readonly string[]) =>
  spawnSync(process.execPath, [CLI, ...args, '--store', store], { input, encoding: 'utf8' });
const get = async (...keys: readonly string[]): Promise<string> => (await run('get', ...keys)).stdout;

function write(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

beforeEach(async () => {
  folder = scratch();
  store = join(folder, 'store');
  expect(await run('put', '{"id":1,"n":1}', '--key', 'id')).toMatchObject({ code: 0 });
});

describe('a byte order mark', () => {
  test('is skipped in a file, in stdin, in an argument, of put and of patch', async () => {
    expect(await run('put', '--file', write('a.json', `${MARK}{"id":2}`))).toMatchObject({ code: 0 });
    expect(piped(`${MARK}{"id":3}\n{"id":4}`, 'put')).toMatchObject({ status: 0 });
    expect(await run('put', `${MARK}{"id":5}`)).toMatchObject({ code: 0 });
    expect(await run('patch', '1', '--file', write('p.json', `${MARK}{"n":2}`))).toMatchObject({ code: 0 });
    expect(await run('patch', '2', `${MARK}{"n":3}`)).toMatchObject({ code: 0 });
    expect(await get('1', '2', '3', '4', '5')).toBe('{"id":1,"n":2}\n{"id":2,"n":3}\n{"id":3}\n{"id":4}\n{"id":5}\n');
  });

  test('counts in the place of a bad record', async () => {
    const { code, stderr } = await run('put', '--file', write('a.json', `${MARK}{"id":2}\n{"id":3,}`), '--json');
    expect(code).toBe(3);
    const place = { record: 1, offset: 3 + 17, line: 2, snippet: expect.stringContaining('{"id":3,}') };
    expect(JSON.parse(stderr)).toMatchObject({ code: 'BAD_RECORD', ...place });
  });

  test('is skipped in the texts of the library', async () => {
    const opened = await openStore(store, { config: false });
    await opened.collection().putText(`${MARK}{"id":2}`);
    await opened.collection().patchText(2, `${MARK}{"n":1e400}`);
    expect(await opened.collection().getText(2)).toBe('{"id":2,"n":1e400}');
    await expect(opened.collection().putText(`${MARK}${MARK}{"id":2}`)).rejects.toMatchObject({ code: 'BAD_RECORD' });
    await opened.close();
  });
});

test('a compressed file is decompressed, and a damaged one named', async () => {
  const path = join(folder, 'a.json.gz');
  writeFileSync(path, gzipSync('{"id":2}\n{"id":3}'));
  expect(await run('put', '--file', path)).toMatchObject({ code: 0 });
  expect(await get('2', '3')).toBe('{"id":2}\n{"id":3}\n');
  writeFileSync(path, gzipSync('{"id":4}').subarray(0, 12));
  expect(await run('put', '--file', path)).toMatchObject({ code: 3, stderr: expect.stringContaining(path) });
});

describe('what import refuses', () => {
  const wide = Buffer.from(`${MARK}{"id":2}`, 'utf16le');
  test.each<[string, string, () => string]>([
    ['SOURCE_UTF16', 'UTF-16 with a mark', () => write('a.json', wide)],
    ['SOURCE_UTF16', 'UTF-16 without one', () => write('a.json', wide.subarray(2))],
    ['SOURCE_UTF16', 'big-endian UTF-16', () => write('a.json', Buffer.from(wide).swap16())],
    ['SOURCE_NOT_FOUND', 'a file that is missing', () => join(folder, 'none.json')],
    ['SOURCE_NOT_FOUND', 'a path through a file', () => join(write('a.json', '1'), 'b.json')],
  ])('%s: %s', async (error, _what, file) => {
    const path = file();
    const imported = await run('import', path, '--json');
    const object = JSON.parse(imported.stderr);
    expect(object).toMatchObject({ code: error, exit: 3 });
    for (const words of [
      ['put', '--file', path],
      ['patch', '1', '--file', path],
    ]) {
      const { code, stderr } = await run(words[0]!, ...words.slice(1), '--json');
      expect(JSON.parse(stderr)).toEqual(object);
      expect(code).toBe(imported.code);
    }
    expect(await get('1')).toBe('{"id":1,"n":1}\n');
  });

  test('SOURCE_UTF16 in stdin', () => {
    for (const words of [['put'], ['put', '--file', '-'], ['patch', '1', '--file', '-']]) {
      const { status, stderr } = piped(wide, ...words);
      expect(stderr).toMatch(/^gristmill: SOURCE_UTF16: standard input looks like UTF-16/);
      expect(status).toBe(3);
    }
  });

  test('SOURCE_NOT_A_FILE: a folder', async () => {
    mkdirSync(join(folder, 'f'));
    for (const words of [['put'], ['patch', '1']]) {
      const { code, stderr } = await run(words[0]!, ...words.slice(1), '--file', join(folder, 'f'));
      expect(stderr).toMatch(/^gristmill: SOURCE_NOT_A_FILE: .* is a directory/);
      expect(code).toBe(3);
    }
    const stdin = spawnSync('bash', [
      '-c',
      '"$@" < "$0"',
      join(folder, 'f'),
      process.execPath,
      CLI,
      'put',
      '--store',
      store,
    ]);
    expect(String(stdin.stderr)).toMatch(/^gristmill: SOURCE_NOT_READABLE: standard input/);
    expect(stdin.status).toBe(3);
  });

  test.runIf(isRoot)('SOURCE_NOT_READABLE: a file without the right to read it', () => {
    const file = write('a.json', '{"id":2}');
    chmodSync(file, 0o600);
    chmodSync(folder, 0o755);
    const own = join(folder, 'own');
    mkdirSync(own, { mode: 0o777 });
    chmodSync(own, 0o777);
    const words = ['put', '--file', file, '--key', 'id', '--store', join(own, 'store')];
    const as = { uid: 65_534, gid: 65_534, encoding: 'utf8' } as const;
    const { status, stderr } = spawnSync(process.execPath, [CLI, ...words], as);
    expect(stderr).toMatch(/^gristmill: SOURCE_NOT_READABLE: .*EACCES/);
    expect(status).toBe(3);
  });
});

describe('--file -', () => {
  test('is stdin, of put and of patch', async () => {
    expect(piped('{"id":2} {"id":3}', 'put', '--file', '-')).toMatchObject({
      status: 0,
      stdout: '2 put into records\n',
    });
    expect(piped('{"n":1e400}', 'patch', '2', '--file', '-')).toMatchObject({ status: 0 });
    expect(await get('2', '3')).toBe('{"id":2,"n":1e400}\n{"id":3}\n');
  });

  test('a pipe is read like a file', async () => {
    const script = '"$@" --file <(printf \'{"id":2}\')';
    const words = ['bash', process.execPath, CLI, 'put', '--store', store];
    expect(spawnSync('bash', ['-c', script, ...words])).toMatchObject({ status: 0 });
    expect(await get('2')).toBe('{"id":2}\n');
  });

  test('a patch is one value, from one place', async () => {
    expect(piped('{} {}', 'patch', '1', '--file', '-')).toMatchObject({ status: 3 });
    expect(piped('', 'patch', '1', '--file', '-')).toMatchObject({ status: 3 });
    expect(await run('patch', '1')).toMatchObject({ code: 2 });
    expect(await run('patch', '1', '{}', '--file', '-')).toMatchObject({ code: 2 });
  });
});
