// Goal: the records of documents that have them inside are what JSON.parse finds at the place that `select` names, whatever
// the documents are, however they follow one another, and wherever spans and windows end. A document that has none there is
// one bad record, and takes none of the others with it.
// Method: random documents with random places, as lines, as values, and as files of a folder; the oracle is JSON.parse of
// each document by itself.

import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damaged } from '../support/documents.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { factsOf } from '../support/import-errors.js';
import { fileWith, scratch } from '../support/import-files.js';
import { KINDS, type TestStore, testStore } from '../support/import-store.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const names = fc.constantFrom('items', 'data', 'a/b', '~', '', 'é"', '__proto__', '0');
const records = fc.oneof(
  fc.integer(),
  fc.constantFrom<Json>('},\n{"', ']}', '\\', {}, [], { items: [1] }, { id: [{}] }, null),
  fc.record({ id: fc.nat(), text: fc.string({ maxLength: 40 }) }),
);
const others = fc.oneof(
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<Json>({ items: [7] }, [[], {}], '"'),
);
const blanks = fc.constantFrom<string | number | undefined>(undefined, undefined, 1, '\t');

/** A value at the end of a way of names, with other members around it. */
function documentOf(way: readonly string[], inside: Json, around: readonly [string, Json][]): Json {
  const [name, ...rest] = way;
  if (name === undefined) return inside;
  const members = around.filter(([other]) => other !== name);
  const before = members.slice(0, members.length >> 1);
  return fromEntries([...before, [name, documentOf(rest, inside, around)], ...members.slice(members.length >> 1)]);
}

