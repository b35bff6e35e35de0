// Goal: whoever reads and writes in a version of a collection finds what was written, and keeps what the version cannot see: the
// laws of lenses over a store. What a put in version v has stored, v reads (PutGet); any other version has of it what migrations
// make of it, and keeps its own members.
// Method: random migrations of members, random puts and patches in random versions by several handles, on several kinds of
// stores, against a model that moves single members between versions. All ways of reading are compared, in all versions.

import { describe, expect, test } from 'vitest';
import {
  type Collection,
  GristmillError,
  memory,
  type Operation,
  openStore,
  type Snapshot,
  type Store,
} from '../../dist/src/index.js';
import { partOf, runs, seedOfTurn } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { type Random, randomFrom } from '../support/random.js';
import { made, takenBack, VersionedModel } from '../support/versioned.js';

type Value = { readonly [name: string]: unknown };
type Member = readonly [name: string, value: unknown];

/** A member in the version after an operation, or before it. Undefined: it is not there. */
function moved([name, value]: Member, operation: Operation, isBack: boolean): Member | undefined {
  const { op } = operation;
  if (op === 'rename') {
    const [from, to] = isBack ? [operation.to, operation.path] : [operation.path, operation.to];
    return [name === from ? to : name, value];
  }
  if (!('path' in operation) || operation.path !== name) return [name, value];
  if (op === 'wrap') return [name, isBack ? (value as unknown[])[0] : [value]];
  return op === (isBack ? 'add' : 'remove') ? undefined : [name, value];
}

/** A member of one version in another one. */
function between(member: Member, operations: readonly (readonly Operation[])[], from: number, to: number) {
  const steps = operations.slice(Math.min(from, to), Math.max(from, to)).flat();
  const isBack = to < from;
  return (isBack ? steps.toReversed() : steps).reduce<Member | undefined>(
    (now, operation) => now && moved(now, operation, isBack),
    member,
  );
}

class PinnedModel extends VersionedModel {
  #operations(): readonly (readonly Operation[])[] {
    return this.migrations.map(({ ops }) => ops);
  }

  /** A record as a version sees it. */
  seen(id: number, version: number): Value | undefined {
    return this.records.get(id)?.values[version];
  }

  /** The values of all versions after a put in one of them. */
  afterPut(value: Value, version: number): Value[] {
    const known = this.records.get(value.id as number)?.values;
    const all = Array.from({ length: this.version + 1 }, (_, to): Value => {
      if (known === undefined) return {};
      const kept = Object.entries(known[to] as Value).filter(
        (member) => between(member, this.#operations(), to, version) === undefined,
      );
      const own = Object.entries(value).flatMap((member) => {
        const there = between(member, this.#operations(), version, to);
        return there === undefined ? [] : [there];
      });
      return Object.fromEntries([...own, ...kept]);
    });
    if (known !== undefined) return all;
    const newer = this.migrations.slice(version).map(({ ops }) => ops);
    const older = this.migrations.slice(0, version).map(({ ops }) => ops);
    const values = [value];
    for (const ops of newer) values.push(made(values.at(-1) as Value, ops));
    for (const ops of older.toReversed()) values.unshift(takenBack(values[0] as Value, ops));
    return values;
  }

  set(id: number, values: readonly Value[]): void {
    this.records.set(id, { values: [...values] });
  }

  randomIn(random: Random, id: number, version: number): Value {
    return this.migrations.slice(0, version).reduce((value, { ops }) => made(value, ops), baseOf(random, id));
  }
}

function baseOf(random: Random, id: number): { [name: string]: unknown } {
  return {
    ...{ id, tag: `t${random(4)}`, inner: { name: `n${random(5)}` }, note: random(10), old: random(9) },
    ...(random(2) === 0 && { mail: `m${random(6)}` }),
  };
}

async function items<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of found) all.push(one);
  return all;
}

const byId = (values: readonly Value[], keyOf: (value: Value) => unknown = ({ id }) => id) =>
  new Map(values.map((value) => [keyOf(value), value]));

type Readable = Pick<Collection<Value>, 'range' | 'lines' | 'scan' | 'get' | 'getSync' | 'getMany' | 'stream'>;

async function expectVersions(things: Readable, model: PinnedModel): Promise<void> {
  const ids = [...model.records.keys()];
  for (let schemaVersion = 0; schemaVersion <= model.version; schemaVersion++) {
    const options = { schemaVersion };
    const expected = new Map(ids.map((id) => [id, model.seen(id, schemaVersion)]));
    const rows = await items(things.range(options));
    expect(byId(rows.map(({ value }) => value))).toEqual(expected);
    expect(rows.map(({ key, primaryKey }) => [key, primaryKey])).toEqual(
      ids.toSorted((a, b) => a - b).map((id) => [id, id]),
    );
    const lines = Buffer.concat(await items(things.lines(options))).toString();
    const stream = Buffer.concat(await items<Buffer>(things.stream({ ...options, workers: 1 }))).toString();
    for (const text of [lines, stream]) {
      const parsed = text.trim() === '' ? [] : text.trim().split('\n');
      expect(byId(parsed.map((line) => JSON.parse(line) as Value))).toEqual(expected);
    }
    expect(byId((await items(things.scan(options))).map(({ value }) => value))).toEqual(expected);
    expect(byId(ids.map((id) => things.getSync(id, options) as Value))).toEqual(expected);
    expect(byId((await things.getMany(ids, options)) as Value[])).toEqual(expected);
    expect(await things.get(ids[0] as number, options)).toEqual(model.seen(ids[0] as number, schemaVersion));
  }
}

