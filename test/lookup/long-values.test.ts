// Goal: a value of a secondary index that is longer than keys may be costs nothing: the record is stored, and `find` and
// `range` give exactly what they would give without a limit, in the order of the values. The primary key keeps its limit.
// Method: random records whose values agree in their first 1,898 bytes or nearly, imported and put, on disk and in memory;
// every kind of bound, compared with a sorted array of JavaScript values. Then repair, compaction and a hostile index.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type KeyValue,
  openStore,
  type RangeOptions,
  type ReadableCollection,
  repairStore,
} from '../../dist/src/index.js';
import { openCatalog, publishRecords } from '../support/build-store.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { valuesOf } from '../support/rows.js';

const base = 'x'.repeat(1890);
/** Values around the limit: the longest that is a key has 1,898 characters. */
const anyLong = fc
  .tuple(
    fc.constantFrom('', 'x', 'xxxxxxx', 'xxxxxxxx', 'xxxxxxxxx', 'y', 'ä'),
    fc.array(fc.constantFrom('a', 'b', '\u0000', '\u0001'), { maxLength: 6 }).map((end) => end.join('')),
  )
  .map(([middle, end]) => base + middle + end);
const anyValue = fc.oneof({ arbitrary: anyLong, weight: 6 }, fc.constantFrom('', 'a', base, 'y', 'z'));
const anyRecords = fc.array(fc.array(anyValue, { maxLength: 3 }), { minLength: 1, maxLength: 30 });

interface Expected {
  readonly key: string;
  readonly id: number;
}

/** Code units have the order of code points here: no value has a surrogate. */
const compare = (left: Expected, right: Expected) =>
  left.key < right.key ? -1 : left.key > right.key ? 1 : left.id - right.id;

const expectedOf = (records: readonly (readonly string[])[]): Expected[] =>
  records.flatMap((values, id) => [...new Set(values)].map((key) => ({ key, id }))).sort(compare);

async function read(collection: ReadableCollection, options: RangeOptions): Promise<Expected[]> {
  const found: Expected[] = [];
  for await (const { key, value } of collection.range(options)) {
    found.push({ key: key as string, id: (value as { id: number }).id });
  }
  return found;
}

async function found(collection: ReadableCollection, index: string, value: KeyValue): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const record of valuesOf(collection.find(index, value))) ids.push((record as { id: unknown }).id);
  return ids;
}

const BOUNDS: Readonly<Record<string, (key: string, bound: string) => boolean>> = {
  gte: (key, bound) => key >= bound,
  gt: (key, bound) => key > bound,
  lte: (key, bound) => key <= bound,
  lt: (key, bound) => key < bound,
  prefix: (key, bound) => key.startsWith(bound),
};

/** Everything in every way, against the sorted values. */
async function expectHolds(collection: ReadableCollection, all: readonly Expected[], asked: readonly string[]) {
  const index = 'tags';
  expect(await read(collection, { index })).toEqual(all);
  expect(await read(collection, { index, reverse: true })).toEqual(all.toReversed());
  expect(await read(collection, { index, limit: 3 })).toEqual(all.slice(0, 3));
  for (const bound of asked) {
    const ids = all.filter(({ key }) => key === bound).map(({ id }) => id);
    expect(await found(collection, index, bound)).toEqual(ids);
    for (const [name, isIn] of Object.entries(BOUNDS)) {
      const within = all.filter(({ key }) => isIn(key, bound));
      expect(await read(collection, { index, [name]: bound })).toEqual(within);
      expect(await read(collection, { index, [name]: bound, reverse: true, limit: 2 })).toEqual(
        within.toReversed().slice(0, 2),
      );
    }
  }
}

const textOf = (tags: readonly string[], id: number) => JSON.stringify({ id, tags });