/** As `Object.fromEntries`, also for the name `__proto__`. */
function fromEntries(entries: readonly (readonly [string, Json])[]): Json {
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`);
}

const pointerOf = (way: readonly string[]) =>
  way.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The value at the place, as a reader of RFC 6901 finds it. */
function valueAt(document: Json, way: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const name of way) {
    const isThere: boolean = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    value = isThere ? (value as { [name: string]: Json })[name] : undefined;
  }
  return value;
}

const ways = fc.array(names, { minLength: 1, maxLength: 3 });
const places = ways.chain((way) =>
  fc.record({
    way: fc.constant(way),
    documents: fc.array(
      fc
        .tuple(
          fc.oneof(
            { weight: 6, arbitrary: fc.array(records, { maxLength: 6 }) as fc.Arbitrary<Json> },
            { weight: 1, arbitrary: fc.constantFrom<Json>(null, 7, 'x', { a: 1 }, {}) },
          ),
          fc.array(fc.tuple(names, others as fc.Arbitrary<Json>), { maxLength: 3 }),
          fc.integer({ min: 0, max: 9 }),
        )
        // Sometimes the way ends too early.
        .map(([inside, around, length]) => documentOf(length === 9 ? way.slice(0, -1) : way, inside, around)),
      { minLength: 1, maxLength: 8 },
    ),
    limits: fc.record({
      spanBytes: fc.constantFrom(1, 30, 200, 1 << 20),
      windowBytes: fc.constantFrom(1, 7, 64, 1 << 16),
      workers: fc.constantFrom(1, 2),
    }),
  }),
);

/** What an import stored; the text of all records, in order. Nothing if all were bad. */
async function stored({ store, texts }: TestStore, source: string, options: object) {
  const collection = 'records';
  try {
    const report = await store.import(source, { onBadRecord: 'skip', allowEmpty: true, collection, ...options });
    return { ...report.records, texts: await texts() };
  } catch (error) {
    if ((error as { code?: string }).code !== 'TOO_MANY_BAD_RECORDS') throw error;
    return 'all bad';
  }
}

function expectedOf(documents: readonly Json[], way: readonly string[]) {
  const found = documents.map((document) => valueAt(document, way));
  const good = found.filter((value) => Array.isArray(value)).flat();
  const rejected = found.filter((value) => !Array.isArray(value)).length;
  if (rejected > 0 && good.length === 0) return 'all bad';
  return { read: good.length + rejected, stored: good.length, rejected, replaced: 0, texts: good.map(textOf) };
}

const textOf = (value: Json) => JSON.stringify(value);

describe.each(KINDS)('%s', (kind) => {
  const numRuns = runs(kind === 'on disk' ? 8 : 60);

  test.each(['lines', 'values', 'by content'] as const)('a stream of documents, %s', async (layout) => {
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(places, blanks, async ({ way, documents, limits }, space) => {
        // The kind of the first document's container is that of all.
        const first = valueAt(documents[0]!, way);
        fc.pre(typeof first !== 'object' || first === null || Array.isArray(first));
        const isLines = layout === 'lines';
        const text = documents
          .map((document) => JSON.stringify(document, null, isLines ? undefined : space))
          .join(isLines ? '\r\n \n' : space === undefined ? '' : '\n');
        // The first document alone says whether each is a line.
        fc.pre(layout !== 'by content' || text.split('\n').length === documents.length || /^[^\n]*[[{]\n/.test(text));
        // A single document without records is an error of its file.
        fc.pre(documents.length > 1 || layout !== 'by content');
        const options = {
          select: pointerOf(way),
          ...limits,
          ...(layout === 'values' && { layout: 'values' as const }),
        };
        const source = fileWith(text, isLines ? 'x.ndjson' : 'x.json', scratch());
        expect(await stored(tested, source, options)).toEqual(expectedOf(documents, way));
      }),
      { numRuns },
    );
  });

  test('files of a folder: the records have the name of their file and a number', async () => {
    const tested = await testStore(kind);
    await fc.assert(
      fc.asyncProperty(places, blanks, fc.boolean(), async ({ way, documents, limits }, space, isLines) => {
        const good = documents.filter((document) => Array.isArray(valueAt(document, way)));
        fc.pre(good.length > 0);
        const texts = good.map((document) => JSON.stringify(document, null, isLines ? undefined : space));
        const root = folderOf({
          ...Object.fromEntries(texts.map((text, i) => [`${i}.json`, text])),
          [isLines ? 'all.ndjson' : 'all.json']: texts.join('\n'),
        });
        await tested.store.import(root, { select: pointerOf(way), ...limits, allowEmpty: true });
        const expected = good.flatMap((document, i) =>
          (valueAt(document, way) as Json[]).map((value, j) => [`${i}.json#${j}`, textOf(value)]),
        );
        const all = good.flatMap((document) => valueAt(document, way) as Json[]);
        const ofAll = all.map((value, j) => [`all.${isLines ? 'nd' : ''}json#${j}`, textOf(value)]);
        const found = tested.store.collection();
        expect([...expected, ...ofAll].map(([key]) => [key, found.getTextSync(key as string)])).toEqual([
          ...expected,
          ...ofAll,
        ]);
        expect(found.count()).toBe(expected.length + ofAll.length);
      }),
      { numRuns },
    );
  });
});

test('of a damaged stream the same is read, whatever the spans and windows are', async () => {
  const tested = await testStore('in memory');
  const streams = fc.tuple(
    damaged(
      fc
        .array(fc.tuple(fc.array(records, { maxLength: 4 }), others), { minLength: 1, maxLength: 6 })
        .map((pages) => pages.map(([items, next]) => `${JSON.stringify({ page: 1, items, next })}\n`).join('')),
    ),
    fc.constantFrom<'ndjson' | 'values'>('ndjson', 'values'),
    fc.constantFrom(1, 13, 100),
    fc.constantFrom(1, 5, 64),
  );
  await fc.assert(
    fc.asyncProperty(streams, async ([bytes, layout, spanBytes, windowBytes]) => {
      const source = fileWith(bytes, 'x.txt', scratch());
      const outcome = async (options: object) => {
        try {
          return await stored(tested, source, { select: '/items', layout, workers: 1, ...options });
        } catch (error) {
          return factsOf(error);
        }
      };
      const whole = await outcome({});
      expect(await outcome({ spanBytes, windowBytes })).toEqual(whole);
      // In a folder, the same documents are read as one file.
      if (typeof whole === 'object' && 'texts' in whole) {
        expect(await stored(tested, dirname(source), { select: '/items', layout, include: ['*.txt'] })).toEqual(whole);
      }
    }),
    { numRuns: runs(40) },
  );
});
