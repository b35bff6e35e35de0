// Goal: no text of a store or a source does anything to a terminal; what goes to a pipe or a file is each byte as it is stored.
// Method: a table of all characters of Unicode; records with such characters, printed to a pipe and to a real pseudoterminal.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { escapeControls, escapeLines } from '../../dist/src/cli/terminal/escape.js';
import { alignColumns, alignPairs } from '../../dist/src/cli/terminal/table.js';
import { openStore } from '../../dist/src/index.js';
import { CLI, gristmill, scratch } from '../support/cli.js';

const hasScript = spawnSync('script', ['--version']).status === 0;
const NO_PICTURE = /^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]$/u;

/** Each with what the standard calls it. */
const NAMED = {
  'NUL, ESC, DEL': '\u0000\u001b\u007f',
  'CSI of C1': '\u009b',
  'LRM, RLM, ALM': '\u200e\u200f\u061c',
  'LRE to RLO, LRI to PDI': '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069',
  'soft hyphen, zero width': '\u00ad\u200b\u200c\u200d\u2060\ufeff',
  'separators of lines and paragraphs': '\u2028\u2029',
  tags: '\u{e0001}\u{e0041}\u{e007f}',
};

test.each(Object.entries(NAMED))('%s are escaped, and JSON stays what it was', (_, characters) => {
  for (const character of characters) {
    expect(escapeControls(character)).toMatch(/^(\\u[0-9a-f]{4}){1,2}$/);
    expect(JSON.parse(`"${escapeLines(character)}"`)).toBe(character);
  }
});

test('all characters of Unicode: escaped if they have no picture, else as they are', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const character = String.fromCodePoint(code);
    const isEscaped = NO_PICTURE.test(character);
    if ((escapeControls(character) !== character) !== isEscaped) throw new Error(`U+${code.toString(16)}`);
    const stays = character === '\n' || character === '\t';
    if ((escapeLines(character) !== character) !== (isEscaped && !stays)) throw new Error(`U+${code.toString(16)}`);
  }
  expect(escapeLines('\n\t')).toBe('\n\t');
});

test('records: bytes as stored in a pipe, escapes on a terminal', async () => {
  const directory = join(scratch(), 'store');
  const text = `{"id":1,"s":"\u007f\u009b31m\u202e\u{e0041}ä"}`;
  const store = await openStore(directory, { config: false });
  await store.transaction((tx) => tx.createCollection('records', { key: 'id' }).putText(text));
  await store.close();
  for (const command of [['get', '1'], ['range'], ['export']]) {
    const words = [...command, '--store', directory, '--no-config'];
    expect((await gristmill(...words)).stdout).toBe(`${text}\n`);
    if (!hasScript) continue;
    const line = [process.execPath, CLI, ...words].map((word) => `'${word}'`).join(' ');
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('{"id":1,"s":"\\u007f\\u009b31m\\u202e\\udb40\\udc41ä"}');
  }
});

test('columns stand below each other whatever script their names are in', () => {
  // What a terminal shows of each: two columns for a character of East Asia or an emoji, none for a combining accent.
  const names: readonly (readonly [string, number])[] = [
    ['ab', 2],
    ['コレクション', 12],
    ['한글', 4],
    ['e\u0301te\u0301', 3],
    ['🚀', 2],
  ];
  const lines = alignColumns(names.map(([name]) => [name, '7']))
    .trimEnd()
    .split('\n');
  for (const [i, [name, columns]] of names.entries()) expect(lines[i]).toBe(`${name}${' '.repeat(12 - columns)}  7`);
  const pairs = alignPairs(names.map(([name]) => [name, 'text']))
    .trimEnd()
    .split('\n');
  for (const [i, [name, columns]] of names.entries()) expect(pairs[i]).toBe(`${name}${' '.repeat(12 - columns)}  text`);
});
