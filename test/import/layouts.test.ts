// Goal: how the records of a file lie is the same whether it has one of them or a million, and whichever way it comes: alone,
// among others, in a folder, into a collection that is there.
// Method: files at random that grow, across the bytes that are looked at too, planned and imported; JSON.parse says what
// their records are.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DETECTION_BYTES } from '../../src/base/limits.js';
import { resolveImportOptions } from '../../src/import/options/resolve.js';
import type { ImportOptions } from '../../src/import/options/types.js';
import { planSource } from '../../src/import/plan/plan.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, makeDirectory } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

const LONG = 'x'.repeat(DETECTION_BYTES);

interface Family {
  readonly names: readonly string[];
  readonly text: (values: readonly unknown[]) => string;
  readonly layout: string;
  readonly because: string;
  /** What one record is, if not any value. */
  readonly isOneOf?: (value: unknown) => boolean;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRich = (value: unknown) => isObject(value) && Object.keys(value as object).length > 0;
const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n');
const pretty = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value, null, 1)).join('\n');
const named = (values: readonly unknown[]) => Object.fromEntries(values.map((value, i) => [`n${i}`, value]));

const FAMILIES: Readonly<Record<string, Family>> = {
  'lines, by name': {
    ...{ names: ['a.ndjson', 'a.jsonl', 'A.JSONL', 'a.NdJson', 'a.jsonl.gz', 'a.ndjson.zst'] },
    ...{ text: lines, layout: 'ndjson', because: 'name' },
  },
  'values on one line, by name': {
    ...{ names: ['a.jsonl'], text: (values) => [0, ...values].map((value) => JSON.stringify(value)).join(' ') },
    ...{ layout: 'values', because: 'name' },
  },
  'lines of another name': {
    ...{ names: ['a.json', 'a.txt', 'a'], text: lines, layout: 'ndjson', because: 'content' },
    isOneOf: (value) => !Array.isArray(value),
  },
  'pretty values': {
    ...{ names: ['a.json', 'a.jsonl'], text: pretty, layout: 'values', because: 'content', isOneOf: isRich },
  },
  'one array': { names: ['a.json'], text: JSON.stringify, layout: 'array', because: 'content' },
  'one pretty array': {
    ...{ names: ['a.json', 'a.jsonl'], text: (values) => JSON.stringify(values, null, 2) },
    ...{ layout: 'array', because: 'content' },
  },
  'one object': {
    ...{ names: ['a.json'], text: (values) => JSON.stringify(named(values)), layout: 'ndjson', because: 'content' },
  },
  'one object, by name of lines': {
    ...{ names: ['a.jsonl'], text: (values) => JSON.stringify(named(values)), layout: 'ndjson', because: 'name' },
  },
  'one pretty object': {
    ...{ names: ['a.json', 'a.jsonl'], text: (values) => JSON.stringify(named(values), null, '\t') },
    ...{ layout: 'values', because: 'content' },
  },
};

async function layoutOf(name: string, text: string): Promise<unknown> {
  const { path, remove } = makeDirectory();
  try {
    const { layout, because } = await planSource(fileWith(text, name, path), resolveImportOptions({}), async () => {});
    return { layout, because };
  } finally {
    remove();
  }
}

describe.each(Object.entries(FAMILIES))('%s', (_, { names, text, layout, because, isOneOf = () => true }) => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.dictionary(fc.string(), fc.oneof(fc.constant({}), fc.constant([]), fc.nat()), { maxKeys: 3 }),
    fc.constantFrom({ user: {}, event: {} }, [1, 'a'], { meta: {}, count: 3, data: [1] }, {}, []),
  );
  const values = fc.array(value.filter(isOneOf), { minLength: 1, maxLength: 6 });
  const bytes = { numRuns: runs(40) };

  test('is the same at one record and at many', async () => {
    const property = fc.asyncProperty(values, fc.constantFrom(...names), async (all, name) => {
      for (const count of [1, 2, all.length]) {
        expect(await layoutOf(name, text(all.slice(0, count)))).toEqual({ layout, because });
      }
    });
    await fc.assert(property, bytes);
  });

  test('is the same where a record, the first or a later one, is longer than what is looked at', async () => {
    const property = fc.asyncProperty(values, fc.constantFrom(...names), fc.nat(5), async (all, name, at) => {
      const grown = [...all.slice(0, at), { long: LONG }, ...all.slice(at)];
      expect(await layoutOf(name, text(grown))).toEqual({ layout, because });
    });
    await fc.assert(property, { numRuns: runs(4) });
  });
});

