// Goal: an index that is made later is the index that an import makes; nothing that happens meanwhile is missing in it, and
// whoever is killed, cancelled or refused leaves nothing behind.
// Method: pages byte by byte, and ranges, against an import that named the index; transactions beside the work; processes
// that are killed at each step.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type KeyPath, memory, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { openPlace } from '../../dist/src/store/lock/recovery.js';
import { CLI } from '../support/cli.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';

const PATHS: readonly KeyPath[] = ['email', 'tags', 'deep.n', ['country', 'age'], 'long', 'tags.0'];
const NO_LEFTOVERS = { trees: [], files: [], temporary: [] };

const recordOf = (i: number) => ({
  id: i,
  ...(i % 3 > 0 && { email: `u${(i * 7919) % 1000}@example.com` }),
  tags: ['a', `b${i % 7}`, i % 5 === 0 ? null : i % 11],
  deep: [{ n: i / 4 }, { n: `${i}` }],
  country: ['AT', 'CH', 'DE'][i % 3],
  age: i % 90,
  ...(i % 50 === 0 && { long: `${'x'.repeat(3000)}${i}` }),
});
const linesOf = (count: number) => Array.from({ length: count }, (_, i) => JSON.stringify(recordOf(i)));

/** All pages of each secondary index, by path. */
async function pagesOf(directory: string): Promise<Map<string, string[]>> {
  const { catalog } = await openPlace(directory, { create: false, readOnly: false });
  const { secondary } = catalog.collection('records')!;
  const pages = secondary.map(({ path, tree, entries, pages }): [string, string[]] => {
    const raw = catalog.rawPages(tree, 1e6).map(({ value }) => value.toString('base64'));
    expect(raw).toHaveLength(pages);
    return [JSON.stringify(path), [String(entries), ...raw]];
  });
  await catalog.close();
  return new Map(pages);
}

async function rangesOf(store: Store, paths: readonly KeyPath[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const index of paths) for await (const one of store.collection().range({ index })) all.push(one);
  return all;
}

describe.each(partOf(['array', 'object', 'no key']))('records in %s', (layout) => {
  const lines = linesOf(1500);
  const text =
    layout === 'array'
      ? `[${lines.join()}]`
      : layout === 'object'
        ? `{${lines.map((line, i) => `"n${i}":${line}`).join()}}`
        : lines.join('\n');
  const rule = layout === 'array' ? { key: 'id' } : layout === 'object' ? { layout: 'object' as const } : {};
  const options = { ...rule, workers: 2, spanBytes: 100_000 };

  test('the pages are those of an import with the index', async () => {
    const [whole, later] = [scratch(), scratch()];
    const source = fileWith(text);
    const one = await openStore(whole);
    await one.import(source, { ...options, indexes: PATHS });
    await one.close();
    const other = await openStore(later);
    await other.import(source, options);
    for (const path of PATHS) {
      const report = await other.createIndex('records', path, { workers: 2 });
      expect(report).toMatchObject({ collection: 'records', path, created: true, records: 1500 });
    }
    expect((await other.verify({ workers: 1 })).faults).toEqual([]);
    await other.close();
    expect(await pagesOf(later)).toEqual(await pagesOf(whole));
  });
});

test.each(['disk', 'memory'])('after changes the ranges are those of an import, on %s', async (where) => {
  const store = await openStore(where === 'disk' ? scratch() : memory());
  const twin = await openStore(memory());
  const source = fileWith(linesOf(500).join('\n'));
  await store.import(source, { key: 'id' });
  await twin.import(source, { key: 'id', indexes: PATHS });
  for (const one of [store, twin]) {
    const change = (from: number) =>
      one.transaction((tx) => {
        const records = tx.collection('records');
        for (let i = from; i < 900; i += 7) records.put({ ...recordOf(i), email: `changed${i}` });
        for (let i = from; i < 500; i += 11) records.delete(i);
      });
    await change(3);
    await one.compact({ minDeadShare: 0 });
    await change(5);
  }
  for (const path of PATHS) await store.createIndex('records', path);
  expect(await rangesOf(store, PATHS)).toEqual(await rangesOf(twin, PATHS));
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await Promise.all([store.close(), twin.close()]);
});

