// Goal: an import that fills several collections stores in each what an import of that place alone stores, whatever the
// documents are, however they come, and wherever spans, windows and chunks end. A place that is missing leaves all as it was.
// Method: random documents (members in any order, names with escapes, white space, records that look like the end of a
// container) as files, on lines, compressed, as streams and in memory; the oracle is JSON.parse of each document.

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memory, openStore, type Store } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';
import { folderOf } from '../support/folders.js';
import { fileWith } from '../support/import-files.js';
import { testStore } from '../support/import-store.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const records = fc.oneof(
  fc.integer(),
  fc.constantFrom<Json>('},\n{"', ']}', '\\', {}, [], { users: [1] }, null, '"]'),
  fc.record({ id: fc.nat(), text: fc.string({ maxLength: 30 }) }),
);
const noise = fc.oneof(
  fc.integer(),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom<Json>({ users: [7], 'a/b': { c: {} } }, [[], { list: [] }], '"'),
);
const member = (value: fc.Arbitrary<Json>) => fc.tuple(fc.constantFrom('x', 'meta', '', 'é"'), value);
const lists = fc.array(records as fc.Arbitrary<Json>, { maxLength: 9 });
const named = fc.dictionary(fc.string({ maxLength: 5 }), records as fc.Arbitrary<Json>, { maxKeys: 9 });

/** A document with a list at the top, named records in the middle, and a list below an element of an array. */
const documents = fc
  .record({
    users: lists,
    orders: named,
    deep: lists,
    around: fc.array(member(noise as fc.Arbitrary<Json>), { maxLength: 3 }),
    order: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    blanks: fc.constantFrom('', ' ', '\n', '\r\n\t'),
  })
  .map(({ users, orders, deep, around, order, blanks }) => {
    const places = [
      [`"us\\u0065rs"`, users],
      ['"a/b"', { orders }],
      ['"list"', [1, { deep }]],
      ['"meta"', Object.fromEntries(around)],
    ] as const;
    const members = order.map((at) => places[at]!).map(([name, value]) => `${name}${blanks}:${JSON.stringify(value)}`);
    return { text: `{${blanks}${members.join(`${blanks},${blanks}`)}${blanks}}`, users, orders, deep };
  });

const collections = {
  users: { select: '/users' },
  orders: { select: '/a~1b/orders' },
  deep: { select: '/list/1/deep' },
} as const;

const limits = fc.record({
  spanBytes: fc.constantFrom(9, 40, 200, 1 << 20),
  windowBytes: fc.constantFrom(5, 64, 1 << 16),
  workers: fc.constantFrom(1, 2),
});

async function values(store: Store, name: string): Promise<Json[]> {
  const found: Json[] = [];
  for await (const { value } of store.collection<Json>(name).scan()) found.push(value);
  return found;
}

async function members(store: Store, name: string): Promise<[unknown, Json][]> {
  const found: [unknown, Json][] = [];
  for await (const { key, value } of store.collection<Json>(name).range()) found.push([key, value]);
  return found;
}

/** As JSON.parse of the text has them, which cannot tell -0 from 0. */
const parsed = (value: Json): Json => JSON.parse(JSON.stringify(value));

async function expectAll(store: Store, all: readonly { users: Json[]; deep: Json[]; orders: Record<string, Json> }[]) {
  expect(await values(store, 'users')).toEqual(parsed(all.flatMap(({ users }) => users)));
  expect(await values(store, 'deep')).toEqual(parsed(all.flatMap(({ deep }) => deep)));
  const last = new Map(all.flatMap(({ orders }) => Object.entries(orders)));
  const found = new Map(await members(store, 'orders'));
  expect(found.size).toBe(last.size);
  for (const [key, value] of last) expect(found.get(key)).toEqual(parsed(value));
}

