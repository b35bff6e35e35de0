// Goal: an import takes folders: every kind of good and bad file, keys, layouts, what is left out, large files and thousands
// of small ones.
// Method: small folders of known files, through the built library and the command line.

import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../../dist/src/import/options/types.js';
import { folderOf, recordsOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { KINDS, testStore } from '../support/import-store.js';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

describe.each(KINDS)('%s', (kind) => {
  test.each<[string, string, [string, string][], number]>([
    ['a member behind the value', '1, "evil": 2', [], 1],
    ['a bracket too many', '{"a":1}}', [], 1],
    ['cut off', '{"a":{"b":1}', [], 1],
    ['nothing', '', [], 1],
    ['blanks', ' \n ', [], 1],
    ['text behind the value', '{"a":1} x', [], 1],
    ['an object of objects', '{"a":{},"b":{}}', [['f.json', '{"a":{},"b":{}}']], 0],
    ['a pretty object', '{\n "a" : [ 1 ]\n}\n', [['f.json', '{"a":[1]}']], 0],
    ['a scalar', ' -1.50 ', [['f.json', '-1.50']], 0],
    [
      'an array',
      '[1, {"a":2},[]]',
      [
        ['f.json#0', '1'],
        ['f.json#1', '{"a":2}'],
        ['f.json#2', '[]'],
      ],
      0,
    ],
    ['an empty array', '[]', [], 0],
    [
      'lines',
      '{"a":1}\n{"a":2}\n',
      [
        ['f.json#0', '{"a":1}'],
        ['f.json#1', '{"a":2}'],
      ],
      0,
    ],
    [
      'values',
      '{"a":1}{"a":2} 3',
      [
        ['f.json#0', '{"a":1}'],
        ['f.json#1', '{"a":2}'],
        ['f.json#2', '3'],
      ],
      0,
    ],
    [
      'a bad line among good ones',
      '{"a":1}\n{"a":}\n{"a":3}',
      [
        ['f.json#0', '{"a":1}'],
        ['f.json#2', '{"a":3}'],
      ],
      1,
    ],
    [
      'an array that is cut off',
      '[1,2,{"a":',
      [
        ['f.json#0', '1'],
        ['f.json#1', '2'],
      ],
      1,
    ],
    ['an array not closed', '[1,2', [['f.json#0', '1']], 1],
    ['something behind an array', '[1] {"evil":1}', [['f.json#0', '1']], 1],
    [
      'a bad element',
      '[1,tru,3]',
      [
        ['f.json#0', '1'],
        ['f.json#2', '3'],
      ],
      1,
    ],
  ])('%s', async (_, text, expected, rejected) => {
    const tested = await testStore(kind);
    const root = folderOf({ 'e.json': '"before"', 'f.json': text, 'g.json': '"behind"' });
    const report = await tested.store.import(root, { workers: 1, onBadRecord: 'skip' });
    expect(await recordsOf(tested)).toEqual([['e.json', '"before"'], ...expected, ['g.json', '"behind"']]);
    expect(report.records).toMatchObject({ rejected, stored: expected.length + 2 });
    for (const [key, value] of expected) expect(tested.store.collection().getTextSync(key)).toBe(value);
    if (rejected === 0) return;
    const error = await errorOf(tested.store.import(root, { workers: 1 }));
    expect(error).toMatchObject({ code: 'BAD_RECORD', file: join(root, 'f.json') });
  });

  test('with a key, records of all files are found by it; also those of a large file, which is cut into spans', async () => {
    const tested = await testStore(kind);
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => `{"id":${from + i},"t":"},\\n{"}`);
    const root = folderOf({
      'a.json': '{"id":"one","x":1}',
      'b/large.json': `[${many(0, 200).join(',\n')}]`,
      'b/lines.ndjson': many(1000, 200).join('\n'),
      'c.json': `[${many(2000, 3).join()}]`,
      'd.json': '{"no":1}',
    });
    const options: ImportOptions = { key: 'id', spanBytes: 512, windowBytes: 256, onBadRecord: 'skip', workers: 2 };
    const report = await tested.store.import(root, options);
    expect(report).toMatchObject({ layout: 'folder', files: 5, records: { read: 405, stored: 404, rejected: 1 } });
    expect(report.spans.total).toBeGreaterThan(10);
    const records = tested.store.collection();
    expect([...['one', 0, 199, 1000, 1199, 2002].map((key) => records.getTextSync(key)?.slice(0, 9))]).toEqual([
      '{"id":"on',
      '{"id":0,"',
      '{"id":199',
      '{"id":100',
      '{"id":119',
      '{"id":200',
    ]);
  });

  test('a layout that is given holds for every file', async () => {
    const tested = await testStore(kind);
    const root = folderOf({ 'a.json': '{"x":1,"y":{}}', 'b.json': '{"z":[]}' });
    await tested.store.import(root, { layout: 'object', workers: 1 });
    expect(await recordsOf(tested)).toEqual([
      ['x', '1'],
      ['y', '{}'],
      ['z', '[]'],
    ]);
    await tested.store.import(root, { layout: 'ndjson', workers: 1 });
    expect(await recordsOf(tested)).toEqual([
      ['a.json#0', '{"x":1,"y":{}}'],
      ['b.json#0', '{"z":[]}'],
    ]);
    expect(await errorOf(tested.store.import(root, { layout: 'array' }))).toMatchObject({ code: 'BAD_RECORD' });
    expect(await errorOf(tested.store.import(root, { select: '/a' }))).toMatchObject({ code: 'SELECT_NOT_FOUND' });
  });

  test('what is left out is told: hidden names, other names, links that lead out', async () => {
    const tested = await testStore(kind);
    const outside = folderOf({ 'x.json': '1' });
    const root = folderOf({ 'a.json': '1', '.b.json': '2', '.c/d.json': '3', 'e.txt': '4', 'f/g.JSON': '5' });
    symlinkSync(join(outside, 'x.json'), join(root, 'out.json'));
    symlinkSync(join(root, 'a.json'), join(root, 'in.json'));
    symlinkSync(join(root, 'f'), join(root, 'circle.json'));
    const { warnings, files } = await tested.store.import(root, { workers: 1 });
    expect(files).toBe(3);
    expect(await recordsOf(tested)).toEqual([
      ['a.json', '1'],
      ['f/g.JSON', '5'],
      ['in.json', '1'],
    ]);
    expect(warnings).toHaveLength(4);
    expect(await errorOf(tested.store.import(folderOf({ 'e.txt': '4' })))).toMatchObject({ code: 'SOURCE_EMPTY' });
  });

  test('a name may be as long as a key, and no longer', async () => {
    const tested = await testStore(kind);
    const long = `${'é'.repeat(110)}/`.repeat(8);
    const root = folderOf({ [`${long}a.json`]: '[1,2]', [`${long}${'b'.repeat(200)}.json`]: '1' });
    const report = await tested.store.import(root, { workers: 1, onBadRecord: 'skip' });
    expect(report.records).toMatchObject({ stored: 2, rejected: 1 });
    expect(tested.store.collection().getTextSync(`${long}a.json#1`)).toBe('2');
  });
});

