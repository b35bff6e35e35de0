// Goal: a lost or damaged index is made anew from the shards, with the records there were. Method: import in every layout,
// damage the index in several ways, repair, and compare with what was there; verify must find nothing afterwards.

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore } from '../../dist/src/index.js';
import { seal } from '../../dist/src/store/catalog/values.js';
import { temporaryDirectory } from '../support/build-store.js';
import { gristmill } from '../support/cli.js';
import { testStore } from '../support/import-store.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { buildEverything, contents, openReadOnly, readAll, versions } from '../support/upkeep.js';

/** What a value of the catalog begins with. */
const CHECKSUM_BYTES = 8;
const rows = Array.from({ length: 2000 }, (_, id) => ({ id, group: `g${id % 7}`, tags: [id % 3, `t${id % 11}`] }));
const members = Object.fromEntries(rows.map((row) => [`n${row.id}`, row]));
const options = { key: 'id', indexes: ['group', 'tags'], spanBytes: 16_384 };

/** Repairs, and compares what the store holds then. */
async function repaired(directory: string, expected: unknown) {
  const report = await repairStore(directory, { workers: 2 });
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  expect(await contents(store)).toEqual(expected);
  expect(await store.verify()).toMatchObject({ isSound: true, faults: [] });
  return report;
}

test.each([
  ['lines', rows.map((row) => JSON.stringify(row)).join('\n'), options],
  ['values', rows.map((row) => JSON.stringify(row)).join(' '), options],
  ['array', JSON.stringify(rows, null, 1), options],
  ['object by name', JSON.stringify(members), { ...options, layout: 'object', key: undefined }],
  ['object by path', JSON.stringify(members), { ...options, layout: 'object' }],
  ['without a key', rows.map((row) => JSON.stringify(row)).join('\n'), { spanBytes: 16_384, indexes: ['group'] }],
] as const)('the index is lost: %s', async (_, source, given) => {
  const { store, directory, run } = await testStore();
  await run(source, given as object);
  const expected = await contents(store);
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  expect(await repaired(directory, expected)).toMatchObject({ from: 'shards', lost: [], notes: [expect.anything()] });
});

test.each(['index', 'index/data.mdb'])(
  'without its %s a store with shards is not taken for a new one',
  async (lost) => {
    const { store, directory, run } = await testStore();
    await run('{"id":1}', { key: 'id' });
    await store.close();
    rmSync(join(directory, lost), { recursive: true });
    for (const how of [{}, { create: false }, { readOnly: true }]) {
      const message = expect.stringContaining('gristmill repair');
      await expect(openStore(directory, how)).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE', message });
    }
    // An index with nothing in it.
    await openRawIndex(directory).close();
    await expect(openStore(directory)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(readdirSync(join(directory, 'shards'))).toHaveLength(1);
    expect(await repairStore(directory)).toMatchObject({
      from: 'shards',
      collections: [{ name: 'records', records: 1 }],
    });
  },
);

test('imports one after another: replaced ones are not used, upserts and inserts settle keys as they did', async () => {
  const { store, directory, run } = await testStore();
  const text = (from: number, to: number, version: number) =>
    Array.from({ length: to - from }, (_, i) => JSON.stringify({ id: from + i, group: `v${version}` })).join('\n');
  const same = { key: 'id', indexes: ['group'] };
  await run(text(0, 50, 0), same);
  await run(`${text(0, 100, 1)}\n${text(5, 10, 2)}`, same);
  await run(text(90, 120, 3), { ...same, mode: 'upsert' });
  await run(text(110, 130, 4), { ...same, mode: 'insert', onDuplicate: 'first' });
  await run(text(0, 9, 5), { ...same, collection: 'other', onDuplicate: 'first' });
  const expected = await contents(store);
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  expect(await repaired(directory, expected)).toMatchObject({ from: 'shards', lost: [], notes: [expect.anything()] });
});

const bad = (count: number): string => Array.from({ length: count }, (_, i) => `{"id":${i},,}`).join('\n');

test.each([
  [
    'in the middle',
    `${versions(0, 900, 1)}\n${bad(4000)}\n${versions(900, 1800, 1)}`,
    /^Collection records has no shard for bytes \d+ to/,
  ],
  ['at the end', `${versions(0, 900, 1)}\n${bad(4000)}`, /^Collection records has no shard for .* from byte \d+ on:/],
] as const)(
  'spans of which no record was kept: what was published is used, and the gap is named: %s',
  async (_, source, note) => {
    const { store, directory, run } = await testStore();
    await run(source, { key: 'id', spanBytes: 8192, onBadRecord: 'skip', maxBad: 4000, maxBadRatio: 1 });
    const expected = await contents(store);
    await store.close();
    rmSync(join(directory, 'index'), { recursive: true });
    const { unused, notes } = await repaired(directory, expected);
    expect(unused).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^The index was made from the shards, without the catalog/),
      expect.stringMatching(note),
    ]);
  },
);

