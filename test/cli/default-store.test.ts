// Goal: a command without --store uses the store in the user's data directory, which is made private, with private parents,
// and says so once.
// Method: commands with homes and XDG_DATA_HOME of the test's own; what is on disk; a process that takes itself for one of
// another system.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { gristmillIn, ROOT, scratch } from '../support/cli.js';

const IMPORT = ['import', 'a.json', '--key', 'id', '--quiet', '--workers', '1'];
/** Below the home. */
const DEFAULT = '.local/share/gristmill/default';

let home: string;
let folder: string;
const run = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  gristmillIn(folder, words, { HOME: home, XDG_DATA_HOME: '', GRISTMILL_STORE: '', ...env });

beforeEach(() => {
  home = scratch();
  folder = scratch();
  writeFileSync(join(folder, 'a.json'), '[{"id":1}]');
});

describe.skipIf(process.platform !== 'linux')('the default store (on Linux)', () => {
  test('is made by an import, which says so; later commands use it silently', async () => {
    const store = join(home, DEFAULT);
    const first = await run(IMPORT);
    expect(first.stderr).toBe(`gristmill: made the default store, which commands without --store use: ${store}\n`);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(store) });
    for (const words of [
      ['get', '1'],
      ['put', '{"id":2}'],
      ['stat'],
      ['repair', '--quiet', '--workers', '1'],
      IMPORT,
    ]) {
      expect(await run(words)).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await run(['get', '1', '--store', store])).toMatchObject({ code: 0, stdout: '{"id":1}\n' });
  });

  test('and all directories that were missing above it are private', async () => {
    expect(await run(IMPORT)).toMatchObject({ code: 0 });
    const names = readdirSync(home, { recursive: true, encoding: 'utf8' });
    expect(names).toContain('.local/share');
    for (const name of names) expect(statSync(join(home, name)).mode & 0o077).toBe(0);
  });

  test('leaves directories that exist as they are', async () => {
    mkdirSync(join(home, '.local/share'), { recursive: true });
    chmodSync(join(home, '.local/share'), 0o755);
    expect(await run(IMPORT)).toMatchObject({ code: 0 });
    expect(statSync(join(home, '.local/share')).mode & 0o777).toBe(0o755);
  });

  test.each([
    ['get', '1'],
    ['stat'],
    ['export'],
    ['delete', '1'],
    ['put', '{"id":1}'],
    ['compact'],
    ['backup', 'copy'],
    ['repair'],
    ['verify'],
  ])('is not made by %s: the error is that of a missing store', async (...words) => {
    const { code, stderr } = await run(words);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^gristmill: STORE_NOT_FOUND: there is no store at .*\.local\/share\/gristmill\/default: /);
    expect(readdirSync(home)).toEqual([]);
  });

  test('is in XDG_DATA_HOME; a relative one is ignored', async () => {
    const data = join(scratch(), 'data');
    expect(await run(IMPORT, { XDG_DATA_HOME: data })).toMatchObject({ code: 0 });
    expect(existsSync(join(data, 'gristmill/default/index'))).toBe(true);
    expect(readdirSync(home)).toEqual([]);
    expect(await run(IMPORT, { XDG_DATA_HOME: 'data' })).toMatchObject({ code: 0 });
    expect(existsSync(join(home, DEFAULT, 'index'))).toBe(true);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  test('gives way to GRISTMILL_STORE and to --store', async () => {
    expect(await run(IMPORT, { GRISTMILL_STORE: 'named' })).toMatchObject({ code: 0, stderr: '' });
    expect(await run([...IMPORT, '--store', 'given'], { GRISTMILL_STORE: 'named' })).toMatchObject({ stderr: '' });
    expect(readdirSync(folder).sort()).toEqual(['a.json', 'given', 'named']);
    expect(readdirSync(home)).toEqual([]);
  });

  test('is not made where other users can change what it would be made in', async () => {
    chmodSync(home, 0o777);
    const { code, stderr } = await run(IMPORT);
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /STORE_NOT_TRUSTED: the default store .* can be written by other users: name a store with --store/,
    );
    expect(readdirSync(home)).toEqual([]);
  });

  test('is removed again by a first import that fails; the next one says again that it made it', async () => {
    writeFileSync(join(folder, 'bad.json'), '[{"id":');
    expect(await run(['import', 'bad.json', '--quiet'])).toMatchObject({ code: 3 });
    expect(existsSync(join(home, DEFAULT))).toBe(false);
    expect(await run(IMPORT)).toMatchObject({ code: 0, stderr: expect.stringContaining('made the default store') });
  });

  test('is named by the help of commands, but not by that of one that needs no store', async () => {
    expect((await run(['import', '--help'])).stdout.replaceAll(/\s+/g, ' ')).toContain(
      `(default: the variable GRISTMILL_STORE, else ~/${DEFAULT})`,
    );
    expect((await run(['config', '--help'])).stdout).not.toContain('default store');
  });
});

test('a user without a home directory has none', async () => {
  const { code, stderr } = await run(['stat'], { HOME: '', USERPROFILE: '', LOCALAPPDATA: '' });
  expect(stderr).toMatch(/^gristmill: USAGE: required option '--store <dir>' not specified.*GRISTMILL_STORE/);
  expect(code).toBe(2);
});

test.each([
  ['darwin', {}, '/home/a/Library/Application Support/gristmill/default'],
  ['darwin', { XDG_DATA_HOME: '/data' }, '/data/gristmill/default'],
  ['win32', { XDG_DATA_HOME: '/data', LOCALAPPDATA: '/local' }, '/local/gristmill/default'],
  ['win32', {}, '/home/a/AppData/Local/gristmill/default'],
  ['freebsd', {}, '/home/a/.local/share/gristmill/default'],
])('on %s with %o', (platform, env, path) => {
  const program = `
    const { defaultStore } = await import(${JSON.stringify(join(ROOT, 'dist/src/cli/shared/default-store.js'))});
    Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });
    process.stdout.write(defaultStore());`;
  const words = ['--input-type=module', '--eval', program];
  const { stdout } = spawnSync(process.execPath, words, { env: { HOME: '/home/a', ...env }, encoding: 'utf8' });
  expect(stdout).toBe(path);
});
