// Goal: a wrong command line is told from a wrong store, in words and in exit codes, and help is there where it is
// looked for. Method: real processes; no store is needed for most of it.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gristmill, scratch } from '../support/cli.js';

const COMMANDS = [
  ...['import', 'get', 'range', 'count', 'distinct', 'export', 'put', 'patch', 'delete', 'stat'],
  ...['collections', 'drop', 'clear', 'rename', 'init', 'encrypt', 'decrypt'],
];

describe('help', () => {
  test('lists the commands and the exit codes, on stdout', async () => {
    const { code, stdout, stderr } = await gristmill('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toMatch(/^Exit codes:$/m);
  });

  test.each(COMMANDS)('of %s has an example', async (command) => {
    const { code, stdout, stderr } = await gristmill(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Examples?:\\n {2}gristmill ${command} `, 'm'));
    expect(stdout).toContain('--store <dir>');
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--no-config');
  });

  test.each(['add', 'drop', 'list'])('of index %s has the options of all commands', async (command) => {
    const { code, stdout } = await gristmill('index', command, '--help');
    expect(code).toBe(0);
    for (const option of ['--store <dir>', '--json', '--no-config']) expect(stdout).toContain(option);
  });

  test.each(['list', 'show', 'retry'])('of quarantine %s has the options of all commands', async (command) => {
    const { code, stdout } = await gristmill('quarantine', command, '--help');
    expect(code).toBe(0);
    for (const option of ['--store <dir>', '--json', '--no-config']) expect(stdout).toContain(option);
    expect((await gristmill('quarantine', '--help')).stdout).toContain(`gristmill quarantine ${command} `);
  });

  test('of key rotate has the options of all commands', async () => {
    const { code, stdout } = await gristmill('key', 'rotate', '--help');
    expect(code).toBe(0);
    for (const option of ['--store <dir>', '--json', '--no-config', '--key-file <file>'])
      expect(stdout).toContain(option);
    expect((await gristmill('key', '--help')).stdout).toContain('gristmill key rotate ');
  });

  test('is shown without a command, which is a usage error', async () => {
    const { code, stdout, stderr } = await gristmill();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: gristmill/);
  });

  test('--version prints the version', async () => {
    expect(await gristmill('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('a usage error', () => {
  test.each([
    ['unknown command', ['grind'], /unknown command 'grind'/],
    ['unknown option', ['stat', '--store', 's', '--colour'], /unknown option '--colour'/],
    ['misspelled option', ['import', 'f', '--store', 's', '--indx', 'a'], /Did you mean --index/],
    ['renamed option', ['import', 'f', '--store', 's', '--shape', 'array'], /'--shape .* It is called --layout now/],
    ['missing source', ['import', '--store', 's'], /missing required argument 'source'/],
    ['missing key', ['get', '--store', 's'], /missing required argument 'key'/],
    [
      'wrong choice',
      ['import', 'f', '--store', 's', '--mode', 'append'],
      /Allowed choices are replace, upsert, insert/,
    ],
    ['wrong size', ['import', 'f', '--store', 's', '--span-bytes', 'big'], /Expected a size such as/],
    ['wrong number', ['range', '--store', 's', '--limit', '1.5'], /Expected a whole number/],
  ])('%s is exit code 2', async (_name, args, message) => {
    const { code, stdout, stderr } = await gristmill(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^gristmill: USAGE: /);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/see: gristmill .*--help\n$/);
  });

  test('with --json is an object', async () => {
    const { code, stderr } = await gristmill('get', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'USAGE', message: expect.any(String), exit: 2 });
  });

  test('is a value the library refuses, and makes no store', async () => {
    const folder = scratch();
    writeFileSync(join(folder, 'a.json'), '[]');
    const args = ['import', join(folder, 'a.json'), '--store', join(folder, 's'), '--level', '99'];
    const { code, stderr } = await gristmill(...args);
    expect(stderr).toMatch(/^gristmill: USAGE: .*level/);
    expect(code).toBe(2);
    expect(existsSync(join(folder, 's'))).toBe(false);
  });
});

describe('a store', () => {
  test.each(['get', 'range', 'count', 'distinct', 'export', 'stat'])(
    'that is not there is exit code 4 for %s',
    async (command) => {
      const store = join(scratch(), 'none');
      const { code, stdout, stderr } = await gristmill(
        command,
        ...(/get|distinct/.test(command) ? ['g'] : []),
        '--store',
        store,
      );
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr).toMatch(/^gristmill: STORE_NOT_FOUND: /);
      expect(stderr).toContain(store);
    },
  );

  test('with --json the error is an object with its fields', async () => {
    const store = join(scratch(), 'none');
    const { code, stderr } = await gristmill('stat', '--store', store, '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({ code: 'STORE_NOT_FOUND', message: expect.any(String), exit: 4 });
  });
});