test.each([
  [
    'a document of members of every kind',
    (n: number) => JSON.stringify({ meta: {}, count: n, data: Array(n).fill({}) }),
  ],
  ['the same, pretty', (n: number) => JSON.stringify({ meta: {}, count: n, data: Array(n).fill({}) }, null, 1)],
])('%s is one record below the bytes that are looked at and above', async (_, document) => {
  const { run, store } = await testStore('in memory');
  for (const count of [0, 3, DETECTION_BYTES]) {
    const report = await run(document(count));
    expect(report.records).toMatchObject({ read: 1, stored: 1 });
    expect(JSON.parse(store.collection().getTextSync(0) as string)).toMatchObject({ count });
  }
});

test.each([
  ['no array', '[]', 'a.json', 0],
  ['a line that is an array without elements', '[]', 'a.jsonl', 1],
  ['an object without members', '{}', 'a.json', 1],
  ['a scalar', '5', 'a.json', 1],
  ['a text without an end of line', '"x"', 'a.jsonl', 1],
  ['the issue: an object of objects on one line', '{"user":{},"event":{}}', 'a.jsonl', 1],
  ['the issue: an array on one line', '[1,"a"]', 'a.jsonl', 1],
  ['an array on one line in another file', '[1,"a"]', 'a.json', 2],
])('%s', async (_, text, name, records) => {
  const { store, texts } = await testStore('in memory');
  const path = fileWith(text, name);
  expect((await store.import(path, { workers: 1 })).records.stored).toBe(records);
  expect((await texts()).length).toBe(records);
});

test('one bad line at the beginning does not make another file of one of lines', async () => {
  const { store, texts } = await testStore('in memory');
  for (const bad of ['[1,2', '{"a":1', '{"a":{"b":1}', '"open', '{"a":1}}', '{"a":1,}', '1,2', '\\']) {
    const path = folderOf({ 'a.jsonl': `${bad}\n{"id":1}\n[2]\n` });
    const { records } = await store.import(path, { onBadRecord: 'skip', workers: 1 });
    expect([bad, records.rejected, await texts()]).toEqual([bad, 1, ['{"id":1}', '[2]']]);
  }
});

test('blanks at the beginning are no matter, however many, alone and in a folder', async () => {
  const { store, texts } = await testStore('in memory');
  for (const blanks of ['', ' \n', '\ufeff\n', ' '.repeat(DETECTION_BYTES + 3), `\ufeff${'\n'.repeat(600_000)}`]) {
    for (const [name, text, keys] of [
      ['a.json', '[1, 2]', ['a.json#0', 'a.json#1']],
      ['a.json', '{"a":{}}', ['a.json']],
      ['a.jsonl', '[1,2]\n[3]', ['a.jsonl#0', 'a.jsonl#1']],
      ['a.jsonl', '[\n1,2]', ['a.jsonl#0', 'a.jsonl#1']],
    ] as const) {
      const folder = folderOf({ [name]: blanks + text });
      await store.import(`${folder}/${name}`, { workers: 1 });
      const alone = await texts();
      await store.import(folder, { workers: 1 });
      expect(await texts()).toEqual(alone);
      expect(keys.map((key) => store.collection().getTextSync(key))).toEqual(alone);
    }
  }
});

test('arrays one after another in a file that nothing says it of are refused, however many, with what to do', async () => {
  const { run, state, texts } = await testStore('in memory');
  await run('1');
  const before = await state();
  for (const source of ['[1]\n[2]\n', '[1][2]', `["${LONG}"]\n[2]`]) {
    const error = await errorOf(run(source));
    expect(error).toMatchObject({
      code: 'SOURCE_TRAILING_BYTES',
      message: expect.stringContaining("option layout: 'ndjson'"),
    });
  }
  expect(await state()).toEqual(before);
  await run('[1]\n[2]\n', { layout: 'ndjson' });
  expect(await texts()).toEqual(['[1]', '[2]']);
});

describe('a file is read in the same way', () => {
  const records = fc
    .uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 5 })
    .map((ids) => ids.map((id) => ({ user: { name: 'x' }, event: { list: [id] }, id })));
  const kinds = ['lines', 'lines, by name', 'pretty values', 'one array', 'one pretty array'] as const;

  test('alone, among others, in a folder, inserted and upserted', async () => {
    const property = fc.asyncProperty(records, fc.constantFrom(...kinds), async (all, kind) => {
      const [name, text] = {
        lines: ['b.json', lines],
        'lines, by name': ['b.jsonl', lines],
        'pretty values': ['b.jsonl', pretty],
        'one array': ['b.json', JSON.stringify],
        'one pretty array': ['b.jsonl', (values: unknown) => JSON.stringify(values, null, 1)],
      }[kind] as [string, (values: unknown) => string];
      const { store, texts } = await testStore('in memory');
      const expected = all.map((record) => JSON.stringify(record)).sort();
      const folder = folderOf({ [name]: text(all) });
      const path = `${folder}/${name}`;
      const other = fileWith('{"id":-1}\n{"id":-2}', 'a.ndjson');
      const bare = async () => (await texts()).map((one) => JSON.stringify(JSON.parse(one))).sort();
      const options: ImportOptions = { key: 'id', workers: 1 };
      await store.import(path, options);
      expect(await bare()).toEqual(expected);
      await store.import(folder, options);
      expect(await bare()).toEqual(expected);
      await store.import([other, path], options);
      expect((await bare()).slice(2)).toEqual(expected);
      for (const mode of ['insert', 'upsert'] as const) {
        await store.import(other, options);
        await store.import(path, { ...options, mode });
        expect((await bare()).slice(2)).toEqual(expected);
      }
    });
    await fc.assert(property, { numRuns: runs(8) });
  });
});

