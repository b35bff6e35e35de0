// Goal: a scan that goes on after a cursor gives every record that nobody wrote meanwhile once, whatever became of the
// collection; a cursor of another order is refused. Method: pages of a scan against the list of what was imported, with changes
// between the pages; other cursors by each way in.

import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Collection, openStore, type Store } from '../../dist/src/index.js';
import { fileWith, makeDirectory } from '../support/import-files.js';

interface Item {
  readonly id: number;
  readonly text: string;
}

const COUNT = 500;
const item = (id: number, text = 'x'.repeat(200)): Item => ({ id, text });
/** Not in the order of their keys. */
const ITEMS = Array.from({ length: COUNT }, (_, i) => item((i * 7) % COUNT));
const lines = (items: readonly unknown[]) => items.map((one) => `${JSON.stringify(one)}\n`).join('');

let directory: ReturnType<typeof makeDirectory>;
let store: Store;
beforeEach(async () => {
  directory = makeDirectory();
  store = await openStore(`${directory.path}/store`, { config: false });
});
afterEach(async () => {
  await store.close();
  directory.remove();
});

async function imported(items: readonly unknown[], options: object): Promise<Collection<Item>> {
  const source = fileWith(lines(items), 'items.ndjson', directory.path);
  await store.import(source, { workers: 1, spanBytes: 16_384, ...options });
  return store.collection<Item>();
}

/** Reads page by page, with something done between two of them. */
async function paged(items: Collection<Item>, between: (page: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  let after: string | undefined;
  for (let page = 0; ; page++) {
    let rows = 0;
    for await (const row of items.scan({ limit: 90, after })) {
      rows++;
      found.push(row.value.id);
      after = row.cursor;
    }
    if (rows === 0) return found;
    await between(page);
  }
}

const ids = ITEMS.map(({ id }) => id);

test('pages are what one scan gives, beside transactions, compaction and an upsert', async () => {
  const items = await imported(ITEMS, { key: 'id' });
  const changes = [
    () => items.put(item(ids[3]!, 'again')),
    () => items.deleteRange({ gte: ids[400]!, lte: ids[400]! }),
    () => store.compact({ full: true }),
    () => imported([item(COUNT)], { mode: 'upsert', key: 'id' }),
  ];
  const found = await paged(items, async (page) => changes[page]?.());
  // What was written meanwhile comes last; what was read before comes again.
  const kept = ids.filter((_, i) => i !== 400);
  expect(found).toEqual([...kept, ids[3], COUNT]);
});

test('after an import in mode replace it goes on after the same record; if that is gone, it says so', async () => {
  const items = await imported(ITEMS, { key: 'id' });
  const cursors = new Map<number, string>();
  for await (const { primaryKey, cursor } of items.scanText()) cursors.set(primaryKey as number, cursor);
  await imported(ITEMS.filter(({ id }) => id % 2 === 0).toReversed(), { key: 'id' });
  const left = ids.filter((id) => id % 2 === 0).toReversed();
  for (const [id, after] of cursors) {
    const next = items.scanText({ after, limit: 1 }).next();
    if (id % 2 !== 0) await expect(next).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    else expect((await next).value?.primaryKey).toBe(left[left.indexOf(id) + 1]);
    if (id > 40) break;
  }
});

test('records without a key are continued by their position', async () => {
  const items = await imported(ITEMS, {});
  expect(await paged(items, async () => undefined)).toEqual(ids);
  const [first] = [(await items.scan().next()).value!];
  expect([first.key, first.primaryKey]).toEqual([0, 0]);
  expect(JSON.parse(JSON.stringify(first))).toEqual({
    ...{ key: 0, primaryKey: 0 },
    value: ITEMS[0],
    cursor: first.cursor,
  });
});

test('cursors of another order, and options that a scan does not have, are refused', async () => {
  const items = await imported(ITEMS, { key: 'id', indexes: ['text'] });
  const scanned = (await items.scanText().next()).value!.cursor;
  const ranged = (await items.range().next()).value!.cursor;
  const found = (await items.find('text', ITEMS[0]!.text).next()).value!.cursor;
  for (const after of [ranged, found, 'abc', scanned.slice(1)])
    await expect(items.scan({ after }).next()).rejects.toBeInstanceOf(TypeError);
  await expect(items.range({ after: scanned }).next()).rejects.toBeInstanceOf(TypeError);
  await expect(items.range({ index: 'text', after: scanned }).next()).rejects.toBeInstanceOf(TypeError);
  for (const options of [{ gte: 1 }, { reverse: true }, { limit: -1 }, { after: 5 }])
    await expect(items.scan(options as never).next()).rejects.toBeInstanceOf(TypeError);
  expect(await items.scan({ limit: 0 }).next()).toEqual({ done: true, value: undefined });
});