test('pages are damaged: all else is kept, tombstones and inline records too', async () => {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  const directory = join(path, 'store');
  const oracle = await buildEverything(directory);
  const before = await openReadOnly(directory);
  const expected = await contents(before);
  await before.close();
  const raw = openRawIndex(directory);
  for (const { database, key, value } of raw.values) {
    if (database !== 'pages') continue;
    const flipped = Buffer.from(value);
    flipped[40]! ^= 1;
    raw.put(database, key, flipped);
  }
  await raw.close();
  const report = await repaired(directory, expected);
  expect(report).toMatchObject({ from: 'catalog', lost: [], notes: [] });
  expect(existsSync(join(report.kept!, 'data.mdb'))).toBe(true);
  const store = await openReadOnly(directory);
  onTestFinished(() => store.close());
  expect(await readAll(store, oracle)).toEqual([]);
});

test.each(['catalog', 'shards'])(
  'a damaged frame: its records are lost and named, the others stay (%s)',
  async (from) => {
    const { store, directory, run } = await testStore();
    await run(rows.map((row) => JSON.stringify(row)).join('\n'), { key: 'id', indexes: ['group'] });
    await store.close();
    const [shard] = readdirSync(join(directory, 'shards')) as [string];
    const path = join(directory, 'shards', shard);
    const bytes = readFileSync(path);
    bytes[60]! ^= 1;
    writeFileSync(path, bytes);
    if (from === 'shards') rmSync(join(directory, 'index'), { recursive: true });
    const report = await repairStore(directory);
    expect(report).toMatchObject({ from, lost: [{ file: path, offset: 0 }] });
    const again = await openStore(directory);
    onTestFinished(() => again.close());
    const { records } = again.stat().collections[0]!;
    expect(records).toBeGreaterThan(500);
    const collection = again.collection();
    for (const row of rows) {
      expect(collection.getSync(row.id)).toEqual(row.id < rows.length - records ? undefined : row);
    }
    expect(await again.verify()).toMatchObject({ isSound: true });
  },
);

test('the command line', async () => {
  const { store, directory, run } = await testStore();
  await run('{"id":1}\n{"id":2}', { key: 'id' });
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  const { code, stdout } = await gristmill('repair', '--store', directory, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ from: 'shards', collections: [{ name: 'records', records: 2 }] });
  expect(await gristmill('get', '2', '--store', directory)).toMatchObject({ code: 0, stdout: '{"id":2}\n' });
});

test.each(['plainBytes', 'storedBytes', 'frames'])(
  'what the catalog says of the %s of a sound file is put right',
  async (fact) => {
    const { store, directory, run } = await testStore();
    await run(rows.map((row) => JSON.stringify(row)).join('\n'), options);
    const expected = await contents(store);
    await store.close();
    const raw = openRawIndex(directory);
    let changed = 0;
    for (const { database, key, value } of raw.values) {
      const text = value.subarray(CHECKSUM_BYTES).toString();
      if (database !== 'meta' || !text.startsWith('{"shard":')) continue;
      const entry = JSON.parse(text);
      raw.put(database, key, seal(Buffer.from(JSON.stringify({ ...entry, [fact]: entry[fact] + 1 }))));
      changed++;
    }
    await raw.close();
    expect(changed).toBeGreaterThan(3);
    expect(await repaired(directory, expected)).toMatchObject({ from: 'catalog', lost: [] });
  },
);