describe('a collection says what to expect', () => {
  test('lines that are arrays: one more is one more', async () => {
    const { store, texts } = await testStore('in memory');
    await store.import(fileWith('[1,"a"]\n[2,"b"]\n', 'a.jsonl'), { workers: 1 });
    const report = await store.import(fileWith('[3,"c"]', 'b.json'), { mode: 'insert', workers: 1 });
    expect(report.layouts).toMatchObject([{ layout: 'ndjson', because: 'collection' }]);
    await store.import(fileWith('[4,"d"]\n[5]', 'b.json'), { mode: 'upsert', workers: 1 });
    expect(await texts()).toEqual(['[1,"a"]', '[2,"b"]', '[3,"c"]', '[4,"d"]', '[5]']);
  });

  test('lines that are objects, or elements that are arrays: an array is one of records', async () => {
    const { store, texts } = await testStore('in memory');
    await store.import(fileWith('{"id":1}\n', 'a.jsonl'), { workers: 1 });
    await store.import(fileWith('[{"id":2},{"id":3}]'), { mode: 'insert', workers: 1 });
    expect(await texts()).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
    await store.import(fileWith('[[1],[2]]'), { workers: 1 });
    await store.import(fileWith('[[3]]'), { mode: 'insert', workers: 1 });
    expect(await texts()).toEqual(['[1]', '[2]', '[3]']);
  });

  test('names of members: one more member is one more record, also of a new version of all', async () => {
    const { store } = await testStore('in memory');
    await store.import(fileWith('{"x":{"a":1},"y":{"a":2}}'), { layout: 'object', workers: 1 });
    const report = await store.import(fileWith('{"z":{}}'), { mode: 'upsert', workers: 1 });
    expect(report.layouts).toMatchObject([{ layout: 'object', because: 'collection' }]);
    const keys = () => ['x', 'y', 'z'].map((key) => store.collection().getTextSync(key));
    expect(keys()).toEqual(['{"a":1}', '{"a":2}', '{}']);
    await store.import(fileWith('{"y":{}}'), { workers: 1 });
    expect(keys()).toEqual([undefined, '{}', undefined]);
  });

  test('names of members, and a file that does not fit them: refused', async () => {
    const { store, state } = await testStore('in memory');
    const options = { mode: 'upsert', workers: 1 } as const;
    await store.import(fileWith('{"x":{"a":1}}'), { layout: 'object', workers: 1 });
    const before = await state();
    for (const text of ['{"id":1,"x":{}}', '{"x":[]}', '[{}]', '5']) {
      expect(await errorOf(store.import(fileWith(text), options))).toMatchObject({ code: 'COLLECTION_MISMATCH' });
    }
    const two = await errorOf(store.import(fileWith('{"x":{}}{"y":{}}'), options));
    expect(two).toMatchObject({ code: 'SOURCE_TRAILING_BYTES' });
    expect(await state()).toEqual(before);
  });

  test('names of files are no names of members', async () => {
    const { store } = await testStore('in memory');
    await store.import(folderOf({ 'a.json': '{"x":1}' }), { workers: 1 });
    const error = await errorOf(store.import(fileWith('{"x":{}}'), { mode: 'upsert', workers: 1 }));
    expect(error).toMatchObject({ code: 'COLLECTION_MISMATCH' });
  });
});

test('the report says what was assumed, why, and which option says otherwise', async () => {
  const { store } = await testStore('in memory');
  const sources = [fileWith('1', 'a.ndjson'), fileWith('[1]'), fileWith('[2]'), fileWith('{}')];
  const { layouts } = await store.import(sources, { workers: 1 });
  expect(layouts).toMatchObject([
    { layout: 'ndjson', because: 'name', sources: 1, first: sources[0] },
    { layout: 'array', because: 'content', sources: 2, first: sources[1] },
    { layout: 'ndjson', because: 'content', sources: 1, first: sources[3] },
  ]);
  for (const { text, first } of layouts) {
    expect(text).toContain('option layout');
    expect(text).toContain(first);
  }
  const given = await store.import(sources[1]!, { layout: 'array', workers: 1 });
  expect(given.layouts).toMatchObject([{ layout: 'array', because: 'option' }]);
});
