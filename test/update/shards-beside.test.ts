// Goal: what the docs say of shards after changes is so (docs/store.md, "What other tools see in shards/"; docs/updates.md,
// "Imports and changes"): nobody is to learn it by a loss.
// Method: the shard files as zstd itself reads them, beside what the store says.

import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, type Store } from '../../dist/src/index.js';
import { scratch } from '../support/import-files.js';
import { HAS_ZSTD } from '../support/import-store.js';

interface Row {
  readonly id: number;
  readonly text: string;
}

const ROWS: readonly Row[] = Array.from({ length: 10 }, (_, id) => ({ id, text: 'of the source' }));

async function importedStore(): Promise<{ store: Store; source: string }> {
  const folder = scratch();
  const source = join(folder, 'rows.ndjson');
  writeFileSync(source, ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const store = await openStore(join(folder, 'store'), { config: false, hotSet: false });
  onTestFinished(() => store.close());
  await store.import(source, { key: 'id' });
  return { store, source };
}

/** All lines that another tool finds. */
function linesInShards({ directory }: Store): Row[] {
  const folder = join(directory, 'shards');
  const files = readdirSync(folder).filter((name) => name.endsWith('.zst'));
  const text = files.map((name) => execFileSync('zstd', ['-dcq', join(folder, name)], { encoding: 'utf8' })).join('');
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line): Row => JSON.parse(line));
  return rows.sort((one, other) => one.id - other.id || one.text.localeCompare(other.text));
}

async function records(store: Store): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { value } of store.collection<Row>().range()) rows.push(value);
  return rows;
}

test.runIf(HAS_ZSTD)('other tools find old records after changes and miss new ones, until compaction', async () => {
  const { store } = await importedStore();
  expect(linesInShards(store)).toEqual(ROWS);
  await store.transaction((tx) => {
    const rows = tx.collection<Row>('records');
    rows.put({ id: 3, text: 'put' });
    rows.patch(4, { text: 'patched' });
    rows.put({ id: 10, text: 'put' });
    rows.delete(5);
  });
  const now = [...ROWS, { id: 10, text: 'put' }]
    .filter(({ id }) => id !== 5)
    .map((row) => ({ ...row, ...(row.id === 3 && { text: 'put' }), ...(row.id === 4 && { text: 'patched' }) }));
  expect(await records(store)).toEqual(now);
  expect(linesInShards(store)).toEqual(ROWS);
  await store.compact();
  expect(await records(store)).toEqual(now);
  expect(linesInShards(store)).toEqual(now);
});

test('an import that replaces drops what transactions changed where it is asked to; one that upserts keeps what it does not bring', async () => {
  const { store, source } = await importedStore();
  const change = () =>
    store.transaction((tx) => {
      tx.collection<Row>('records').put({ id: 3, text: 'put' });
      tx.collection<Row>('records').put({ id: 10, text: 'put' });
    });
  await change();
  await store.import(source, { key: 'id', mode: 'upsert' });
  expect(await records(store)).toEqual([...ROWS, { id: 10, text: 'put' }]);
  await change();
  await store.import(source, { key: 'id', mode: 'replace', changes: 'drop' });
  expect(await records(store)).toEqual(ROWS);
});
