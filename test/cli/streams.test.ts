// Goal: a stream that closes or fills up costs what could not be printed, and nothing else. Without a reader of stdout, a
// command does its work and ends as it would have ended; a full stdout is exit code 5; a broken stderr changes no code.
// Method: every command as a real process under a shell, whose stdout or stderr is a pipe that nobody reads, or /dev/full.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { CLI, gristmill, scratch, start } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { until } from '../support/until.js';

/** Opens descriptor 4 as a pipe whose reader has gone. */
const NO_READER = 'mkfifo "$PIPE"; exec 3<>"$PIPE" 4>"$PIPE" 3>&-';
const hasFull = existsSync('/dev/full');
const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

const first = temporaryDirectory();
const source = join(first.path, 'source.ndjson');

beforeAll(() => {
  writeFileSync(source, '{"id":1,"n":1}\n{"id":2,"n":2}\n');
  const args = ['import', source, '--key', 'id', '--store', join(first.path, 'store')];
  expect(spawnSync(process.execPath, [CLI, ...args]).status).toBe(0);
});
afterAll(first.remove);

/** A copy of the store, for one test. */
function place(): string {
  const store = join(scratch(), 'store');
  cpSync(join(first.path, 'store'), store, { recursive: true });
  return store;
}

/** Runs `gristmill ...words` under a shell. @param redirect such as `>/dev/full` @param before commands of the shell */
function run(words: readonly string[], redirect: string, before = NO_READER) {
  const script = `${before}\n"$@" ${redirect}`;
  const env = { ...process.env, PIPE: join(scratch(), 'pipe') };
  return spawnSync('bash', ['-c', script, 'bash', process.execPath, CLI, ...words], { encoding: 'utf8', env });
}

const found = async (store: string, key: string): Promise<string> =>
  (await gristmill('get', key, '--store', store)).stdout.trim();

type Row = [words: readonly string[], isDone?: (store: string) => unknown];

const on = (store: string, words: readonly string[]): string[] => [
  ...words.map((word) => ({ SOURCE: source, BACKUP: `${store}.backup` })[word] ?? word),
  ...(words[0] === 'config' || words.some((word) => word.startsWith('--h') || word === '--version')
    ? []
    : ['--store', store]),
];

/** Commands that end by themselves, and how it shows that they have done their work. */
const COMMANDS: Row[] = [
  [['--help']],
  [['--version']],
  [['put', '--help']],
  [['config']],
  [['get', '1', '2']],
  [['range']],
  [['export']],
  [['stat']],
  [['stat', '--json']],
  [['verify', '--workers', '1']],
  [['compact']],
  [['backup', 'BACKUP'], (store) => expect(existsSync(join(`${store}.backup`, 'index/data.mdb'))).toBe(true)],
  [['repair', '--workers', '1'], async (store) => expect(await found(store, '1')).toBe('{"id":1,"n":1}')],
  [['put', '{"id":3}'], async (store) => expect(await found(store, '3')).toBe('{"id":3}')],
  [['put', '{"id":3}', '--json'], async (store) => expect(await found(store, '3')).toBe('{"id":3}')],
  [['patch', '1', '{"n":7}'], async (store) => expect(await found(store, '1')).toBe('{"id":1,"n":7}')],
  [['delete', '1'], async (store) => expect((await gristmill('get', '1', '--store', store)).code).toBe(1)],
  [
    ['import', 'SOURCE', '--key', 'n', '--collection', 'b', '--workers', '1'],
    async (store) =>
      expect((await gristmill('get', '2', '--collection', 'b', '--store', store)).stdout).toBe('{"id":2,"n":2}\n'),
  ],
];

