// Goal: numbers in the paths of keys and indexes are positions in arrays, for everything that takes keys or makes them again:
// imports, transactions, merge patches, repair, compaction, synchronising, quarantine. Method: rows, and JavaScript's own
// `row[0]`; the same rows imported, put, and repaired must be found alike.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Collection, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { valuesOf } from '../support/rows.js';
import { syncedStore } from '../support/sync.js';

type Row = readonly [id: number, tags: readonly (string | readonly string[])[] | { readonly 0: string }, n?: number];

const OPTIONS = { key: '/0', indexes: ['/1/0', '1', '/2', ['/1/1', '/0']] } as const;

const tags = fc.constantFrom('a', 'b', 'c');
const places: fc.Arbitrary<Row[1]> = fc.oneof(
  fc.array(fc.oneof(tags, fc.array(tags, { maxLength: 2 })), { maxLength: 3 }),
  fc.record({ 0: tags }),
);
const rows: fc.Arbitrary<Row[]> = fc.uniqueArray(
  fc.oneof(fc.tuple(fc.nat(999), places), fc.tuple(fc.nat(999), places, fc.nat(3))),
  { minLength: 1, maxLength: 40, selector: ([id]) => id },
);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The values of one element, to which its own arrays are transparent. */
const flat = (value: unknown): unknown[] => [value].flat(9).filter((one) => one !== undefined);

async function expectRows(collection: Collection, expected: readonly Row[]): Promise<void> {
  const sorted = [...expected].sort(([a], [b]) => a - b);
  expect(await all(collection.range())).toEqual(sorted.map((value) => ({ key: value[0], value })));
  const ids = (list: readonly unknown[]) => list.map((row) => (row as Row)[0]).sort((a, b) => a - b);
  const found = async (index: string | readonly string[], key: never) =>
    ids(await all(valuesOf(collection.find(index, key))));
  for (const tag of ['a', 'b', 'c']) {
    const is = (value: unknown) => flat(value).includes(tag);
    // An element of an array, or a member of an object; `row[1][0]` is both in JavaScript.
    expect(await found('/1/0', tag as never)).toEqual(ids(sorted.filter((row) => is(row[1][0]))));
    const scalars = (value: Row[1]) => (Array.isArray(value) ? value : []);
    expect(await found('1', tag as never)).toEqual(ids(sorted.filter((row) => is(scalars(row[1])))));
    for (const row of sorted) {
      const second = Array.isArray(row[1]) && is(row[1][1]);
      expect(await found(['/1/1', '/0'], [tag, row[0]] as never)).toEqual(second ? [row[0]] : []);
    }
  }
  for (let n = 0; n < 4; n++) expect(await found('/2', n as never)).toEqual(ids(sorted.filter((row) => row[2] === n)));
}

async function opened(where: string): Promise<Store> {
  const store = await openStore(where);
  onTestFinished(() => store.close());
  return store;
}

const textOf = (list: readonly Row[]) => list.map((row) => JSON.stringify(row)).join('\n');

describe.each(KINDS)('rows, %s', (kind) => {
  test('imported and put are found by their elements', async () => {
    const { store, run } = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(rows, rows, async (first, then) => {
        await run(textOf(first), { ...OPTIONS, layout: 'ndjson', windowBytes: 64, changes: 'drop' });
        await expectRows(store.collection('records'), first);
        const known = new Map(first.map((row) => [row[0], row]));
        const half = then.length >> 1;
        await run(textOf(then.slice(0, half + 1)), { ...OPTIONS, layout: 'ndjson', mode: 'upsert' });
        await store.transaction((tx) => {
          for (const row of then.slice(half)) tx.collection('records').put(row);
        });
        for (const row of then) known.set(row[0], row);
        await expectRows(store.collection('records'), [...known.values()]);
      }),
      { numRuns: runs(kind === 'on disk' ? 3 : 20) },
    );
  });
});

const SOME: Row[] = Array.from({ length: 300 }, (_, i) => [i, [`${'abc'[i % 3]}`, ['b', 'c']], i % 4]);