describe('random documents', () => {
  test('one document: as a file, as a stream, compressed', async () => {
    await fc.assert(
      fc.asyncProperty(documents, limits, fc.constantFrom('file', 'stream', 'gzip stream'), async (one, cut, how) => {
        const store = await openStore(memory());
        try {
          const bytes = Buffer.from(one.text);
          const pieces = [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
          const source =
            how === 'file' ? fileWith(bytes) : Readable.from(how === 'stream' ? pieces : [gzipSync(bytes)]);
          const report = await store.import(source, { collections, ...cut, allowEmpty: true });
          await expectAll(store, [one]);
          const { read, stored, rejected, replaced } = report.records;
          expect(read).toBe(stored + rejected + replaced);
        } finally {
          await store.close();
        }
      }),
      { numRuns: runs(15) },
    );
  });

  test('many documents: on lines, one after another, as files of a folder; from a file and from a stream', async () => {
    const ways = fc.constantFrom('lines', 'values', 'folder', 'stream of lines', 'stream of values');
    await fc.assert(
      fc.asyncProperty(fc.array(documents, { minLength: 2, maxLength: 6 }), limits, ways, async (all, cut, how) => {
        const store = await openStore(memory());
        try {
          const texts = all.map(({ text }) => (how.endsWith('lines') ? text.replace(/[\r\n]/g, ' ') : text));
          const options = { ...cut, allowEmpty: true, layout: how.endsWith('lines') ? 'ndjson' : 'values' } as const;
          if (how === 'folder') {
            const source = folderOf(Object.fromEntries(texts.map((text, i) => [`${i}.json`, text])));
            const places = { ...collections, orders: { ...collections.orders, layout: 'object' } } as const;
            await store.import(source, { collections: places, ...options, layout: undefined });
          } else {
            const text = texts.join('\n');
            const source = how.startsWith('stream') ? Readable.from([Buffer.from(text)]) : fileWith(text);
            await store.import(source, { collections, ...options });
          }
          await expectAll(store, all);
        } finally {
          await store.close();
        }
      }),
      { numRuns: runs(15) },
    );
  });
});

describe('what is missing, or comes twice', () => {
  const text = '{"users":[{"id":1},{"id":2}],"meta":{},"orders":{"a":{"n":1}},"users":[{"id":9}]}';

  test.each(['file', 'spans', 'stream'] as const)(
    'of a name that comes twice, the first one counts: %s',
    async (how) => {
      const { store } = await testStore();
      const source = how === 'stream' ? Readable.from([Buffer.from(text)]) : fileWith(text);
      const places = { users: { select: '/users', key: 'id' }, orders: { select: '/orders' } };
      const spanBytes = how === 'spans' ? 4 : undefined;
      const { collections: reports } = await store.import(source, { collections: places, spanBytes });
      expect(await values(store, 'users')).toEqual([{ id: 1 }, { id: 2 }]);
      expect(reports.users.warnings.join()).toContain("option select: '/users' occurs twice");
      expect(reports.orders.warnings).toEqual([]);
    },
  );

  test.each([
    [
      'a place that is missing',
      '/order',
      'SELECT_NOT_FOUND',
      /nothing at \/order.*Did you mean option select: '\/orders'/,
    ],
    ['a place without records', '/meta/x', 'SELECT_NOT_CONTAINER', /\/meta\/x.*neither an array nor an object/],
  ])('%s: the error names it, and nothing has changed', async (_, select, code, message) => {
    const document = '{"users":[{"id":1},{"id":2}],"meta":{"x":1},"orders":{"a":{"n":1}}}';
    for (const make of [() => fileWith(document), () => Readable.from([Buffer.from(document)])]) {
      for (const spanBytes of [undefined, 4]) {
        const { store, run, state } = await testStore();
        await run('[{"id":7}]', { collection: 'users', key: 'id' });
        const before = await state();
        const places = { users: { select: '/users', key: 'id' }, orders: { select } };
        const failed = store.import(make(), { collections: places, spanBytes });
        await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
        expect(await state()).toEqual(before);
      }
    }
  });
});
