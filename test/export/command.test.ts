// Goal: `gristmill export` writes what its flags and the name of the file say, only its owner can read it, and what fails or is
// stopped leaves no file behind. Method: real processes on one store; a file size limit as a full disk; SIGINT in the middle.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { CLI, gristmill, scratch } from '../support/cli.js';
import { makeDirectory } from '../support/import-files.js';
import { until } from '../support/until.js';

const RECORDS = 4000;
const lineOf = (id: number) => `{"id":${id},"text":"${String(id).repeat(500)}"}\n`;
const TEXT = Array.from({ length: RECORDS }, (_, id) => lineOf(id)).join('');
const directory = makeDirectory();
const STORE = join(directory.path, 'store');

beforeAll(async () => {
  const source = join(directory.path, 'source.ndjson');
  writeFileSync(source, TEXT);
  const store = await openStore(STORE, { create: true });
  await store.import(source, { key: 'id' });
  await store.close();
});
afterAll(() => directory.remove());

const run = (...args: readonly string[]) => gristmill('export', '--store', STORE, ...args);
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('gristmill export', () => {
  test('the name of the file says form and codec, unless flags do', async () => {
    const folder = scratch();
    const lines = join(folder, 'few.ndjson.gz');
    expect(await run('--lt', '3', '--out', lines)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(gunzipSync(readFileSync(lines)).toString()).toBe([0, 1, 2].map(lineOf).join(''));
    const csv = join(folder, 'few.csv');
    expect(await run('--lt', '3', '--columns', 'id', '--out', csv)).toMatchObject({ code: 0 });
    expect(parse(readFileSync(csv))).toEqual([['id'], ['0'], ['1'], ['2']]);
    const array = join(folder, 'x.csv');
    expect(await run('--lt', '2', '--format', 'array', '--pretty', '--out', array)).toMatchObject({ code: 0 });
    const values = [0, 1].map((id) => JSON.parse(lineOf(id)));
    expect(readFileSync(array, 'utf8')).toBe(`${JSON.stringify(values, undefined, 2)}\n`);
    for (const name of readdirSync(folder)) expect(modeOf(join(folder, name))).toBe(0o600);
  });

  test('keys come from a file; one without a record is told, and is exit code 1', async () => {
    const keys = join(scratch(), 'keys');
    writeFileSync(keys, '2\n0\r\n');
    expect(await run('--keys-from', keys)).toMatchObject({ code: 0, stdout: lineOf(2) + lineOf(0) });
    expect(await run('--keys-from', keys, '--order', 'source')).toMatchObject({ stdout: lineOf(0) + lineOf(2) });
    writeFileSync(keys, '2\n-7\n');
    const { code, stdout, stderr } = await run('--keys-from', keys);
    expect({ code, stdout }).toEqual({ code: 1, stdout: lineOf(2) });
    expect(stderr).toContain('1 of 2 keys have no record');
  });

  test('a file for each record, which only the owner can read', async () => {
    const out = join(scratch(), 'files');
    const ended = await run('--lt', '20', '--format', 'files', '--out', out, '--name', '{hash:1}/{key}.json');
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    const files = readdirSync(out, { recursive: true, withFileTypes: true });
    for (const entry of files) {
      expect(modeOf(join(entry.parentPath, entry.name))).toBe(entry.isDirectory() ? 0o700 : 0o600);
    }
    const names = files.filter((entry) => entry.isFile()).map(({ name }) => name);
    expect(names.toSorted()).toEqual(Array.from({ length: 20 }, (_, id) => `${id}.json`).toSorted());
  });

  test('wrong flags are exit code 2, and name flags', async () => {
    const out = join(scratch(), 'files');
    for (const args of [
      ['--pretty'],
      ['--single-frame'],
      ['--level', '3'],
      ['--format', 'files'],
      ['--format', 'files', '--out', out, '--compress', 'gz'],
      ['--format', 'files', '--out', out, '--name', '../{key}'],
      ['--name', '{key}'],
    ]) {
      const { code, stderr } = await run(...args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).not.toMatch(/\boption [a-z]/);
    }
  });

  test('without room for the file, it is exit code 5 and nothing is left', () => {
    const folder = scratch();
    // Blocks of 1,024 bytes: more than the index has, and less than the text.
    const script = 'ulimit -f 2048; exec "$@"';
    const args = ['export', '--store', STORE, '--out', join(folder, 'all.ndjson')];
    const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, CLI, ...args], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([5, expect.stringContaining('DISK_FULL')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('Ctrl-C ends it, and nothing is left', async () => {
    const folder = scratch();
    const out = join(folder, 'all.ndjson.br');
    const args = [CLI, 'export', '--store', STORE, '--level', '11', '--out', out];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    const exit = once(child, 'exit');
    await until(() => readdirSync(folder).length > 0);
    child.kill('SIGINT');
    expect(await exit).toEqual([130, null]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