test('transactions beside it are in it, and readers see it at their next operation', async () => {
  const store = await openStore(scratch());
  await store.import(fileWith(linesOf(8000).join('\n')), { key: 'id', workers: 2, spanBytes: 300_000 });
  const reader = await openStore(store.directory, { readOnly: true });
  const users = store.collection<Record<string, unknown>>();
  let isDone = false;
  const building = store.createIndex('records', 'email', { workers: 2 }).finally(() => {
    isDone = true;
  });
  let n = 0;
  for (; !isDone; n++) {
    await store.transaction((tx) => {
      const records = tx.collection('records');
      records.put({ id: `new${n}`, email: `new${n}` });
      records.put({ id: n, email: `moved${n}` });
      if (n > 0) records.put({ id: `new${n - 1}`, email: `again${n - 1}` });
      records.delete(n + 4000);
    });
    await setImmediate();
  }
  await building;
  const oracle: string[] = [];
  for await (const { value } of users.scan()) if (typeof value.email === 'string') oracle.push(`${value.email}`);
  const found: string[] = [];
  for await (const { key } of reader.collection().range({ index: 'email', freshness: 'immediate' }))
    found.push(`${key}`);
  expect(n).toBeGreaterThan(1);
  expect(found).toEqual(oracle.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await Promise.all([reader.close(), store.close()]);
});

describe('what it does not do', () => {
  test('make an index twice, or one at the same place under another spelling', async () => {
    const store = await openStore(memory());
    await store.import(fileWith(linesOf(10).join('\n')), { key: 'id', indexes: ['email'] });
    expect(await store.createIndex('records', 'email')).toMatchObject({ created: false, entries: 6 });
    await expect(store.createIndex('records', '/email')).rejects.toThrow(/name the same place/);
    await expect(store.createIndex('records', 'a..b')).rejects.toThrow(TypeError);
    await expect(store.createIndex('records', 'tags', { worker: 1 } as never)).rejects.toThrow(TypeError);
    await expect(store.createIndex('nothing', 'tags')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    await expect(store.dropIndex('records', 'tags')).rejects.toMatchObject({ code: 'INDEX_NOT_FOUND' });
    await store.close();
  });

  test.each(['shard', 'inline'])('take a record (%s) that an import with the index would refuse', async (where) => {
    const store = await openStore(scratch());
    await store.import(fileWith(linesOf(100).join('\n')), { key: 'id' });
    const bad = `{"id":"bad","n":1e99999}`;
    if (where === 'inline') await store.collection().putText(bad);
    else await store.import(fileWith(bad), { key: 'id', mode: 'upsert' });
    const before = store.stat();
    await expect(store.createIndex('records', 'n')).rejects.toMatchObject({
      ...{ code: 'BAD_RECORD', reason: 'KEY_OUT_OF_RANGE' },
      message: expect.stringMatching(/^record "bad" of collection records cannot be in index "n"/),
    });
    expect(store.stat().collections).toEqual(before.collections);
    const { faults, leftovers } = await store.verify({ workers: 1 });
    expect({ faults, leftovers }).toEqual({ faults: [], leftovers: NO_LEFTOVERS });
    await store.close();
  });

  test('go on when it is cancelled, or when the store is closed', async () => {
    const store = await openStore(scratch());
    await store.import(fileWith(linesOf(3000).join('\n')), { key: 'id', spanBytes: 100_000 });
    const stop = new AbortController();
    const onProgress = ({ stage }: { stage: string }) => stage === 'merge' && stop.abort();
    const cancelled = store.createIndex('records', 'tags', { signal: stop.signal, onProgress });
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    const { faults, leftovers } = await store.verify({ workers: 1 });
    expect({ faults, leftovers }).toEqual({ faults: [], leftovers: NO_LEFTOVERS });
    const closed = store.createIndex('records', 'tags');
    await Promise.all([expect(closed).rejects.toMatchObject({ code: 'CANCELLED' }), store.close()]);
  });
});

test.each([
  ['index.publish', 'old'],
  ['index.commit', 'old'],
  ['catalog.commit', 'old'],
  ['lock.taken', 'old'],
  ['lock.release', 'new'],
] as const)('killed at %s: the %s state, and the next one sweeps', async (point, state) => {
  const directory = scratch();
  const store = await openStore(directory);
  await store.import(fileWith(linesOf(500).join('\n')), { key: 'id' });
  await store.close();
  const killed = spawnSync(process.execPath, [CLI, 'index', 'add', 'tags', '--store', directory], {
    env: { ...process.env, GRISTMILL_FAILPOINTS: `${point}=kill` },
  });
  expect(killed.signal).toBe('SIGKILL');
  const again = await openStore(directory);
  expect(
    again
      .collection()
      .stat()
      .indexes.map(({ path }) => path),
  ).toEqual(state === 'old' ? ['id'] : ['id', 'tags']);
  const { faults, leftovers } = await again.verify({ workers: 1 });
  expect({ faults, leftovers }).toEqual({ faults: [], leftovers: NO_LEFTOVERS });
  expect(await again.createIndex('records', 'tags')).toMatchObject({ created: state === 'old' });
  await again.close();
});

test('a dropped index is read to its end by who began before; its pages are removed', async () => {
  const directory = scratch();
  const store = await openStore(directory);
  await store.import(fileWith(linesOf(2000).join('\n')), { key: 'id', indexes: ['tags', 'email'] });
  const before = await rangesOf(store, ['tags']);
  const snapshot = store.snapshot();
  await store.dropIndex('records', 'tags');
  const read: unknown[] = [];
  for await (const one of snapshot.collection('records').range({ index: 'tags' })) read.push(one);
  expect(read).toEqual(before);
  snapshot.release();
  await expect(rangesOf(store, ['tags'])).rejects.toMatchObject({ code: 'INDEX_NOT_FOUND' });
  await store.collection().put({ id: 'x', tags: ['y'], email: 'z' });
  const { faults, leftovers } = await store.verify({ workers: 1 });
  expect({ faults, leftovers }).toEqual({ faults: [], leftovers: NO_LEFTOVERS });
  await store.close();
  const { catalog } = await openPlace(directory, { create: false, readOnly: false });
  expect(catalog.trees()).toHaveLength(2);
  await catalog.close();
});

test('imports keep an index that was added; without the catalog, repair makes the indexes of the last import', async () => {
  const directory = scratch();
  const store = await openStore(directory, { hotSet: false });
  const users = () =>
    store
      .collection()
      .stat()
      .indexes.map(({ path }) => path);
  await store.import(fileWith(linesOf(50).join('\n')), { key: 'id', indexes: ['email'] });
  await store.createIndex('records', 'tags');
  // The nightly import, which does not know of it.
  await store.import(fileWith(linesOf(60).join('\n')), { key: 'id', indexes: ['email'] });
  expect(users()).toEqual(['id', 'email', 'tags']);
  await store.import(fileWith(linesOf(80).join('\n')), { key: 'id', mode: 'upsert' });
  await store.createIndex('records', 'age');
  const more = fileWith(JSON.stringify({ id: 'new', tags: 'new', age: 7 }));
  await store.import(more, { key: 'id', indexes: ['email'], mode: 'upsert' });
  const foreign = store.import(more, { key: 'id', indexes: ['country'], mode: 'upsert' });
  await expect(foreign).rejects.toMatchObject({ code: 'COLLECTION_MISMATCH' });
  expect(users()).toEqual(['id', 'email', 'tags', 'age']);
  const ranges = await rangesOf(store, ['email', 'tags', 'age']);
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await store.close();
  rmSync(join(directory, 'index/data.mdb'));
  expect(await repairStore(directory, { workers: 1 })).toMatchObject({ from: 'shards', lost: [] });
  const again = await openStore(directory, { hotSet: false });
  expect(await rangesOf(again, ['email', 'tags', 'age'])).toEqual(ranges);
  await again.close();
});
