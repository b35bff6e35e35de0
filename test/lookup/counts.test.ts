// Goal: `count`, `distinct`, `first` and `last` agree with the rows that `range` yields, within any bounds, and prefix and
// bounds together leave what satisfies both. Method: random records are imported, changed and deleted; the oracle filters and
// sorts an array of them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Collection,
  type KeyPath,
  type KeyValue,
  memory,
  openStore,
  type RangeOptions,
} from '../../dist/src/index.js';
import { runs } from '../support/effort.js';

interface Item {
  readonly id: string;
  readonly n: number;
  readonly tags: readonly string[];
}
const LONG = 'long'.repeat(600);
const anyText = fc.oneof(
  { arbitrary: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 }), weight: 6 },
  fc.constantFrom(`${LONG}a`, `${LONG}b`, LONG),
);
const anyItem = fc.record({
  id: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }),
  n: fc.integer({ min: 0, max: 4 }),
  tags: fc.uniqueArray(anyText, { maxLength: 3 }),
});
const INDEXES: readonly KeyPath[] = ['n', 'tags', ['n', 'id']];

interface OracleRow {
  readonly key: KeyValue;
  readonly id: string;
}

function compare(left: KeyValue, right: KeyValue): number {
  if (Array.isArray(left) && Array.isArray(right)) {
    const at = left.findIndex((part, i) => i >= right.length || part !== right[i]);
    if (at === -1) return left.length - right.length;
    return at >= right.length ? 1 : compare(left[at], right[at]);
  }
  return left === right ? 0 : (left as string) < (right as string) ? -1 : 1;
}

function rowsOf(items: readonly Item[], index: KeyPath | undefined): OracleRow[] {
  const keysOf = ({ id, n, tags }: Item): readonly KeyValue[] =>
    index === undefined ? [id] : index === 'n' ? [n] : index === 'tags' ? tags : [[n, id]];
  return items
    .flatMap((item) => keysOf(item).map((key) => ({ key, id: item.id })))
    .sort((a, b) => compare(a.key, b.key));
}

function isIn(key: KeyValue, { gt, gte, lt, lte, prefix }: RangeOptions): boolean {
  const begins = (): boolean =>
    typeof prefix === 'string'
      ? typeof key === 'string' && key.startsWith(prefix)
      : prefix!.every((part, i) => (key as readonly unknown[])[i] === part);
  return (
    (gt === undefined || compare(key, gt) > 0) &&
    (gte === undefined || compare(key, gte) >= 0) &&
    (lt === undefined || compare(key, lt) < 0) &&
    (lte === undefined || compare(key, lte) <= 0) &&
    (prefix === undefined || begins())
  );
}

/** Bounds of an index, each there or not. */
function anyBounds(index: KeyPath | undefined): fc.Arbitrary<RangeOptions> {
  const key: fc.Arbitrary<KeyValue> =
    index === 'n'
      ? fc.integer({ min: 0, max: 5 })
      : Array.isArray(index)
        ? fc.oneof(
            fc.tuple(fc.nat(5)),
            fc.tuple(
              fc.nat(5),
              anyItem.map(({ id }) => id),
            ),
          )
        : index === undefined
          ? anyItem.map(({ id }) => id)
          : anyText;
  const prefix = index === 'n' ? fc.constant(undefined) : (key as fc.Arbitrary<string>);
  const lower = fc.oneof(fc.record({ gt: key }), fc.record({ gte: key }), fc.constant({}));
  const upper = fc.oneof(fc.record({ lt: key }), fc.record({ lte: key }), fc.constant({}));
  return fc.tuple(lower, upper, fc.option(prefix, { nil: undefined, freq: 2 })).map(([low, high, begin]) => ({
    ...(index !== undefined && { index }),
    ...low,
    ...high,
    ...(begin && { prefix: begin }),
  }));
}
const anyRange = fc.constantFrom<(KeyPath | undefined)[]>(undefined, ...INDEXES).chain(anyBounds);

