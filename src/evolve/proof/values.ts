// shape > [steps: map, retype, wrap, unwrap] > doubts
//
// The values that a profile has counted are changed one by one, by the same code that changes records. Of others the kind decides.

import type { KindCounts } from '../../profile/types.js';
import { type Place, Refusal } from '../failure.js';
import type { ActionOf, Change, Context } from '../operations/kind.js';
import { valueKindOf } from '../operations/kinds.js';
import type { ScalarKind } from '../types.js';
import type { Doubts } from './doubts.js';
import { kindOfText, type Shape, shapeOfKind, unknown } from './shape.js';

type ScalarAction = ActionOf<'map' | 'retype'>;

/** Of these kinds are the values that `retype` takes. */
const KINDS_OF: { readonly [Kind in ScalarKind]: readonly (keyof KindCounts)[] } = {
  string: ['string'],
  number: ['integer', 'decimal'],
  integer: ['integer'],
  boolean: ['false', 'true'],
};

/** What becomes of the values at a place. The functions of `context` are not called. */
export function scalarsChanged(
  action: ScalarAction,
  shape: Shape,
  place: Place,
  doubts: Doubts,
  context: Context,
): Shape {
  const { kinds, tokens } = shape;
  if (kinds === undefined) {
    if (action.op === 'retype' || action.otherwise === undefined) doubts.possible(undefined, place, shape.count);
    return unknown(shape.count);
  }
  const literals = (['null', 'false', 'true'] as const).map((text) => [text, kinds[text]] as const);
  const change = valueKindOf(action)!.change(action as ActionOf<'map'>, context);
  if (tokens !== undefined) {
    const containers = [['[]', kinds.array] as const, ['{}', kinds.object] as const];
    return changedOne([...literals, ...tokens, ...containers], change, place, doubts);
  }
  if (action.op === 'map') {
    if (action.otherwise !== undefined) return unknown(shape.count);
    changedOne([...literals, ['[]', kinds.array], ['{}', kinds.object]], change, place, doubts);
    doubts.possible('NOT_IN_TABLE', place, kinds.integer + kinds.decimal + kinds.string);
    return unknown(shape.count);
  }
  return retyped(action, shape, kinds, place, doubts);
}

/** Changes values one by one. @param values texts and how often each is there */
function changedOne(values: Iterable<readonly [string, number]>, change: Change, place: Place, doubts: Doubts): Shape {
  const kinds: { -readonly [Kind in keyof KindCounts]?: number } = {};
  const tokens = new Map<string, number>();
  let all = 0;
  for (const [text, count] of values) {
    if (count === 0) continue;
    try {
      const changed = change(text);
      const kind = kindOfText(changed);
      kinds[kind] = (kinds[kind] ?? 0) + count;
      if (!/^[tfn[{]/.test(changed)) tokens.set(changed, (tokens.get(changed) ?? 0) + count);
      all += count;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      doubts.certain(error.reason, place, count);
    }
  }
  const one = shapeOfKind('null', 0, { count: all, tokens });
  return { ...one, kinds: { ...one.kinds!, ...kinds } };
}

/** Of values that are not known one by one. */
function retyped(
  { from, to }: ActionOf<'retype'>,
  shape: Shape,
  kinds: KindCounts,
  place: Place,
  doubts: Doubts,
): Shape {
  const taken = KINDS_OF[from].reduce((sum, kind) => sum + kinds[kind], 0);
  doubts.certain('WRONG_KIND', place, shape.count - kinds.null - taken);
  if (from === 'string' && !(to === 'number' && shape.areNumbers)) doubts.possible('NOT_CONVERTIBLE', place, taken);
  if (from === 'number' && to === 'integer') doubts.possible('NOT_CONVERTIBLE', place, kinds.decimal);
  if (to !== 'string' && to !== 'integer') return unknown(kinds.null + taken);
  const one = shapeOfKind(to, taken, { tokens: undefined, areNumbers: from !== 'boolean' });
  return { ...one, count: kinds.null + taken, kinds: { ...one.kinds!, null: kinds.null } };
}

export function wrapped(shape: Shape): Shape {
  return shapeOfKind('array', shape.count, { elements: shape, lengths: { shortest: 1, longest: 1 } });
}

export function unwrapped({ count, kinds, lengths, elements }: Shape, place: Place, doubts: Doubts): Shape {
  if (kinds === undefined) {
    doubts.possible(undefined, place, count);
    return unknown(count);
  }
  doubts.certain('WRONG_KIND', place, count - kinds.array);
  if (lengths === undefined) doubts.possible('WRONG_PARTS', place, kinds.array);
  else if (lengths.shortest > 1 || lengths.longest < 1) doubts.certain('WRONG_PARTS', place, kinds.array);
  else if (lengths.shortest !== 1 || lengths.longest !== 1) doubts.possible('WRONG_PARTS', place, kinds.array);
  // An element of a longer array is in no record that goes on.
  return elements !== undefined && elements.count === kinds.array ? elements : unknown(kinds.array);
}
