// Goal: a collection that is kept up to date with files in other formats is what a fresh import of them is; what such a file
// has grown by is not taken for lines of JSON. Method: synchronisations after changes, beside a fresh import.

import { describe, expect, test } from 'vitest';
import { resolveWatchOptions } from '../../dist/src/watch/watch-options.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${from + i},"name, ${from + i}"\n`).join('');

describe.each(KINDS)('%s', (kind) => {
  test.each([
    ['a file', 'a.csv', { key: 'id' }],
    ['a folder', '', { key: 'id', include: ['*.csv'] }],
    ['a folder without a key', '', { include: ['*.csv'] }],
    ['a folder of a format', '', { key: 'id', format: 'csv' }],
  ] as const)('%s', async (_, name, options) => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    const source = tree.path(name);
    // Large enough that growth of a file of lines would be read alone.
    tree.write('a.csv', `id,name\n${rows(0, 4000)}`);
    await sync(source, options);
    tree.append('a.csv', rows(4000, 4010));
    expect((await sync(source, options)).changed).toBe(1);
    expect(await contentOf(store)).toEqual(await freshly(source, options));
    tree.write('a.csv', `name,id\nx,3\n"y\nz",4\n`);
    await sync(source, options);
    expect(await contentOf(store)).toEqual(await freshly(source, options));
    expect(store.collection().stat().records).toBe(2);
  });

  test('bulk files are refused', async () => {
    const { sync } = await syncedStore(kind);
    await expect(sync('x.json', { format: 'es-bulk' })).rejects.toThrow(TypeError);
  });
});

test('logs are lines of JSON', () => {
  expect(() => resolveWatchOptions({ log: true, format: 'csv' })).toThrow(/leave out options.format/);
});
