// migration > plan > [operations]
//
// The closed list of operations. No text of a migration is ever run as code.

import { call, uncall } from './call.js';
import { eachOf } from './each.js';
import { flatten, nest } from './groups.js';
import type { Action, ActionOf, Kind } from './kind.js';
import { absent, add, move, remove, rename } from './members.js';
import { merge, split } from './parts.js';
import { retype } from './retype.js';
import type { ValueKind } from './value-kind.js';
import { map, unwrap, wrap } from './values.js';

const VALUE_KINDS = { map, retype, wrap, unwrap, each: eachOf(kindOf, inverseOf) };

const KINDS: { readonly [Name in Action['op']]: Kind<ActionOf<Name>> } = {
  ...VALUE_KINDS,
  rename,
  move,
  add,
  remove,
  absent,
  split,
  merge,
  nest,
  flatten,
  call,
  uncall,
};

export function kindOf(action: Action): Kind<Action> {
  return KINDS[action.op] as Kind<Action>;
}

/** The kind of an operation that changes the value of one member, whatever else is in the record. Undefined for others. */
export function valueKindOf(action: Action): ValueKind<ActionOf<'map'>> | undefined {
  return (VALUE_KINDS as { readonly [op: string]: unknown })[action.op] as ValueKind<ActionOf<'map'>> | undefined;
}

/** Actions that undo others, the last one first. */
export function inverseOf(actions: readonly Action[]): Action[] {
  return actions.toReversed().map((action): Action => {
    const inverse = kindOf(action).inverse(action);
    // What became null comes back as null.
    return action.orNull ? { ...inverse, orNull: true } : inverse;
  });
}

/** The operations whose values may become null. */
const WITH_VALUES: ReadonlySet<Action['op']> = new Set(['map', 'retype', 'unwrap', 'split', 'merge']);

/** The same actions; a value that one of them cannot make is null. */
export function withNulls(actions: readonly Action[]): readonly Action[] {
  return actions.map((action): Action => {
    if (action.op === 'each') return { ...action, ops: withNulls(action.ops) };
    return WITH_VALUES.has(action.op) ? { ...action, orNull: true } : action;
  });
}
