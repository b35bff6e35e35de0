// Goal: a range over any index is a filter over all records, after any migration and after undoing it: of members that indexes are
// on, alone or with others, unique or not.
// Method: random migrations that rename, retype, map, wrap and remove such members, undos, changes and compactions; after each, every
// index and random ranges of it against a filter over the texts of all records, with an order of values of its own.

import { expect, test } from 'vitest';
import { initStore, memory, type Operation, openStore, type Store } from '../../dist/src/index.js';
import { partOf, runs } from '../support/effort.js';
import { fileWith, scratch } from '../support/import-files.js';
import { pick, type Random, randomFrom } from '../support/random.js';

type Row = { readonly [name: string]: unknown };
type Key = string | number | boolean | null;
type Path = string | readonly string[];

const ENCRYPTION = { key: Buffer.alloc(32, 9) };
const PLACES: { readonly [name: string]: () => Promise<Store> } = {
  plain: () => openStore(scratch(), { hotSet: false }),
  encrypted: async () => {
    const directory = scratch();
    await initStore(directory, { encryption: ENCRYPTION, keys: 'plaintext' });
    return openStore(directory, { hotSet: false, encryption: ENCRYPTION });
  },
  'in memory': () => openStore(memory()),
};

/** What a path of names leads to, arrays looked through. */
function valuesAt(value: unknown, names: readonly string[]): Key[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, names));
  const [name, ...rest] = names;
  if (name === undefined) return typeof value === 'object' && value !== null ? [] : [value as Key];
  if (typeof value !== 'object' || value === null || !(name in value)) return [];
  return valuesAt((value as Row)[name], rest);
}

const KINDS = ['object', 'boolean', 'number', 'string'];

function compare(left: Key, right: Key): number {
  const kind = KINDS.indexOf(typeof left) - KINDS.indexOf(typeof right);
  if (kind !== 0 || left === right) return kind;
  return (left as number) < (right as number) ? -1 : 1;
}

function compareAll(left: readonly Key[], right: readonly Key[]): number {
  return left.map((key, i) => compare(key, right[i] as Key)).find((order) => order !== 0) ?? 0;
}

/** All keys of a record in an index: one for each way to take a value for each component. */
function keysOf(row: Row, path: Path): Key[][] {
  const parts = typeof path === 'string' ? [path] : path;
  const each = parts.map((part) => [...new Set(valuesAt(row, part.split('.')))]);
  return each.reduce<Key[][]>((keys, values) => keys.flatMap((key) => values.map((one) => [...key, one])), [[]]);
}

/** The records, read as text. */
async function rowsOf(store: Store): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const bytes of store.collection('things').lines()) {
    for (const line of bytes.toString().trim().split('\n')) if (line !== '') rows.push(JSON.parse(line) as Row);
  }
  return rows;
}

async function check(store: Store, random: Random, after: string): Promise<void> {
  const things = store.collection('things');
  const rows = await rowsOf(store);
  const [primary, ...indexes] = things.stat().indexes;
  for (const { path } of indexes) {
    const filtered = rows.flatMap((row) =>
      keysOf(row, path).map((key) => [key, row[primary!.path as string]] as const),
    );
    const sorted = filtered.toSorted(([a, x], [b, y]) => compareAll(a, b) || (x as number) - (y as number));
    const bounds = [pick(random, sorted)?.[0], pick(random, sorted)?.[0]].sort((a, b) => compareAll(a ?? [], b ?? []));
    for (const [from, to] of [[undefined, undefined], bounds] as const) {
      const given = (key: readonly Key[]) => (typeof path === 'string' ? key[0] : key) as never;
      const range = { index: path, ...(from && { gte: given(from) }), ...(to && { lte: given(to) }) };
      const found: (readonly [readonly Key[], unknown])[] = [];
      for await (const { key, primaryKey } of things.range(range as never)) {
        found.push([(Array.isArray(key) ? key : [key]) as Key[], primaryKey]);
      }
      const inRange = ([key]: readonly [readonly Key[], unknown]) =>
        (from === undefined || compareAll(key, from) >= 0) && (to === undefined || compareAll(key, to) <= 0);
      const order = found.map(([key]) => key);
      expect(order, after).toEqual(order.toSorted(compareAll));
      const same = found.toSorted(([a, x], [b, y]) => compareAll(a, b) || (x as number) - (y as number));
      expect(same, `${after}, index ${String(path)}`).toEqual(sorted.filter(inRange));
      expect(things.count(range as never), after).toBe(found.length);
    }
  }
}

/** What the members are called now, and what they are. */
interface Shape {
  readonly key: string;
  readonly price: string;
  readonly tag: string;
  readonly inner: string;
  readonly isNumber: boolean;
  readonly isWrapped: boolean;
  readonly hasTag: boolean;
}

