// Goal: `gristmill collections` lists what there is, and an import that would replace records of another source says which
// flags go on. Method: real command lines on one store.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gristmill, scratch } from '../support/cli.js';
import { fileWith } from '../support/import-files.js';
import { withoutImportMode } from '../support/import-mode.js';

withoutImportMode();

test('collections are listed with key, indexes, sources, version and records', async () => {
  const folder = scratch();
  const store = ['--store', join(folder, 'store')];
  const none = await gristmill('collections', ...store);
  expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('STORE_NOT_FOUND') });
  const users = fileWith('[{"id":1,"mail":"a"},{"id":2,"mail":"b"}]', 'users.json', folder);
  await gristmill('import', users, ...store, '--collection', 'users', '--key', 'id', '--index', 'mail');
  await gristmill('put', '{"n":1}', ...store, '--collection', 'notes', '--key', 'n');
  const { stdout } = await gristmill('collections', ...store, '--json');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { name: 'notes', records: 1, key: 'n', indexes: [], version: 0, sources: [] },
    { name: 'users', records: 2, key: 'id', indexes: ['mail'], version: 0, sources: [users] },
  ]);
  const table = (await gristmill('collections', ...store)).stdout.split('\n');
  expect(table[0]).toMatch(/^collection +key +indexes +sources +version +records$/);
  expect(table[2]).toMatch(new RegExp(`^users +id +mail +${users} +0 +2$`));
});

test('a file that would replace another one is refused, with the flags that go on', async () => {
  const folder = scratch();
  const store = ['--store', join(folder, 'store'), '--key', 'id'];
  const [first, second] = ['first', 'second'].map((name, id) => fileWith(`{"id":${id}}`, `${name}.json`, folder));
  expect((await gristmill('import', first!, ...store)).code).toBe(0);
  expect((await gristmill('import', first!, ...store)).code).toBe(0);
  const { code, stderr } = await gristmill('import', second!, ...store);
  expect(code).toBe(4);
  expect(stderr).toContain(`MODE_NEEDED: collection records has 1 record, made from ${first}`);
  for (const flag of ['--mode replace', '--mode upsert', '--mode insert']) expect(stderr).toContain(flag);
  expect(JSON.parse((await gristmill('import', second!, ...store, '--mode', 'upsert', '--json')).stdout)).toMatchObject(
    {
      mode: 'upsert',
      records: { stored: 1 },
    },
  );
});
