// Goal: what an import makes of a folder is what JSON.parse makes of each file by itself; a file that is no JSON is a bad
// record, never two, and never reaches into the next; how files are batched does not show.
// Method: random trees of small documents, many of them damaged or made to look like two, through the built library; the
// oracle parses file by file.

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportOptions } from '../src/import/types.js';
import { damaged, jsonTexts } from './support/documents.js';
import { errorOf } from './support/import-errors.js';
import { scratch } from './support/import-files.js';
import { KINDS, type TestStore, testStore } from './support/import-store.js';
import { acceptedText, stripped } from './support/oracle.js';

const CLI = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));

function folderOf(files: Readonly<Record<string, string | Uint8Array>>, root = join(scratch(), 'files')): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Names and texts of all records, by name. */
async function recordsOf({ store, texts }: TestStore): Promise<[string, string][]> {
  const found: [string, string][] = [];
  const records = store.collection();
  for await (const { key } of records.range()) found.push([key as string, records.getTextSync(key) as string]);
  expect(found.map(([, text]) => text).sort()).toEqual((await texts()).sort());
  return found.sort(byBytes);
}

function byBytes([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Paths that sort otherwise by characters than by bytes, and otherwise as folders than as names. */
const paths = fc
  .tuple(
    fc.constantFrom('', 'a/', 'a.b/', 'a!/', 'ａ/', '𝒳/', 'a/b/'),
    fc.constantFrom('1', 'a', '"', '\\', 'é', '𝒳', 'x y', '#0'),
  )
  .map(([folder, name]) => `${folder}${name}.json`);
/** A document, also one made to look like more, or like the end of the synthetic text around it. */
const documents = fc.oneof(
  { weight: 4, arbitrary: jsonTexts.map((text) => new Uint8Array(Buffer.from(text))) },
  { weight: 2, arbitrary: damaged(jsonTexts) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        jsonTexts,
        fc.constantFrom('}', ']', ',', ',"evil":2', '}}', ':1', ' \n\t ', '\u0000', '"', '#', ',{}', '\ufeff'),
      )
      .map(([text, rest]) => new Uint8Array(Buffer.from(text + rest))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('', ' \n', '{', '{"a":', '"', '\ufeff{"a": 1}', '\ufeff', 'nul', '}')
      .map((text) => new Uint8Array(Buffer.from(text))),
  },
);

describe.each(KINDS)('%s', (kind) => {
  test('a file is what JSON.parse makes of it; values behind one another are numbered records', async () => {
    const tree = fc.uniqueArray(fc.tuple(paths, documents), { selector: ([path]) => path, maxLength: 24 });
    const limits = fc.record({
      spanBytes: fc.constantFrom(1, 40, 1 << 20),
      windowBytes: fc.constantFrom(1, 64, 1 << 16),
      workers: fc.constantFrom(1, 2),
    });
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(tree, limits, async (files, options) => {
        const expected: [string, string][] = [];
        let bad = 0;
        for (const [path, bytes] of [...files].sort(byBytes)) {
          const text = acceptedText(bytes.subarray(hasMark(bytes) ? 3 : 0), 1024);
          if (text === undefined) {
            // Only what JSON.parse accepts as a whole is one record; what else may be stored is a whole value by itself.
            bad++;
          } else if (text.trimStart().startsWith('[')) {
            elementsOf(text).forEach((element, i) => void expected.push([`${path}#${i}`, element]));
          } else expected.push([path, stripped(text)]);
        }
        if (files.length === 0) return;
        const root = folderOf(Object.fromEntries(files));
        const accepted = new Set(expected.map(([key]) => key));
        const run = tested.store.import(root, { ...options, onBadRecord: 'quarantine' });
        const outcome = await run.catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'TOO_MANY_BAD_RECORDS' });
          expect(expected).toEqual([]);
          return;
        }
        const found = await recordsOf(tested);
        expect(found.filter(([key]) => accepted.has(key as string))).toEqual([...expected].sort(byBytes));
        // Of files that are not one document: values, each by itself, under numbered names.
        for (const [key, text] of found.filter(([name]) => !accepted.has(name as string))) {
          const [, path] = /^(.*)#\d+$/su.exec(key as string) as RegExpExecArray;
          const bytes = files.find(([name]) => name === path)?.[1] as Uint8Array;
          expect(acceptedText(bytes.subarray(hasMark(bytes) ? 3 : 0), 1024)).toBeUndefined();
          expect(() => JSON.parse(text)).not.toThrow();
        }
        const { rejected, read, stored } = (outcome as { records: Record<string, number> }).records;
        expect(rejected).toBeGreaterThanOrEqual(0);
        expect(read).toBe((stored as number) + (rejected as number));
        if (bad === 0) expect(rejected).toBe(0);
      }),
      { numRuns: kind === 'on disk' ? 12 : 60 },
    );
  });

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
    expect(report).toMatchObject({ shape: 'folder', files: 5, records: { read: 405, stored: 404, rejected: 1 } });
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

  test('a shape that is given holds for every file', async () => {
    const tested = await testStore(kind);
    const root = folderOf({ 'a.json': '{"x":1,"y":{}}', 'b.json': '{"z":[]}' });
    await tested.store.import(root, { shape: 'object', workers: 1 });
    expect(await recordsOf(tested)).toEqual([
      ['x', '1'],
      ['y', '{}'],
      ['z', '[]'],
    ]);
    await tested.store.import(root, { shape: 'ndjson', workers: 1 });
    expect(await recordsOf(tested)).toEqual([
      ['a.json#0', '{"x":1,"y":{}}'],
      ['b.json#0', '{"z":[]}'],
    ]);
    expect(await errorOf(tested.store.import(root, { shape: 'array' }))).toMatchObject({ code: 'BAD_RECORD' });
    await expect(tested.store.import(root, { select: '/a' })).rejects.toThrow(TypeError);
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
  expect(JSON.parse(stdout)).toMatchObject({ files: 5000, records: { stored: 5000 }, shape: 'folder' });
});

function hasMark(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 3)).equals(Buffer.of(0xef, 0xbb, 0xbf));
}

/** Texts of the elements of an array, by an independent walk over its brackets and strings. */
function elementsOf(text: string): string[] {
  const line = stripped(text);
  const found: string[] = [];
  let [depth, from] = [0, 1];
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (c === '"') for (i++; line[i] !== '"'; i++) if (line[i] === '\\') i++;
    if (c === '[' || c === '{') depth++;
    if (c === ']' || c === '}') depth--;
    if ((c === ',' && depth === 1) || (depth === 0 && i === line.length - 1)) {
      if (i > from) found.push(line.slice(from, i));
      from = i + 1;
    }
  }
  return found;
}