test('a key that two files have is told with the second one', async () => {
  const { store } = await testStore('in memory');
  const root = folderOf({
    'a.json': '{"id":1}',
    'b.json': '}',
    'c.ndjson': '{"id":2}\n}\n{"id":1}\n',
    'd.json': '{"id":3}',
  });
  const error = await errorOf(store.import(root, { key: 'id', onDuplicate: 'error', onBadRecord: 'skip' }));
  expect(error).toMatchObject({ code: 'DUPLICATE_KEY', file: join(root, 'c.ndjson'), record: 2 });
});

test('a record larger than the window, and a large file of many values, keep their names', async () => {
  const tested = await testStore('in memory');
  const large = `{"a":"${'x'.repeat(3_000_000)}"}`;
  const many = Array.from({ length: 40_000 }, (_, i) => `{"i":${i},"text":"${'y'.repeat(40)}"}`);
  const root = folderOf({ 'a.json': large, 'b.json': many.join('\n'), 'c.json': `${large} 1`, 'd.json': '0' });
  const { records } = await tested.store.import(root, { onBadRecord: 'skip' });
  expect(records).toMatchObject({ stored: 40_004, rejected: 0 });
  const found = tested.store.collection();
  expect(found.getTextSync('a.json')).toBe(large);
  expect(found.getTextSync('b.json#39999')).toBe(many.at(-1));
  expect([found.getTextSync('c.json#0') === large, found.getTextSync('c.json#1')]).toEqual([true, '1']);
});

test('quarantined are the bytes of a bad file, under its name', async () => {
  const { store } = await testStore();
  const root = folderOf({ 'a.json': '{"a":1}}', 'b.json': '1', 'c.ndjson': '1\n2\n}\n' });
  const { quarantine } = await store.import(root, { onBadRecord: 'quarantine' });
  const lines = readFileSync(quarantine as string, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { file: join(root, 'a.json'), record: 0, offset: 7, rawBase64: Buffer.from('{"a":1}}').toString('base64') },
    { file: join(root, 'c.ndjson'), record: 2, offset: 4, rawBase64: Buffer.from('}').toString('base64') },
  ]);
});

test('thousands of files with few descriptors, by the command line', async () => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 5000; i++) files[`${i % 10}/${i}.json`] = `{"i":${i}}`;
  const root = folderOf(files);
  const store = join(dirname(root), 'store');
  const command = `ulimit -n 300; exec "${process.execPath}" "${CLI}" import "${root}" --store "${store}" --json`;
  const { stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ files: 5000, records: { stored: 5000 }, layout: 'folder' });
});
