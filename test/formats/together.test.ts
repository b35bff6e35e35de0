// Goal: sources of several formats in one import are each read by their own options; rows that were rejected can be corrected
// as JSON, and a retry says so; a report counts the bytes that were read.
// Method: small files of each format together; a quarantine of each format, retried as it is and corrected.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BSON } from 'bson';
import { expect, test } from 'vitest';
import { scratch } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';
import { syncedStore } from '../support/sync.js';

function fileOf(name: string, bytes: Uint8Array | string): string {
  const path = join(scratch(), name);
  writeFileSync(path, bytes);
  return path;
}

test('options about how JSON is written are for the sources of JSON, option types for those with cells', async () => {
  const { store, texts } = await testStore();
  const csv = fileOf('a.csv', 'id,n\n1,2\n');
  const json5 = fileOf('b.json5', "{id: '2', n: NaN} // last\n");
  const bson = fileOf('c.bson', BSON.serialize({ id: '3' }));
  const options = { key: 'id', dialect: 'json5', nonfinite: 'null', types: 'n=number' } as const;
  await store.import([csv, json5, bson], options);
  const expected = ['{"id":"1","n":2}', '{"id":"2","n":null}', '{"id":"3"}'];
  expect(await texts()).toEqual(expected);
  const synced = await syncedStore('on disk');
  await synced.sync([csv, json5, bson], options);
  writeFileSync(csv, 'id,n\n1,2\n4,5\n');
  writeFileSync(json5, "{id: '2', n: 7}\n");
  await synced.sync([csv, json5, bson], options);
  const records = synced.store.collection('records');
  expect(['1', '2', '3', '4'].map((key) => records.getTextSync(key))).toEqual([
    expected[0],
    '{"id":"2","n":7}',
    expected[2],
    '{"id":"4","n":5}',
  ]);
  await expect(store.import([csv, bson], { key: 'id', dialect: 'json5' })).rejects.toThrow(
    /a\.csv is read as csv, and option dialect is for sources of JSON/,
  );
  await expect(store.import([json5, bson], { key: 'id', dialect: 'json5', types: 'auto' })).rejects.toThrow(
    /b\.json5 is read as JSON/,
  );
});

test.each([
  ['a.csv', 'id,n\n1\n', 'it is a row of cells'],
  ['a.bson', withBadType(BSON.serialize({ id: '1' })), 'it is a document of BSON'],
  ['a.bulk', '{"index":{"_id":"0"}}\n{"id":"0"}\n{"update":{"_id":"1"}}\n{}\n', 'it is an action of a bulk file'],
])('a retry of %s wants JSON, and says so', async (name, bytes, words) => {
  const { store, texts } = await testStore();
  const good = fileOf('good.json', '{"id":"9"}\n');
  const isBulk = name.endsWith('.bulk');
  const bad = fileOf(name, bytes);
  const sources = isBulk ? bad : [good, bad];
  await store.import(sources, { key: 'id', onBadRecord: 'quarantine', ...(isBulk && { format: 'es-bulk' }) });
  const before = await texts();
  const [file] = await store.quarantine.files();
  const asItIs = await store.quarantine.retry(file!.name);
  expect(asItIs).toMatchObject({ accepted: 0, left: 1 });
  expect(asItIs.refused[0]!.message).toContain(`${words}, and a retry reads JSON`);
  const corrected = await store.quarantine.retry(file!.name, {
    corrected: [{ number: 1, text: '{"id":"1","n":"2"}' }],
  });
  expect(corrected).toMatchObject({ accepted: 1, left: 0 });
  expect(await texts()).toEqual([...before, '{"id":"1","n":"2"}']);
});

function withBadType(document: Uint8Array): Uint8Array {
  document[4] = 0x55;
  return document;
}

test('with option limit the report counts the bytes that were read', async () => {
  const { store } = await testStore();
  const lines = Array.from({ length: 40_000 }, (_, id) => `{"id":${id},"text":"${'x'.repeat(60)}"}\n`).join('');
  const path = fileOf('many.ndjson', lines);
  const few = await store.import(path, { limit: 10, spanBytes: 100_000 });
  expect(few.records.stored).toBe(10);
  expect(few.bytes.source).toBeGreaterThan(0);
  expect(few.bytes.source).toBeLessThanOrEqual(100_000);
  expect((await store.import(path, { limit: 100_000 })).bytes.source).toBe(lines.length);
});
