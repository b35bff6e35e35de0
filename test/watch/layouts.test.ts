// Goal: a file that is kept up to date is read in the same way at its first record and at its thousandth.
// Method: files that are synchronised and watched at one record and then grow; what is stored is what a fresh import of the
// same file stores.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../src/import/options/types.js';
import { partOf } from '../support/effort.js';
import { errorOf } from '../support/import-errors.js';
import { KINDS } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';
import { until } from '../support/until.js';
import { eventsOf, place, QUICK } from '../support/watched.js';

const LOGS: readonly [string, string, (i: number) => unknown, ImportOptions?][] = [
  ['objects of objects', 'log.jsonl', (i) => ({ user: { i }, event: {} })],
  ['arrays', 'log.jsonl', (i) => [i, 'a']],
  ['objects of objects with a key', 'log.NDJSON', (i) => ({ id: { n: i }, event: [] }), { key: 'id.n' }],
  ['objects of objects under another name', 'log.json', (i) => ({ user: { i }, event: {} })],
  ['scalars', 'log.json', (i) => i],
];

describe.each(LOGS)('%s in %s', (_, name, record, options = {}) => {
  const line = (i: number) => `${JSON.stringify(record(i))}\n`;
  const at = LOGS.findIndex(([, , one]) => one === record);

  test.each(partOf(KINDS, at))('synchronised from one line to many, %s', async (kind) => {
    for (const isFolder of [false, true]) {
      // In a folder a file of another name is one record, named by its path, until it has two.
      if (isFolder && name === 'log.json') continue;
      const tree = new Tree();
      tree.write(name, line(0));
      const source = isFolder ? tree.root : tree.path(name);
      const { store, sync } = await syncedStore(kind);
      await sync(source, options);
      expect(Object.keys((await contentOf(store)) as object)).toHaveLength(1);
      for (const [from, to] of [
        [1, 2],
        [2, 5],
        [5, 6000],
        [6000, 6001],
      ] as const) {
        tree.append(name, Array.from({ length: to - from }, (_, i) => line(from + i)).join(''));
        await sync(source, options);
        const content = await contentOf(store);
        expect(Object.keys(content as object)).toHaveLength(to);
        expect(content).toEqual(await freshly(source, options));
      }
    }
  });

  test('watched from one line to many', async () => {
    const { folder, write, store } = await place({ [name]: line(0) });
    const { events } = eventsOf(store);
    const watcher = await store.watch(join(folder, name), { ...QUICK, ...options });
    await until(() => store.collections().length === 1 && store.collection().count() === 1);
    for (let i = 1; i < 4; i++) {
      appendFileSync(join(folder, name), line(i));
      await until(() => store.collection().count() === i + 1);
    }
    write(name, line(9));
    await until(() => store.collection().count() === 1);
    expect(events.filter(({ error }) => (error as { code?: string })?.code === 'COLLECTION_MISMATCH')).toEqual([]);
    await watcher.close();
  });
});

test('a file that is an object of records by an option stays one without it', async () => {
  const tree = new Tree();
  const { store, sync } = await syncedStore('in memory');
  tree.write('a.json', '{"x":{},"y":{}}');
  await store.import(tree.path('a.json'), { layout: 'object', workers: 1 });
  for (const text of ['{"x":{}}', '{"x":{},"y":{},"z":{"a":1}}', '{"z":{}}']) {
    tree.write('a.json', text);
    await sync(tree.path('a.json'));
    const names = Object.entries(JSON.parse(text)).map(([key, value]) => [JSON.stringify(key), JSON.stringify(value)]);
    expect(await contentOf(store)).toEqual(Object.fromEntries(names));
  }
});

test('a long file of lines that begins otherwise is read as a whole import reads it', async () => {
  const tree = new Tree();
  const rest = '{"id":1,"text":"of a length that fills spans"}\n'.repeat(3000);
  const { store, sync } = await syncedStore('in memory');
  const options = { key: 'id', spanBytes: 16_384, onBadRecord: 'skip' } as const;
  for (const name of ['a.json', 'b.jsonl']) {
    const source = tree.path(name);
    tree.write(name, `{"id":0}\n${rest}`);
    await sync(source, { ...options, collection: name });
    tree.write(name, `{"id":5\n}${rest}`);
    await sync(source, { ...options, collection: name });
    expect(store.collection(name).count()).toBe(2);
    expect(store.collection(name).getTextSync(5)).toBe('{"id":5}');
    tree.write(name, `[7]\n${rest}`);
    const outcome = sync(source, { ...options, collection: name });
    if (name === 'a.json') expect(await errorOf(outcome)).toMatchObject({ code: 'SOURCE_TRAILING_BYTES' });
    else expect((await outcome).report?.records.rejected).toBe(1);
  }
});

test('long pretty documents one after another, named like lines, are followed', async () => {
  const tree = new Tree();
  const pretty = (i: number) => `${JSON.stringify({ id: i, list: Array(500).fill(i) }, null, 2)}\n`;
  const { store, sync } = await syncedStore('in memory');
  let text = '';
  for (let i = 0; i < 40; i += 10) {
    text += Array.from({ length: 10 }, (_, j) => pretty(i + j)).join('');
    tree.write('in/a.jsonl', text);
    tree.write('one.jsonl', pretty(i));
    await sync(tree.root);
    expect(await contentOf(store)).toEqual(await freshly(tree.root, {}));
    expect(store.collection().count()).toBe(i + 11);
  }
});
