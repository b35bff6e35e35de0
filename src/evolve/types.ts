// migration > [types] > plan
//
// What a migration is: data, so that any process can read it and apply it. The operators are a closed list; the only code is a
// function that the application registers, by name and version.

import type { KeyPath } from '../keys/key-path.js';

export type { Functions, MigrationFunction } from '../options/functions.js';

/** A value that a migration holds. Numbers are those that a double holds. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** What a value of a table may be. */
export type Scalar = null | boolean | number | string;

/** Kinds of values that `retype` knows. An `integer` is a number that is spelled without a fraction and an exponent. */
export type ScalarKind = 'string' | 'number' | 'integer' | 'boolean';

/**
 * One change of the shape of records. A path leads through objects only: where there is another value on the way, or nothing,
 * the operation changes nothing. `each` goes into arrays.
 */
export type Operation =
  /** The member keeps its place in the object. `to` is the new name, not a path. */
  | { readonly op: 'rename'; readonly path: string; readonly to: string }
  /** The member becomes the last one of another object, or of its own. `to` is a path. */
  | { readonly op: 'move'; readonly path: string; readonly to: string }
  /** A new last member of the object, with this value. */
  | { readonly op: 'add'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }
  /** Values by a table of pairs, from and to. `otherwise` is for values that no pair has. */
  | {
      readonly op: 'map';
      readonly path: string;
      readonly values: readonly (readonly [from: Scalar, to: Scalar])[];
      readonly otherwise?: Scalar;
    }
  /** Another kind of value. null stays null. */
  | { readonly op: 'retype'; readonly path: string; readonly from: ScalarKind; readonly to: ScalarKind }
  /** A string becomes several members of the same object, which are named `into`. */
  | { readonly op: 'split'; readonly path: string; readonly into: readonly string[]; readonly separator: string }
  /** Several strings of one object, named `members`, become one, at `path` in the same object. */
  | { readonly op: 'merge'; readonly path: string; readonly members: readonly string[]; readonly separator: string }
  /** A value becomes an array of it alone. */
  | { readonly op: 'wrap'; readonly path: string }
  /** An array of one element becomes the element. */
  | { readonly op: 'unwrap'; readonly path: string }
  /** Several members of one object, named `members`, go into a new object at `path` in the same object. */
  | { readonly op: 'nest'; readonly path: string; readonly members: readonly string[] }
  /** The object at `path` is replaced by its members, which are named `members`, at the end of the object that it was in. */
  | { readonly op: 'flatten'; readonly path: string; readonly members: readonly string[] }
  /** Operations on each object in the array at `path`. Their paths begin at the element. */
  | { readonly op: 'each'; readonly path: string; readonly ops: readonly Operation[] }
  /** A function that the application registers. */
  | { readonly op: 'call'; readonly name: string; readonly version: number };

/** The name of an operation of a migration. */
export type OperationName = Operation['op'];
export type OperationOf<Name extends OperationName> = Extract<Operation, { readonly op: Name }>;

/** A migration of one collection from version `from` to `to`, which is the next one. It is all that a migration file holds. */
export interface Migration {
  /** The name of the collection. */
  readonly collection: string;
  /** The version that it changes. */
  readonly from: number;
  /** The version that it leads to: one more than `from`. */
  readonly to: number;
  /** What is done, in this order. */
  readonly ops: readonly Operation[];
}

/**
 * What records are that a migration cannot change. `keep`: as they were. `null`: the value that it cannot change is null.
 */
export type OnFailure = 'keep' | 'null';

/** A migration as a store has applied it. */
export interface StoredMigration extends Migration {
  /** Absent: it can change all records. */
  readonly onFailure?: OnFailure | undefined;
}

/** What all the migrations from one version to another do to a record, as one. */
export interface Plan {
  /** The migrations that it is made of, in their order. */
  readonly migrations: readonly Migration[];
  /** The version that it changes. */
  readonly from: number;
  /** The version that it leads to. */
  readonly to: number;
  /**
   * The text of a record as the newer version has it. Tokens that no operation touches are as they are spelled.
   * @param text of a record of the older version: JSON without white space between tokens
   * @throws MigrationFailure
   */
  up(text: string): string;
  /**
   * The text of a record as the older version has it.
   * @param text of a record of the newer version
   * @param stored the text of the record in the older version, before it was changed in the newer one. What the newer version
   *   cannot express, such as a removed member, is as it is there. Default: none, then it is missing.
   * @throws MigrationFailure
   */
  down(text: string, stored?: string): string;
  /** Whether `up` may change the value at a path: whether an index on the path has to be built again. If in doubt, yes. */
  touches(path: KeyPath): boolean;
  /** Where the value of a path of the newer version is in the older one, if it is only moved. Undefined: it may be another value. */
  sourceOf(path: KeyPath): KeyPath | undefined;
  /** Whether `up` can fail for some record. */
  readonly canFail: boolean;
  /**
   * Whether `down(up(text))` is `text` for every record that `up` does not fail for, byte for byte. Names and strings that the
   * operations change count as equal if only their escapes differ.
   */
  readonly isLossless: boolean;
}
