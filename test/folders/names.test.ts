// Goal: patterns and URLs name the files that they say, and no others, for imports, synchronisations, watching and the command
// line alike.
// Method: known trees; the expected files are chosen by hand, and by the shell where a shell has the same patterns.

import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { gristmill } from '../support/cli.js';
import { folderOf, recordsOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, testStore } from '../support/import-store.js';
import { contentOf, freshly, syncedStore, Tree } from '../support/sync.js';
import { until } from '../support/until.js';
import { QUICK } from '../support/watched.js';

const PATHS = [
  'a.geojson',
  'a.json',
  'b.JSON',
  'b.ndjson',
  'c.txt',
  'x/a.json',
  'x/d.geojson',
  'x/y/a.json',
  'z[1].json',
];
const tree = () => folderOf(Object.fromEntries(PATHS.map((path) => [path, JSON.stringify(path)])));
/** Names without the number that a record of a file of many has. */
const namesIn = async (tested: Awaited<ReturnType<typeof testStore>>) =>
  (await recordsOf(tested)).map(([name]) => name.replace(/#\d+$/, ''));

describe.each(KINDS)('%s', (kind) => {
  test.each<[Pick<ImportOptions, 'include' | 'exclude'>, string[]]>([
    [{}, ['a.json', 'b.JSON', 'b.ndjson', 'x/a.json', 'x/y/a.json', 'z[1].json']],
    [{ include: ['*.geojson'] }, ['a.geojson', 'x/d.geojson']],
    [{ include: ['/*.geojson', '*.txt'] }, ['a.geojson', 'c.txt']],
    [{ include: ['x/*'] }, ['x/a.json', 'x/d.geojson']],
    [{ include: ['x/**'] }, ['x/a.json', 'x/d.geojson', 'x/y/a.json']],
    [{ include: ['*.{json,geojson}'], exclude: ['x'] }, ['a.geojson', 'a.json', 'z[1].json']],
    [{ exclude: ['x/y/'] }, ['a.json', 'b.JSON', 'b.ndjson', 'x/a.json', 'z[1].json']],
    [{ exclude: ['a.json', './b.*'] }, ['z[1].json']],
    [{ exclude: ['/a.json'] }, ['b.JSON', 'b.ndjson', 'x/a.json', 'x/y/a.json', 'z[1].json']],
    [{ include: ['?.json'], exclude: ['**/y/**'] }, ['a.json', 'x/a.json']],
  ])('%j', async (options, expected) => {
    const tested = await testStore(kind);
    await tested.store.import(tree(), { workers: 1, ...options });
    expect(await namesIn(tested)).toEqual(expected);
  });

  test.each(['*.json', 'x/*', '*/*.json', '{a,b}.*json', '[ab].json', 'x/y/../*.json', 'x/y/a.json', 'z[1].json'])(
    'the pattern %s names what a shell takes for it',
    async (pattern) => {
      const root = tree();
      const script = `cd "$1" && for path in ${pattern}; do [ -f "$path" ] && realpath --relative-to=. "$path"; done; true`;
      const shell = spawnSync('bash', ['-c', script, 'bash', root], { encoding: 'utf8' });
      const expected = shell.stdout.trim().split('\n');
      const tested = await testStore(kind);
      const { files } = await tested.store.import(join(root, pattern), { workers: 1 });
      const texts = (await tested.texts()).map((text) => JSON.parse(text) as string);
      expect([files, texts.sort()]).toEqual([expected.length, expected.sort()]);
    },
  );

  test('what matches nothing is an error that names the pattern', async () => {
    const { store } = await testStore(kind);
    const root = tree();
    for (const [source, code] of [
      ['*.xml', 'SOURCE_EMPTY'],
      ['no/*.json', 'SOURCE_NOT_FOUND'],
      ['x/*.txt', 'SOURCE_EMPTY'],
    ]) {
      const error = await errorOf(store.import(join(root, source as string)));
      expect(error).toMatchObject({ code, message: expect.stringContaining(join(root, source as string)) });
    }
    expect(await errorOf(store.import(root, { include: ['*.xml'] }))).toMatchObject({ code: 'SOURCE_EMPTY' });
    for (const include of [[''], ['x'.repeat(5000)], [7], '*.json']) {
      expect(await errorOf(store.import(root, { include } as unknown as ImportOptions))).toBeInstanceOf(TypeError);
    }
  });

  test('a URL is the path that it names', async () => {
    const tested = await testStore(kind);
    const path = fileWith('"ä"', 'ä b#.json');
    for (const url of [pathToFileURL(path), pathToFileURL(path).href]) {
      await tested.store.import(url, { workers: 1 });
      expect(await tested.texts()).toEqual(['"ä"']);
      await tested.store.import([url, fileWith('2')], { workers: 1 });
      expect(await tested.texts()).toEqual(['"ä"', '2']);
    }
    for (const url of [new URL('ftp://example.org/a.json'), 'file://elsewhere/a.json']) {
      expect(await errorOf(tested.store.import(url))).toBeInstanceOf(TypeError);
    }
  });

  test('a synchronisation follows a pattern: files come, change, and go', async () => {
    const folder = new Tree();
    for (const name of ['a.json', 'b.txt', 'x/c.json']) folder.write(name, `{"id":"${name}"}`);
    const { store, sync } = await syncedStore(kind);
    const source = join(folder.root, '*.json');
    const options = { key: 'id', exclude: ['no*'] };
    const same = async () => expect(await contentOf(store)).toEqual(await freshly(source, options));
    expect(await sync(source, options)).toMatchObject({ added: 1 });
    folder.write('b.json', '{"id":"b"}');
    folder.write('no.json', '{"id":"no"}');
    folder.write('a.json', '{"id":"new"}');
    expect(await sync(source, options)).toMatchObject({ added: 1, changed: 1, removed: 0, unchanged: 0 });
    await same();
    expect(Object.keys((await contentOf(store)) as object)).toEqual(['"b"', '"new"']);
    folder.remove('a.json');
    const at = { paths: new Set([folder.path('a.json'), folder.path('x/c.json'), folder.path('no.json')]) };
    expect(await sync(source, { ...options, ...at })).toMatchObject({ removed: 1, added: 0, unchanged: 1 });
    await same();
    // Other patterns: what is stored is what they name.
    expect(await sync(source, { key: 'id' })).toMatchObject({ added: 1 });
    expect(store.collection().has('no')).toBe(true);
  });
});

test('watching follows patterns and URLs', async () => {
  const { store } = await testStore();
  const root = scratch();
  mkdirSync(join(root, 'in'));
  writeFileSync(join(root, 'in/a.geojson'), '1');
  const inside = pathToFileURL(join(root, 'in')).href;
  const watcher = await store.watch(inside, { ...QUICK, include: ['*.geojson'], exclude: ['tmp*'] });
  writeFileSync(join(root, 'in/tmp.geojson'), '2');
  writeFileSync(join(root, 'in/b.json'), '3');
  writeFileSync(join(root, 'in/new'), '4');
  renameSync(join(root, 'in/new'), join(root, 'in/c.geojson'));
  await until(() => store.collection().has('c.geojson'));
  rmSync(join(root, 'in/a.geojson'));
  await until(() => !store.collection().has('a.geojson'));
  expect([...['tmp.geojson', 'b.json'].map((name) => store.collection().has(name))]).toEqual([false, false]);
  await watcher.close();
  const other = await store.watch(join(root, '*/*.json'), { ...QUICK, collection: 'pattern' });
  expect(store.collection('pattern').has('in/b.json')).toBe(true);
  mkdirSync(join(root, 'later'));
  writeFileSync(join(root, 'later/d.json'), '5');
  await until(() => store.collection('pattern').has('later/d.json'));
  await other.close();
});

test('on the command line, quoted patterns and several of each flag', async () => {
  const store = join(scratch(), 'store');
  const flags = ['--include', '*.json', '--include', '*.geojson', '--exclude', 'y', '--exclude', 'z*'];
  const run = await gristmill('import', tree(), '--store', store, ...flags, '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({ files: 4 });
  const quoted = await gristmill('import', join(tree(), 'x/**/*.json'), '--store', store, '--json');
  expect(JSON.parse(quoted.stdout)).toMatchObject({ files: 2 });
  const url = await gristmill('import', pathToFileURL(tree()).href, '--store', store, '--json');
  expect(JSON.parse(url.stdout)).toMatchObject({ files: 6 });
});
