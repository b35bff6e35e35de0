// Goal: a migration is looked at, and applied, without reading the records that the kept profile proves not to fail; what is counted
// is what each record says, whatever became of the profile meanwhile. A text that is read again and again is still the record's.
// Method: random changes of all kinds on plain, encrypted and in-memory stores, now and then with a new profile. After each,
// random migrations are compared with their plan on each record. Then examples, and hot reads against the plan.

import { expect, test } from 'vitest';
import {
  type Collection,
  encryptStore,
  initStore,
  type Migration,
  MigrationFailure,
  memory,
  type Operation,
  openStore,
  planOf,
  type Store,
} from '../../dist/src/index.js';
import { partOf, runs, seedOfTurn } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { pick, type Random, randomFrom } from '../support/random.js';

const KEY = Buffer.alloc(32, 5);
const PLACES: { readonly [name: string]: () => Promise<Store> } = {
  plain: () => openStore(scratch(), { hotSet: false }),
  encrypted: async () => {
    const directory = scratch();
    await initStore(directory, { encryption: { key: KEY } });
    return openStore(directory, { hotSet: false, encryption: { key: KEY } });
  },
  'in memory': () => openStore(memory()),
};

/** Some fail for some records, and some for none. */
const OPERATIONS: readonly Operation[] = [
  { op: 'rename', path: 'text', to: 'number' },
  { op: 'rename', path: 'text', to: 'title' },
  { op: 'retype', path: 'text', from: 'string', to: 'number' },
  { op: 'retype', path: 'number', from: 'number', to: 'string' },
  { op: 'move', path: 'number', to: 'inner.number' },
  { op: 'unwrap', path: 'list' },
  { op: 'flatten', path: 'inner', members: ['name'] },
  { op: 'map', path: 'kind', values: [['a', 1], ['b', 2]] }, // biome-ignore format: one row each
  { op: 'each', path: 'list', ops: [{ op: 'add', path: 'new', value: 1 }] },
];

type Value = { readonly [name: string]: unknown };

/** Few of them are odd, so that many profiles prove something. */
function randomValue(random: Random, id: number): Value {
  const isOdd = (): boolean => random(40) === 0;
  return {
    id,
    text: isOdd() ? `x${id}` : String(random(1000)),
    ...(isOdd() ? {} : { number: isOdd() ? 'none' : id }),
    inner: isOdd() ? null : { name: `n${id}`, ...(isOdd() && { other: 1 }) },
    list: isOdd() ? [] : [{ k: random(5) }],
    kind: isOdd() ? 'c' : 'ab'[random(2)],
  };
}

const source = (values: readonly Value[]) =>
  fileWith(values.map((value) => JSON.stringify(value)).join('\n'), 'c.ndjson');
const migrationOf = (from: number, ops: readonly Operation[]): Migration => ({
  collection: 'c',
  from,
  to: from + 1,
  ops,
});

async function textsOf(things: Collection): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of things.lines()) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? [] : text.trimEnd().split('\n');
}

/** The newer text; undefined if there is none. */
function newer(migration: Migration, text: string): string | undefined {
  try {
    return planOf([migration]).up(text);
  } catch (error) {
    if (error instanceof MigrationFailure) return undefined;
    throw error;
  }
}

async function step(store: Store, random: Random): Promise<void> {
  const things = store.collection<Value>('c');
  const values = Array.from({ length: 1 + random(8) }, () => randomValue(random, random(60)));
  const unique = [...new Map(values.map((value) => [value.id, value])).values()];
  const key = { collection: 'c', key: 'id', workers: 1, changes: 'drop' } as const;
  switch (random(8)) {
    case 0:
      await things.put(unique[0]!);
      break;
    case 1:
    case 2:
      for (const { id } of unique) await things.delete(id as number);
      break;
    case 3:
      await store.import(source(unique), { ...key, mode: 'upsert', profile: random(2) === 0 });
      break;
    case 4:
      await store.import(source(unique), { ...key, mode: 'replace', profile: random(3) > 0 });
      break;
    case 5:
      await store.compact({ minDeadShare: 0, migrate: random(2) === 0 });
      break;
    default:
      await things.schema({ workers: 1, fresh: random(2) === 0 });
  }
}

