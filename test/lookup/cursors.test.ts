// Goal: paging by cursors reads each record that stays as it is exactly once, whatever happens between two pages; forwards,
// a record that is written again is not skipped; a cursor that is damaged, or of something else, is refused.
// Method: pages of random size are read from a collection that random transactions, imports and compactions change between
// them. The oracle is a list of the records in the order in which they were written, which the model changes in the same way.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Collection,
  type KeyPath,
  memory,
  openStore,
  type RangeOptions,
  type Store,
} from '../../dist/src/index.js';
import { runs } from '../support/effort.js';

interface Item {
  readonly id: number;
  readonly g: number;
  readonly tags: readonly string[];
  /** Differs each time that the record is written. */
  readonly v: number;
}

type Order = undefined | 'g' | 'tags' | readonly ['g', 'id'];
const ORDERS: readonly Order[] = [undefined, 'g', 'tags', ['g', 'id']];
const INDEXES: readonly KeyPath[] = ['g', 'tags', ['g', 'id']];

/** The keys that a record has in an order, as texts that tell them apart. */
function keysOf({ id, g, tags }: Item, order: Order): readonly string[] {
  if (order === undefined) return [JSON.stringify(id)];
  if (order === 'g') return [JSON.stringify(g)];
  return order === 'tags' ? tags.map((tag) => JSON.stringify(tag)) : [JSON.stringify([g, id])];
}

const anyItem = fc.record({
  g: fc.integer({ min: 0, max: 2 }),
  tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'long'.repeat(600), `${'long'.repeat(600)}!`), { maxLength: 3 }),
});
const anyChange = fc.record({
  kind: fc.constantFrom('add', 'rewrite', 'move', 'delete', 'upsert', 'replace', 'compact'),
  picks: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
  fresh: anyItem,
});
type Change = typeof anyChange extends fc.Arbitrary<infer V> ? V : never;

/** A collection and what must be in it, in the order in which the records were written. */
class Paged {
  items: Item[] = [];
  /** Ids of records that were written again, removed or added since the first page. */
  readonly touched = new Set<number>();
  /** Ids of those of them that had another key meanwhile, or were not there. */
  readonly moved = new Set<number>();
  #next = 0;
  #version = 0;

  constructor(readonly store: Store) {}

  get records(): Collection<Item> {
    return this.store.collection<Item>();
  }

