// Goal: a script can feed back every key that the command line prints: as printed, or in another spelling of the number.
// Method: real processes on an imported collection; numbers are compared by an oracle of decimals (support/decimals.ts).

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/build-store.js';
import { CLI, gristmill } from '../support/cli.js';
import { compareDecimals } from '../support/decimals.js';

/** As spelled, in order. */
const KEYS = [
  ...['-1E400', '-123456789012345678901234567890', '-1e21', '-0.5', '-1.2345678901234567890123E-400', '0', '1e-400'],
  ...['0.1', '0.1000000000000000055511151231257827', '7.00', '9007199254740992', '9007199254740993', '1e23'],
  ...['12345678901234567890123456789012345678901234567890.5', '1E400'],
] as const;
/** Other spellings of some of them. */
const ALIASES: Readonly<Record<string, string>> = {
  '-1E400': '-10e+399',
  '-0.5': '-5E-1',
  '0': '-0.0',
  '7.00': '7',
  '1e23': '100000000000000000000000',
};

const { path, remove } = temporaryDirectory();
const store = join(path, 'store');
afterAll(remove);

/** Of each key a record, and one whose key is the string that spells it. */
beforeAll(() => {
  const source = join(path, 'rows.ndjson');
  const lines = [...KEYS].reverse().flatMap((key) => [lineOf(key), lineOf(JSON.stringify(key))]);
  writeFileSync(source, lines.join(''));
  const words = ['import', source, '--store', store, '--key', 'id', '--index', 'also'];
  expect(spawnSync(process.execPath, [CLI, ...words], { encoding: 'utf8' })).toMatchObject({ status: 0 });
});

const lineOf = (key: string): string => `{"id":${key},"also":[${key}]}\n`;
const idOf = (line: string): string => /"id":("[^"]*"|[^,]*)/.exec(line)![1]!;
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

test('the keys of this file are in order', () => {
  for (let i = 1; i < KEYS.length; i++) expect(compareDecimals(KEYS[i - 1]!, KEYS[i]!)).toBe(-1);
});

test.each([
  ['primary, forwards', []],
  ['primary, backwards', ['--reverse']],
  ['secondary, forwards', ['--index', 'also']],
])('range goes on from the last key it printed: %s', async (_, flags) => {
  const isReverse = flags.includes('--reverse');
  const seen: string[] = [];
  for (let page = 0; page <= 2 * KEYS.length; page++) {
    const last = seen.at(-1);
    const after = last === undefined ? [] : [isReverse ? '--lt' : '--gt', idOf(last)];
    const { code, stdout } = await gristmill('range', '--store', store, '--limit', '11', ...flags, ...after);
    expect(code).toBe(0);
    if (stdout === '') break;
    seen.push(...linesOf(stdout));
  }
  const strings = KEYS.map((key) => JSON.stringify(key)).sort();
  const expected = [...KEYS, ...strings].map((key) => lineOf(key).trimEnd());
  expect(seen).toEqual(isReverse ? expected.reverse() : expected);
});

test('a number that no record can have is refused with its reason, by each command', async () => {
  for (const args of [
    ['get', '1E99999'],
    ['range', '--gt', '-1E99999'],
    ['delete', '-1E99999'],
    ['patch', '1e-99999', '{}'],
  ]) {
    const { code, stdout, stderr } = await gristmill(...args, '--json', '--store', store);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ code: 'KEY_TOO_LONG', reason: 'KEY_OUT_OF_RANGE' });
  }
});

test('a negative number is an argument, and an option that there is not is still refused by its name', async () => {
  const none = await gristmill('get', '-2E5', '-3', '--store', store);
  expect(none.code).toBe(1);
  expect(none.stderr).toContain('has the key -2E5');
  for (const option of ['-x', '--bogus', '-1x']) {
    const { code, stderr } = await gristmill('get', '-2E5', option, '--store', store);
    expect(code).toBe(2);
    expect(stderr).toContain(`unknown option '${option}'`);
  }
  const literal = await gristmill('get', '-2E5', '--store', store, '--', '-x', '-0.5');
  expect(literal).toMatchObject({ code: 1, stdout: lineOf('-0.5') });
});

test('get, patch and delete take each key as printed, and as it may be spelled otherwise', async () => {
  const numbers = await gristmill('get', '--store', store, ...KEYS);
  expect(numbers).toMatchObject({ code: 0, stderr: '', stdout: KEYS.map(lineOf).join('') });
  const indexed = await gristmill('get', ...KEYS, '--index', 'also', '--store', store);
  expect(indexed).toMatchObject({ code: 0, stdout: numbers.stdout });
  const strings = await gristmill('get', '--store', store, '--string', '--', ...KEYS);
  expect(strings).toMatchObject({ code: 0, stdout: KEYS.map((key) => lineOf(JSON.stringify(key))).join('') });
  const aliases = await gristmill('get', '--store', store, ...Object.values(ALIASES));
  expect(aliases).toMatchObject({ code: 0, stdout: Object.keys(ALIASES).map(lineOf).join('') });

  for (const key of ['-1E400', '0.1000000000000000055511151231257827']) {
    const patched = await gristmill('patch', key, '{"p":1}', '--json', '--store', store);
    expect(patched).toMatchObject({ code: 0, stdout: '{"collection":"records","patched":1}\n' });
    const found = await gristmill('get', key, '--store', store);
    expect(found.stdout).toBe(`{"id":${key},"also":[${key}],"p":1}\n`);
  }
  const deleted = await gristmill('delete', '--store', store, '--json', ...KEYS);
  expect(deleted).toMatchObject({ code: 0, stdout: `{"collection":"records","deleted":${KEYS.length}}\n` });
  const left = await gristmill('range', '--store', store);
  expect(linesOf(left.stdout).map(idOf).sort()).toEqual(KEYS.map((key) => JSON.stringify(key)).sort());
});
