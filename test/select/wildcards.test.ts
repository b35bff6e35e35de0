// Goal: with `*` in `select`, all containers that match give their records, in source order, as an import of the same records
// as plain lines would; a place that has something else is one bad record, and takes none of the others with it.
// Method: random documents and places; the oracle walks over what JSON.parse gives. Documents come as one file, as lines, as
// files of a folder, compressed and as a stream, with windows and spans of any size.

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gristmill } from '../support/cli.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { errorOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, type TestStore, testStore } from '../support/import-store.js';
import { syncedStore, Tree } from '../support/sync.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** Null stands for every element or member. */
type Way = readonly (string | null)[];

const names = fc.constantFrom('rows', 'data', '*', '~2', 'a/b', '', '1', '__proto__');
const ways: fc.Arbitrary<Way> = fc
  .tuple(fc.array(names, { maxLength: 1 }), fc.array(names, { maxLength: 2 }))
  .map(([before, after]) => [...before, null, ...after]);
const records = fc.oneof(
  fc.integer(),
  fc.constantFrom<Json>('},\n{"', ']}', '\\', {}, [], { rows: [1] }, [[2]], null),
  fc.record({ id: fc.nat(), text: fc.string({ maxLength: 40 }) }),
);
const insides: fc.Arbitrary<Json> = fc.oneof(
  { weight: 7, arbitrary: fc.array(records, { maxLength: 5 }) as fc.Arbitrary<Json> },
  { weight: 1, arbitrary: fc.constantFrom<Json>(null, 7, -1.5e3, 'x"', { a: [1] }, {}, true) },
);

const objectOf = (entries: readonly (readonly [string, Json])[]): Json =>
  JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);

/** Values at the end of a way: at its wildcard an array or object of several, sometimes without what comes next. */
function documents(way: Way): fc.Arbitrary<Json> {
  const [name, ...rest] = way;
  if (name === undefined) return insides;
  const next = documents(rest);
  if (name !== null) {
    const others = fc.array(fc.tuple(names, records as fc.Arbitrary<Json>), { maxLength: 2 });
    return fc.tuple(next, others).map(([inside, around]) => {
      const members = around.filter(([other], i) => other !== name && around.findIndex(([one]) => one === other) === i);
      return objectOf([...members.slice(0, 1), [name, inside], ...members.slice(1)]);
    });
  }
  const elements = rest.length === 0 ? next : fc.oneof({ weight: 6, arbitrary: next }, records as fc.Arbitrary<Json>);
  const members = fc.uniqueArray(fc.tuple(names, elements), { maxLength: 5, selector: ([one]) => one });
  return fc.oneof(fc.array(elements, { maxLength: 5 }) as fc.Arbitrary<Json>, members.map(objectOf));
}

