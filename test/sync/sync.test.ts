// Goal: a synchronisation reads only files that have changed, and of a file that has grown only what is new; a bad new version
// changes nothing; records that came otherwise stay.
// Method: folders and files are changed in known ways, and what was read and what is stored then is looked at.

import { renameSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SyncOptions } from '../../dist/src/sources/sync.js';
import { errorOf } from '../support/import-errors.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

describe.each(KINDS)('%s', (kind) => {
  test('of a folder, only what has changed is read; the rest keeps its records', async () => {
    const tree = new Tree();
    for (let i = 0; i < 1200; i++) tree.write(`${i % 7}/${i}.json`, `{"i":${i}}`);
    const { store, sync } = await syncedStore(kind);
    expect(await sync(tree.root)).toMatchObject({ changed: 0, added: 1200, removed: 0, unchanged: 0 });
    tree.write('3/3.json', '{"i":"three"}');
    tree.write('new.json', '{"i":"new"}');
    tree.remove('4/4.json');
    tree.touch('5/5.json');
    const report = await sync(tree.root);
    expect(report).toMatchObject({ changed: 2, added: 1, removed: 1, unchanged: 1197 });
    expect(report.bytesRead).toBe(
      ['3/3.json', 'new.json', '5/5.json'].reduce((sum, name) => sum + tree.bytes(name), 0),
    );
    const records = store.collection();
    expect(records.stat()).toMatchObject({ records: 1200, dead: 3 });
    expect(['3/3.json', '4/4.json', '5/5.json', 'new.json', '6/6.json'].map((key) => records.getTextSync(key))).toEqual(
      ['{"i":"three"}', undefined, '{"i":5}', '{"i":"new"}', '{"i":6}'],
    );
    tree.remove('6/6.json');
    expect(await sync(tree.root)).toEqual({
      ...{ changed: 0, added: 0, removed: 1, unchanged: 1199, bytesRead: 0 },
      records: { imported: 0, replaced: 0, removed: 1, rejected: 0 },
    });
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test.each<[string, SyncOptions]>([
    ['keyed', { key: 'id' }],
    ['without a key', {}],
  ])('a file of lines that grows is read from where it ended, %s', async (_, options) => {
    const tree = new Tree();
    const lines = (from: number, count: number) =>
      linesOf(Array.from({ length: count }, (_, i) => ({ id: from + i, text: 'x'.repeat(50) })));
    tree.write('log.ndjson', lines(0, 2000));
    const { store, sync } = await syncedStore(kind);
    for (const source of [tree.path('log.ndjson'), tree.root]) {
      await sync(source, options);
      let next = 10_000 * (source === tree.root ? 2 : 1);
      for (const count of [3, 400]) {
        const before = tree.bytes('log.ndjson');
        tree.append('log.ndjson', lines(next, count));
        next += count;
        const report = await sync(source, options);
        expect(report).toMatchObject({ changed: 1, added: 0, removed: 0 });
        expect(report.bytesRead).toBe(tree.bytes('log.ndjson') - before);
        expect(await contentOf(store)).toEqual(await freshly(source, options));
      }
      if (options.key === undefined) break;
    }
  });

  test('of a long file of lines that has changed in one place, only the span around it is imported', async () => {
    const tree = new Tree();
    const lines = Array.from({ length: 2000 }, (_, i) => JSON.stringify({ id: i, text: 'x'.repeat(50) }));
    tree.write('log.ndjson', `${lines.join('\n')}\n`);
    const { store, sync } = await syncedStore(kind);
    const options = { key: 'id', spanBytes: 16_384 };
    await sync(tree.root, options);
    for (const i of [1000, 3, 1999]) {
      lines[i] = JSON.stringify({ id: i, text: 'y'.repeat(50) });
      tree.write('log.ndjson', `${lines.join('\n')}\n`);
      const { report } = await sync(tree.root, options);
      expect(report?.records.read).toBeLessThan(400);
      expect(await contentOf(store)).toEqual(await freshly(tree.root, options));
    }
    tree.touch('log.ndjson');
    const bytesRead = tree.bytes('log.ndjson');
    expect(await sync(tree.root, options)).toEqual({
      ...{ changed: 1, added: 0, removed: 0, unchanged: 0, bytesRead },
      records: { imported: 0, replaced: 0, removed: 0, rejected: 0 },
    });
    tree.append('log.ndjson', '{"id":5000}\n');
    expect(await sync(tree.root, options)).toMatchObject({ changed: 1, bytesRead: 12 });
  });

  test('without a key, a file of lines in a folder goes on with its numbers', async () => {
    const tree = new Tree();
    tree.write('a.json', '1');
    tree.write('log.ndjson', '{"line":"of twenty characters"}\n'.repeat(4000));
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    tree.append('log.ndjson', '{"last":1}\n');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, unchanged: 1, bytesRead: 11 });
    expect(store.collection().getTextSync('log.ndjson#4000')).toBe('{"last":1}');
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });

  test('what looks grown and is another file is read anew', async () => {
    const tree = new Tree();
    const text = (letter: string, count: number) => `{"t":"${letter}"}\n`.repeat(count);
    tree.write('log.ndjson', text('a', 9000));
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    tree.write('log.ndjson', text('a', 4000) + text('b', 6000));
    await sync(tree.root);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
    tree.write('other', text('a', 4000) + text('b', 7000));
    renameSync(tree.path('other'), tree.path('log.ndjson'));
    tree.touch('log.ndjson');
    await sync(tree.root);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });

  test('a bad new version leaves everything as it was; mended, it is taken', async () => {
    const tree = new Tree();
    tree.write('a.json', '1');
    tree.write('b.json', '2');
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root);
    const before = store.stat().generation;
    tree.write('a.json', '{"cut');
    tree.remove('b.json');
    expect(await errorOf(sync(tree.root))).toMatchObject({ code: 'BAD_RECORD', file: tree.path('a.json') });
    expect(store.stat().generation).toBe(before);
    expect(await contentOf(store)).toEqual({ '"a.json"': '1', '"b.json"': '2' });
    tree.write('a.json', '3');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, removed: 1 });
    expect(await contentOf(store)).toEqual({ '"a.json"': '3' });
    rmSync(tree.root, { recursive: true });
    expect(await errorOf(sync(tree.root))).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  test('records that came otherwise stay', async () => {
    const tree = new Tree();
    for (const name of ['a', 'b', 'c']) tree.write(`${name}.json`, `{"id":"${name}"}`);
    const { store, sync } = await syncedStore(kind);
    await sync(tree.root, { key: 'id' });
    await store.transaction((tx) => {
      const records = tx.collection('records');
      records.put({ id: 'mine' });
      records.put({ id: 'b', changed: true });
    });
    tree.write('a.json', '{"id":"A"}');
    tree.remove('c.json');
    await sync(tree.root, { key: 'id' });
    expect(await contentOf(store)).toEqual({
      ...{ '"A"': '{"id":"A"}', '"b"': '{"id":"b","changed":true}', '"mine"': '{"id":"mine"}' },
    });
    // With other rules all is read again, and what was put stays; unless it is to be given up: then where no file has it.
    await sync(tree.root, { key: 'id', onBadRecord: 'skip' });
    expect(await contentOf(store)).toEqual({
      ...{ '"A"': '{"id":"A"}', '"b"': '{"id":"b","changed":true}', '"mine"': '{"id":"mine"}' },
    });
    await sync(tree.root, { key: 'id', onBadRecord: 'quarantine', changes: 'drop' });
    expect(await contentOf(store)).toEqual({
      ...{ '"A"': '{"id":"A"}', '"b"': '{"id":"b"}', '"mine"': '{"id":"mine"}' },
    });
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });

  test('an import leaves what a synchronisation goes on from', async () => {
    const tree = new Tree();
    for (let i = 0; i < 20; i++) tree.write(`${i}.json`, `[${i}]`);
    const { store, sync } = await syncedStore(kind);
    await store.import(tree.root, { workers: 1 });
    tree.write('7.json', '["seven",7]');
    expect(await sync(tree.root)).toMatchObject({ changed: 1, added: 0, removed: 0, unchanged: 19 });
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
  });
});
