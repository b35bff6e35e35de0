// Goal: the files of a store stay as many as its records need, over many rounds of changes and compactions; a compaction that
// is killed, or has transactions beside it, drops nothing that somebody may still read.
// Method: files and shards counted over the rounds; compactions in a process that is killed at each step; a Map beside.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DEAD_SHARDS_MAX } from '../../dist/src/base/limits.js';
import { type CompactReport, openStore, type Store } from '../../dist/src/index.js';
import { files } from '../../dist/src/store/files/file-blobs.js';
import { prepareStoreDirectory } from '../../dist/src/store/files/layout.js';
import { openRecovered } from '../../dist/src/store/lock/recovery.js';
import { WriterLock } from '../../dist/src/store/lock/writer-lock.js';
import { cleanIndexes } from '../../dist/src/upkeep/compact/clean-indexes.js';
import { dropDeadShards } from '../../dist/src/upkeep/compact/drop-dead.js';
import { all, expectHolds, KEYS, TAGS } from '../support/dropped-shards.js';
import { partOf } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { compactWith, expectSound } from '../support/joined.js';
import { valuesOf } from '../support/rows.js';

describe('over many rounds of the same change', () => {
  const RECORDS = 100;

  async function rounds(
    count: number,
    indexes: readonly string[],
    change: (store: Store, round: number) => Promise<unknown>,
  ) {
    const directory = scratch();
    const store = await openStore(directory, { hotSet: false });
    await store.transaction((tx) => tx.createCollection('records', { key: 'id', indexes }));
    const reports: CompactReport[] = [];
    const files: number[] = [];
    for (let round = 0; round < count; round++) {
      await change(store, round);
      reports.push(await store.compact());
      files.push(readdirSync(join(directory, 'shards')).length);
      expect(store.collection().count()).toBe(RECORDS);
      expect(store.collection<{ round: number }>().getSync(round)?.round).toBe(round);
    }
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    const { shards, dead } = store.collection().stat();
    await store.close();
    return { reports, files, shards, dead };
  }

  const records = (round: number) => Array.from({ length: RECORDS }, (_, id) => ({ id, round, tag: round % 3 }));

  test.each([[[]], [['tag']]])('files and shards are as many as at first: put, indexes %j', async (indexes) => {
    const { reports, files, shards, dead } = await rounds(60, indexes, (store, round) =>
      store.transaction((tx) => {
        for (const record of records(round)) tx.collection('records').put(record);
      }),
    );
    expect({ shards, dead, files: Math.max(...files) }).toEqual({ shards: 1, dead: 0, files: 1 });
    // The dead shard is not written anew first.
    expect(reports.slice(1).map(({ dropped, rewritten, sealed }) => [dropped, rewritten, sealed])).toEqual(
      Array(59).fill([1, 0, 1]),
    );
    expect(reports.at(-1)!.removed).toBe(RECORDS);
  });

  test('the same for imports that replace all records of the ones before', async () => {
    const { files, shards, dead } = await rounds(20, ['tag'], (store, round) => {
      const lines = records(round).map((record) => JSON.stringify(record));
      const source = fileWith(lines.join('\n'));
      return store.import(source, { ...{ key: 'id', indexes: ['tag'], mode: 'upsert' }, spanBytes: 1000, workers: 1 });
    });
    expect(shards).toBe(3);
    expect(Math.max(...files)).toBe(1);
    expect(dead).toBe(0);
  });

  test('where few of many records change, dead shards wait for the indexes, and only so many', async () => {
    const directory = scratch();
    const store = await openStore(directory, { hotSet: false });
    const source = fileWith(Array.from({ length: 10_000 }, (_, id) => JSON.stringify({ id, tag: id % 3 })).join('\n'));
    await store.import(source, { key: 'id', indexes: ['tag'], workers: 1 });
    const [shards, cleaned]: number[][] = [[], []];
    for (let round = 0; round < 2 * DEAD_SHARDS_MAX + 10; round++) {
      await store.collection().put({ id: 0, tag: 7, round });
      cleaned!.push((await store.compact()).indexes);
      shards!.push(readdirSync(join(directory, 'shards')).length);
    }
    // The import's, those that wait, the live one, and the one that died since they were counted.
    expect(Math.max(...shards!)).toBeLessThanOrEqual(DEAD_SHARDS_MAX + 3);
    expect(cleaned!.filter((indexes) => indexes > 0)).toHaveLength(2);
    expect(await all(valuesOf(store.collection<{ id: number }>().find('tag', 7)), ({ id }) => id)).toEqual([0]);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  });
});