/** All values at the places. JSON.parse puts a member named 1 first, and JSON.stringify writes it so. */
function valuesAt(value: Json, way: Way): Json[] {
  const [name, ...rest] = way;
  if (name === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (name === null) return Object.values(value).flatMap((one) => valuesAt(one as Json, rest));
  return Object.hasOwn(value, name) ? valuesAt((value as { [name: string]: Json })[name] as Json, rest) : [];
}

const selectOf = (way: Way): string =>
  way
    .map((name) => {
      if (name === null) return '/*';
      return name === '*' ? '/~2' : `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    })
    .join('');

const cases = ways.chain((way) =>
  fc.record({
    way: fc.constant(way),
    documents: fc.array(documents(way), { minLength: 1, maxLength: 5 }),
    space: fc.constantFrom<string | number | undefined>(undefined, 1, '\t'),
    limits: fc.record({
      spanBytes: fc.constantFrom(1, 30, 1 << 20),
      windowBytes: fc.constantFrom(1, 7, 64, 1 << 16),
      workers: fc.constantFrom(1, 2),
    }),
  }),
);

/** The records, and how many places have something else. What a wildcard stands for may be nothing. */
function expectedOf(given: readonly Json[], way: Way) {
  const wildcard = way.indexOf(null);
  const found = given.map((document) => {
    const values = valuesAt(document, way);
    const above = valuesAt(document, way.slice(0, wildcard));
    const isEmpty = above.some((value) => typeof value === 'object' && value !== null && isHollow(value));
    return { values, isMissing: values.length === 0 && !isEmpty };
  });
  const values = found.flatMap((one) => one.values);
  const good = values.filter((value) => Array.isArray(value)).flat();
  const rejected = values.filter((value) => !Array.isArray(value)).length;
  const missing = found.filter(({ isMissing }) => isMissing).length;
  return { texts: good.map((value) => JSON.stringify(value)), rejected: rejected + missing, missing };
}

const isHollow = (value: object) => Object.keys(value).length === 0;

async function stored({ store, texts }: TestStore, source: string | Readable, options: object) {
  try {
    const report = await store.import(source, { onBadRecord: 'skip', allowEmpty: true, layout: 'array', ...options });
    return { ...report.records, texts: await texts() };
  } catch (error) {
    if ((error as { code?: string }).code !== 'TOO_MANY_BAD_RECORDS') throw error;
    return 'all bad';
  }
}

function outcomeOf({ texts, rejected }: { texts: readonly string[]; rejected: number }) {
  if (rejected > 0 && texts.length === 0) return 'all bad';
  return { read: texts.length + rejected, stored: texts.length, rejected, replaced: 0, texts };
}

describe.each(KINDS)('%s', (kind) => {
  const numRuns = runs(kind === 'on disk' ? 3 : 20);

  test('one document: a file, compressed, a stream, as plain lines', async () => {
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(cases, async ({ way, documents: [document], space, limits }) => {
        const expected = expectedOf([document!], way);
        // Nothing at the places of a single document is an error of its file.
        fc.pre(expected.missing === 0);
        const text = JSON.stringify(document, null, space);
        const options = { select: selectOf(way), ...limits };
        const outcome = outcomeOf(expected);
        expect(await stored(tested, fileWith(text, 'x.json'), options)).toEqual(outcome);
        expect(await stored(tested, fileWith(gzipSync(text), 'x.json.gz'), options)).toEqual(outcome);
        expect(await stored(tested, Readable.from([Buffer.from(text)]), options)).toEqual(outcome);
        if (expected.texts.length === 0) return;
        const plain = await stored(tested, fileWith(`[${expected.texts.join()}]`, 'plain.json'), limits);
        expect(plain).toMatchObject({ stored: expected.texts.length, texts: expected.texts });
      }),
      { numRuns },
    );
  });

  test('many documents: as lines, and as files of a folder', async () => {
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(cases, async ({ way, documents: given, limits }) => {
        const expected = expectedOf(given, way);
        // With lines, the first container of the first document says what all of them are.
        const first = valuesAt(given[0]!, way).find((value) => typeof value === 'object' && value !== null);
        fc.pre(first === undefined || Array.isArray(first));
        const texts = given.map((document) => JSON.stringify(document));
        const options = { select: selectOf(way), ...limits };
        const lines = fileWith(`${texts.join('\n')}\n`, 'x.txt');
        expect(await stored(tested, lines, { ...options, layout: 'ndjson' })).toEqual(outcomeOf(expected));
        fc.pre(expected.texts.length > 0);
        const folder = folderOf(Object.fromEntries(texts.map((text, i) => [`${i}.json`, text])));
        const { length } = expected.texts;
        expect(await stored(tested, folder, { ...options, onBadFile: 'skip' })).toMatchObject({ stored: length });
      }),
      { numRuns },
    );
  });
});

test('members as records, of all objects that match', async () => {
  const { store, run } = await testStore('in memory');
  const document = { a: { users: { x: { n: 1 }, y: { n: 2 } } }, b: { users: { z: { n: 3 } } }, c: { users: [] } };
  const options = { select: '/*/users', onBadRecord: 'skip' } as const;
  expect(await run(JSON.stringify(document), options)).toMatchObject({ records: { stored: 3, rejected: 1 } });
  expect(['x', 'y', 'z'].map((name) => store.collection().getSync(name))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

test('a large document of small containers, a large container, and a large member beside them', async () => {
  const tested = await testStore();
  const ids = Array.from({ length: 60_000 }, (_, id) => ({ id, pad: 'x'.repeat(20) }));
  const small = ids.map((one) => ({ rows: [one] }));
  const large = [{ rows: ids.slice(0, 30_000) }, { other: 'y'.repeat(3e6) }, { rows: ids.slice(30_000) }];
  for (const [name, data] of [
    ['small.json', small],
    ['large.json', large],
  ] as const) {
    const text = JSON.stringify({ data });
    const options = { select: '/data/*/rows', key: 'id', layout: undefined };
    const packed = fileWith(gzipSync(text, { level: 1 }), `${name}.gz`);
    for (const source of [fileWith(text, name), packed]) {
      expect(await stored(tested, source, options)).toMatchObject({ stored: 60_000, rejected: 0 });
      expect(tested.store.collection().getSync(59_999)).toEqual(ids[59_999]);
    }
  }
});

test('a folder is synchronised', async () => {
  const { store, sync } = await syncedStore('on disk');
  const tree = new Tree();
  const options = { select: '/*/rows', key: 'id' } as const;
  const pages = (...ids: number[]) => JSON.stringify(ids.map((id) => ({ rows: [{ id }] })));
  tree.write('a.json', pages(1, 2));
  tree.write('b.json', pages(3, 4, 5));
  await sync(tree.root, options);
  expect(store.collection('records').count()).toBe(5);
  tree.write('b.json', pages(3, 6));
  await sync(tree.root, options);
  expect([1, 2, 3, 4, 5, 6].filter((id) => store.collection('records').has(id))).toEqual([1, 2, 3, 6]);
});

describe('what is wrong is named', () => {
  const failed = async (text: string, select: string) => {
    const { run } = await testStore('in memory');
    return errorOf(run(text, { select }));
  };

  test.each([
    [
      '{"a":[{"rows":[1]},{"rows":7}]}',
      '/a/*/rows',
      'SELECT_NOT_CONTAINER',
      /byte 27.*not an array, although other values at option select: '\/a\/\*\/rows' are/,
    ],
    [
      '{"a":[{"row":[1]},{"row":[2]}]}',
      '/a/*/rows',
      'SELECT_NOT_FOUND',
      /\/a\/\* exists, but has no "rows"; it has "row"\. Did you mean option select: '\/a\/\*\/row'/,
    ],
    ['{"a":7}', '/a/*', 'SELECT_NOT_FOUND', /\/a exists, but has no elements or members/],
    ['{"a":[]}', '/b/*', 'SELECT_NOT_FOUND', /has no "b"; it has "a"/],
    ['{"a":[[1],[2]', '/a/*', 'SOURCE_TRUNCATED', /ends inside its JSON document/],
    ['{"a":[[1],[2]]} x', '/a/*', 'BAD_RECORD', /not valid JSON outside|is bad/],
  ])('%s at %s', async (text, select, code, message) => {
    expect(await failed(text, select)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a long document that comes through a pipe is refused, and the message says what to do', async () => {
    const { store } = await testStore('in memory');
    const text = JSON.stringify({
      data: Array.from({ length: 50_000 }, (_, id) => ({ rows: [{ id, pad: 'x'.repeat(80) }] })),
    });
    expect(await errorOf(store.import(Readable.from([Buffer.from(text)]), { select: '/data/*/rows' }))).toMatchObject({
      code: 'SOURCE_NOT_SUPPORTED',
      message: expect.stringMatching(/Save the document as a file/),
    });
  });

  test('on the command line', async () => {
    const source = fileWith('{"*":[[1],[2]],"b":[[3]]}', 'x.json');
    const stored = async (select: string) => {
      const args = ['import', source, '--store', `${scratch()}/store`, '--json', '--select', select];
      const { code, stdout, stderr } = await gristmill(...args);
      return code === 0 ? JSON.parse(stdout).records.stored : stderr;
    };
    expect(await stored('/*/*')).toBe(3);
    expect(await stored('/~2/*')).toBe(2);
    expect(await stored('/~2')).toBe(2);
    expect(await stored('/~3')).toMatch(/expected a JSON Pointer/);
  });
});
