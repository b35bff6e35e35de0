// Goal: a lost or damaged index is made anew from the shards, with the records there were. Method: import in every framing,
// damage the index in several ways, repair, and compare with what was there; verify must find nothing afterwards.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore, repairStore, type Store } from '../dist/src/index.js';
import { encodeLine, encodeSpan, newHeader } from '../src/import/journal-format.js';
import type { SpanResult } from '../src/import/span-types.js';
import { GARBAGE_KEY, LOCK_KEY } from '../src/store/catalog-values.js';
import { SELF } from '../src/store/process-identity.js';
import type { CatalogWrite, LockRecord } from '../src/store/types.js';
import { openCatalog, temporaryDirectory } from './support/build-store.js';
import { gristmill } from './support/cli.js';
import { type TestStore, testStore } from './support/import-store.js';
import { openRawIndex } from './support/raw-catalog.js';
import { buildEverything, openReadOnly, readAll } from './support/upkeep.js';

const rows = Array.from({ length: 2000 }, (_, id) => ({ id, group: `g${id % 7}`, tags: [id % 3, `t${id % 11}`] }));
const members = Object.fromEntries(rows.map((row) => [`n${row.id}`, row]));
const options = { key: 'id', indexes: ['group', 'tags'], spanBytes: 16_384 };

/** Everything a collection answers. */
async function contents(store: Store): Promise<unknown> {
  const found: Record<string, unknown> = {};
  for (const name of store.collections().sort()) {
    const collection = store.collection(name);
    const ranged: unknown[] = [];
    for await (const { key, value } of collection.range()) ranged.push([key, value]);
    const { indexes, records } = store.stat().collections.find((stat) => stat.name === name)!;
    const secondary: Record<string, unknown[]> = {};
    for (const { path } of indexes.slice(1)) {
      secondary[path] = [];
      for await (const { key, value } of collection.range({ index: path })) secondary[path]!.push([key, value]);
    }
    const texts: string[] = [];
    for await (const { text } of collection.scanText()) texts.push(text);
    found[name] = { ranged, secondary, texts, records };
  }
  return found;
}

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
  ['object by name', JSON.stringify(members), { ...options, key: undefined }],
  ['object by path', JSON.stringify(members), options],
  ['without a key', rows.map((row) => JSON.stringify(row)).join('\n'), { spanBytes: 16_384, indexes: ['group'] }],
] as const)('the index is lost: %s', async (_, source, given) => {
  const { store, directory, run } = await testStore();
  await run(source, given as object);
  const expected = await contents(store);
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  expect(await repaired(directory, expected)).toMatchObject({ from: 'shards', lost: [], notes: [expect.anything()] });
});

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

const lines = (from: number, to: number, version: number): string =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ id: from + i, version })).join('\n');
const bad = (count: number): string => Array.from({ length: count }, (_, i) => `{"id":${i},,}`).join('\n');

test.each([
  [
    'in the middle',
    `${lines(0, 900, 1)}\n${bad(4000)}\n${lines(900, 1800, 1)}`,
    /^Collection records has no shard for bytes \d+ to/,
  ],
  ['at the end', `${lines(0, 900, 1)}\n${bad(4000)}`, /^Collection records has no shard for .* from byte \d+ on:/],
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
    expect(notes).toEqual([expect.stringMatching(/^The catalog was lost/), expect.stringMatching(note)]);
  },
);

describe('an import that may have been killed', () => {
  /** Two imports of which one replaced the other, both with their files there; what each of the two holds. */
  async function both(options: object, more?: (run: TestStore['run']) => Promise<unknown>) {
    const { store, directory, run } = await testStore();
    const shards = join(directory, 'shards');
    const texts = async () => {
      const found: string[] = [];
      for await (const { text } of store.collection().scanText()) found.push(text);
      return found;
    };
    await run(lines(0, 10, 1), { key: 'id' });
    const [first] = readdirSync(shards) as [string];
    const bytes = readFileSync(join(shards, first));
    await run(lines(5, 20, 2), options);
    const second = readdirSync(shards).find((file) => file !== first) as string;
    const published = await texts();
    await more?.(run);
    await store.close();
    writeFileSync(join(shards, first), bytes, { mode: 0o600 });
    rmSync(join(directory, 'index'), { recursive: true });
    return { directory, published, first, second };
  }
  async function textsAfter(directory: string): Promise<string[]> {
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(await store.verify()).toMatchObject({ isSound: true });
    const found: string[] = [];
    for await (const { text } of store.collection().scanText()) found.push(text);
    return found;
  }
  const joined = [...lines(0, 10, 1).split('\n'), ...lines(10, 20, 2).split('\n')];
  const doubt = expect.stringMatching(/published cannot be told/);

  test.each(['replace', 'upsert'])('nothing under tmp/: it was published (%s)', async (mode) => {
    const { directory, published, first } = await both({ key: 'id', mode });
    const { unused, notes } = await repairStore(directory);
    expect(unused.map(({ file }) => file)).toEqual(mode === 'replace' ? [first] : []);
    expect(notes).toHaveLength(1);
    expect(await textsAfter(directory)).toEqual(published);
  });

  test.each(['replace', 'upsert'])('its directory is there: its records replace none (%s)', async (mode) => {
    const { directory } = await both({ key: 'id', mode });
    mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
    const { unused, notes } = await repairStore(directory);
    expect(unused).toEqual([]);
    expect(notes).toEqual([expect.anything(), doubt]);
    expect(await textsAfter(directory)).toEqual(joined);
    expect(existsSync(join(directory, 'tmp'))).toBe(false);
  });

  test('it was of another key: the collection stays', async () => {
    const { directory, second } = await both({ key: 'version', onDuplicate: 'last' });
    mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
    const { unused } = await repairStore(directory);
    expect(unused).toEqual([{ file: second, why: expect.stringMatching(/cannot be told/) }]);
    expect(await textsAfter(directory)).toEqual(lines(0, 10, 1).split('\n'));
  });

  test.each([true, false])(
    'another was published after it: it is doubtful where its journal is there (%s)',
    async (there) => {
      const { directory, published, second } = await both({ key: 'id' }, (run) =>
        run('{"id":1}', { collection: 'other' }),
      );
      if (there) {
        const result = { losers: new Uint32Array(), runs: [] } as unknown as SpanResult;
        const span = { shard: Number.parseInt(second, 10), wasRedone: false, quarantineBytes: 0, result };
        mkdirSync(join(directory, 'tmp', 'killed'), { recursive: true, mode: 0o700 });
        const journal = Buffer.concat([encodeLine(newHeader('', '')), encodeLine(encodeSpan(span))]);
        writeFileSync(join(directory, 'tmp', 'killed', 'journal'), journal);
      }
      const { notes } = await repairStore(directory);
      expect(notes.slice(1)).toEqual(there ? [doubt] : []);
      expect(await textsAfter(directory)).toEqual(there ? joined : published);
    },
  );
});

