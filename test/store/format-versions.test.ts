// Goal: every format that was ever released can be read, and one that is newer is refused by name. Method: a store kept
// from the release that wrote it first (made by test/support/store-v1.mjs), read against what was put into it; and the
// same store changed to say that it is newer.

import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../../dist/src/index.js';
import { FORMAT_VERSION, STORE_KEY, seal } from '../../dist/src/store/catalog/values.js';
import { putChecksum } from '../../dist/src/store/files/checksum.js';
import { temporaryDirectory } from '../support/build-store.js';
import { fileWith } from '../support/import-files.js';
import { openRawIndex } from '../support/raw-catalog.js';
import { textsOf } from '../support/rows.js';

type Key = number | string;
interface Expected {
  readonly records: [number, string][];
  readonly named: [string, string][];
  readonly plain: [number, string][];
}

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
/** Stores of all formats hold the same. */
const expected = JSON.parse(readFileSync(join(FIXTURES, 'store-v1', 'expected.json'), 'utf8')) as Expected;
/** LMDB's file is of one word size and byte order, and so is the fixture. */
const isReadable = endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch);

/** A copy of the fixture with the rights a store has; git keeps none. */
function copied(format: number | string = 1): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  const store = join(path, 'store');
  cpSync(join(FIXTURES, `store-v${format}`, 'store'), store, { recursive: true });
  chmodSync(store, 0o700);
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  }
  return store;
}

async function opened(directory: string, readOnly: boolean): Promise<Store> {
  const store = await openStore(directory, { readOnly });
  onTestFinished(() => store.close());
  return store;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Everything in every way there is. */
async function readCompletely(store: Store): Promise<void> {
  expect(store.collections().sort()).toEqual(Object.keys(expected).sort());
  for (const [name, records] of Object.entries(expected) as [string, [Key, string][]][]) {
    const collection = store.collection(name);
    expect(collection.count()).toBe(records.length);
    for (const [key, text] of records) expect(collection.getTextSync(key)).toBe(text);
    const scanned = (await all(collection.scanText())).map(({ text }) => text);
    expect(scanned.sort()).toEqual(records.map(([, text]) => text).sort());
    const byKey = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
    expect((await all(collection.rangeText())).map(({ key, text }) => [key, text])).toEqual(byKey);
  }
  const records = store.collection('records');
  for (const gone of [9, 10, 40, 43]) expect(records.getTextSync(gone)).toBeUndefined();
  for (const group of ['g0', 'g1', 'g2', 'g3']) {
    const texts = expected.records.map(([, text]) => text).filter((text) => JSON.parse(text).group === group);
    expect((await all(textsOf(records.findText('group', group)))).sort()).toEqual(texts.sort());
  }
}

/** The newest format of stores that are not encrypted; the next one is that of encrypted stores. */
const PLAIN_FORMAT = 4;

test('there is a fixture of the format this gristmill writes', () => {
  expect(readdirSync(FIXTURES)).toContain(`store-v${PLAIN_FORMAT}`);
});

test.skipIf(!isReadable).each([
  [1, true],
  [1, false],
  [2, true],
  [2, false],
])('a store of format %i: read, verified, changed (read-only: %s)', async (format, readOnly) => {
  const store = await opened(copied(format), readOnly);
  expect(store.stat().format).toBe(format);
  await readCompletely(store);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [], checked: { shards: 4 } });
  if (readOnly) return;
  await store.collection('records').putText('{"id":43}');
  await store.collection('records').delete(43);
  await store.compact({ minDeadShare: 0 });
  await readCompletely(store);
  expect(store.stat().format).toBe(5);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
});

test.skipIf(!isReadable).each([true, false])(
  'a store of format 2, with composite keys: read, verified, changed (read-only: %s)',
  async (readOnly) => {
    const file = join(FIXTURES, 'store-v2-composite', 'expected.json');
    const records = JSON.parse(readFileSync(file, 'utf8')) as [[string, number], string][];
    const store = await opened(copied('2-composite'), readOnly);
    expect(store.stat().format).toBe(2);
    const collection = store.collection('records');
    const readAll = async (): Promise<void> => {
      for (const [key, text] of records) expect(collection.getTextSync(key)).toBe(text);
      const byKey = [...records].sort(([[a, b]], [[c, d]]) => (a < c ? -1 : a > c ? 1 : b - d));
      expect((await all(collection.rangeText())).map(({ key, text }) => [key, text])).toEqual(byKey);
      for (const price of [1.5, 2.5, 3.5]) {
        const found = (await all(textsOf(collection.findText(['tags', 'price'], ['b1', price])))).sort();
        const has = ({ tags, price: its }: { tags: string[]; price: number }) => tags.includes('b1') && its === price;
        const expectedTexts = records.map(([, text]) => text).filter((text) => has(JSON.parse(text)));
        expect(found).toEqual(expectedTexts.sort());
      }
    };
    await readAll();
    expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
    if (readOnly) return;
    await collection.putText('{"tenant":"t9","id":1}');
    expect(await collection.delete(['t9', 1])).toBe(true);
    await store.compact({ minDeadShare: 0 });
    await readAll();
    expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  },
);

