// migrations > [plan] > store
//
// All migrations from one version of a collection to another, as one.

import type { KeyPath } from '../../keys/key-path.js';
import { MigrationFailure, type OperationLabel } from '../failure.js';
import type { Action, Change, Context } from '../operations/kind.js';
import { inverseOf, kindOf, withNulls } from '../operations/kinds.js';
import type { Functions, Migration, Plan, StoredMigration } from '../types.js';
import { chained } from './chain.js';
import { compiled } from './compiled.js';
import type { FailureOf } from './interpret.js';
import { isTouched, sourceBefore } from './places.js';
import { restored } from './restore.js';

/**
 * One plan for all of these migrations.
 * @param migrations of one collection, each from the version that the one before leads to
 * @throws TypeError if there is none, or if they do not follow each other
 */
export function planOf(migrations: readonly StoredMigration[], functions: Functions = []): Plan {
  checkSequence(migrations);
  return migrations.some(({ onFailure }) => onFailure === 'keep')
    ? chained(migrations, (some) => new ComposedPlan(some, functions))
    : new ComposedPlan(migrations, functions);
}

class ComposedPlan implements Plan {
  readonly migrations: readonly Migration[];
  readonly from: number;
  readonly to: number;
  readonly canFail: boolean;
  readonly isLossless: boolean;
  readonly #actions: readonly Action[];
  readonly #up: Change;
  readonly #down: Change;

  constructor(migrations: readonly StoredMigration[], functions: Functions) {
    const labels = migrations.flatMap(({ to, ops }) =>
      ops.map(({ op }, operation): OperationLabel => ({ operation, version: to, op })),
    );
    const actions = migrations.flatMap(actionsOf);
    const context: Context = { functions, compile: (nested) => compiled(nested, context) };
    this.migrations = migrations;
    this.from = migrations[0]!.from;
    this.to = migrations.at(-1)!.to;
    this.canFail = actions.some((action) => kindOf(action).canFail(action));
    this.isLossless = actions.every((action) => kindOf(action).isLossless(action));
    this.#actions = actions;
    this.#up = compiled(actions, context, failureOf(labels));
    this.#down = compiled(inverseOf(actions), context, failureOf(labels.toReversed()));
  }

  up(text: string): string {
    return this.#up(text);
  }

  down(text: string, stored?: string): string {
    if (stored === undefined) return this.#down(text);
    const unchanged = this.#up(stored);
    return unchanged === text ? stored : restored(stored, this.#down(unchanged), this.#down(text));
  }

  touches(path: KeyPath): boolean {
    return isTouched(this.#actions, path);
  }

  sourceOf(path: KeyPath): KeyPath | undefined {
    return sourceBefore(this.#actions, path);
  }
}

/** What a migration does to a record. */
function actionsOf({ ops, onFailure }: StoredMigration): readonly Action[] {
  return onFailure === 'null' ? withNulls(ops) : ops;
}

function failureOf(labels: readonly OperationLabel[]): FailureOf {
  return (refusal, at) => new MigrationFailure(refusal, labels[at]!);
}

function checkSequence(migrations: readonly Migration[]): void {
  const [first] = migrations;
  if (first === undefined) throw new TypeError('planOf needs at least one migration');
  for (const [i, { collection, from }] of migrations.entries()) {
    if (collection !== first.collection) {
      throw new TypeError(
        `planOf: migrations[${i}] is of the collection "${collection}", and not of "${first.collection}"`,
      );
    }
    if (from !== first.from + i)
      throw new TypeError(`planOf: migrations[${i}] is from version ${from}, and not ${first.from + i}`);
  }
}