test.each(partOf(Object.keys(PLACES)))('what is counted is what each record says: %s', async (place) => {
  let [proven, read] = [0, 0];
  for (let seed = 0; seed < runs(8); seed++) {
    const random = randomFrom(seedOfTurn(seed));
    const store = await PLACES[place]!();
    const first = Array.from({ length: 40 }, (_, id) => randomValue(random, id));
    await store.import(source(first), { collection: 'c', key: 'id', workers: 1, profile: random(2) === 0 });
    const things = store.collection('c');
    for (let left = 12; left > 0; left--) {
      await step(store, random);
      const { version } = await store.evolution('c');
      const texts = await textsOf(things);
      for (let turn = 0; turn < 3; turn++) {
        const migration = migrationOf(version, [pick(random, OPERATIONS)]);
        const failed = texts.filter((text) => newer(migration, text) === undefined).length;
        const report = await store.evolve(migration, { dryRun: true, workers: 1 });
        expect(report.failed, JSON.stringify(migration)).toBe(failed);
        if (!report.isProven) read++;
        else if (report.frames === 0) proven++;
      }
    }
    await store.close();
  }
  expect(proven).toBeGreaterThan(0);
  expect(read).toBeGreaterThan(0);
});

const VALUES: readonly Value[] = Array.from({ length: 50 }, (_, id) => ({ id, text: `${id}`, kind: 'ab'[id % 2] }));
const IMPORT = { collection: 'c', key: 'id', workers: 1 } as const;
const RENAME = migrationOf(0, [{ op: 'rename', path: 'text', to: 'title' }]);

test('a profile of all records spares reading them, a changed record is read, and a store that is encrypted keeps what is proven', async () => {
  const directory = scratch();
  let store = await openStore(directory, { hotSet: false });
  await store.import(source(VALUES), IMPORT);
  const unknown = await store.evolve(RENAME, { dryRun: true, workers: 1 });
  expect(unknown).toMatchObject({ records: 50, isProven: false, failed: 0 });
  expect(unknown.frames).toBeGreaterThan(0);
  await store.collection('c').schema({ workers: 1 });
  expect(await store.evolve(RENAME, { dryRun: true, workers: 1 })).toMatchObject({
    records: 0,
    frames: 0,
    isProven: true,
  });
  await store.close();
  await encryptStore(directory, { encryption: { key: KEY }, keys: 'plaintext', workers: 1 });
  store = await openStore(directory, { hotSet: false, encryption: { key: KEY } });
  await store.collection('c').put({ id: 7, text: '7', title: 'taken' });
  const refused = await store.evolve(RENAME, { dryRun: true, workers: 1 });
  expect(refused).toMatchObject({ records: 1, frames: 0, isProven: true, failed: 1 });
  await expect(store.evolve(RENAME, { workers: 1 })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await store.collection('c').delete(7);
  expect(await store.evolve(RENAME, { workers: 1 })).toMatchObject({ applied: true, records: 0, frames: 0 });
  expect(store.collection('c').getSync(8)).toEqual({ id: 8, title: '8', kind: 'a' });
  // The profile was of the older records.
  const next = migrationOf(1, [{ op: 'rename', path: 'title', to: 'text' }]);
  expect(await store.evolve(next, { dryRun: true, workers: 1 })).toMatchObject({ records: 49, isProven: false });
  await store.close();
});

test('a record that is read again and again is what the plan makes of it, after each change', async () => {
  const store = await openStore(scratch(), { hotSet: false });
  await store.import(source(VALUES), IMPORT);
  const things = store.collection('c');
  const texts = VALUES.map((value) => JSON.stringify(value));
  const check = (expected: readonly string[]) => {
    for (let turn = 0; turn < 3; turn++) {
      for (const [id, text] of expected.entries()) expect(things.getTextSync(id)).toBe(text);
    }
  };
  check(texts);
  await store.evolve(RENAME, { workers: 1 });
  const renamed = texts.map((text) => planOf([RENAME]).up(text));
  check(renamed);
  await things.put({ id: 3, title: 'changed' });
  check(renamed.with(3, '{"id":3,"title":"changed"}'));
  const second = migrationOf(1, [{ op: 'add', path: 'new', value: 1 }]);
  await store.evolve(second, { workers: 1 });
  check(renamed.map((text, id) => planOf([second]).up(id === 3 ? '{"id":3,"title":"changed"}' : text)));
  await store.undoMigrations('c', 0, { workers: 1 });
  check(texts.with(3, '{"id":3,"text":"changed"}'));
  await store.close();
});
