// Goal: the library speaks of options and the command line of flags, in every text; a flag that a text names exists.
// Method: the texts of the source files, all of them; and errors of real commands.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFlags } from '../../dist/src/cli/terminal/flags.js';
import { CLI, gristmill, ROOT } from '../support/cli.js';
import { fileWith, scratch } from '../support/import-files.js';

const hasScript = spawnSync('script', ['--version']).status === 0;

/** Of imports, of stores, and of schemas that are set. */
async function allFlags(): Promise<ReadonlySet<string>> {
  const helps = await Promise.all([
    gristmill('import', '--help'),
    gristmill('config', '--help'),
    gristmill('watch', '--help'),
    gristmill('schema', 'set', '--help'),
    gristmill('export', '--help'),
  ]);
  return new Set(helps.flatMap(({ stdout }) => stdout.match(/--[a-z][a-z-]+/g) ?? []));
}

describe('texts of the library', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/'))
    .map(
      (name) => [name, readFileSync(join(ROOT, 'src', name), 'utf8').replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, '')] as const,
    );

  test('name no flag', async () => {
    const flags = await allFlags();
    const named = files.flatMap(([name, text]) =>
      // A command of another tool has flags of its own.
      (text.replaceAll(/(aws configure|zip -s 0) .*/g, '').match(/['"`( ]--[a-z][a-z-]+/g) ?? []).map(
        (flag) => `${name}: ${flag}`,
      ),
    );
    expect(named.filter((one) => flags.has(one.slice(one.indexOf('--'))))).toEqual([]);
  });

  test('name options that the command line has flags for', async () => {
    const known = await allFlags();
    const mentions = files.flatMap(([, text]) => text.match(/\boption [a-z][A-Za-z]*(?:: (?:'[^']*'|\w+))?/g) ?? []);
    const flags = mentions.map(inFlags).filter((text) => text.startsWith('--'));
    expect(flags.length).toBeGreaterThan(10);
    for (const flag of flags) expect(known).toContain(flag.split(' ')[0]);
  });
});

test.each([
  ["give option layout: 'object'.", 'give --layout object.'],
  ["option layout: 'ndjson' or option layout: 'values'", '--layout ndjson or --layout values'],
  ['raise option recordBytesMax, or', 'raise --max-record-bytes, or'],
  ['for example option maxBad: 100000.', 'for example --max-bad 100000.'],
  ['option maxBadRatio: 0.01 allows', '--max-bad-ratio 0.01 allows'],
  ['give option allowEmpty: true.', 'give --allow-empty.'],
  ["option resume: 'never' was given", '--no-resume was given'],
  ["leave out option resume: 'require'", 'leave out --resume'],
  ["(option config: '/a b/c.json'), (option config: false)", "(--config '/a b/c.json'), (--no-config)"],
  ['give option trustOwner: 65534', 'give --trust-owner 65534'],
  ["option key: '/@odata.id'", '--key /@odata.id'],
  ['import: options.level must be an integer', 'import: --level must be an integer'],
  ['options.key: a key path must name a member', '--key: a key path must name a member'],
  ['leave out options.select and options.layout', 'leave out --select and --layout'],
  ['options.collections.posts.staleMs must be', 'options.collections.posts.staleMs must be'],
  ['options.nothing must be', 'options.nothing must be'],
  ['an option nobody knows: 7, option unknown: 7', 'an option nobody knows: 7, option unknown: 7'],
])('%s', (text, shown) => expect(inFlags(text)).toBe(shown));

test('errors and warnings of commands', async () => {
  const store = join(scratch(), 'store');
  const run = (...words: string[]) => gristmill('import', '--store', store, ...words);
  const bad = await run(fileWith('[{"id":1},{"id":}]'));
  expect(bad).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('--on-bad-record skip or --on-bad-record quarantine'),
  });
  const asJson = await run('--json', fileWith('[{"id":1},{"id":}]'));
  expect(JSON.parse(asJson.stderr).message).toContain('--on-bad-record skip');
  expect(await run('--level', '99', fileWith('1'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/import: --level must be an integer/),
  });
  const wrapper = fileWith('{"page":1,"items":[{"id":1},{"id":2},{"id":3}]}');
  expect((await run(wrapper)).stdout).toContain('give --select /items');
  expect((await run('--json', wrapper)).stderr).toContain('give --select /items');
});

test('a bound of a type that no key has is told', async () => {
  const store = join(scratch(), 'store');
  await gristmill(
    'import',
    '--store',
    store,
    '--key',
    'id',
    '--index',
    'n',
    fileWith('{"id":"2024","n":1}\n{"id":"2026","n":2}'),
  );
  const range = (...words: string[]) => gristmill('range', '--store', store, ...words);
  const strings = await range('--gte', '2025');
  expect(strings).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/no key is a number.*string.*'"2025"'.*--string/),
  });
  expect((await range('--gte', '2025', '--string')).stdout).toBe('{"id":"2026","n":2}\n');
  expect((await range('--gte', '"2025"')).stderr).toBe('');
  expect((await range('--index', 'n', '--lt', 'x')).stderr).toContain(
    'no key is a string: all of them are of type number',
  );
  expect((await range('--index', 'n', '--lt', '2')).stderr).toBe('');
});

test.runIf(hasScript)('a terminal that cannot move its cursor is sent no codes', () => {
  const store = join(scratch(), 'store');
  const source = fileWith('{"id":1}\n');
  const line = `${process.execPath} ${CLI} import --store ${store} ${source}`;
  const shown = (TERM: string) =>
    spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8', env: { ...process.env, TERM } });
  expect(shown('dumb').stdout).not.toContain('\u001b');
  expect(shown('xterm').stdout).toContain('\u001b');
});
