// Goal: thousands of files as arguments are batched as those of a folder are, and nothing else about them changes: layouts,
// keys, errors, which records came from which file.
// Method: the built library; the oracle is JSON.parse of the sources, and each file imported alone.

import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { folderOf } from '../support/folders.js';
import { errorOf, factsOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, freshly, linesOf, syncedStore, Tree } from '../support/sync.js';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const recordsOf = (i: number) => range(i % 4).map((j) => ({ id: 10 * i + j, text: `},\n{"${i}` }));

/** A text of these records in one of the layouts, and what follows it. */
function textOf(i: number): string {
  const texts = recordsOf(i).map((record) => JSON.stringify(record));
  const layouts = [
    () => (texts.length === 0 ? '[]' : texts.join('\n')),
    () => `\ufeff ${texts.join(' ')}${texts.length === 0 ? '[]' : ''}`,
    () => `[${texts.join(',\n')}] \n`,
  ];
  return layouts[Math.floor(i / 7) % layouts.length]!();
}

describe.each(KINDS)('%s', (kind) => {
  test('3,000 files as arguments make as few shards as their folder, and the same records', async () => {
    const files = Object.fromEntries(range(3000).map((i) => [`${String(i).padStart(4, '0')}.json`, textOf(i)]));
    const root = folderOf(files);
    const paths = Object.keys(files).map((name) => `${root}/${name}`);
    const tested = await testStore(kind);
    const folder = await tested.store.import(root, { key: 'id', workers: 1, collection: 'folder' });
    expect(folder).toMatchObject({ shards: 1, files: 3000 });
    const report = await tested.store.import(paths, { key: 'id', workers: 1 });
    const expected = range(3000).flatMap(recordsOf);
    // A run of files of one layout is a batch; there are 429 such runs, most of them of seven files.
    expect(report).toMatchObject({ files: 3000, records: { read: expected.length, stored: expected.length } });
    expect((await tested.texts()).map((text) => JSON.parse(text))).toEqual(expected);
    const lines = paths.filter((_, i) => Math.floor(i / 7) % 3 === 0 && i % 4 !== 0);
    const ofLines = await tested.store.import(lines, { key: 'id', workers: 1, layout: 'ndjson' });
    expect(ofLines).toMatchObject({ shards: 1, spans: { total: 1 }, files: lines.length, layout: 'ndjson' });
    expect(ofLines.layouts).toMatchObject([{ sources: lines.length, first: lines[0] }]);
  });

  test('without a key, positions count through all files; with layout object, names are keys', async () => {
    const tested = await testStore(kind);
    await tested.run(range(100).map((i) => `${i}\n{"n":${i}}\n`));
    expect(await tested.texts()).toEqual(range(100).flatMap((i) => [`${i}`, `{"n":${i}}`]));
    expect(tested.store.collection().getTextSync(199)).toBe('{"n":99}');
    await tested.run(
      range(100).map((i) => `{"a${i}":1,"b${i}":{}}`),
      { layout: 'object' },
    );
    expect(tested.store.collection().getTextSync('b77')).toBe('{}');
    expect(tested.store.collection().stat()).toMatchObject({ records: 200, shards: 1 });
  });

  test('the container that select names is found in each file', async () => {
    const tested = await testStore(kind);
    const texts = range(100).map((i) => `{"a":[1],"items":[${i},{"x":${i}}],"rest":{"items":[0]}}\n`);
    expect(await tested.run(texts, { select: '/items' })).toMatchObject({ shards: 1, files: 100 });
    expect(await tested.texts()).toEqual(range(100).flatMap((i) => [`${i}`, `{"x":${i}}`]));
  });

  test.each<[string, string, ImportOptions]>([
    ['a bad line', '{"id":1}\n{"id":}\n', {}],
    ['a line without the key', '{"id":1}\n{}\n', {}],
    ['an array that is cut off', '[{"id":1},{"id":2', {}],
    ['an array that is not closed', '[{"id":1}', {}],
    ['something behind an array', '[{"id":1}] x', {}],
    ['a document that goes wrong behind the container', '{"a":[{"id":1}],"b":tru}', { select: '/a' }],
    ['a document that is cut off behind the container', '{"a":[{"id":1}]', { select: '/a' }],
    ['something behind the document', '{"a":[{"id":1}]} {}', { select: '/a' }],
    ['a record that is too large', `[{"id":1},{"id":2,"x":"${'x'.repeat(300)}"}]`, { recordBytesMax: 200 }],
    ['a key that another file has', '[{"id":1},{"id":2},{"id":2}]', { onDuplicate: 'error' }],
  ])('%s is the same error as in the file alone', async (_, text, options) => {
    const tested = await testStore(kind);
    const bad = fileWith(text);
    const good = options.select === undefined ? '[{"id":7}]' : '{"a":[{"id":7}]}';
    const others = range(80).map((i) => fileWith(good.replace('7', String(100 + i)), `${i}.json`, scratch()));
    const alone = await errorOf(tested.store.import(bad, { key: 'id', workers: 1, ...options }));
    const sources = [...others.slice(0, 70), bad, ...others.slice(70)];
    const error = await errorOf(tested.store.import(sources, { key: 'id', workers: 1, ...options }));
    expect({ ...factsOf(error), file: error.file, message: error.message }).toEqual({
      ...{ ...factsOf(alone), file: bad, message: alone.message },
    });
  });

  test('bad records are quarantined under the name of their file', async () => {
    const tested = await testStore(kind);
    const root = folderOf(Object.fromEntries(range(90).map((i) => [`${i}.ndjson`, i === 50 ? '1\n}\n2\n' : '0\n'])));
    const sources = range(90).map((i) => `${root}/${i}.ndjson`);
    const { records } = await tested.store.import(sources, { onBadRecord: 'quarantine', workers: 1 });
    expect(records).toMatchObject({ read: 92, stored: 91, rejected: 1 });
    const error = await errorOf(tested.store.import(sources, { workers: 1 }));
    expect(error).toMatchObject({ code: 'BAD_RECORD', file: sources[50], line: 2, record: 1 });
  });

  test('a synchronisation of many files knows which records each of them gave', async () => {
    const tree = new Tree();
    const names = range(90).map((i) => `${i}.ndjson`);
    const lines = (i: number, count = 3) => linesOf(range(count).map((j) => ({ id: 1000 * i + j, i })));
    names.forEach((name, i) => void tree.write(name, lines(i)));
    tree.write('40.ndjson', lines(40, 900).padEnd(70_000, '\n'));
    const sources = names.map((name) => tree.path(name));
    const { store, sync } = await syncedStore(kind);
    const options = { key: 'id' };
    const same = async () => expect(await contentOf(store)).toEqual(await freshly(sources, options));
    expect(await sync(sources, options)).toMatchObject({ added: 90, report: { shards: 1 } });
    await same();
    tree.write('7.ndjson', lines(7, 1));
    expect(await sync(sources, options)).toMatchObject({
      changed: 1,
      unchanged: 89,
      bytesRead: tree.bytes('7.ndjson'),
    });
    await same();
    const before = tree.bytes('40.ndjson');
    tree.append('40.ndjson', '{"id":"grown"}\n');
    expect(await sync(sources, options)).toMatchObject({ changed: 1, bytesRead: tree.bytes('40.ndjson') - before });
    await same();
    for (const i of range(80)) tree.write(names[i]!, lines(i, 2));
    expect(await sync(sources, options)).toMatchObject({ changed: 80, report: { files: 80 } });
    expect(store.collection().stat().shards).toBeLessThan(6);
    await same();
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
  });
});

test('a few files keep a shard each', async () => {
  const { run } = await testStore('in memory');
  expect(await run(range(64).map((i) => `${i}`))).toMatchObject({ shards: 64, files: 64 });
});
