// Goal: the commands that read and write records do so in the version that --schema-version names.
// Method: the commands on one small collection of version 1.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { gristmillIn, parseLines, scratch } from '../support/cli.js';

const OPS = [
  { op: 'rename', path: 'mail', to: 'email' },
  { op: 'add', path: 'country', value: 'DE' },
  { op: 'remove', path: 'old' },
] as const;

test('get, range, export, put, patch and import with --schema-version', async () => {
  const place = scratch();
  const write = (name: string, text: string) => writeFileSync(join(place, name), text);
  const run = (command: string, ...words: string[]) =>
    gristmillIn(place, [command, ...words, '--store', 'store', '--collection', 'things']);
  const output = async (command: string, ...words: string[]) => {
    const { code, stdout, stderr } = await run(command, ...words);
    expect([code, stderr]).toEqual([0, code === 0 ? stderr : '']);
    return stdout;
  };
  const found = async (command: string, ...words: string[]) => parseLines(await output(command, ...words));
  const store = await openStore(join(place, 'store'), { hotSet: false });
  write('first.ndjson', '{"id":1,"mail":"a","old":10}\n{"id":2,"mail":"b","old":20}\n');
  await store.import(join(place, 'first.ndjson'), { collection: 'things', key: 'id', indexes: ['mail'], workers: 1 });
  await store.evolve({ collection: 'things', from: 0, to: 1, ops: OPS }, { workers: 1 });
  await store.close();
  const old = ['--schema-version', '0'];
  expect(await found('get', '1')).toEqual([{ id: 1, email: 'a', country: 'DE' }]);
  expect(await found('get', '1', ...old)).toEqual([{ id: 1, mail: 'a', old: 10 }]);
  expect(await found('range', '--index', 'mail', '--gte', 'b', ...old)).toEqual([{ id: 2, mail: 'b', old: 20 }]);
  await output('put', '{"id":1,"mail":"A","old":11}', ...old);
  await output('patch', '2', '{"mail":"B"}', ...old);
  write('more.ndjson', '{"id":3,"mail":"c","old":30}\n');
  await output('import', 'more.ndjson', '--key', 'id', '--mode', 'upsert', '--quiet', ...old);
  expect(await found('export', '--order', 'key', ...old)).toEqual([
    { id: 1, mail: 'A', old: 11 },
    { id: 2, mail: 'B', old: 20 },
    { id: 3, mail: 'c' },
  ]);
  expect(await found('range')).toEqual([
    { id: 1, email: 'A', country: 'DE' },
    { id: 2, email: 'B', country: 'DE' },
    { id: 3, email: 'c', country: 'DE' },
  ]);
  const wrong = await run('get', '1', '--schema-version', '2');
  expect(wrong.code).not.toBe(0);
  expect(wrong.stderr).toContain('the versions 0 to 1');
  expect(wrong.stderr).toContain('--schema-version');
});