  make(fresh: Omit<Item, 'id' | 'v'>, id = this.#next++): Item {
    return { id, ...fresh, v: this.#version++ };
  }

  async change({ kind, picks, fresh }: Change): Promise<void> {
    const picked = [...new Set(picks.map((pick) => this.items[pick % this.items.length]))].filter(
      (one) => one !== undefined,
    );
    const written = (one: Item): Item => ({ ...one, v: this.#version++ });
    if (kind === 'compact') await this.store.compact({ minDeadShare: 0 });
    else if (kind === 'delete') {
      await this.store.transaction((tx) => {
        for (const { id } of picked) tx.collection('records').delete(id);
      });
      this.#without(picked);
    } else if (kind === 'replace') {
      this.#without(picked);
      this.#append([this.make(fresh)]);
      // Changes that were kept would be made again: written again, behind others of the same key.
      await this.store.import(this.items, { key: 'id', indexes: INDEXES, changes: 'drop' });
    } else {
      const again = kind === 'add' ? [this.make(fresh)] : picked.map(written);
      const items = kind === 'move' ? again.map(({ id }) => this.make(fresh, id)) : again;
      if (kind === 'upsert') await this.store.import(items, { key: 'id', indexes: INDEXES, mode: 'upsert' });
      else {
        await this.store.transaction((tx) => {
          for (const item of items) tx.collection('records').put(item);
        });
      }
      if (kind === 'move') for (const { id } of items) this.moved.add(id);
      this.#append(items);
    }
  }

  #append(items: readonly Item[]): void {
    const known = new Set(this.items.map(({ id }) => id));
    for (const { id } of items) if (!known.has(id)) this.moved.add(id);
    this.#without(items, false);
    this.items.push(...items);
  }

  #without(items: readonly Item[], isGone = true): void {
    for (const { id } of items) {
      this.touched.add(id);
      if (isGone) this.moved.add(id);
    }
    this.items = this.items.filter(({ id }) => items.every((item) => item.id !== id));
  }
}

async function opened(count: number): Promise<Paged> {
  const store = await openStore(memory());
  const paged = new Paged(store);
  const tags = ['a', 'b', 'c'];
  paged.items = Array.from({ length: count }, (_, i) => paged.make({ g: i % 3, tags: tags.slice(i % 3) }));
  await store.import(paged.items, { key: 'id', indexes: INDEXES });
  return paged;
}

test('pages read what stays exactly once; forwards, they do not skip what is written again', async () => {
  const run = async (order: Order, reverse: boolean, limits: number[], changes: Change[]): Promise<void> => {
    const paged = await opened(12);
    const { store } = paged;
    const before = new Map(paged.items.map((item) => [item.id, item]));
    const seen = new Map<string, number>();
    let after: string | undefined;
    let last: string | undefined;
    for (let page = 0; ; page++) {
      const options: RangeOptions = {
        reverse,
        after,
        limit: limits[page % limits.length]!,
        ...(order && { index: order }),
      };
      const rows = [];
      try {
        for await (const row of paged.records.range(options)) rows.push(row);
      } catch (error) {
        // Only where the record of the cursor is gone, after an import that replaced all.
        expect(error).toMatchObject({ code: 'CURSOR_EXPIRED' });
        expect(paged.items.map(({ id }) => id)).not.toContain(last === undefined ? undefined : Number(last));
        await store.close();
        return;
      }
      expect([...paged.records.rangeSync(options)]).toEqual(rows);
      for (const { key, primaryKey, value, cursor } of rows) {
        expect(primaryKey).toBe(value.id);
        expect(cursor).toMatch(/^[\w-]+$/);
        const id = `${JSON.stringify(key)} ${value.id} ${value.v}`;
        seen.set(id, (seen.get(id) ?? 0) + 1);
      }
      if (rows.length < options.limit!) break;
      after = rows.at(-1)!.cursor;
      last = String(rows.at(-1)!.primaryKey);
      const change = changes[page];
      if (change !== undefined) await paged.change(change);
    }
    for (const item of paged.items) {
      for (const key of keysOf(item, order)) {
        const times = [...seen]
          .filter(([id]) => id.startsWith(`${key} ${item.id} `))
          .reduce((sum, [, n]) => sum + n, 0);
        if (!paged.touched.has(item.id)) expect([key, item.id, times]).toEqual([key, item.id, 1]);
        else if (!reverse && before.has(item.id) && !paged.moved.has(item.id))
          expect([item.id, times > 0]).toEqual([item.id, true]);
      }
    }
    for (const times of seen.values()) expect(times).toBe(1);
    await store.close();
  };
  const anyLimits = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
  const anyChanges = fc.array(anyChange, { maxLength: 12 });
  await fc.assert(fc.asyncProperty(fc.constantFrom(...ORDERS), fc.boolean(), anyLimits, anyChanges, run), {
    numRuns: runs(30),
  });
});

test('a cursor leads to the same place in both directions, in a snapshot, and in another process’s store object', async () => {
  const { store, records, items } = await opened(30);
  const rows = [...records.rangeSync({ index: 'g' })];
  expect(rows.map(({ primaryKey }) => primaryKey)).toEqual([...items].sort((a, b) => a.g - b.g).map(({ id }) => id));
  for (const [i, { cursor }] of rows.entries()) {
    const ids = (options: RangeOptions) =>
      [...records.rangeSync({ index: 'g', after: cursor, ...options })].map((row) => row.primaryKey);
    expect(ids({})).toEqual(rows.slice(i + 1).map((row) => row.primaryKey));
    expect(ids({ reverse: true })).toEqual(
      rows
        .slice(0, i)
        .reverse()
        .map((row) => row.primaryKey),
    );
    expect(ids({ gte: 1, lt: 2 })).toEqual(
      rows
        .slice(i + 1)
        .filter(({ key }) => key === 1)
        .map((row) => row.primaryKey),
    );
  }
  using snapshot = store.snapshot();
  await store.import(items.slice(0, 3), { key: 'id', indexes: INDEXES });
  const frozen = snapshot.collection('records');
  expect([...frozen.rangeSync({ index: 'g', after: rows[4]!.cursor })]).toEqual(rows.slice(5));
  expect(() => [...records.rangeSync({ index: 'g', after: rows[4]!.cursor })]).toThrow(
    expect.objectContaining({ code: 'CURSOR_EXPIRED' }),
  );
  await store.close();
});

test('a cursor that is damaged, or of another index or collection, is a TypeError', async () => {
  const { store, records, items } = await opened(5);
  await store.import(items, { collection: 'others', key: 'id', indexes: INDEXES });
  const { cursor } = records.firstSync({ index: 'g' })!;
  const read = (after: string, options: RangeOptions = { index: 'g' }, collection = records): unknown[] => [
    ...collection.rangeSync({ after, ...options }),
  ];
  expect(read(cursor)).toHaveLength(4);
  const damaged = Array.from(
    cursor,
    (character, i) => `${cursor.slice(0, i)}${character === 'A' ? 'B' : 'A'}${cursor.slice(i + 1)}`,
  );
  for (const text of ['', '!', 'AAAA', `${cursor}A`, `${cursor} `, cursor.slice(1), cursor.slice(0, -4), ...damaged]) {
    expect(() => read(text)).toThrow(TypeError);
  }
  expect(() => read(cursor, {})).toThrow(/not a cursor of collection records \(key id\)/);
  expect(() => read(cursor, { index: 'tags' })).toThrow(/index tags/);
  expect(() => read(cursor, { index: 'g' }, store.collection<Item>('others'))).toThrow(/collection others/);
  expect(() => read(7 as never)).toThrow(/a cursor must be the text/);
  await store.close();
});