describe('stdout', () => {
  test.each(partOf(COMMANDS))('of %j without a reader: the work is done, exit code 0', async (words, isDone) => {
    const store = place();
    const { status, signal, stderr } = run(on(store, [...words]), '>&4');
    expect({ status, signal, stderr: stderr.replace(/^gristmill: .*%.*\n/gm, '') }).toEqual({
      ...{ status: 0, signal: null, stderr: '' },
    });
    await isDone?.(store);
  });

  test.runIf(hasFull).each(partOf(COMMANDS, 2))('of %j full: the work is done, exit code 5', async (words, isDone) => {
    const store = place();
    const { status, signal, stderr } = run(on(store, [...words]), '>/dev/full');
    expect({ status, signal }).toEqual({ status: 5, signal: null });
    expect(stderr).toMatch(/\bDISK_FULL\b.*stdout.*ENOSPC/);
    expect(stderr).not.toMatch(/^ {4}at /m);
    await isDone?.(store);
  });

  test.runIf(hasFull)('full of watch: it ends, exit code 5', () => {
    const { status, stderr } = run(on(place(), ['watch', 'SOURCE', '--collection', 'b']), '>/dev/full');
    expect(stderr).toMatch(/^gristmill: DISK_FULL: /m);
    expect(status).toBe(5);
  });

  test('without a reader keeps the code of what was found out', () => {
    const store = place();
    expect(run(on(store, ['delete', '7', '1']), '>&4').status).toBe(1);
    expect(run(on(store, ['put', '{"n":1}']), '>&4').status).toBe(3);
    expect(run(on(store, ['stat', '--collection', 'b']), '>&4').status).toBe(2);
  });

  test.runIf(canMount)('that fills up in the middle of a text is not taken for written', async () => {
    const store = place();
    const file = join(scratch(), 'long.json');
    writeFileSync(file, JSON.stringify({ id: 9, text: 'x'.repeat(100_000) }));
    expect(await gristmill('put', '--file', file, '--store', store)).toMatchObject({ code: 0 });
    const at = scratch();
    const script = `mount -t tmpfs -o size=64k tmpfs '${at}'; "$@" > '${at}/out'`;
    const words = ['-m', 'bash', '-c', script, 'bash', process.execPath, CLI, 'get', '9', '--store', store];
    const { status, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
    expect(stderr).toMatch(/^gristmill: DISK_FULL: /);
    expect(status).toBe(5);
  });
});

describe.each(hasFull ? ['2>&4', '2>/dev/full'] : ['2>&4'])('stderr %s', (redirect) => {
  const cases: readonly (readonly [number, readonly string[]])[] = [
    [0, ['put', '{"id":3}']],
    [0, ['import', 'SOURCE', '--key', 'id', '--workers', '1']],
    [1, ['get', '7', '1', '8']],
    [1, ['delete', '7', '8']],
    [2, ['stat', '--no-such-flag']],
    [3, ['put', '{"id":']],
    [4, ['get', '1', '--collection', 'none']],
  ];
  test.each(partOf(cases))('leaves exit code %i to %j', (code, words) => {
    const { status, signal, stdout } = run(on(place(), words), redirect);
    expect({ status, signal }).toEqual({ status: code, signal: null });
    if (words[0] === 'get' && code === 1) expect(stdout).toBe('{"id":1,"n":1}\n');
  });

  test('leaves watch its work', async () => {
    const store = place();
    const out = join(scratch(), 'out');
    const words = on(store, ['watch', 'SOURCE', '--collection', 'b', '--key', 'id', '--json']);
    // The shell becomes the command: the signal is for that.
    const script = `${NO_READER}\nexec "$@" >'${out}' ${redirect}`;
    const pipe = join(scratch(), 'pipe');
    const { child, ended } = start(words, undefined, { PIPE: pipe }, ['bash', '-c', script, 'bash']);
    await until(() => existsSync(out) && readFileSync(out, 'utf8').includes('"event":"watching"'));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, signal: null });
    expect(await gristmill('get', '2', '--collection', 'b', '--store', store)).toMatchObject({ code: 0 });
  });
});