test.skipIf(!isReadable)('format 4: the notes of what transactions changed are kept by the next import', async () => {
  const store = await opened(copied(4), false);
  expect(store.stat().format).toBe(4);
  const source = fileWith([1, 2, 3, 4].map((id) => `{"id":${id},"n":2}\n`).join(''), 'rows.ndjson');
  const { changes } = await store.import(source, { workers: 1, collection: 'rows', key: 'id', indexes: ['n'] });
  expect(changes).toEqual({ kept: 4, dropped: 0 });
  expect((await all(store.collection('rows').rangeText())).map(({ text }) => text)).toEqual([
    '{"id":1,"n":"put"}',
    '{"id":2,"n":2,"p":1}',
    '{"id":4,"n":2}',
    '{"id":5,"n":"new"}',
  ]);
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
});

test.skipIf(!isReadable)('a store of format 4: its unique index is kept so, and the one that was added', async () => {
  const store = await opened(copied(4), false);
  const users = store.collection<{ id: number }>('users');
  expect((await all(users.find('country', 'AT'))).map(({ primaryKey }) => primaryKey)).toEqual([1, 4]);
  expect((await all(users.find('email', 'c'))).map(({ primaryKey }) => primaryKey)).toEqual([2]);
  const message = expect.stringContaining('records 1 and 5 both have "a"');
  await expect(users.put({ id: 5, email: 'a' } as never)).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION', message });
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  expect(users.stat().indexes.map(({ path, unique, kept }) => [path, unique, kept])).toEqual([
    ['id', true, false],
    ['email', true, false],
    ['country', false, true],
  ]);
});

test.skipIf(!isReadable).each([true, false])(
  'format 5: what transactions put beside the pages (read-only: %s)',
  async (readOnly) => {
    const store = await opened(copied(5), readOnly);
    expect(store.stat().format).toBe(5);
    const rows = store.collection<Row>('rows');
    const stored = new Map(Array.from({ length: 40 }, (_, id): [number, Row] => [id, { id, group: `g${id % 4}` }]));
    stored.set(7, { id: 7, group: 'put' }).set(50, { id: 50, group: 'g1' });
    stored.set(9, { id: 9, group: 'g1', p: 1 }).delete(8);
    const byKey = [...stored.values()].sort((a, b) => a.id - b.id);
    const readAll = async (): Promise<void> => {
      for (let id = 0; id < 60; id++) expect(rows.getSync(id)).toEqual(stored.get(id));
      expect((await all(rows.range())).map(({ value }) => value)).toEqual(byKey);
      const found = (await all(rows.find('group', 'g1'))).map(({ primaryKey }) => primaryKey).sort();
      expect(found).toEqual(byKey.flatMap(({ id, group }) => (group === 'g1' ? [id] : [])).sort());
      expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
    };
    await readAll();
    if (readOnly) return;
    await store.compact({ minDeadShare: 0 });
    await readAll();
  },
);

test.skipIf(!isReadable)('a store of a newer format is refused, and the message names both', async () => {
  const directory = copied();
  const raw = openRawIndex(directory);
  const header = raw.values.find(({ database, key }) => database === 'meta' && key.equals(STORE_KEY))!;
  const newer = { ...JSON.parse(header.value.subarray(8).toString()), format: FORMAT_VERSION + 1 };
  raw.put('meta', STORE_KEY, seal(Buffer.from(JSON.stringify(newer))));
  await raw.close();
  for (const readOnly of [true, false]) {
    await expect(openStore(directory, { readOnly })).rejects.toMatchObject({
      code: 'STORE_TOO_NEW',
      message: expect.stringContaining(
        `format ${FORMAT_VERSION + 1}, but this gristmill reads formats up to ${FORMAT_VERSION}`,
      ),
    });
  }
});

/** A record of the fixture of format 5. */
interface Row {
  readonly id: number;
  readonly group: string;
  readonly p?: number;
}

