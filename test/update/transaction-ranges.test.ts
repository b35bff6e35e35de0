// Goal: within a transaction, ranges, finds and counts see its changes, and give what a range gives after the commit; a
// range that is running does not see changes that are made meanwhile.
// Method: random changes in a transaction; each of its reads is compared with the same read after the commit, which
// test/lookup compares with oracles.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type KeyPath, memory, openStore, type RangeOptions } from '../../dist/src/index.js';
import { runs } from '../support/effort.js';

interface Item {
  readonly id: number;
  readonly g: number;
  readonly tags: readonly string[];
}
const INDEXES: readonly KeyPath[] = ['g', 'tags', ['g', 'id']];
const LONG = 'long'.repeat(600);
const anyItem = fc.record({
  id: fc.integer({ min: 0, max: 12 }),
  g: fc.integer({ min: 0, max: 2 }),
  tags: fc.uniqueArray(fc.constantFrom('a', 'b', `${LONG}1`, `${LONG}2`), { maxLength: 3 }),
});
const anyChange = fc.record({ item: anyItem, isDelete: fc.boolean() });
const anyBounds: fc.Arbitrary<RangeOptions> = fc.oneof(
  fc.record({ gte: fc.nat(12), lt: fc.nat(12) }, { requiredKeys: [] }),
  fc.record({ index: fc.constant('g'), gt: fc.nat(2), lte: fc.nat(2) }, { requiredKeys: ['index'] }),
  fc.record({ index: fc.constant('tags'), gte: fc.constantFrom('a', 'b', `${LONG}2`) }, { requiredKeys: ['index'] }),
  fc.record({ index: fc.constant(['g', 'id']), prefix: fc.tuple(fc.nat(2)) }, { requiredKeys: ['index'] }),
);
const anyRange = fc.tuple(anyBounds, fc.boolean()).map(([bounds, reverse]) => ({ ...bounds, reverse }));

/** What a read gives, without cursors: those of records that are not committed have no location. */
const facts = (rows: Iterable<{ readonly key: unknown; readonly primaryKey: unknown; readonly value: unknown }>) =>
  Array.from(rows, ({ key, primaryKey, value }) => ({ key, primaryKey, value }));

test('reads within a transaction are those after its commit', async () => {
  const run = async (
    key: string | undefined,
    stored: Item[],
    changes: { item: Item; isDelete: boolean }[],
    ranges: RangeOptions[],
  ) => {
    const store = await openStore(memory());
    await store.transaction((tx) => {
      const records = tx.createCollection<Item>('records', { key, indexes: INDEXES });
      for (const item of stored) records.put(item);
    });
    const within = await store.transaction((tx) => {
      const records = tx.collection<Item>('records');
      // What is changed after a read is seen by the next.
      const half = Math.floor(changes.length / 2);
      for (const [i, { item, isDelete }] of changes.entries()) {
        if (i === half) expect(records.count({})).toBe(records.count());
        if (isDelete) records.delete(item.id);
        else records.put(item);
      }
      return ranges.map((options) => {
        const rows = [...records.range(options)];
        const resumed = rows.map(({ cursor }) => facts(records.range({ ...options, after: cursor })));
        for (const [i, rest] of resumed.entries()) expect(rest).toEqual(facts(rows.slice(i + 1)));
        const { reverse: _, index, ...bounds } = options;
        expect(records.count({ index, ...bounds })).toBe(rows.length);
        expect(facts([records.first({ index, ...bounds })].flatMap((row) => row ?? []))).toEqual(
          facts(options.reverse ? rows.slice(-1) : rows.slice(0, 1)),
        );
        const texts = Array.from(records.rangeText(options), ({ text }) => JSON.parse(text));
        expect(texts).toEqual(rows.map(({ value }) => value));
        const distinct = index === undefined ? [] : [...records.distinct(index, bounds)];
        return { rows: facts(rows), cursors: rows.map(({ cursor }) => cursor), distinct };
      });
    });
    const records = store.collection<Item>();
    for (const [i, options] of ranges.entries()) {
      const { reverse: _, index, ...bounds } = options;
      const after = [...records.rangeSync(options)];
      expect(within[i]!.rows).toEqual(facts(after));
      expect(within[i]!.distinct).toEqual(index === undefined ? [] : [...records.distinct(index, bounds)]);
      // A cursor of a record that was not committed leads to it when it is.
      for (const [at, cursor] of within[i]!.cursors.entries()) {
        expect(facts(records.rangeSync({ ...options, after: cursor }))).toEqual(facts(after.slice(at + 1)));
      }
    }
    await store.close();
  };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('id', undefined),
      fc.array(anyItem, { maxLength: 15 }),
      fc.array(anyChange, { maxLength: 15 }),
      fc.array(anyRange, { minLength: 1, maxLength: 4 }),
      run,
    ),
    { numRuns: runs(40) },
  );
});

test('a range that is running sees the transaction as it was when it began', async () => {
  const store = await openStore(memory());
  await store.import(
    Array.from({ length: 100 }, (_, id) => ({ id, g: id % 2 })),
    { key: 'id', indexes: ['g'] },
  );
  await store.transaction((tx) => {
    const records = tx.collection<{ id: number; g: number }>('records');
    let seen = 0;
    for (const { primaryKey, value } of records.find('g', 1)) {
      records.put({ ...value, g: 1 });
      records.delete(Number(primaryKey) + 2);
      seen++;
    }
    expect(seen).toBe(50);
    expect(records.count({ index: 'g', gte: 1 })).toBe(records.count({ index: 'g' }) - 50);
    expect(() => [...records.range({ freshness: 'warm' } as never)]).toThrow(/newest state/);
  });
  let running: Generator<unknown> | undefined;
  await store.transaction((tx) => {
    running = tx.collection('records').range();
    running.next();
  });
  expect(() => [...running!]).toThrow(/only inside its callback/);
  await store.close();
});
