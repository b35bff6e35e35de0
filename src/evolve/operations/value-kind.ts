// migration > plan > operations > [what operations on values have in common] > map, retype, wrap, unwrap, each
//
// Operations on the value of one member. If the member is repeated, each of its values is changed.

import { Refusal } from '../failure.js';
import { objectsAt, textOf } from '../text/tree.js';
import { type Action, type Change, type Context, type Kind, madeOrNull, memberAt } from './kind.js';

/** Of an operation that changes the value of one member, whatever else is in the record. */
export interface ValueKind<A extends Action & { readonly path: string }> {
  change(action: A, context: Context): Change;
  inverse(action: A): Action;
  canFail(action: A): boolean;
  isLossless(action: A): boolean;
}

/** A kind of operation of which only the change of the value is its own. */
export function ofValue<A extends Action & { readonly path: string }>(kind: ValueKind<A>): Kind<A> & ValueKind<A> {
  const changeOf = (action: A, context: Context): Change => {
    const change = kind.change(action, context);
    return action.orNull ? (text) => madeOrNull(action, () => change(text), 'null') : change;
  };
  return {
    ...kind,
    change: changeOf,
    canFail: (action) => !action.orNull && kind.canFail(action),
    isLossless: (action) => !action.orNull && kind.isLossless(action),
    apply: (action, context) => {
      const { parent, name, place } = memberAt(action.path);
      const change = changeOf(action, context);
      return (record) => {
        for (const member of objectsAt(record, parent).flatMap((object) => object.named(name))) {
          try {
            member.value = change(textOf(member.value));
          } catch (error) {
            throw within(error, place);
          }
        }
      };
    },
    places: ({ path }) => [memberAt(path).place],
    moves: () => [],
  };
}

/** The same refusal, of a value that is at a place in a larger one. */
export function within(error: unknown, place: readonly string[]): unknown {
  if (!(error instanceof Refusal)) return error;
  return new Refusal(error.reason, [...place, ...error.place], error.what, error.cause);
}
