// Goal: an import with dialect json5 stores what the json5 package reads, as strict JSON: from files, streams, compressed files
// and folders, however the source is cut; and a source of strict JSON is stored as without the option.
// Method: random JSON5 against the package; strict sources against the same import without the option.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import JSON5 from 'json5';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ImportOptions, type ImportSource, memory, openStore } from '../../dist/src/index.js';
import { sourceTexts } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { makeDirectory } from '../support/import-files.js';
import { json5Sources } from '../support/json5-documents.js';

vi.spyOn(console, 'warn').mockImplementation(() => {});

const OPENERS = { ndjson: '', values: '', array: '/* [ */[', object: "// '\n{" } as const;

let directory: ReturnType<typeof makeDirectory>;
beforeAll(() => {
  directory = makeDirectory();
});
afterAll(() => directory.remove());

async function imported(source: ImportSource, options: ImportOptions) {
  const store = await openStore(memory());
  try {
    const { records: counts, layout } = await store.import(source, { allowEmpty: true, ...options });
    const texts: string[] = [];
    for await (const { text } of store.collection('records').scanText()) texts.push(text);
    return { counts, layout, texts };
  } catch (error) {
    const { code, message } = error as Record<string, string>;
    return { code, message };
  } finally {
    await store.close();
  }
}

function fileOf(text: string | Uint8Array, name = 'source.json5'): string {
  const path = join(directory.path, name);
  writeFileSync(path, text);
  return path;
}

const cuts = fc.record({ spanBytes: fc.constantFrom(30, 100, 1 << 20), windowBytes: fc.constantFrom(1, 64, 1 << 16) });

describe.each(['ndjson', 'values', 'array', 'object'] as const)('layout %s', (layout) => {
  test('gives what the json5 package reads, from a file, a stream and a compressed file', async () => {
    await fc.assert(
      fc.asyncProperty(json5Sources(layout), cuts, async ({ source, documents }, sizes) => {
        const text = OPENERS[layout] + source + (layout === 'ndjson' ? '' : ' /* " */ // end');
        const options = { dialect: 'json5', layout, ...sizes } as const;
        const expected: unknown[] = documents.map((one) => JSON5.parse(one));
        const sources = [
          fileOf(text),
          fileOf(gzipSync(text), 'source.json5.gz'),
          (async function* () {
            yield text;
          })(),
        ];
        for (const one of sources) {
          const { texts, code, message } = await imported(one, options);
          if (layout !== 'object') {
            expect({ code, message, values: texts?.map((line) => JSON.parse(line) as unknown) }).toEqual({
              values: expected,
            });
          } else expect(new Set(texts).size).toBeLessThanOrEqual(expected.length);
        }
      }),
      { numRuns: runs(10) },
    );
  });

  test('stores strict JSON as without the option', async () => {
    await fc.assert(
      fc.asyncProperty(sourceTexts(layout), cuts, async (source, sizes) => {
        const path = fileOf({ array: '[', object: '{', ndjson: '', values: '' }[layout] + source);
        const options = { layout, ...sizes } as const;
        expect(await imported(path, { ...options, dialect: 'json5', nonfinite: 'null' })).toEqual(
          await imported(path, options),
        );
      }),
      { numRuns: runs(10) },
    );
  });
});

describe('the layout of a source', () => {
  test.each([
    ['a comment, then an array', '// [\n/* { */ [{a:1},]', 'array', ['{"a":1}']],
    ['one document over lines', "{\n  // '\n  a: 1,\n}\n// end", 'values', ['{"a":1}']],
    ['a document on each line', "{a:1} // '\n{'a':2}\n", 'ndjson', ['{"a":1}', '{"a":2}']],
    ['a string over lines', "'a\\\nb'\n'c'", 'values', ['"ab"', '"c"']],
    ['a comment over lines', '{a:1} /*\n*/ {a:2}\n', 'values', ['{"a":1}', '{"a":2}']],
    ['a comment longer than what is looked at first', `/*${'*'.repeat(200_000)}*/[1]`, 'array', ['1']],
    ['a byte order mark', '\ufeff// a\n[1]', 'array', ['1']],
  ])('%s', async (_name, text, layout, texts) => {
    expect(await imported(fileOf(text), { dialect: 'json5' })).toMatchObject({ layout, texts });
  });

  test.each([
    ['nothing but comments', '// nothing\n/* here */', 'SOURCE_EMPTY'],
    ['something after the array', '[1] // end\n2', 'SOURCE_TRAILING_BYTES'],
    ['a comment that does not end', '[1] /* end', 'SOURCE_TRAILING_BYTES'],
    ['an array that does not end', '[1, // ]', 'SOURCE_TRUNCATED'],
    ['a bad record', '[{a:1}, {b}]', 'BAD_RECORD'],
  ])('%s is %s', async (_name, text, code) => {
    expect(await imported(fileOf(text), { dialect: 'json5', allowEmpty: false })).toMatchObject({ code });
  });

  test('the error of a file that begins with a comment names the option', async () => {
    const { message } = await imported(fileOf('// a\n[1]'), {});
    expect(message).toContain("dialect: 'json5'");
  });
});

test('files of a folder are read so, each by itself', async () => {
  const folder = folderOf({
    'a.json': "// one\n{a: 'x',}\n/* end */",
    'b.json': '/* many */ [1, +2,] // end',
    'c.jsonl': "{a:1} // '\n// nothing\n{a:2}",
    'd.json': '{a:1}\n// more\n{a:2}',
    'e.json': '{a:1} x',
  });
  const store = await openStore(memory());
  const report = await store.import(folder, { dialect: 'json5', onBadRecord: 'skip' });
  const found: [unknown, string][] = [];
  for await (const { key } of store.collection('records').range()) {
    found.push([key, store.collection('records').getTextSync(key) as string]);
  }
  expect(found).toEqual([
    ['a.json', '{"a":"x"}'],
    ...[
      ['b.json#0', '1'],
      ['b.json#1', '2'],
      ['c.jsonl#0', '{"a":1}'],
      ['c.jsonl#1', '{"a":2}'],
    ],
    ...[
      ['d.json#0', '{"a":1}'],
      ['d.json#1', '{"a":2}'],
    ],
  ]);
  expect(report.records).toEqual({ read: 8, stored: 7, rejected: 1, replaced: 0 });
  await store.close();
});

test('a record without its key is described by its strict text', async () => {
  const { code, message } = await imported(fileOf("[{'na\\'me': 0x1}]"), { dialect: 'json5', key: 'id' });
  expect(code).toBe('BAD_RECORD');
  expect(message).toContain("the record has na'me");
});

test('keys and indexes are those of the strict text', async () => {
  const text = "[{id: 0x10, 'tag': 'a\\x62'}, {id: +2, tag: \"ab\"}]";
  const store = await openStore(memory());
  await store.import(fileOf(text), { dialect: 'json5', key: 'id', indexes: ['tag'] });
  const records = store.collection('records');
  expect(records.getTextSync(16)).toBe('{"id":16,"tag":"a\\u0062"}');
  const keys = [];
  for await (const { key } of records.range({ index: 'tag', gte: 'ab', lte: 'ab' })) keys.push(key);
  expect(keys).toHaveLength(2);
  await store.close();
});

test('documents with records inside have to be strict', async () => {
  expect(await imported(fileOf('{}'), { dialect: 'json5', select: '/a' })).toMatchObject({
    message: expect.stringContaining('cannot be used with options.select') as string,
  });
});