/** Where version and flags are in a page and in a frame table, and flags that must be understood. */
const CHANGES = [
  ['version', 0, 2, /version 2, .*reads version 1/],
  ['flag', 1, 0x80, /flags (128|144); .*reads version 1/],
] as const;

test.skipIf(!isReadable).each(CHANGES)('a newer page is refused: %s', async (_, offset, value, message) => {
  const directory = copied();
  const raw = openRawIndex(directory);
  for (const { database, key, value: page } of raw.values) {
    if (database !== 'pages') continue;
    const changed = Buffer.from(page);
    changed[8 + offset] = value;
    putChecksum(changed, 0, changed, 8, changed.byteLength);
    raw.put(database, key, changed);
  }
  await raw.close();
  const store = await opened(directory, true);
  const tooNew = expect.objectContaining({ code: 'STORE_TOO_NEW', message: expect.stringMatching(message) });
  expect(() => store.collection('records').getTextSync(1)).toThrow(tooNew);
  await expect(all(textsOf(store.collection('records').findText('group', 'g1')))).rejects.toEqual(tooNew);
});

test.skipIf(!isReadable).each(CHANGES)('a newer shard is refused: %s', async (_, offset, value, message) => {
  const directory = copied();
  for (const name of readdirSync(join(directory, 'shards'))) {
    const path = join(directory, 'shards', name);
    const bytes = readFileSync(path);
    const table = bytes.lastIndexOf('GRST');
    const frames = bytes.readUInt32LE(table + 8);
    const end = table + 16 + 4 * frames;
    bytes[table + 4 + offset]! |= value;
    if (offset === 0) bytes[table + 4] = value;
    putChecksum(bytes, end, bytes, table, end);
    writeFileSync(path, bytes);
  }
  const store = await opened(directory, true);
  const tooNew = expect.objectContaining({ code: 'STORE_TOO_NEW', message: expect.stringMatching(message) });
  expect(() => store.collection('records').getTextSync(1)).toThrow(tooNew);
  await expect(all(store.collection('plain').scanText())).rejects.toEqual(tooNew);
});

test.skipIf(!isReadable)('format 6: records that were stored in three versions, and the catalog lost', async () => {
  const kept = (id: number) => ({ id, email: `m${id}`, price: id === 7 ? null : id + 0.5 });
  const expected = new Map<number, object>(Array.from({ length: 30 }, (_, id) => [id, kept(id)]));
  expected.set(3, { ...kept(3), note: 1 }).set(40, { id: 40, email: 'm40', price: null });
  for (const id of [31, 32, 50]) expected.set(id, { id, email: `m${id}`, price: id });
  const readAll = async (store: Store, priced: number): Promise<void> => {
    const rows = store.collection<{ id: number }>('rows');
    const found = new Map((await all(rows.range())).map(({ value }) => [value.id, value]));
    expect(found).toEqual(expected);
    expect(rows.count({ index: 'price', gte: 31, lte: 31 })).toBe(priced);
    expect(store.collection('words').getTextSync(0)).toBe('{"ID":"A","TEXT":"B"}');
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  };
  const functions = [{ name: 'louder', version: 1, up: (text: string) => text.toUpperCase() }];
  const directory = copied(6);
  const store = await openStore(directory, { functions, hotSet: false });
  expect(store.stat().format).toBe(6);
  await readAll(store, 1);
  await store.undoMigrations('rows', 0, { workers: 1 });
  const rows = store.collection('rows');
  expect(rows.getSync(7)).toEqual({ id: 7, mail: 'm7', price: 'free', old: 7 });
  expect(rows.getSync(3)).toEqual({ id: 3, mail: 'm3', price: '3.50', old: 3, note: 1 });
  expect(rows.getSync(50)).toEqual({ id: 50, mail: 'm50', price: '50' });
  await store.close();

  const lost = copied(6);
  rmSync(join(lost, 'index'), { recursive: true });
  const report = await repairStore(lost, { workers: 1 });
  // What transactions put after the last compaction is gone; no shard knows that values are null.
  expect(report).toMatchObject({ from: 'shards', lost: [], unused: [] });
  const repaired = await openStore(lost, { functions, hotSet: false });
  onTestFinished(() => repaired.close());
  expect((await repaired.evolution('rows')).version).toBe(2);
  expect(repaired.collection('rows').getSync(7)).toEqual({ id: 7, email: 'm7', price: 'free' });
  expect(repaired.collection('rows').getSync(31)).toEqual(expected.get(31));
  expect((await repaired.evolution('words')).version).toBe(0);
  expect((await repaired.verify({ workers: 1 })).faults).toEqual([]);
});
