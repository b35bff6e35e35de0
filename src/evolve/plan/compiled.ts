// migrations > plan > compose > [compiled] > walk, interpreter
//
// Stages one after another. Each has its fast way and the interpreter, and both give the same text.

import { RECORD_BYTES_MAX } from '../../base/limits.js';
import type { Action, Change, Context } from '../operations/kind.js';
import { composed, type Stage } from './compose.js';
import { type FailureOf, interpreted } from './interpret.js';
import type { Level, Origin } from './level.js';
import { ObjectPlan } from './object-plan.js';
import { walked } from './walk.js';

/** @param failureOf what to throw for a refusal, and the number of the action that refused. Default: the refusal. */
export function compiled(actions: readonly Action[], context: Context, failureOf?: FailureOf): Change {
  let from = 0;
  const changes = composed(actions).map((stage) => {
    const first = from;
    from += stage.actions.length;
    return changeOf(stage, context, failureOf && ((refusal, at) => failureOf(refusal, first + at)));
  });
  if (changes.length === 1) return changes[0]!;
  return (text) => {
    let changed = text;
    for (const change of changes) changed = change(changed);
    return changed;
  };
}

function changeOf({ actions, level }: Stage, context: Context, failureOf: FailureOf | undefined): Change {
  const exact = interpreted(actions, context, failureOf);
  if (level === undefined) return exact;
  const { plan, kept } = objectPlan(level, context);
  return (text) => {
    const changed = walked(text, plan, kept);
    return changed === undefined || changed.length > RECORD_BYTES_MAX ? exact(text) : changed;
  };
}

export function objectPlan(level: Level, context: Context): { readonly plan: ObjectPlan; readonly kept: number } {
  const numbers = new Map<Origin, number>();
  const numberOf = (origin: Origin): number => {
    if (!numbers.has(origin)) numbers.set(origin, numbers.size);
    return numbers.get(origin)!;
  };
  const plan = new ObjectPlan(level, numberOf, context);
  return { plan, kept: numbers.size };
}
