// Goal: the keys of stores that older versions wrote do not change: there, a number in the path of an index is a name, to
// which arrays are transparent. A collection that is made anew has positions. Method: a store kept from the last release
// without positions (test/support/store-v2-numbers.mjs), and one kept from the first with them.

import { chmodSync, cpSync, readdirSync, rmSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Collection, openStore, repairStore, type Store } from '../../dist/src/index.js';
import { fileWith, scratch } from '../support/import-files.js';
import { valuesOf } from '../support/rows.js';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
/** LMDB's file is of one word size and byte order, and so are the fixtures. */
const isReadable = endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch);

/** A copy of a fixture with the rights a store has; git keeps none. */
function copied(name: string): string {
  const store = join(scratch(), 'store');
  cpSync(join(FIXTURES, name, 'store'), store, { recursive: true });
  chmodSync(store, 0o700);
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  }
  return store;
}

async function opened(where: string): Promise<Store> {
  const store = await openStore(where);
  onTestFinished(() => store.close());
  return store;
}

/** The keys of the records that an index has for each of these values. */
async function found(collection: Collection, index: string, values: string): Promise<Record<string, number[]>> {
  const keys: Record<string, number[]> = {};
  for (const value of values) {
    const ids: number[] = [];
    for await (const record of valuesOf(collection.find(index, value)))
      ids.push((record as { id?: number }).id ?? (record as number[])[0]!);
    keys[value] = ids.sort();
  }
  return keys;
}

const NEW = [
  { id: 4, tags: ['a'] },
  { id: 5, tags: [{ 0: 'c' }] },
];
const OLD = { a: [], b: [], c: [2], d: [2], e: [], f: [3] };
const GROWN = { ...OLD, c: [2, 5] };

describe.skipIf(!isReadable)('a store of an older version', () => {
  test('keeps what its paths mean: read, changed, merged into, compacted', async () => {
    const store = await opened(copied('store-v2-numbers'));
    const collection = store.collection('records');
    expect(await found(collection, '/tags/0', 'abcdef')).toEqual(OLD);
    await collection.put(NEW[0]);
    const source = fileWith(JSON.stringify(NEW), 'new.json');
    await store.import(source, { key: 'id', indexes: ['/tags/0', 'tags'], mode: 'upsert', workers: 1 });
    expect(await found(collection, '/tags/0', 'abcdef')).toEqual(GROWN);
    await store.compact({ minDeadShare: 0 });
    expect(await found(collection, '/tags/0', 'abcdef')).toEqual(GROWN);
    expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
    // That of stores with recent entries: no path has got another meaning.
    expect(store.stat().format).toBe(6);
    await store.import(source, { key: 'id', indexes: ['/tags/0', 'tags'], changes: 'drop', workers: 1 });
    expect(await found(collection, '/tags/0', 'ac')).toEqual({ a: [4], c: [] });
    expect(store.stat().format).toBe(6);
  });

  test.each([false, true])('and when its index is lost (merged into before: %s)', async (isGrown) => {
    const directory = copied('store-v2-numbers');
    if (isGrown) {
      const store = await openStore(directory);
      const source = fileWith(JSON.stringify(NEW), 'new.json');
      await store.import(source, { key: 'id', indexes: ['/tags/0', 'tags'], mode: 'upsert', workers: 1 });
      await store.close();
    }
    rmSync(join(directory, 'index'), { recursive: true });
    await repairStore(directory, { workers: 1 });
    const store = await opened(directory);
    expect(await found(store.collection('records'), '/tags/0', 'abcdef')).toEqual(isGrown ? GROWN : OLD);
    await store.collection('records').put(NEW[0]);
    expect(await found(store.collection('records'), '/tags/0', 'a')).toEqual({ a: [] });
  });
});

test.skipIf(!isReadable)('a store of format 3: read, verified, changed', async () => {
  const store = await opened(copied('store-v3'));
  expect(store.stat().format).toBe(3);
  const rows = store.collection('rows');
  expect(rows.getSync(2)).toEqual([2, { 0: 'd' }, [['e', 'f']]]);
  const expected = {
    '/1': { a: [1, 4], g: [3] },
    '/1/0': { d: [2], a: [] },
    '/2/0': { b: [1], c: [], e: [2, 4], f: [2] },
  };
  for (const [index, keys] of Object.entries(expected)) {
    expect(await found(rows, index, Object.keys(keys).join(''))).toEqual(keys);
  }
  expect(await store.verify({ workers: 1 })).toMatchObject({ isSound: true, faults: [] });
  await rows.put([5, 'g', ['c']]);
  expect(await found(rows, '/2/0', 'c')).toEqual({ c: [5] });
});
