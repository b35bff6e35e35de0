// Goal: a collection that is kept up to date with a folder stays what it has to be when compaction drops the shards that its
// sources gave: files come and go, records of other origin stay.
// Method: synchronise, compact, and compare with a fresh import, or with the records that must be there.

import { describe, expect, test } from 'vitest';
import { fileWith } from '../support/import-files.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

const records = (from: number, to: number, v = 0) =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, tag: i % 3, v }));

describe.each(KINDS)('%s', (kind) => {
  test.each([
    ['with keys', { key: 'id', indexes: ['tag'] }],
    ['named by their paths', {}],
  ])('files that vanish, change and come back, %s', async (_, options) => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    let dropped = 0;
    const round = async () => {
      const { report: _report, ...counts } = await sync(tree.root, options);
      dropped += (await store.compact()).dropped;
      expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      expect((await sync(tree.root, options)).changed).toBe(0);
      return counts;
    };
    tree.write('a.ndjson', linesOf(records(0, 10)));
    tree.write('b.ndjson', linesOf(records(10, 20)));
    await round();
    tree.write('c.ndjson', linesOf(records(20, 30)));
    await round();
    tree.remove('c.ndjson');
    expect(await round()).toMatchObject({ removed: 1 });
    expect(dropped).toBeGreaterThan(0);
    tree.write('c.ndjson', linesOf(records(20, 30, 1)));
    tree.write('b.ndjson', linesOf(records(10, 20, 1)));
    await round();
    for (const name of ['a.ndjson', 'b.ndjson', 'c.ndjson']) tree.remove(name);
    await round();
    tree.write('a.ndjson', linesOf(records(0, 10, 2)));
    await round();
    expect(dropped).toBeGreaterThan(2);
  });

  test('a file whose records were replaced, dropped and then changed or removed', async () => {
    const options = { key: 'id', changes: 'drop' } as const;
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    tree.write('a.ndjson', linesOf(records(0, 10)));
    tree.write('b.ndjson', linesOf(records(10, 20)));
    await sync(tree.root, { ...options, spanBytes: 1 });
    await store.transaction((tx) => {
      for (const record of records(0, 20, 1)) tx.collection('records').put(record);
    });
    expect((await store.compact()).dropped).toBeGreaterThan(0);
    tree.remove('a.ndjson');
    tree.write('b.ndjson', linesOf(records(10, 20, 2)));
    await sync(tree.root, { ...options, spanBytes: 1 });
    // What was put otherwise stays; what the file has now replaces it.
    const expected = [...records(0, 10, 1), ...records(10, 20, 2)].map((record) => [
      String(record.id),
      JSON.stringify(record),
    ]);
    expect(await contentOf(store)).toEqual(Object.fromEntries(expected));
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test('records of other origin stay where everything is imported again', async () => {
    const tree = new Tree();
    const { store, sync } = await syncedStore(kind);
    tree.write('a.ndjson', linesOf(records(0, 10)));
    await sync(tree.root, { key: 'id' });
    await store.transaction((tx) => {
      for (const { id } of records(0, 10)) tx.collection('records').delete(id);
    });
    // As many as the folder gave.
    const others = records(100, 110);
    await store.import(fileWith(linesOf(others)), { key: 'id', mode: 'upsert', layout: 'ndjson', workers: 1 });
    expect(await store.compact()).toMatchObject({ dropped: 1 });
    // By other rules: nothing of what was noted before counts.
    await sync(tree.root, { key: 'id', depthMax: 7, changes: 'drop' });
    expect(store.collection().count()).toBe(20);
    for (const other of others) expect(store.collection().getSync(other.id)).toEqual(other);
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });
});