function checkRange(collection: Collection<Item>, items: readonly Item[], options: RangeOptions): void {
  const expected = rowsOf(items, options.index).filter(({ key }) => isIn(key, options));
  const rows = [...collection.rangeSync(options)];
  expect(rows.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
  const pairs = (all: readonly OracleRow[]) => all.map(({ key, id }) => JSON.stringify([key, id])).sort();
  expect(pairs(rows.map(({ key, primaryKey }) => ({ key, id: primaryKey as string })))).toEqual(pairs(expected));
  expect(collection.count(options)).toBe(expected.length);
  expect(collection.firstSync(options)?.cursor).toBe(rows[0]?.cursor);
  expect(collection.lastSync(options)?.cursor).toBe(rows.at(-1)?.cursor);
  const { index, ...bounds } = options;
  if (index === undefined) return;
  const counts = new Map<string, number>();
  for (const { key } of expected) counts.set(JSON.stringify(key), (counts.get(JSON.stringify(key)) ?? 0) + 1);
  const distinct = [...collection.distinct(index, bounds)];
  expect(distinct.map(({ key, count }) => [JSON.stringify(key), count])).toEqual([...counts]);
  expect([...collection.distinct(index, { ...bounds, reverse: true, limit: 2 })]).toEqual(
    distinct.reverse().slice(0, 2),
  );
}

test('counts, distinct keys and ends are those of the rows', async () => {
  const run = async (imported: Item[], put: Item[], deleted: Item[], compact: boolean, ranges: RangeOptions[]) => {
    const store = await openStore(memory());
    await store.import(imported, { key: 'id', indexes: INDEXES, mode: 'upsert' });
    const records = store.collection<Item>();
    await store.transaction((tx) => {
      for (const item of put) tx.collection('records').put(item);
      for (const { id } of deleted) tx.collection('records').delete(id);
    });
    if (compact) await store.compact({ minDeadShare: 0 });
    const live = new Map([...imported, ...put].map((item) => [item.id, item]));
    for (const { id } of deleted) live.delete(id);
    for (const options of ranges) checkRange(records, [...live.values()], options);
    await store.close();
  };
  const anyItems = fc.array(anyItem, { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      anyItems,
      anyItems,
      fc.array(anyItem, { maxLength: 5 }),
      fc.boolean(),
      fc.array(anyRange, { minLength: 1, maxLength: 6 }),
      run,
    ),
    { numRuns: runs(40) },
  );
});

test('a collection without a key counts its live ordinals', async () => {
  const store = await openStore(memory());
  await store.import(
    Array.from({ length: 50 }, (_, n) => ({ n: n % 5 })),
    { indexes: ['n'] },
  );
  const records = store.collection<{ n: number }>();
  await store.transaction((tx) => {
    for (const ordinal of [0, 7, 8, 49]) tx.collection('records').delete(ordinal);
    tx.collection('records').put({ n: 9 });
  });
  expect(records.count({ gte: 5, lt: 10 })).toBe(3);
  expect(records.count({ gte: 45 })).toBe(5);
  expect(records.count({ index: 'n' })).toBe(47);
  expect([...records.distinct('n', { gte: 3 })]).toEqual([
    { key: 3, count: 9 },
    { key: 4, count: 9 },
    { key: 9, count: 1 },
  ]);
  expect([...records.findSync('n', 2)].map(({ primaryKey }) => primaryKey)).toEqual([
    2, 12, 17, 22, 27, 32, 37, 42, 47,
  ]);
  const { cursor } = [...records.findSync('n', 2)][1]!;
  expect([...records.findSync('n', 2, { after: cursor, limit: 2 })].map(({ primaryKey }) => primaryKey)).toEqual([
    17, 22,
  ]);
  expect(() => records.count({ gte: 'a' })).toThrow(/ordinals/);
  await store.close();
});

test('a row has its record’s own key whatever its form, and all of it in JSON', async () => {
  const store = await openStore(memory());
  const texts = [
    '{"id":12345678901234567890,"g":1}',
    '{"id":0.10,"g":1}',
    '{"g":1,"id":-0}',
    '{"id":"\\u0061","g":1}',
    '{"id":true,"g":1}',
  ];
  await store.transaction((tx) => {
    const records = tx.createCollection('records', { key: 'id', indexes: ['g'] });
    for (const text of texts) records.putText(text);
  });
  const records = store.collection();
  const keys = [...records.findSync('g', 1)].map(({ primaryKey }) => primaryKey);
  expect(keys).toEqual([12345678901234567890n, 0.1, 0, 'a', true]);
  expect([...records.findTextSync('g', 1)].map(({ primaryKey }) => primaryKey)).toEqual(keys);
  for (const [i, key] of keys.entries()) expect(records.getTextSync(key)).toBe(texts[i]);
  const row = records.findTextSync('g', 1, { after: [...records.findSync('g', 1)][2]!.cursor }).next().value!;
  expect(JSON.parse(JSON.stringify(row))).toEqual({ key: 1, primaryKey: 'a', text: texts[3], cursor: row.cursor });
  await store.close();
});