describe.each(KINDS)('%s', (kind) => {
  test('imports and transactions: find and range are exact, whatever the length', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, fc.array(anyValue, { minLength: 1, maxLength: 3 }), async (records, asked) => {
        const { store, run } = await testStore(kind);
        const options = { key: 'id', indexes: ['tags'], layout: 'ndjson', workers: 1 } as const;
        const half = Math.ceil(records.length / 2);
        await run(records.slice(0, half).map(textOf).join('\n'), options);
        await store.transaction((tx) => {
          const collection = tx.collection<unknown>('records');
          records.slice(half).forEach((tags, i) => {
            if (i % 2 === 0) collection.put({ id: half + i, tags });
            else collection.putText(textOf(tags, half + i));
          });
        });
        await expectHolds(store.collection(), expectedOf(records), asked);
        await store.close();
      }),
      { numRuns: runs(kind === 'on disk' ? 6 : 25) },
    );
  });
});

test('more values that are cut alike than are sorted at a time', async () => {
  const { store, run } = await testStore('in memory');
  const records = Array.from({ length: 5_000 }, (_, id) => [`${base}${'x'.repeat(20)}${(id * 7919) % 5_003}`]);
  await run(records.map(textOf).join('\n'), { key: 'id', indexes: ['tags'], layout: 'ndjson' });
  const all = expectedOf(records);
  expect(await read(store.collection(), { index: 'tags' })).toEqual(all);
  expect(await read(store.collection(), { index: 'tags', reverse: true })).toEqual(all.toReversed());
});

test('numbers of thousands of digits', async () => {
  const { store, run } = await testStore();
  const digits = '7'.repeat(3_800);
  const numbers = ['1', '2', '3'].flatMap((last) => [`${digits}${last}`, `-${digits}${last}`]);
  const lines = numbers.map((n, id) => `{"id":${id},"n":${n}}`);
  await run(lines.join('\n'), { key: 'id', indexes: ['n'], layout: 'ndjson' });
  const keys: string[] = [];
  for await (const { key } of store.collection().range({ index: 'n' })) keys.push(String(key));
  expect(keys).toEqual([5, 3, 1, 0, 2, 4].map((i) => numbers[i]));
  expect(await found(store.collection(), 'n', BigInt(numbers[2]!))).toEqual([2]);
  expect(await found(store.collection(), 'n', BigInt(numbers[3]!))).toEqual([3]);
});

test('repair and compaction keep them; a primary key that long is refused', async () => {
  const { store, directory, run } = await testStore();
  const long = 'k'.repeat(3_000);
  const options = { key: 'id', indexes: ['a'], layout: 'ndjson' } as const;
  await run(`{"id":1,"a":"${long}1"}\n{"id":2,"a":"${long}0"}\n{"id":3,"a":"b"}`, options);
  await store.collection().put({ id: 4, a: `${long}1` });
  await store.collection().delete(3);
  await store.compact({ minDeadShare: 0 });
  expect(await found(store.collection(), 'a', `${long}1`)).toEqual([1, 4]);
  await expect(run(`{"id":"${long}"}`, options)).rejects.toMatchObject({ code: 'BAD_RECORD', reason: 'KEY_TOO_LONG' });
  await expect(store.collection().get(long)).rejects.toMatchObject({ code: 'KEY_TOO_LONG' });
  expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  await repairStore(directory, { workers: 1 });
  const repaired = await openStore(directory);
  onTestFinished(() => repaired.close());
  expect(await found(repaired.collection(), 'a', `${long}0`)).toEqual([2]);
  expect(await found(repaired.collection(), 'a', `${long}1`)).toEqual([1, 4]);
});

test('an entry whose record does not have the value is damage, not silence', async () => {
  const directory = join(scratch(), 'store');
  const catalog = await openCatalog(directory);
  const cut = 'k'.repeat(3_000);
  await publishRecords(catalog, directory, [{ key: 1, text: '{"id":1,"a":"other"}', indexed: [[cut]] }], {
    indexPaths: ['a'],
  });
  await catalog.close();
  const store = await openStore(directory);
  onTestFinished(() => store.close());
  await expect(found(store.collection(), 'a', cut)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});
