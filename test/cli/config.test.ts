// Goal: a config file in the working directory, variables and flags have their say in every command and in a program that
// opens a store, nothing else has, and `gristmill config` tells the truth about it. Method: real processes in real
// directories, with a file of each kind.
// @node all: how modules are loaded

import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { gristmillIn, ROOT, scratch } from '../support/cli.js';
import { withoutImportMode } from '../support/import-mode.js';

withoutImportMode();

/** An empty directory with these files in it. */
function directoryWith(files: Readonly<Record<string, unknown>>): string {
  const directory = scratch();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}

type Variables = Readonly<Record<string, string>>;
const run = gristmillIn;

/** What `gristmill config --json` says in a directory. */
async function configIn(cwd: string, args: readonly string[] = [], env?: Variables) {
  const { code, stdout, stderr } = await run(cwd, ['config', '--json', ...args], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Options a program sees that opens a store in memory in this directory. */
async function optionsOfProgram(cwd: string, given: string, env: Variables = {}) {
  const program = `
    import { memory, openStore } from ${JSON.stringify(join(ROOT, 'dist/src/index.js'))};
    const store = await openStore(memory(), ${given});
    console.log(JSON.stringify(store.options));
    await store.close();`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

describe('gristmill config', () => {
  test('prints every option and where it comes from', async () => {
    const cwd = directoryWith({
      'gristmill.config.json': {
        ...{ recordTtlMs: '5s', staleMs: 7, warmMs: 1 },
        collections: { posts: { staleMs: '1s', recordTtlMs: '1m' } },
        import: { workers: 1 },
      },
    });
    const variables = { GRISTMILL_STALE_MS: '2s', GRISTMILL_WARM_MS: '', GRISTMILL_IMPORT_LEVEL: '-3' };
    const flags = ['--freshness', 'stale:500ms', '--no-hot-set', '--collections', '{"posts":{"staleMs":"3s"}}'];
    const { code, stdout, stderr } = await run(cwd, ['config', ...flags], variables);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe(`config file  ${join(cwd, 'gristmill.config.json')}`);
    const told = new Map(lines.slice(1).map((line) => [line.split(/ +/)[0], line.split(/ +/).slice(1)]));
    expect(Object.fromEntries([...told].filter(([, [, from]]) => from !== 'default'))).toEqual({
      recordTtlMs: ['5s', 'gristmill.config.json'],
      staleMs: ['2s', 'GRISTMILL_STALE_MS'],
      warmMs: ['1ms', 'gristmill.config.json'],
      freshness: ['stale:500ms', '--freshness'],
      hotSet: ['false', '--hot-set'],
      'collections.posts.staleMs': ['3s', '--collections'],
      'collections.posts.recordTtlMs': ['1m', 'gristmill.config.json'],
      'import.workers': ['1', 'gristmill.config.json'],
      'import.level': ['-3', 'GRISTMILL_IMPORT_LEVEL'],
    });
    expect(told.get('pageCacheBytes')).toEqual(['32m', 'default']);
    expect(told.get('import.key')).toEqual(['–', 'default']);
  });

  test('--help has an example, and a flag for each option', async () => {
    const { code, stdout } = await run(scratch(), ['config', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}gristmill config$/m);
    for (const flag of ['--frame-cache-bytes <size>', '--frame-ttl-ms <time>', '--record-values <frozen|cloned>']) {
      expect(stdout).toContain(flag);
    }
  });
});

describe('a config file', () => {
  test.each([
    ['json', 'gristmill.config.json', '{"frameCacheBytes":"1m"}'],
    [
      'an ES module',
      'gristmill.config.js',
      "import os from 'node:os';\nexport default { frameCacheBytes: os.EOL.length ? '1m' : 0 };",
    ],
    [
      'TypeScript',
      'gristmill.config.ts',
      "import { bytes } from './bytes.ts';\nexport default { frameCacheBytes: bytes as number } satisfies object;",
    ],
  ])('may be %s; nothing is written for it', async (_kind, name, content) => {
    const cwd = directoryWith({ [name]: content, 'bytes.ts': 'export const bytes: number = 2 ** 20;' });
    const before = readdirSync(cwd);
    const temporary = scratch();
    const { file, options } = await configIn(cwd, [], { TMPDIR: temporary });
    expect(file).toBe(join(cwd, name));
    expect(options.frameCacheBytes).toEqual({ value: 2 ** 20, from: join(cwd, name) });
    // Compiled copies in a directory for all would be code that others may write.
    expect([readdirSync(temporary), readdirSync(cwd)]).toEqual([[], before]);
  });

  test('is looked for in the working directory only: not above it, not where the store is', async () => {
    const code = "require('node:fs').writeFileSync(__filename + '.ran', '');\nmodule.exports = { staleMs: 7 };";
    const top = directoryWith({ 'gristmill.config.js': code, 'here/store/gristmill.config.js': code });
    writeFileSync(join(top, 'here/source.json'), '[{"id":1}]');
    const cwd = join(top, 'here');
    expect((await configIn(cwd)).file).toBeNull();
    expect(await run(cwd, ['import', 'source.json', '--store', 'elsewhere'])).toMatchObject({ code: 0 });
    expect(await run(cwd, ['get', '0', '--store', 'store'])).toMatchObject({ code: 4 });
    const all = readdirSync(top, { recursive: true }).map(String);
    expect(all.filter((path) => path.endsWith('.ran'))).toEqual([]);
    expect((await configIn(cwd, ['--config', '../gristmill.config.js'])).options.staleMs.value).toBe(7);
    expect(readdirSync(top)).toContain('gristmill.config.js.ran');
  });

  test('can be left aside, and the variables with it', async () => {
    const cwd = directoryWith({ 'gristmill.config.json': { staleMs: 1 }, 'other.json': { warmMs: 2 } });
    const variables = { GRISTMILL_WARM_BYTES: '3' };
    const values = async (args: string[], env: Variables) => {
      const { options } = await configIn(cwd, args, env);
      return [options.staleMs.value, options.warmMs.value, options.warmBytes.value];
    };
    expect(await values([], variables)).toEqual([1, 5000, 3]);
    expect(await values(['--no-config'], { ...variables, GRISTMILL_WRONG: '1' })).toEqual([0, 5000, 32 * 2 ** 20]);
    expect(await values([], { ...variables, GRISTMILL_CONFIG: 'other.json' })).toEqual([0, 2, 3]);
  });

  test.each([
    ['two of them', { 'gristmill.config.json': {}, 'gristmill.config.ts': '' }, 'keep one'],
    ['a wrong option', { 'gristmill.config.json': { staleMs: '1x' } }, 'staleMs must be a time'],
  ])('that is %s is named, and nothing is done', async (_what, files, message) => {
    const cwd = directoryWith({ ...files, 'source.json': '[1]' });
    const { code, stdout, stderr } = await run(cwd, ['import', 'source.json', '--store', 'store', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const failure = JSON.parse(stderr);
    expect(failure).toMatchObject({
      code: 'CONFIG_INVALID',
      file: expect.stringContaining(join(cwd, 'gristmill.config')),
    });
    expect(failure.message).toContain(message);
    expect(readdirSync(cwd)).not.toContain('store');
  });
});

describe('what is set outside', () => {
  test('holds for imports, below what flags say', async () => {
    const cwd = directoryWith({
      'gristmill.config.json': { import: { key: 'id', onBadRecord: 'quarantine', workers: 1, wait: false } },
      'source.ndjson': '{"id":1}\n{"id":\n{"id":2}\n',
    });
    const report = async (args: string[], env?: Variables) => {
      const ended = await run(cwd, ['import', 'source.ndjson', '--store', 'store', '--json', ...args], env);
      return ended.code === 0 ? JSON.parse(ended.stdout) : ended;
    };
    expect(await report([])).toMatchObject({ quarantine: expect.any(String), records: { stored: 2, rejected: 1 } });
    const skipped = await report([], { GRISTMILL_IMPORT_ON_BAD_RECORD: 'skip', GRISTMILL_IMPORT_COLLECTION: 'posts' });
    expect(skipped).toMatchObject({ collection: 'posts', records: { stored: 2, rejected: 1 } });
    expect(skipped.quarantine).toBeUndefined();
    expect(await report(['--on-bad-record', 'fail'])).toMatchObject({ code: 3 });
    expect(await run(cwd, ['get', '2', '--store', 'store'])).toMatchObject({ code: 0, stdout: '{"id":2}\n' });
  });

  test('holds for commands that change a store', async () => {
    const cwd = directoryWith({ 'source.json': '[{"id":1}]', 'other/gristmill.config.json': { readOnly: true } });
    expect(await run(cwd, ['import', 'source.json', '--store', 'store', '--key', 'id'])).toMatchObject({ code: 0 });
    const other = join(cwd, 'other');
    const put = ['put', '{"id":2}'];
    for (const args of [put, ['import', '../source.json']]) {
      const { code, stderr } = await run(other, [...args, '--store', '../store']);
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('read-only') });
    }
    expect(await run(other, [...put, '--store', '../store', '--no-config'])).toMatchObject({ code: 0 });
  });

  test('holds for a program that opens a store, below what it says itself', async () => {
    const cwd = directoryWith({
      'gristmill.config.json': { staleMs: '1s', warmMs: '2s', collections: { posts: { staleMs: '3s' } } },
    });
    const env = { GRISTMILL_WARM_MS: '4s', GRISTMILL_WARM_BYTES: '1k' };
    expect(await optionsOfProgram(cwd, '{ warmBytes: 5 }', env)).toMatchObject({
      ...{ staleMs: 1000, warmMs: 4000, warmBytes: 5, collections: { posts: { staleMs: 3000 } } },
    });
    expect(await optionsOfProgram(cwd, '{ config: false, warmBytes: 5 }', env)).toMatchObject({
      ...{ staleMs: 0, warmMs: 5000, warmBytes: 5, collections: {} },
    });
  });
});
