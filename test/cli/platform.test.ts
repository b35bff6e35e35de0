// Goal: variables that a platform sets stop nothing and are reported once; GRISTMILL_STORE names the store of a command.
// Method: real processes with the variables that Kubernetes gives a container beside a service called gristmill.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { gristmillIn, ROOT, scratch, start } from '../support/cli.js';

const PLATFORM = {
  GRISTMILL_SERVICE_HOST: '10.0.0.1',
  GRISTMILL_SERVICE_PORT: '8080',
  GRISTMILL_PORT: 'tcp://10.0.0.1:8080',
  GRISTMILL_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
  GRISTMILL_PORT_8080_TCP_PROTO: 'tcp',
  GRISTMILL_PORT_8080_TCP_PORT: '8080',
  GRISTMILL_PORT_8080_TCP_ADDR: '10.0.0.1',
};

let folder: string;
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => gristmillIn(folder, args, env);

beforeEach(async () => {
  folder = scratch();
  writeFileSync(join(folder, 'a.json'), '[{"id":1}]');
  expect(await run(['import', 'a.json', '--key', 'id', '--store', 'store'])).toMatchObject({ code: 0 });
});

describe('variables that are no options', () => {
  test('are reported in one line, and every command works', async () => {
    for (const words of [
      ['import', 'a.json', '--key', 'id', '--workers', '1', '--quiet'],
      ['get', '1'],
      ['put', '{"id":2}'],
    ]) {
      // A process warns once.
      const { code, stderr } = await start([...words, '--store', 'store'], folder, PLATFORM).ended;
      expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 0, lines: 1 });
      expect(stderr).toMatch(/^gristmill: warning: the variables GRISTMILL_/);
      // None of them is like an option, for all that they begin alike.
      expect(stderr).not.toContain('did you mean');
      for (const name of Object.keys(PLATFORM)) expect(stderr).toContain(name);
    }
    expect(await run(['config'], PLATFORM)).toMatchObject({ code: 0 });
    expect(await run(['get', '1', '--store', 'store', '--no-config'], PLATFORM)).toMatchObject({ code: 0, stderr: '' });
  });

  test('do not hide those that are, nor their mistakes', async () => {
    const { stdout } = await run(['config', '--json'], { ...PLATFORM, GRISTMILL_STALE_MS: '2s' });
    expect(JSON.parse(stdout).options.staleMs).toEqual({ value: 2000, from: 'GRISTMILL_STALE_MS' });
    expect(await run(['config'], { ...PLATFORM, GRISTMILL_STALE_MS: 'x' })).toMatchObject({ code: 2 });
  });

  test('may be misspelled: the option that was meant is named', async () => {
    const { code, stderr } = await start(['config'], folder, { GRISTMILL_FRAME_CACHE_BYTE: '1m' }).ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr:
        'gristmill: warning: the variable GRISTMILL_FRAME_CACHE_BYTE is not an option, and gristmill ignores it; for GRISTMILL_FRAME_CACHE_BYTE, did you mean GRISTMILL_FRAME_CACHE_BYTES?\n',
    });
  });

  test('are a warning of the process in a program, once for all stores', () => {
    const program = `
      import { memory, openStore } from ${JSON.stringify(join(ROOT, 'dist/src/index.js'))};
      process.on('warning', ({ name, message }) => console.log(name + ': ' + message));
      for (let i = 0; i < 3; i++) await (await openStore(memory())).close();`;
    const env = { ...process.env, ...PLATFORM };
    const words = ['--no-warnings', '--input-type=module', '--eval', program];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^GristmillWarning: the variables GRISTMILL_[^\n]*\n$/);
  });
});

describe('GRISTMILL_STORE', () => {
  const STORE = { GRISTMILL_STORE: 'store' };

  test('names the store of every command that is given none', async () => {
    for (const words of [
      ['get', '1'],
      ['stat', '--json'],
      ['put', '{"id":2}'],
      ['repair', '--workers', '1', '--quiet'],
      ['import', 'a.json', '--key', 'id', '--quiet'],
    ]) {
      expect(await run(words, STORE)).toMatchObject({ code: 0, stderr: '' });
    }
  });

  test('gives way to the flag; is nothing when it is empty, or with --no-config', async () => {
    mkdirSync(join(folder, 'other'));
    // What is used then: the default store, which is missing.
    const none = { XDG_DATA_HOME: scratch() };
    expect(await run(['get', '1', '--store', 'store'], { GRISTMILL_STORE: 'other' })).toMatchObject({ code: 0 });
    for (const [words, env] of [
      [['get', '1'], { GRISTMILL_STORE: '' }],
      [['get', '1', '--no-config'], STORE],
      [['get', '1'], {}],
    ] as const) {
      const { code, stderr } = await run(words, { ...none, ...env });
      expect(stderr).toContain(`STORE_NOT_FOUND: there is no store at ${none.XDG_DATA_HOME}`);
      expect(code).toBe(4);
    }
  });

  test('is no option of a program', () => {
    const program = `
      import { memory, openStore } from ${JSON.stringify(join(ROOT, 'dist/src/index.js'))};
      await (await openStore(memory())).close();`;
    const words = ['--input-type=module', '--eval', program];
    const env = { ...process.env, ...STORE };
    expect(spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8' })).toMatchObject({
      ...{ status: 0, stderr: '' },
    });
  });
});