test.each([true, false])('a lost index is made again (compacted before: %s)', async (isCompacted) => {
  const { store, directory, run } = await testStore();
  await run(textOf(SOME), { ...OPTIONS, layout: 'ndjson', spanBytes: 2000 });
  const extra: Row = [1000, ['a', 'b'], 2];
  await store.collection('records').put(extra);
  if (isCompacted) await store.compact({ minDeadShare: 0 });
  await store.close();
  rmSync(join(directory, 'index'), { recursive: true });
  await repairStore(directory, { workers: 1 });
  const repaired = await opened(directory);
  // What was put and not compacted was in the index alone.
  await expectRows(repaired.collection('records'), isCompacted ? [...SOME, extra] : SOME);
  expect(repaired.stat().format).toBe(3);
  expect(await repaired.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  await repaired.collection('records').put(extra);
  await expectRows(repaired.collection('records'), [...SOME, extra]);
});

test('members of an object, and a collection that a transaction creates', async () => {
  const { store, run } = await testStore('in memory');
  await run('{"x":[7,["a"]],"y":{"0":8,"1":"b"}}', { layout: 'object', indexes: ['/0', '1'] });
  const collection = store.collection('records');
  expect(await all(valuesOf(collection.find('/0', 7)))).toEqual([[7, ['a']]]);
  expect(await all(valuesOf(collection.find('/0', 8)))).toEqual([{ 0: 8, 1: 'b' }]);
  expect(await all(valuesOf(collection.find('1', 'a')))).toHaveLength(1);
  await store.transaction(
    (tx) => void tx.createCollection('made', { key: '/0', indexes: ['/1/0'] }).put([1, ['a', 'b']]),
  );
  expect(await all(valuesOf(store.collection('made').find('/1/0', 'a')))).toEqual([[1, ['a', 'b']]]);
  expect(await all(valuesOf(store.collection('made').find('/1/0', 'b')))).toEqual([]);
  await store.collection('made').patch(1, [1, ['b']] as never);
  expect(await all(valuesOf(store.collection('made').find('/1/0', 'b')))).toEqual([[1, ['b']]]);
});

test('a folder is synchronised by the elements of its rows', async () => {
  const { store, sync } = await syncedStore('on disk');
  const folder = scratch();
  const write = (name: string, some: readonly Row[]) => writeFileSync(join(folder, name), `${textOf(some)}\n`);
  write('a.ndjson', SOME.slice(0, 10));
  write('b.ndjson', SOME.slice(10, 20));
  await sync(folder, OPTIONS);
  await expectRows(store.collection('records') as Collection, SOME.slice(0, 20));
  write('b.ndjson', SOME.slice(12, 15));
  await sync(folder, OPTIONS);
  await expectRows(store.collection('records') as Collection, [...SOME.slice(0, 10), ...SOME.slice(12, 15)]);
});

describe('a row without its key', () => {
  test.each([
    ['[]', /no value at the key path "\/0": the record is an array of 0 elements/],
    ['[[1]]', /an array or object at the key path "\/0"/],
    ['[null]', /null at the key path "\/0"/],
    ['{"a":1}', /no value at the key path "\/0": the record has a/],
  ])('%s fails the import and the put', async (text, message) => {
    const { run, store } = await testStore('in memory');
    const options = { ...OPTIONS, layout: 'ndjson' } as const;
    await expect(run(`[1]\n${text}`, options)).rejects.toMatchObject({
      code: 'BAD_RECORD',
      message: expect.stringMatching(message),
    });
    await run('[1]', options);
    await expect(store.collection('records').putText(text)).rejects.toThrow('key path "/0"');
    await expect(store.collection('records').put(JSON.parse(text))).rejects.toThrow('key path "/0"');
  });

  test('is quarantined, corrected, and stored by a retry', async () => {
    const { run, store } = await testStore();
    await run('[1,["a"]]\n[null,["a"]]', { ...OPTIONS, layout: 'ndjson', onBadRecord: 'quarantine' });
    const [{ name }] = store.stat().quarantine as [{ name: string }];
    const corrected = [{ number: 1, text: '[2,["a"]]' }];
    expect(await store.quarantine.retry(name, { corrected })).toMatchObject({ accepted: 1 });
    await expectRows(store.collection('records'), [
      [1, ['a']],
      [2, ['a']],
    ]);
  });
});
