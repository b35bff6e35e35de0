// Goal: where keys are hidden, no page of an index and no key of LMDB has a byte of a record's key in the clear, whatever
// wrote it; pseudonyms of one value differ from index to index and from collection to collection, and stay when a collection
// is renamed. In an encrypted store with plaintext keys the same search finds them: the sensitivity twin.
// Method: the catalog is opened with the keys of the store, so its pages are as they were before they were sealed; all of them,
// and all keys of LMDB, are searched for marks that each key has.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../dist/src/index.js';
import { openPlace } from '../../dist/src/store/lock/recovery.js';
import { entriesOf } from '../../dist/src/store/pages/read.js';
import { forget } from '../../dist/src/store/ring/ring.js';
import type { Catalog } from '../../dist/src/store/types.js';
import { STORE_KEY } from '../support/hidden-store.js';
import { fileWith, scratch } from '../support/import-files.js';

const ENCRYPTION = { encryption: { key: STORE_KEY } };
/** In every key: as text, and as the digits 31 41 59 of a number, which are stored in pairs. */
const MARKS = [Buffer.from('GEHEIM'), Buffer.from([32, 42, 60])];
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `GEHEIM${from + i}`,
    n: 314159_000000 + i,
    tags: ['GEHEIM', `xGEHEIM${'y'.repeat(i % 5 === 0 ? 2500 : 5)}`, null],
  }));
const text = (some: readonly object[]) => some.map((row) => JSON.stringify(row)).join('\n');
const OPTIONS = { collection: 'c', key: 'id', indexes: ['n', 'tags', ['id', 'n']] };

/** Everything that an index is made of. */
function* indexBytes(catalog: Catalog): Generator<Uint8Array> {
  for (let after: Uint8Array | undefined; ; ) {
    const values = catalog.rawValues(100, after);
    for (const { key } of values) yield key;
    if (values.length < 100) break;
    after = values.at(-1)!.key;
  }
  for (const tree of catalog.trees()) {
    for (let after: Uint8Array | undefined; ; ) {
      const pages = catalog.rawPages(tree, 100, after);
      for (const { key, value } of pages) yield* [key, value];
      if (pages.length < 100) break;
      after = pages.at(-1)!.key;
    }
  }
}

function marksIn(catalog: Catalog): number {
  let found = 0;
  for (const bytes of indexBytes(catalog)) found += MARKS.filter((mark) => Buffer.from(bytes).includes(mark)).length;
  return found;
}

/** First bytes and lengths of all entries. */
function formsOf(catalog: Catalog): Set<string> {
  const forms = new Set<string>();
  for (const tree of catalog.trees()) {
    for (const { value } of catalog.rawPages(tree, 10_000)) {
      for (const { key } of entriesOf(value)) forms.add(`${key[0]} ${key.byteLength}`);
    }
  }
  return forms;
}

async function written(directory: string, keys: 'hidden' | 'plaintext') {
  const store = await openStore(directory, { ...ENCRYPTION, keys });
  const source = fileWith(text(rows(0, 400)));
  await store.import(source, { ...OPTIONS, workers: 2, spanBytes: 4096 });
  await store.import(fileWith(text(rows(300, 400))), { ...OPTIONS, mode: 'upsert' });
  const members = Object.fromEntries(rows(0, 50).map((row) => [row.id, row]));
  await store.import(fileWith(JSON.stringify(members)), { collection: 'names', layout: 'object' });
  await store.transaction((tx) => {
    const collection = tx.collection('c');
    for (const row of rows(1000, 30)) collection.put(row);
    collection.patch('GEHEIM1', { n: 314159 });
    collection.delete('GEHEIM2');
    tx.collection('names').delete('GEHEIM3');
    tx.createCollection('made', { key: 'id', indexes: ['tags'] });
  });
  await store.transaction((tx) => tx.collection('made').put(rows(0, 1)[0]));
  await store.createIndex('c', ['tags', 'n']);
  await store.compact();
  await store.close();
}

async function catalogOf<T>(directory: string, look: (catalog: Catalog) => T): Promise<T> {
  const { place, catalog } = await openPlace(directory, { create: false, readOnly: true, ...ENCRYPTION });
  try {
    return look(catalog);
  } finally {
    await catalog.close();
    forget(place.seal!);
  }
}

test('no key of a record is in a page or a key of LMDB', async () => {
  const directory = join(scratch(), 'store');
  await written(directory, 'hidden');
  expect(await catalogOf(directory, marksIn)).toBe(0);
  // Pseudonyms of keys with null, and of others; nothing else.
  expect([...(await catalogOf(directory, formsOf))].sort()).toEqual(['0 17', '1 17']);
});

test('with plaintext keys the same search finds them', async () => {
  const directory = join(scratch(), 'store');
  await written(directory, 'plaintext');
  expect(await catalogOf(directory, marksIn)).toBeGreaterThan(0);
});

/** The pseudonyms in each tree of a collection. */
const treesOf = (catalog: Catalog, name: string): string[][] => {
  const { primary, secondary } = catalog.collection(name)!;
  return [primary!, ...secondary].map(({ tree }) =>
    catalog
      .rawPages(tree, 100)
      .flatMap(({ value }) => Array.from(entriesOf(value), ({ key }) => Buffer.from(key).toString('hex'))),
  );
};

test('equal values of two indexes and of two collections have different pseudonyms; a rename and a replacement keep them', async () => {
  const directory = join(scratch(), 'store');
  const store = await openStore(directory, ENCRYPTION);
  const source = fileWith('{"id":"a","x":"a","y":"a"}');
  const options = { key: 'id', indexes: ['x', 'y'] };
  await store.import(source, { collection: 'one', ...options });
  await store.import(source, { collection: 'two', ...options });
  await store.close();
  const [one, two] = await catalogOf(directory, (catalog) => [treesOf(catalog, 'one'), treesOf(catalog, 'two')]);
  expect(new Set([...one!, ...two!].flat()).size).toBe(6);
  const again = await openStore(directory, ENCRYPTION);
  await again.rename('one', 'three');
  await again.import(source, { collection: 'two', ...options });
  expect(again.collection('three').getSync('a')).toEqual({ id: 'a', x: 'a', y: 'a' });
  await again.close();
  expect(await catalogOf(directory, (catalog) => [treesOf(catalog, 'three'), treesOf(catalog, 'two')])).toEqual([
    one,
    two,
  ]);
});

test('two stores with the same key and the same records have nothing in common', async () => {
  const forms: string[] = [];
  for (const name of ['first', 'second']) {
    const directory = join(scratch(), name);
    const store = await openStore(directory, ENCRYPTION);
    await store.import(fileWith('{"id":"a"}'), { collection: 'one', key: 'id' });
    await store.close();
    forms.push(...(await catalogOf(directory, (catalog) => treesOf(catalog, 'one').flat())));
  }
  expect(new Set(forms).size).toBe(2);
});
