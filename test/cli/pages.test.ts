// Goal: the command line reads pages by cursor, counts ranges and lists keys, with all digits and spellings kept.
// Method: real processes on a store on disk that is changed between two pages; the oracle is the list of records.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { temporaryDirectory } from '../support/build-store.js';
import { gristmill, parseLines } from '../support/cli.js';

const directory = temporaryDirectory();
const store = `${directory.path}/store`;
const TEXTS = [
  '{"id":9007199254740993,"g":1.0}',
  '{"id":"b","g":1}',
  '{"id":"c","g":2}',
  '{"id":"d","g":1}',
  '{"id":"e"}',
];

beforeAll(async () => {
  const opened = await openStore(store, { create: true });
  await opened.transaction((tx) => {
    const records = tx.createCollection('records', { key: 'id', indexes: ['g'] });
    for (const text of TEXTS) records.putText(text);
  });
  await opened.close();
});
afterAll(() => directory.remove());

const run = (command: string, ...words: readonly string[]) => gristmill(command, '--store', store, ...words);

test('range --rows prints keys and cursors, and --after continues, also when records were put and deleted meanwhile', async () => {
  const first = await run('range', '--index', 'g', '--rows', '--limit', '2');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const lines = first.stdout.trimEnd().split('\n');
  const cursors = parseLines(first.stdout).map((row) => (row as { cursor: string }).cursor);
  expect(lines).toEqual([
    `{"key":1,"primaryKey":9007199254740993,"value":${TEXTS[0]},"cursor":"${cursors[0]}"}`,
    `{"key":1,"primaryKey":"b","value":${TEXTS[1]},"cursor":"${cursors[1]}"}`,
  ]);
  await run('put', '{"id":"a","g":1}');
  await run('delete', 'b');
  const next = await run('range', '--index', 'g', '--after', cursors[1]!);
  expect(next).toMatchObject({ code: 0, stdout: `${TEXTS[3]}\n{"id":"a","g":1}\n${TEXTS[2]}\n` });
  const back = await run('range', '--index', 'g', '--after', cursors[1]!, '--reverse');
  expect(back.stdout).toBe(`${TEXTS[0]}\n`);
  const wrong = await run('range', '--after', cursors[1]!);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('not a cursor of collection records (key id)');
});

test('count counts all records, or those of a range', async () => {
  expect(await run('count')).toMatchObject({ code: 0, stdout: '5\n', stderr: '' });
  expect((await run('count', '--index', 'g')).stdout).toBe('4\n');
  expect((await run('count', '--index', 'g', '--lt', '2')).stdout).toBe('3\n');
  expect((await run('count', '--prefix', 'd', '--gte', 'c')).stdout).toBe('1\n');
  expect(await run('count', '--index', 'none')).toMatchObject({ code: 4, stdout: '' });
});

test('distinct prints the keys of an index with counts', async () => {
  expect(await run('distinct', 'g')).toMatchObject({ code: 0, stdout: '{"key":1,"count":3}\n{"key":2,"count":1}\n' });
  expect((await run('distinct', 'g', '--reverse', '--limit', '1')).stdout).toBe('{"key":2,"count":1}\n');
  expect((await run('distinct', 'g', '--gt', '1')).stdout).toBe('{"key":2,"count":1}\n');
});
