// Goal: put, patch and delete change exactly what they were told, in one transaction or not at all, and end with the
// documented exit codes. Method: real processes on a store of each test's own, read back by the command line.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { CLI, gristmill, scratch } from '../support/cli.js';

let folder: string;
let store: string;

const run = (command: string, ...args: readonly string[]) => gristmill(command, ...args, '--store', store);
const stored = async (): Promise<string> => (await run('export')).stdout;
const piped = (input: string | Buffer, ...args: readonly string[]) =>
  spawnSync(process.execPath, [CLI, ...args, '--store', store], { input, encoding: 'utf8' });

/** Made once; each test has a copy. */
const first = temporaryDirectory();

beforeAll(() => {
  const records = ['{"id":1,"n":1.50}', '{"id":"1","tag":["a","a"]}'];
  const args = ['put', ...records, '--key', 'id', '--index', 'tag', '--store', join(first.path, 'store')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '2 put into records\n', stderr: '' });
});
afterAll(first.remove);
beforeEach(() => {
  folder = scratch();
  store = join(folder, 'store');
  cpSync(join(first.path, 'store'), store, { recursive: true });
});

describe('gristmill put', () => {
  test('stores records as spelled, in place of those with their keys', async () => {
    expect(await run('put', ' {"id": 1.0, "big": 123456789012345678901} ', '--json')).toMatchObject({
      code: 0,
      stdout: '{"collection":"records","put":1}\n',
    });
    expect(await stored()).toBe('{"id":"1","tag":["a","a"]}\n{"id":1.0,"big":123456789012345678901}\n');
    expect((await run('get', 'a', '--index', 'tag')).stdout).toBe('{"id":"1","tag":["a","a"]}\n');
  });

  test('reads them from stdin and from a file, as values one after another', async () => {
    expect(piped('{"id":2}\n\n{"id":3} {"id":4}', 'put')).toMatchObject({ status: 0, stdout: '3 put into records\n' });
    writeFileSync(join(folder, 'new.json'), '{\n  "id": 5\n}\n');
    expect(await run('put', '--file', join(folder, 'new.json'))).toMatchObject({ code: 0 });
    expect((await run('get', '2', '3', '4', '5')).stdout).toBe('{"id":2}\n{"id":3}\n{"id":4}\n{"id":5}\n');
    expect(piped('', 'put')).toMatchObject({ status: 0, stdout: '0 put into records\n' });
  });

  test('puts all of them or none', async () => {
    const before = await stored();
    expect(await run('put', '{"id":2}', '{"n":3}')).toMatchObject({ code: 3, stdout: '' });
    const broken = piped('{"id":2}\n{"id":3,}\n', 'put', '--json');
    expect(broken.status).toBe(3);
    expect(JSON.parse(broken.stderr)).toMatchObject({ code: 'BAD_RECORD', record: 1, offset: 17 });
    expect(piped(Buffer.of(0x22, 0xff, 0x22), 'put')).toMatchObject({ status: 3, stdout: '' });
    expect(await stored()).toBe(before);
  });

  test('needs a name where names are the keys, and only there', async () => {
    writeFileSync(join(folder, 'names.json'), '{"ada":{"n":1},"bob":{"n":2}}');
    await run('import', join(folder, 'names.json'), '--collection', 'names', '--layout', 'object');
    const names = ['--collection', 'names'];
    expect(await run('put', '{"n":3}', '--name', 'ada', ...names)).toMatchObject({ code: 0 });
    expect((await run('get', 'ada', 'bob', ...names)).stdout).toBe('{"n":3}\n{"n":2}\n');
    for (const args of [
      ['{"n":3}', ...names],
      ['{"id":3}', '--name', 'x'],
      ['1', '2', '--name', 'x', ...names],
    ]) {
      expect(await run('put', ...args)).toMatchObject({ code: 2, stdout: '' });
    }
  });

  test('makes no collection and no store unless it is told the key or an index', async () => {
    expect(await run('put', '1', '--collection', 'none')).toMatchObject({ code: 4 });
    expect(await run('put', '{"id":1}', '--key', 'other')).toMatchObject({ code: 4, stderr: /COLLECTION_MISMATCH/ });
    expect(await run('put', '{"id":1}', '--key', 'id')).toMatchObject({ code: 0 });
    store = join(folder, 'another');
    expect(await run('put', '1')).toMatchObject({ code: 4 });
    expect(await run('put', '{}', '--key', 'id')).toMatchObject({ code: 3 });
    expect(existsSync(store)).toBe(false);
    expect(await run('put', '--file', join(folder, 'none'), '--key', 'id')).toMatchObject({ code: 3 });
    expect(await run('put', '1', '--file', 'f')).toMatchObject({ code: 2 });
  });
});

describe('gristmill patch', () => {
  test('changes members, and keeps the rest and its own tokens as spelled', async () => {
    expect(await run('patch', '1', '{"m": 1e400, "tag": ["b"]}')).toMatchObject({
      code: 0,
      stdout: '1 patched in records\n',
    });
    expect((await run('get', 'b', '--index', 'tag')).stdout).toBe('{"id":1,"n":1.50,"m":1e400,"tag":["b"]}\n');
    expect(await run('patch', '1', '{"n":null,"m":null}', '--string', '--json')).toMatchObject({
      code: 0,
      stdout: '{"collection":"records","patched":1}\n',
    });
  });

  test('of a key without a record is exit code 1; of no JSON, or taking the key away, 3', async () => {
    const before = await stored();
    const { code, stderr } = await run('patch', '7', '{}');
    expect(code).toBe(1);
    expect(stderr).toContain('no record in records has the key 7');
    expect(await run('patch', '1', '{"n":')).toMatchObject({ code: 3 });
    expect(await run('patch', '1', '{"id":null}')).toMatchObject({ code: 3 });
    expect(await stored()).toBe(before);
  });
});

describe('gristmill delete', () => {
  test('deletes records; a key without one is exit code 1', async () => {
    const { code, stdout, stderr } = await run('delete', '7', '1', '1', '--json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '{"collection":"records","deleted":1}\n' });
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { code: 'NOT_FOUND', key: '7' },
      { code: 'NOT_FOUND', key: '1' },
    ]);
    expect(await stored()).toBe('{"id":"1","tag":["a","a"]}\n');
    expect(await run('delete', '1', '--string')).toMatchObject({
      code: 0,
      stdout: '1 deleted from records\n',
      stderr: '',
    });
    expect(await stored()).toBe('');
  });

  test('of a collection or a store that is not there is exit code 4', async () => {
    expect(await run('delete', '1', '--collection', 'none')).toMatchObject({ code: 4 });
    store = join(folder, 'none');
    expect(await run('delete', '1')).toMatchObject({ code: 4 });
    expect(existsSync(store)).toBe(false);
  });
});
