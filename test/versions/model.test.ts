// Goal: whatever is done to a collection with versions, all ways of reading give the records of its version, and every index
// has what a look at all records finds.
// Method: random migrations, undos, changes, imports and compactions on plain, encrypted and in-memory stores, against a model of
// values (test/support/versioned.ts).

import { expect, test } from 'vitest';
import { type Collection, initStore, memory, openStore, type Snapshot, type Store } from '../../dist/src/index.js';
import { partOf, runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { type Random, randomFrom } from '../support/random.js';
import { VersionedModel } from '../support/versioned.js';

const HIDDEN = 'encrypted, with hidden keys';
const KEY = Buffer.alloc(32, 7);
const INDEXES = [['tag'], ['mail'], ['inner', 'name']] as const;
const PLACES: { readonly [name: string]: () => Promise<Store> } = {
  plain: () => openStore(scratch(), { hotSet: false, recordCacheBytes: 1 << 20 }),
  'without caches': () => openStore(scratch(), { hotSet: false, recordCacheBytes: 0, frameCacheBytes: 0 }),
  encrypted: async () => {
    const directory = scratch();
    await initStore(directory, { encryption: { key: KEY }, keys: 'plaintext' });
    return openStore(directory, { hotSet: false, encryption: { key: KEY } });
  },
  [HIDDEN]: () => openStore(scratch(), { hotSet: false, encryption: { key: KEY } }),
  'in memory': () => openStore(memory()),
};

type Value = { readonly [name: string]: unknown };

async function items<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of found) all.push(one);
  return all;
}

/** The records by id, as each way of reading gives them. */
async function readAll(
  things: Pick<Collection<Value>, 'range' | 'rangeText' | 'lines' | 'getSync' | 'get' | 'getMany'>,
  ids: number[],
  isHidden: boolean,
) {
  // Hidden keys have no order.
  const rows = isHidden ? [] : (await items(things.range())).map(({ value }) => value);
  const texts = isHidden ? [] : (await items(things.rangeText())).map(({ text }) => JSON.parse(text) as Value);
  const lines = Buffer.concat(await items(things.lines()))
    .toString()
    .trim();
  const exported = lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as Value);
  const byId = (values: readonly Value[]) => new Map(values.map((value) => [value.id, value]));
  return [
    ...(isHidden ? [] : [byId(rows), byId(texts)]),
    byId(exported),
    byId(ids.map((id) => things.getSync(id) as Value)),
    byId(await Promise.all(ids.map(async (id) => (await things.get(id)) as Value))),
    byId((await things.getMany(ids)) as Value[]),
  ];
}

async function check(store: Store, model: VersionedModel, isHidden: boolean): Promise<void> {
  const things = store.collection<Value>('things');
  const ids = [...model.records.keys()];
  const expected = new Map(ids.map((id) => [id, model.value(id)]));
  for (const found of await readAll(things, ids, isHidden)) expect(found).toEqual(expected);
  expect(things.count()).toBe(ids.length);
  for (const path of model.indexes) {
    const index = path.join('.');
    const expected = model.index(path);
    const found = new Map<string, number[]>();
    const values = [...expected.keys(), '"none"'].map((value) => JSON.parse(value) as string);
    const rows = isHidden
      ? (await Promise.all(values.map((value) => items(things.find(index, value))))).flat()
      : await items(things.range({ index }));
    for (const { key, primaryKey } of rows) {
      const value = JSON.stringify(key);
      found.set(value, [...(found.get(value) ?? []), primaryKey as number]);
    }
    const sorted = (all: Map<string, number[]>) =>
      [...all].map(([value, of]) => [value, of.toSorted((a, b) => a - b)]).sort();
    expect(sorted(found)).toEqual(sorted(expected));
  }
}

async function step(store: Store, model: VersionedModel, random: Random): Promise<void> {
  const things = store.collection<Value>('things');
  const some = [...model.records.keys()][random(model.records.size)] as number;
  const kind = random(10);
  if (kind < 3) {
    const migration = model.migration(random, 'things');
    const { applied } = await store.evolve(migration, { workers: 1 });
    expect(applied).toBe(true);
    model.apply(migration);
  } else if (kind === 3 && model.version > 0) {
    const to = random(model.version);
    await store.undoMigrations('things', to, { workers: 1 });
    model.undo(to);
  } else if (kind === 4) {
    const value = model.random(random, random(60));
    await things.put(value);
    model.put(value);
  } else if (kind < 7) {
    await things.patch(some, { note: `p${some}` });
    model.patch(some, `p${some}`);
  } else if (kind === 7 && model.records.size > 10) {
    await things.delete(some);
    model.records.delete(some);
  } else if (kind === 8) {
    const values = [random(60), 60 + random(20)].map((id) => model.random(random, id));
    const source = fileWith(values.map((value) => JSON.stringify(value)).join('\n'), 'more.ndjson');
    await store.import(source, { collection: 'things', key: 'id', mode: 'upsert', changes: 'drop', workers: 1 });
    for (const value of values) model.put(value);
  } else await store.compact({ migrate: random(2) === 0, minDeadShare: 0 });
}

test.each(partOf(Object.keys(PLACES)))('a collection with versions is as its model: %s', async (place) => {
  for (let seed = 0; seed < runs(12); seed++) {
    const random = randomFrom(1 + seed);
    const store = await PLACES[place]!();
    const model = new VersionedModel(INDEXES);
    const values = Array.from({ length: 40 }, (_, id) => model.random(random, id));
    const source = fileWith(values.map((value) => JSON.stringify(value)).join('\n'), 'things.ndjson');
    await store.import(source, {
      collection: 'things',
      key: 'id',
      indexes: INDEXES.map((path) => path.join('.')),
      workers: 1,
    });
    for (const value of values) model.put(value);
    let old: { readonly snapshot: Snapshot; readonly records: Map<unknown, unknown> } | undefined;
    for (let left = 10; left > 0; left--) {
      await step(store, model, random);
      await check(store, model, place === HIDDEN);
      if (old !== undefined) {
        const found = await readAll(
          old.snapshot.collection<Value>('things'),
          [...old.records.keys()] as number[],
          place === HIDDEN,
        );
        for (const one of found) expect(one).toEqual(old.records);
      }
      if (random(4) === 0) {
        old?.snapshot.release();
        old = {
          snapshot: store.snapshot(),
          records: new Map([...model.records.keys()].map((id) => [id, model.value(id)])),
        };
      }
    }
    old?.snapshot.release();
    const { faults } = await store.verify({ workers: 1 });
    expect(faults).toEqual([]);
    await store.close();
  }
});