describe('others', () => {
  test('a store that is open is not repaired', async () => {
    const { store, directory, run } = await testStore();
    await run('{"id":1}', { key: 'id' });
    // Only Linux says who has a file open.
    if (process.platform === 'linux') {
      await expect(repairStore(directory)).rejects.toMatchObject({ code: 'STORE_BUSY' });
      const { code, stderr } = await gristmill('repair', '--store', directory);
      expect(code).not.toBe(0);
      expect(stderr).toContain(`open in process ${process.pid}`);
    }
    await store.close();
    expect(await repairStore(directory)).toMatchObject({ from: 'catalog' });
  });

  /** A store with one import, and something in its catalog. */
  async function storeWith(change: (write: CatalogWrite) => void) {
    const { store, directory, run } = await testStore();
    await run(lines(0, 10, 1), { key: 'id' });
    const expected = await contents(store);
    await store.close();
    const catalog = await openCatalog(directory);
    await catalog.transaction(change);
    await catalog.close();
    return { directory, expected };
  }
  const leftover = '00000099.ndjson.zst';
  const lockOf = (pid: number): LockRecord => {
    const times = { since: new Date().toISOString(), renewed: new Date().toISOString() };
    return { token: 't', operation: 'import', host: 'here', ...SELF, pid, ...times };
  };
  async function damage(directory: string, key: Buffer): Promise<void> {
    const raw = openRawIndex(directory);
    const { value } = raw.values.find((one) => one.database === 'meta' && one.key.equals(key))!;
    const flipped = Buffer.from(value);
    flipped[9]! ^= 1;
    raw.put('meta', key, flipped);
    await raw.close();
  }

  test('a writer on another machine that lives is not disturbed', async () => {
    const elsewhere = { ...lockOf(1), process: 'elsewhere/1' };
    const { directory } = await storeWith((write) => write.putLock(elsewhere));
    await expect(repairStore(directory)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  });

  test.each(['sound', 'damaged'])(
    'the lock of a dead writer, %s: what it left is swept at the next open',
    async (how) => {
      const { directory, expected } = await storeWith((write) => write.putLock(lockOf(2 ** 22 + 1)));
      if (how === 'damaged') await damage(directory, LOCK_KEY);
      writeFileSync(join(directory, 'shards', leftover), 'left', { mode: 0o600 });
      expect(await repairStore(directory)).toMatchObject({ from: 'catalog', lost: [], notes: [] });
      expect(readdirSync(join(directory, 'shards'))).toContain(leftover);
      const store = await openStore(directory);
      onTestFinished(() => store.close());
      expect(readdirSync(join(directory, 'shards'))).not.toContain(leftover);
      expect(await contents(store)).toEqual(expected);
    },
  );

  test.each(['sound', 'damaged'])('garbage, %s, goes at the next open', async (how) => {
    const garbage = { files: [{ file: leftover, after: 0 }], trees: [], inline: [] };
    const { directory, expected } = await storeWith((write) => write.putGarbage(garbage));
    if (how === 'damaged') await damage(directory, GARBAGE_KEY);
    writeFileSync(join(directory, 'shards', leftover), 'left', { mode: 0o600 });
    expect(await repairStore(directory)).toMatchObject({ from: 'catalog', lost: [], notes: [] });
    const store = await openStore(directory);
    onTestFinished(() => store.close());
    expect(readdirSync(join(directory, 'shards'))).not.toContain(leftover);
    expect(await contents(store)).toEqual(expected);
    expect(await store.verify()).toMatchObject({ isSound: true, leftovers: { files: [] } });
  });
});

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
