// A collection with versions as a model in memory: values as JSON.parse gives them, of every version that undo can return to.
// It knows a few operations, written for the tests.

import type { Migration, Operation } from '../../dist/src/index.js';
import { pick, type Random } from './random.js';

type Json = { [name: string]: unknown };

/** One record: its value in each version so far, the last one as readers see it. */
interface Versions {
  values: Json[];
}

/** A path of an index, as names of members. */
export type ModelIndex = readonly string[];

export class VersionedModel {
  readonly records = new Map<number, Versions>();
  /** What the operations of each version are. */
  readonly migrations: Migration[] = [];
  indexes: ModelIndex[];
  #names = 0;

  constructor(indexes: readonly ModelIndex[]) {
    this.indexes = [...indexes];
  }

  get version(): number {
    return this.migrations.length;
  }

  value(id: number): Json | undefined {
    return this.records.get(id)?.values.at(-1);
  }

  /** A whole record: older versions see what the migrations, taken back, make of it. */
  put(value: Json): void {
    const values = [value];
    for (const { ops } of this.migrations.toReversed()) values.unshift(takenBack(values[0]!, ops));
    this.records.set(value.id as number, { values });
  }

  /** A change of a member that no operation touches. */
  patch(id: number, note: unknown): void {
    const record = this.records.get(id)!;
    record.values = record.values.map((value) => ({ ...value, note }));
  }

  /** A record as the newest version has it. */
  random(random: Random, id: number): Json {
    return this.migrations.reduce((value, { ops }) => made(value, ops), base(random, id));
  }

  /** A migration that no record can fail, and that changes what indexes have, now and then. */
  migration(random: Random, collection: string): Migration {
    const names = Object.keys(this.random(random, 0)).filter((name) => name !== 'id' && name !== 'note');
    const ops: Operation[] = [];
    for (let left = 1 + random(3); left > 0 && names.length > 0; left--) {
      const [path] = names.splice(random(names.length), 1) as [string];
      const to = `m${this.#names++}`;
      const kinds: readonly Operation[] = [
        { op: 'rename', path, to },
        { op: 'wrap', path },
        { op: 'remove', path },
        { op: 'add', path: to, value: random(3) },
      ];
      ops.push(kinds[random(4)]!);
    }
    // Earlier migrations may have removed everything.
    if (ops.length === 0) ops.push({ op: 'add', path: `m${this.#names++}`, value: 0 });
    return { collection, from: this.version, to: this.version + 1, ops };
  }

  apply(migration: Migration): void {
    for (const record of this.records.values()) record.values.push(made(record.values.at(-1)!, migration.ops));
    this.migrations.push(migration);
    this.indexes = this.indexes.map((path) => moved(path, migration.ops));
  }

  undo(to: number): void {
    for (const { ops } of this.migrations.splice(to).toReversed()) {
      this.indexes = this.indexes.map((path) => moved(path, inverse(ops)));
      for (const record of this.records.values()) record.values.pop();
    }
  }

  /** The ids of an index by value, as JSON. */
  index(path: ModelIndex): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const [id, { values }] of this.records) {
      const all = valuesAt(values.at(-1)!, path).map((one) => JSON.stringify(one));
      for (const value of new Set(all)) found.set(value, [...(found.get(value) ?? []), id]);
    }
    return found;
  }
}

function base(random: Random, id: number): Json {
  const inner = { name: `n${random(5)}`, size: random(4) };
  return {
    id,
    tag: `t${random(4)}`,
    ...(random(2) === 0 && { mail: `m${random(6)}` }),
    inner: pick(random, [inner, [inner, { name: 'other' }], 'none']),
    note: random(10),
  };
}

export function made(value: Json, ops: readonly Operation[]): Json {
  let now = { ...value };
  for (const operation of ops) {
    if (operation.op === 'rename') {
      const renamed = (name: string) => (name === operation.path ? operation.to : name);
      now = Object.fromEntries(Object.entries(now).map(([name, one]) => [renamed(name), one]));
    }
    if (operation.op === 'wrap' && operation.path in now) now[operation.path] = [now[operation.path]];
    if (operation.op === 'unwrap' && operation.path in now) now[operation.path] = (now[operation.path] as unknown[])[0];
    if (operation.op === 'remove') delete now[operation.path];
    if (operation.op === 'add') now[operation.path] = operation.value;
  }
  return now;
}

function inverse(ops: readonly Operation[]): Operation[] {
  return ops.toReversed().flatMap((operation): Operation[] => {
    if (operation.op === 'rename') return [{ op: 'rename', path: operation.to, to: operation.path }];
    if (operation.op === 'wrap') return [{ op: 'unwrap', path: operation.path }];
    return operation.op === 'add' ? [{ op: 'remove', path: operation.path }] : [];
  });
}

export const takenBack = (value: Json, ops: readonly Operation[]): Json => made(value, inverse(ops));

function moved([first, ...rest]: ModelIndex, ops: readonly Operation[]): ModelIndex {
  const name = ops.reduce(
    (now, operation) => (operation.op === 'rename' && operation.path === now ? operation.to : now),
    first as string,
  );
  return [name, ...rest];
}

/** The scalars that a path of a key leads to: arrays are looked through. */
function valuesAt(value: unknown, path: ModelIndex): unknown[] {
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt(one, path));
  if (path.length === 0) return typeof value === 'object' && value !== null ? [] : [value];
  if (typeof value !== 'object' || value === null || !(path[0]! in value)) return [];
  return valuesAt((value as Json)[path[0]!], path.slice(1));
}
