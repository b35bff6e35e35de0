// Goal: null is no primary key: a record with it is a bad record everywhere, so no two records become one. Records that
// an older gristmill stored under null stay readable, and repair keeps them. Method: imports, transactions and the command
// line over records with null at the key path; a store built without the import path.

import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { openCatalog, publishRecords } from '../support/build-store.js';
import { gristmill, scratch } from '../support/cli.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { textsOf } from '../support/rows.js';

const NULLS = Array.from({ length: 5 }, (_, n) => `{"id":null,"n":${n}}\n`).join('');
const SOURCE = `{"id":1}\n${NULLS}{"id":"null"}\n`;

test.each(KINDS)('an import %s refuses records with a null key, and names the path', async (kind) => {
  const { run, texts } = await testStore(kind);
  const error = await errorOf(run(SOURCE, { key: 'id', layout: 'ndjson' }));
  expect(error).toMatchObject({ code: 'BAD_RECORD', reason: 'KEY_NULL', record: 1, line: 2 });
  expect(error.message).toMatch(/has null at the key path "id"/);
  const report = await run(SOURCE, { key: 'id', layout: 'ndjson', onBadRecord: 'skip' });
  expect(report.records).toEqual({ read: 7, stored: 2, rejected: 5, replaced: 0 });
  expect(await texts()).toEqual(['{"id":1}', '{"id":"null"}']);
});

test('a transaction refuses them; null stays a value of a secondary index', async () => {
  const { store, run } = await testStore();
  await run('{"id":1,"a":null}', { key: 'id', indexes: ['a'] });
  const records = store.collection();
  const refused = { code: 'BAD_RECORD', reason: 'KEY_NULL' };
  await expect(records.put({ id: null })).rejects.toMatchObject(refused);
  await expect(records.putText('{"id":null}')).rejects.toMatchObject(refused);
  await expect(records.patchText(1, '{"id":[null]}')).rejects.toMatchObject({ reason: 'KEY_NOT_SCALAR' });
  expect(await records.get(null)).toBeUndefined();
  const found: string[] = [];
  for await (const text of textsOf(records.findText('a', null))) found.push(text);
  expect(found).toEqual(['{"id":1,"a":null}']);
});

test('the command line says so, and ends with the exit code of bad records', async () => {
  const store = join(scratch(), 'store');
  const source = fileWith(SOURCE, 'source.ndjson');
  const failed = await gristmill('import', source, '--store', store, '--key', 'id');
  expect(failed).toMatchObject({ code: 3, stderr: expect.stringContaining('has null at the key path "id"') });
  expect((await gristmill('import', fileWith('{"id":1}'), '--store', store, '--key', 'id')).code).toBe(0);
  expect(await gristmill('put', '{"id":null}', '--store', store)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('has null at the key path'),
  });
});

test('a record that is stored under null is read, repaired and deleted', async () => {
  const directory = join(scratch(), 'store');
  const catalog = await openCatalog(directory);
  await publishRecords(catalog, directory, [
    { key: null, text: '{"id":null,"n":1}' },
    { key: 2, text: '{"id":2}' },
  ]);
  await catalog.close();
  expect(await repairStore(directory)).toMatchObject({ lost: [] });
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  expect(store.collection().getTextSync(null)).toBe('{"id":null,"n":1}');
  expect(await store.collection().delete(null)).toBe(true);
  expect(store.collection().count()).toBe(1);
});
