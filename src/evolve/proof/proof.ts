// migrations, profile > [proof] > dry run, compatibility
//
// What the profile of the records says about a plan: whether it can fail, without a look at one record. Where the profile does not
// know enough, it says so, and the records decide.

import { formatPath } from '../../keys/paths.js';
import type { Profile } from '../../profile/types.js';
import type { FailureReason } from '../failure.js';
import type { Action, Context } from '../operations/kind.js';
import { inverseOf } from '../operations/kinds.js';
import { compiled } from '../plan/compiled.js';
import type { Migration, OperationName, Plan } from '../types.js';
import { type Shape, shapeOf } from './shape.js';
import { stepped } from './steps.js';

/** An operation that refuses records, or may. It is counted as if the operations before it refused none. */
export interface ProofDoubt {
  /** The version that the migration leads to. */
  readonly version: number;
  /** The operation, from 0, in its migration. */
  readonly operation: number;
  readonly op: OperationName;
  readonly path: string;
  /** Undefined: the profile does not know the path, for example because it folded it. */
  readonly reason: FailureReason | undefined;
  /** How many values the operation refuses. */
  readonly count: number;
  /** Whether so many are refused. Otherwise it is so many at most. */
  readonly isCertain: boolean;
}

export interface Proof {
  /** Whether no record is refused: a dry run need not read any. */
  readonly isProven: boolean;
  readonly doubts: readonly ProofDoubt[];
}

/** @param profile of the records, in the version that the plan begins with */
export function proofOf({ migrations }: Plan, profile: Profile): Proof {
  return proofFrom(walkOf(migrations, shapeOf(profile.root)).doubts);
}

export function proofFrom(doubts: readonly ProofDoubt[]): Proof {
  return { isProven: doubts.length === 0, doubts };
}

/** What is known after the migrations, and what they may refuse. @param root is changed */
export function walkOf(
  migrations: readonly Migration[],
  root: Shape,
): { readonly root: Shape; readonly doubts: ProofDoubt[] } {
  const steps = migrations.flatMap(({ to, ops }) =>
    ops.map((action, operation) => ({ action: action as Action, operation, version: to, op: action.op })),
  );
  return walked(steps, root);
}

/** The same of their inverses, from the last to the first. */
export function walkBack(migrations: readonly Migration[], root: Shape): ReturnType<typeof walkOf> {
  const steps = migrations.flatMap(({ to, ops }) =>
    ops.map((action, operation) => {
      const [inverse] = inverseOf([action as Action]);
      return { action: inverse!, operation, version: to, op: action.op };
    }),
  );
  return walked(steps.toReversed(), root);
}

type Step = Pick<ProofDoubt, 'version' | 'operation' | 'op'> & { readonly action: Action };

function walked(steps: readonly Step[], root: Shape): ReturnType<typeof walkOf> {
  const context: Context = { functions: [], compile: (actions) => compiled(actions, context) };
  const doubts: ProofDoubt[] = [];
  let shape = root;
  for (const { action, ...label } of steps) {
    const step = stepped(action, shape, context);
    shape = step.root;
    doubts.push(
      ...step.doubts.map(({ place, ...doubt }) => ({
        ...label,
        path: place.length === 0 ? '' : formatPath(place),
        ...doubt,
      })),
    );
  }
  return { root: shape, doubts };
}