const FIRST: Shape = {
  key: 'id',
  price: 'price',
  tag: 'tag',
  inner: 'x',
  isNumber: false,
  isWrapped: false,
  hasTag: true,
};

function rowOf(shape: Shape, random: Random, id: number): Row {
  const price = random(12) / 4;
  const tag = `t${random(4)}`;
  return {
    [shape.key]: id,
    mail: `m${id}`,
    ...(random(5) > 0 && { [shape.price]: shape.isNumber ? price : String(price) }),
    ...(shape.hasTag && random(5) > 0 && { [shape.tag]: shape.isWrapped ? [tag] : tag }),
    in: { [shape.inner]: pick(random, [random(5), null, true, [1, 'y']]) },
  };
}

/** Each tag that there may be has another or stays. */
const TAGS = ['t0', 't1', 't2', 't3'].map((tag) => [tag, tag === 't1' ? 't0' : tag] as const);

/** An operation that every record allows, and what the members are then. */
function operation(random: Random, shape: Shape, number: number): readonly [Operation, Shape] {
  const { key, price, tag, inner, isNumber, isWrapped, hasTag } = shape;
  const renames: readonly (readonly [Operation, Shape])[] = [
    [
      { op: 'rename', path: price, to: `p${number}` },
      { ...shape, price: `p${number}` },
    ],
    [
      { op: 'rename', path: key, to: `k${number}` },
      { ...shape, key: `k${number}` },
    ],
    [
      { op: 'rename', path: `in.${inner}`, to: `x${number}` },
      { ...shape, inner: `x${number}` },
    ],
    [
      {
        op: 'retype',
        path: price,
        ...(isNumber ? { from: 'number', to: 'string' } : { from: 'string', to: 'number' }),
      },
      { ...shape, isNumber: !isNumber },
    ],
    [{ op: 'add', path: `new${number}`, value: number }, shape],
  ];
  if (!hasTag) return pick(random, renames);
  return pick(random, [
    ...renames,
    [
      { op: 'rename', path: tag, to: `t${number}` },
      { ...shape, tag: `t${number}` },
    ],
    [
      { op: isWrapped ? 'unwrap' : 'wrap', path: tag },
      { ...shape, isWrapped: !isWrapped },
    ],
    ...(random(3) === 0
      ? [
          [
            { op: 'remove', path: tag },
            { ...shape, hasTag: false },
          ] as const,
        ]
      : []),
    ...(isWrapped ? [] : [[{ op: 'map', path: tag, values: TAGS }, shape] as const]),
  ] as const);
}

test.each(partOf(Object.keys(PLACES)))('a range is a filter over all records: %s', async (place) => {
  for (let seed = 0; seed < runs(10); seed++) {
    const random = randomFrom(100 + seed);
    const store = await PLACES[place]!();
    const shapes = [FIRST];
    const source = fileWith(Array.from({ length: 30 }, (_, id) => JSON.stringify(rowOf(FIRST, random, id))).join('\n'));
    const unique = { path: 'mail', unique: true } as const;
    const indexes = ['price', 'tag', 'in.x', ['tag', 'price'], ['in.x', 'mail'], unique] as const;
    await store.import(source, { collection: 'things', key: 'id', indexes: [...indexes], workers: 1 });
    await check(store, random, 'the import');
    for (let number = 1; number <= 8; number++) {
      const shape = shapes.at(-1)!;
      const version = shapes.length - 1;
      const kind = random(8);
      let after = `step ${number} of seed ${seed}: `;
      if (kind < 4) {
        const [op, next] = operation(random, shape, number);
        after += JSON.stringify(op);
        await store.evolve({ collection: 'things', from: version, to: version + 1, ops: [op] }, { workers: 1 });
        shapes.push(next);
      } else if (kind === 4 && version > 0) {
        const to = random(version);
        after += `undo to ${to}`;
        // Unless a record that was put since cannot be given in the older version.
        const { applied } = await store
          .undoMigrations('things', to, { workers: 1 })
          .catch(({ code }) => ({ applied: expect(code).toBe('MIGRATION_FAILED') === undefined && false }));
        if (applied) shapes.splice(to + 1);
      } else if (kind < 7) {
        after += 'changes';
        const things = store.collection('things');
        await things.put(rowOf(shape, random, random(35)));
        await things.delete(random(30));
        const some = (await rowsOf(store))[0]?.[shape.key] as number;
        await things.patch(some, { mail: `patched${number}` });
      } else {
        after += 'compaction';
        await store.compact({ migrate: random(2) === 0, minDeadShare: 0 });
      }
      await check(store, random, after);
    }
    expect((await store.verify({ workers: 1 })).faults).toEqual([]);
    await store.close();
  }
});
