// [builder] > migration > check > plan
//
// A migration written in code. It is the same data as a migration file: JSON.stringify of it is one.

import type { JsonValue, Migration, Operation, Scalar, ScalarKind } from '../types.js';
import { checkMigration } from './check.js';

/** What a builder was given. */
let operationsOf: (builder: OperationBuilder) => readonly Operation[];

/** Gives operations one by one, in the order in which they are done. Each method returns the same builder. */
export class OperationBuilder {
  readonly #ops: Operation[] = [];

  static {
    operationsOf = (builder) => builder.#ops;
  }

  /** Gives a member another name. It keeps its place. @param to the new name, not a path */
  rename(path: string, to: string): this {
    return this.#with({ op: 'rename', path, to });
  }

  /** Makes a member the last one of another object. @param to its new path */
  move(path: string, to: string): this {
    return this.#with({ op: 'move', path, to });
  }

  /** Adds a member, as the last one of its object. */
  add(path: string, value: JsonValue): this {
    return this.#with({ op: 'add', path, value });
  }

  /** Removes a member. The stored record keeps it, so that the migration can be undone. */
  remove(path: string): this {
    return this.#with({ op: 'remove', path });
  }

  /** Replaces values by a table. @param options `otherwise`: for values that are not in the table. Default: they are refused. */
  map(
    path: string,
    values: readonly (readonly [from: Scalar, to: Scalar])[],
    options: { readonly otherwise?: Scalar } = {},
  ): this {
    return this.#with({ op: 'map', path, values, ...options });
  }

  /** Makes another kind of value. */
  retype(path: string, from: ScalarKind, to: ScalarKind): this {
    return this.#with({ op: 'retype', path, from, to });
  }

  /** Makes several members of a string. @param into names of members of the same object */
  split(path: string, into: readonly string[], separator: string): this {
    return this.#with({ op: 'split', path, into, separator });
  }

  /** Makes one string of several members. @param members names of members of the object that `path` leads into */
  merge(members: readonly string[], path: string, separator: string): this {
    return this.#with({ op: 'merge', path, members, separator });
  }

  /** Makes an array of a value. */
  wrap(path: string): this {
    return this.#with({ op: 'wrap', path });
  }

  /** Takes a value out of an array. */
  unwrap(path: string): this {
    return this.#with({ op: 'unwrap', path });
  }

  /** Puts members into a new object. @param members names of members of the object that `path` leads into */
  nest(members: readonly string[], path: string): this {
    return this.#with({ op: 'nest', path, members });
  }

  /** Puts the members of an object in its place. @param members all their names */
  flatten(path: string, members: readonly string[]): this {
    return this.#with({ op: 'flatten', path, members });
  }

  /** Does operations on each object in an array. @param build gives the operations. Their paths begin at the element. */
  each(path: string, build: (elements: OperationBuilder) => OperationBuilder): this {
    return this.#with({ op: 'each', path, ops: operationsOf(build(new OperationBuilder())) });
  }

  /** Calls a function that the application registers. */
  call(name: string, version: number): this {
    return this.#with({ op: 'call', name, version });
  }

  #with(operation: Operation): this {
    this.#ops.push(operation);
    return this;
  }
}

/** A migration in the making. `migration` begins it. */
export class MigrationBuilder extends OperationBuilder {
  readonly #collection: string;
  readonly #from: number;

  /** @internal */
  constructor(collection: string, from: number) {
    super();
    this.#collection = collection;
    this.#from = from;
  }

  /** The migration. @throws GristmillError BAD_MIGRATION */
  build(): Migration {
    return checkMigration({
      collection: this.#collection,
      from: this.#from,
      to: this.#from + 1,
      ops: [...operationsOf(this)],
    });
  }
}

/**
 * Begins a migration of a collection: `migration('users', { from: 3 }).rename('name', 'fullName').build()`.
 * @param options `from`: the version that it changes. It leads to the next one.
 */
export function migration(collection: string, { from }: { readonly from: number }): MigrationBuilder {
  return new MigrationBuilder(collection, from);
}
