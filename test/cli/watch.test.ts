// Goal: `gristmill watch` can be left alone: it follows its sources while others read, says what it does, and ends when it is
// told to. Method: real processes, one that watches and one that reads; the test changes files and looks at what they print.
// @node all: signals, and how a process ends

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gristmill, parseLines, scratch, start } from '../support/cli.js';
import { serve, serveWell } from '../support/remote-server.js';
import { until } from '../support/until.js';

const QUICK = ['--stability-ms', '50ms', '--max-wait-ms', '200ms', '--workers', '1'];

function place(files: Readonly<Record<string, string>>) {
  const path = scratch();
  const folder = join(path, 'folder');
  mkdirSync(folder);
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return { folder, write, store: join(path, 'store') };
}

/** What a process has printed so far. */
function stdoutOf(child: ChildProcess): () => string {
  let text = '';
  child.stdout!.on('data', (chunk: string | Buffer) => {
    text += chunk;
  });
  return () => text;
}

/** Starts `gristmill watch`, and waits until it watches. */
async function watch(...args: readonly string[]) {
  const running = start(['watch', ...args, ...QUICK]);
  const stdout = stdoutOf(running.child);
  await until(() => stdout().includes('watching') || running.child.exitCode !== null);
  return { ...running, stdout };
}

/** Runs a script of support/. */
function script(name: string, ...args: readonly string[]) {
  const path = fileURLToPath(new URL(`../support/${name}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, stdout: stdoutOf(child) };
}

describe('gristmill watch', () => {
  test('follows a folder while another process reads; SIGINT ends it cleanly', async () => {
    const { folder, write, store } = place({ 'a.json': '{"version":0}', 'b.json': '{"b":1}' });
    const watching = await watch(folder, '--store', store, '--json');
    const reading = script('watch-reader.mjs', store, 'a.json');
    await until(() => reading.stdout() === '0\n');
    for (const version of [1, 2, 3]) {
      write('a.json', `{"version":${version}}`);
      if (version === 2) rmSync(join(folder, 'b.json'));
      await until(() => reading.stdout().endsWith(`${version}\n`));
    }
    write('a.json', '{"version":4,"isLast":true}');
    const [code] = await once(reading.child, 'exit');
    expect({ code, seen: reading.stdout() }).toEqual({ code: 0, seen: '0\n1\n2\n3\n4\n' });

    watching.child.kill('SIGINT');
    const ended = await watching.ended;
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: expect.stringMatching(/^gristmill: stopping/) });
    const told = parseLines(ended.stdout) as { event: string; time: string; removed: number; bytes: number }[];
    expect(told.find(({ event }) => event === 'watching')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      event: 'watching',
      collection: 'records',
      sources: [folder],
      polls: false,
    });
    const rounds = told.filter(({ event }) => event === 'watch');
    expect(rounds[0]).toMatchObject({ outcome: 'imported', added: 2, changed: 0, removed: 0, bytes: 20 });
    expect(rounds.reduce((sum, { removed }) => sum + removed, 0)).toBe(1);
    expect(existsSync(join(store, 'tmp'))).toBe(false);
    expect((await gristmill('verify', '--store', store)).code).toBe(0);
    expect((await gristmill('get', 'b.json', '--store', store)).code).toBe(1);
  });

  test('prints a line for each round; a bad version is told, and what was there stays', async () => {
    const { folder, write, store } = place({ 'log.ndjson': '{"id":1}\n' });
    const { child, stdout, ended } = await watch(join(folder, 'log.ndjson'), '--store', store, '--key', 'id');
    write('log.ndjson', '{"id":2,"x":"\u001b[31m"}\n');
    await until(() => stdout().includes('refused'));
    expect((await gristmill('get', '1', '--store', store)).stdout).toBe('{"id":1}\n');
    write('log.ndjson', '{"id":2}\n');
    await until(() => stdout().split(' imported: ').length === 3);
    expect((await gristmill('get', '2', '--store', store)).stdout).toBe('{"id":2}\n');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    const lines = stdout()
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\S+ /, ''));
    expect(lines.toSorted()).toEqual([
      expect.stringMatching(
        /^imported: files 0 changed, 1 added, 0 removed; records 1 imported, 0 replaced, 0 removed, 0 rejected; 9 B read in /,
      ),
      expect.stringMatching(
        /^imported: files 1 changed, 0 added, 0 removed; records 1 imported, 0 replaced, 1 removed, 0 rejected; 9 B read in /,
      ),
      expect.stringMatching(/^refused: BAD_RECORD: .*log\.ndjson, byte .*; the stored records stay$/),
      expect.stringMatching(/^watching .*log\.ndjson for records, notified of changes$/),
    ]);
    expect(stdout()).not.toContain('\u001b');
  });

  test('a remote source that does not answer: Ctrl-C ends it at once, and leaves no store', async () => {
    const { store } = place({});
    const { url, requests } = await serve(() => {});
    const { child, ended } = start(['watch', url, '--store', store, ...QUICK]);
    await until(() => requests.length > 0);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, signal: null });
    expect((await gristmill('get', '1', '--store', store)).code).toBe(4);
  });

  test('a remote source that cannot be reached is told, and imported when it can be', async () => {
    const { store } = place({});
    let isThere = true;
    let version = 1;
    const { url } = await serve((request, response) => {
      if (!isThere) return void response.writeHead(400).end();
      serveWell(request, response, { bytes: Buffer.from(`{"id":1,"v":${version}}\n`), etag: `"${version}"` });
    });
    const { child, ended, stdout } = await watch(url, '--store', store, '--key', 'id', '--remote-poll-ms', '50ms');
    isThere = false;
    await until(() => stdout().includes('refused: SOURCE_UNREACHABLE'));
    version = 2;
    isThere = true;
    await until(() => stdout().includes('imported: files 1 changed'));
    expect((await gristmill('get', '1', '--store', store)).stdout).toBe('{"id":1,"v":2}\n');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(stdout()).toContain(`watching ${url} for records, by polling`);
  });

  test('ends when nobody reads what it prints', async () => {
    const { folder, write, store } = place({ 'a.json': '{"v":1}' });
    const { child, ended, stdout } = await watch(folder, '--store', store);
    await until(() => stdout().includes('imported'));
    child.stdout!.destroy();
    write('a.json', '{"v":2}');
    expect((await ended).code).toBe(0);
    expect((await gristmill('get', 'a.json', '--store', store)).stdout).toBe('{"v":2}\n');
  });

  test.each<[string, number, RegExp, (folder: string) => string[]]>([
    ['a source that is not there', 3, /SOURCE_NOT_FOUND/, (folder) => [join(folder, 'none')]],
    ['a poll that there is not', 2, /--poll must be one of auto, always, never/, (folder) => [folder, '--poll', 'on']],
    ['a time that is none', 2, /--stability-ms must be a time/, (folder) => [folder, '--stability-ms', 'soon']],
    [
      'an option of imports that makes no sense',
      2,
      /unknown option '--mode'/,
      (folder) => [folder, '--mode', 'insert'],
    ],
  ])('%s is exit code %i, and leaves no store behind', async (_what, exit, message, args) => {
    const { folder, store } = place({ 'a.json': '{"v":1}' });
    const { code, stderr } = await gristmill('watch', ...args(folder), '--store', store);
    expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(message) });
    expect(existsSync(store)).toBe(false);
  });
});

describe('store.watch', () => {
  test('keeps no process alive', async () => {
    const { folder, store } = place({ 'a.json': '{"v":1}' });
    const { child, stdout } = script('watch-and-end.mjs', store, folder);
    const [code] = await once(child, 'exit');
    expect({ code, stdout: stdout() }).toEqual({ code: 0, stdout: 'watching\n' });
  });
});
