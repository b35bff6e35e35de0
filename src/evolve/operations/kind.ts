// migration > plan > [kind] > the operations
//
// What each operation has to say of itself. There is a file for each family of operations, and kinds.ts has all of them.

import { formatPath, parsePath } from '../../keys/paths.js';
import { type Place, Refusal } from '../failure.js';
import type { Slot } from '../text/tree.js';
import type { Functions, Operation, OperationOf } from '../types.js';

/** Operations that no migration file has: they undo others. */
type Undoing =
  /** Undoes `remove`: nothing comes back, and nothing may be there. */
  | { readonly op: 'absent'; readonly path: string }
  /** Undoes `call`. */
  | { readonly op: 'uncall'; readonly name: string; readonly version: number };

/** An operation, or what undoes one. */
export type Action = (
  | Exclude<Operation, OperationOf<'each'>>
  | Undoing
  | { readonly op: 'each'; readonly path: string; readonly ops: readonly Action[] }
) &
  OrNull;

/** Whether a value that the operation cannot make is null. Of `map`, `retype`, `unwrap`, `split` and `merge`. */
export interface OrNull {
  readonly orNull?: true;
}

/** What `make` gives; if it refuses, and the action is to write null then, `nulls`. */
export function madeOrNull<T>({ orNull }: OrNull, make: () => T, nulls: T): T {
  try {
    return make();
  } catch (error) {
    if (orNull && error instanceof Refusal) return nulls;
    throw error;
  }
}

export type ActionOf<Name extends Action['op']> = Extract<Action, { readonly op: Name }>;

/** What an operation needs beside itself. */
export interface Context {
  readonly functions: Functions;
  /** Makes one function of actions on a text. It throws a Refusal. */
  compile(actions: readonly Action[]): Change;
}

/** Makes another text of the text of a value. It throws a Refusal whose place begins at the value. */
export type Change = (text: string) => string;

export interface Kind<A extends Action> {
  /** What it does to a record. The function throws a Refusal. */
  apply(action: A, context: Context): (record: Slot) => void;
  /** The operation that undoes it, as far as the newer record alone tells. */
  inverse(action: A): Action;
  canFail(action: A): boolean;
  /** Whether `inverse` gives the record back, byte for byte. */
  isLossless(action: A): boolean;
  /** The places whose values it may change, in the older and in the newer version. */
  places(action: A): readonly Place[];
  /** Of these, where a value comes from that is only moved: from and to. */
  moves(action: A): readonly (readonly [from: Place, to: Place])[];
}

/** A path in parts: the object, and the name of the member in it. */
export interface MemberPlace {
  readonly parent: Place;
  readonly name: string;
  readonly place: Place;
}

export function memberAt(path: string): MemberPlace {
  const place = parsePath(path);
  return { parent: place.slice(0, -1), name: place.at(-1)!, place };
}

/** The path of another member of the same object. */
export function siblingPath(path: string, name: string): string {
  return formatPath([...memberAt(path).parent, name]);
}

/** Places of members of the object that has the member at `path`. */
export function siblings(path: string, names: readonly string[]): Place[] {
  const { parent } = memberAt(path);
  return names.map((name) => [...parent, name]);
}
