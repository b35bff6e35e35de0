// Goal: a command that has a process to itself, as users run it, says and leaves what it says and leaves in the process that tests
// share (support/cli-server.ts), and ends by itself with the same exit code.
// Method: every command both ways, on two copies of a store; numbers that differ between two runs are left out.

import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { type Ended, gristmillIn, scratch, start } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { makeDirectory } from '../support/import-files.js';

const made = makeDirectory();
afterAll(made.remove);

beforeAll(async () => {
  writeFileSync(join(made.path, 'a.ndjson'), '{"id":1,"g":1}\n{"id":2,"g":2.50}\n');
  const store = await openStore(join(made.path, 'store'), { config: false });
  await store.import(join(made.path, 'a.ndjson'), { key: 'id', indexes: ['g'] });
  await store.collection().put({ id: 3 });
  await store.close();
});

const COMMANDS: readonly (readonly string[])[] = [
  ['import', 'a.ndjson', '--key', 'id', '--mode', 'upsert'],
  ['get', '1', '3'],
  ['range', '--index', 'g', '--rows'],
  ['count'],
  ['distinct', 'g'],
  ['export', '--format', 'json'],
  ['stat'],
  ['put', '{"id":4}'],
  ['patch', '1', '{"n":1}'],
  ['delete', '1'],
  ['compact'],
  ['verify'],
  ['repair'],
  ['backup', 'copy'],
  ['config'],
  ['quarantine', 'list'],
  ['index', 'list'],
  ['clear', 'records', '--yes'],
  ['rename', 'records', 'others'],
  ['drop', 'records', '--yes'],
  // Exit codes 1 to 4.
  ['get', '7'],
  ['get', '1', '--bogus'],
  ['import', 'none.json'],
  ['get', '1', '--collection', 'none'],
  ['watch', 'none.json'],
];

const AMOUNT = /\d[\d.,]*(?: (?:min|s|ms|[kMG]?B(?:\/s)?)(?!\w))*/g;

/** The end of a command in a directory of its own, without the directory's name, and all records afterwards. */
async function outcomeOf(words: readonly string[], run: (words: readonly string[], cwd: string) => Promise<Ended>) {
  const cwd = scratch();
  cpSync(made.path, cwd, { recursive: true });
  const all = words[0] === 'config' ? words : [...words, '--store', 'store'];
  const { stdout, stderr, ...ended } = await run(all, cwd);
  const [shown, told] = [stdout, stderr].map((text) =>
    text.replaceAll(cwd, 'DIRECTORY').replaceAll(AMOUNT, '0').replaceAll(/[ -]+/g, ' '),
  );
  const store = await openStore(join(cwd, 'store'), { config: false });
  const records: Record<string, string[]> = {};
  for (const name of store.collections()) {
    records[name] = [];
    for await (const { text } of store.collection(name).scanText()) records[name].push(text);
  }
  await store.close();
  return { ...ended, shown, told, records };
}

test.each(partOf(COMMANDS).map((words) => [words]))('%j', async (words) => {
  const alone = await outcomeOf(words, (all, cwd) => start(all, cwd).ended);
  expect(await outcomeOf(words, (all, cwd) => gristmillIn(cwd, all))).toEqual(alone);
  expect(alone.signal).toBeNull();
});