const POINTS = ['clean-indexes', 'drop', 'rewrite', 'publish'].map((point) => `compact.${point}`);

test.each(partOf([...POINTS, 'catalog.commit', 'garbage.collect', 'garbage.unlink', 'garbage.forget']))(
  'a compaction that is killed at %s has changed nothing that is read, and the next one ends it',
  async (point) => {
    const directory = scratch();
    const store = await openStore(directory, { hotSet: false });
    const texts = new Map<number, string>();
    await store.transaction((tx) => {
      tx.createCollection('plain', { key: 'id' });
      tx.createCollection('tagged', { key: 'id', indexes: ['tag'] });
    });
    for (let round = 0; round < 3; round++) {
      if (round === 2) await store.compact();
      await store.transaction((tx) => {
        for (let id = 0; id < 4; id++) {
          texts.set(id, JSON.stringify({ id, tag: 0, round }));
          for (const name of ['plain', 'tagged']) tx.collection(name).putText(texts.get(id)!);
        }
      });
    }
    await store.close();
    expect(compactWith(directory, `${point}=kill`).signal).toBe('SIGKILL');
    const again = await openStore(directory, { hotSet: false });
    for (const state of ['killed', 'compacted']) {
      if (state === 'compacted') await again.compact();
      for (const name of ['plain', 'tagged'] as const) await expectHolds(again.collection(name), name, texts);
      await expectSound(again);
    }
    expect(['plain', 'tagged'].map((name) => again.collection(name).stat().shards)).toEqual([1, 1]);
    expect(readdirSync(join(directory, 'shards'))).toHaveLength(2);
    await again.close();
  },
);

test('shards are dropped beside transactions that go on replacing the same records', async () => {
  const store = await openStore(scratch(), { hotSet: false });
  await store.transaction((tx) => {
    tx.createCollection('plain', { key: 'id' });
    tx.createCollection('tagged', { key: 'id', indexes: ['tag'] });
  });
  const models = { plain: new Map<number, string>(), tagged: new Map<number, string>() };
  const names = ['plain', 'tagged'] as const;
  let [edition, dropped] = [0, 0];
  for (let round = 0; round < 8; round++) {
    let isDone = false;
    const compaction = store.compact({ minDeadShare: 0 }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const name = names[edition % 2]!;
      const id = Math.floor(edition / 2) % KEYS;
      const text = JSON.stringify({ id, tag: id % TAGS, edition: edition++ });
      await store.transaction((tx) => tx.collection(name).putText(text));
      models[name].delete(id);
      models[name].set(id, text);
      await setImmediate();
    }
    dropped += (await compaction).dropped;
    for (const name of names) await expectHolds(store.collection(name), name, models[name]);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  }
  expect(dropped).toBeGreaterThan(0);
  await store.close();
});

test('a transaction that opens a shard just before others are dropped', async () => {
  const directory = prepareStoreDirectory(join(scratch(), 'store'), true);
  const place = { directory, blobs: files };
  const catalog = await openRecovered(place, { create: true, readOnly: false });
  const store = await openStore(directory, { hotSet: false });
  const names = ['plain', 'tagged'] as const;
  const texts = new Map<number, string>();
  const put = (ids: readonly number[], edition: number) =>
    store.transaction((tx) => {
      for (const id of ids) {
        texts.delete(id);
        texts.set(id, JSON.stringify({ id, tag: 0, edition }));
        for (const name of names) tx.collection(name).putText(texts.get(id)!);
      }
    });
  await store.transaction((tx) => {
    tx.createCollection('plain', { key: 'id' });
    tx.createCollection('tagged', { key: 'id', indexes: ['tag'] });
  });
  await put([0, 1, 2], 1);
  await store.compact();
  await put([0, 1, 2], 2);
  const lock = await WriterLock.acquire(catalog, place, { operation: 'compact' });
  // Its index still has entries of the dead records.
  expect(await dropDeadShards(catalog, lock, 'tagged')).toEqual({ shards: 0, removed: 0 });
  expect(await dropDeadShards(catalog, lock, 'plain')).toEqual({ shards: 1, removed: 3 });
  expect(await cleanIndexes(catalog, lock, 'tagged', 0)).toEqual({ indexes: 1, shards: 1, removed: 3 });
  await lock.release();
  for (const edition of [3, 4]) {
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await put([edition], edition);
    for (const name of names) await expectHolds(store.collection(name), name, texts);
  }
  expect(names.map((name) => store.collection(name).stat().inline)).toEqual([5, 5]);
  await store.close();
  await catalog.close();
});