/** @returns false if no shape had room for all of it, and nothing was changed */
async function isTaken(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (error instanceof GristmillError && error.code === 'MIGRATION_REFUSED') return false;
    throw error;
  }
}

async function step(store: Store, model: PinnedModel, random: Random): Promise<boolean> {
  const kind = random(8);
  if (kind === 0 && model.version < 4) {
    const migration = model.migration(random, 'things');
    await store.evolve(migration, { workers: 1 });
    model.apply(migration);
    return true;
  }
  const schemaVersion = random(model.version + 1);
  const things = store.collection<Value>('things', { schemaVersion });
  const id = random(24);
  if (kind === 1) {
    const source = fileWith(JSON.stringify(model.randomIn(random, id, schemaVersion)), 'more.ndjson');
    const options = { collection: 'things', key: 'id', mode: 'upsert', changes: 'drop', workers: 1 } as const;
    await store.import(source, { ...options, schemaVersion });
    // An import replaces the whole record, by one of the newest version.
    model.put(fresh(store).getSync(id) as { [name: string]: unknown });
    return true;
  }
  const before = model.seen(id, schemaVersion);
  if (kind < 5 || before === undefined) {
    const value = { ...(random(2) === 0 ? before : undefined), ...model.randomIn(random, id, schemaVersion) };
    const after = model.afterPut(value, schemaVersion);
    const isPut = await isTaken(() =>
      random(2) === 0
        ? things.put(value)
        : store.transaction((transaction) => {
            const within = transaction.collection<Value>('things', { schemaVersion });
            within.put(value);
            expect(within.get(id)).toEqual(value);
            const newest = transaction.collection<Value>('things');
            expect(newest.get(id)).toEqual(after.at(-1));
            expect([...within.range({ gte: id, lte: id })].map((row) => row.value)).toEqual([value]);
          }),
    );
    if (isPut) model.set(id, after);
    return isPut;
  }
  const note = `p${random(1000)}`;
  const isPatched = await isTaken(() => things.patch(id, { note }));
  if (isPatched) model.set(id, model.afterPut({ ...before, note }, schemaVersion));
  return isPatched;
}

const PLACES: { readonly [name: string]: () => Promise<Store> } = {
  'in memory': () => openStore(memory()),
  'with a record cache': () => openStore(scratch(), { hotSet: false, recordCacheBytes: 1 << 20 }),
  encrypted: () => openStore(scratch(), { hotSet: false, encryption: { key: Buffer.alloc(32, 7) }, keys: 'plaintext' }),
  'with a served state': () => openStore(scratch(), { hotSet: false, freshness: 'warm' }),
};

describe('records in a version', () => {
  test.each(partOf(Object.keys(PLACES)))('are as their model: %s', async (place) => {
    let [taken, refused] = [0, 0];
    for (let seed = 0; seed < runs(12); seed++) {
      const random = randomFrom(seedOfTurn(1 + seed));
      const store = await PLACES[place]!();
      const model = new PinnedModel([]);
      const values = Array.from({ length: 12 }, (_, id) => baseOf(random, id));
      const source = fileWith(values.map((value) => JSON.stringify(value)).join('\n'), 'things.ndjson');
      await store.import(source, { collection: 'things', key: 'id', workers: 1 });
      for (const value of values) model.put(value);
      let old: { readonly snapshot: Snapshot; readonly seen: Value | undefined; readonly version: number } | undefined;
      for (let left = 16; left > 0; left--) {
        if (await step(store, model, random)) taken++;
        else refused++;
        if (left === 8) {
          const version = random(model.version + 1);
          old = { snapshot: store.snapshot(), seen: model.seen(3, version), version };
        }
        if (left % 8 === 0) await expectVersions(fresh(store), model);
      }
      const { snapshot, version, seen } = old!;
      expect(snapshot.collection('things', { schemaVersion: version }).getSync(3)).toEqual(seen);
      snapshot.release();
      if (random(2) === 0) await store.compact({ migrate: true, minDeadShare: 0 });
      await expectVersions(fresh(store), model);
      const to = random(model.version + 1);
      const hasUndone = to < model.version && (await isTaken(() => store.undoMigrations('things', to, { workers: 1 })));
      if (hasUndone) model.undo(to);
      await expectVersions(fresh(store), model);
      expect((await store.verify({ workers: 1 })).faults).toEqual([]);
      await store.close();
    }
    expect(refused).toBeLessThan(taken / 4);
  });
});

/** Reads the newest state, whatever the store serves. */
function fresh(store: Store): Readable {
  return store.snapshot().collection<Value>('things');
}
