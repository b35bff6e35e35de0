// key > index page > location > frame cache > frame > [record]
//
// The forms of the lines of a collection, in one state of the catalog: a shard of the collection's own shape needs nothing; of
// any other one the migrations in between are composed to one plan, once for all shards of that shape.

import { GristmillError } from '../../base/errors.js';
import { planOf } from '../../evolve/plan/plan.js';
import type { Functions, Plan, StoredMigration } from '../../evolve/types.js';
import type { History } from '../shape-types.js';
import { leadsTo, type Route, routeBetween } from '../shapes/tree.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../types.js';
import type { LineForm, Reshape } from './line.js';

/** What the form of a line depends on. */
type Lines = Pick<ShardEntry, 'named' | 'shape'>;

export class Forms {
  readonly #history: History | undefined;
  readonly #shape: number;
  readonly #known = new Map<number, LineForm>();

  /** @param shape in which records are given */
  constructor(history: History | undefined, shape: number) {
    this.#history = history;
    this.#shape = shape;
  }

  of({ named, shape = 0 }: Lines): LineForm {
    const id = 2 * shape + (named ? 1 : 0);
    let form = this.#known.get(id);
    if (form === undefined) {
      form = formAlong({ named }, this.routeOf({ shape }), this.#shape);
      this.#known.set(id, form);
    }
    return form;
  }

  /** The migrations that make the shape of the records of a shard's. Undefined where it has that shape. */
  routeOf({ shape = 0 }: Pick<ShardEntry, 'shape'>): Route | undefined {
    if (shape === this.#shape) return undefined;
    if (this.#history !== undefined) return routeBetween(this.#history, shape, this.#shape);
    const message =
      'records have another shape than their collection, which has no history: the store is damaged; verify it';
    throw new GristmillError('CHECKSUM_MISMATCH', message);
  }
}

/** The forms of a collection as a state of the catalog has it. */
export function formsOf(read: Pick<CatalogRead, 'history'>, { id, shape }: CollectionManifest): Forms {
  return new Forms(shape === undefined ? undefined : read.history(id), shape ?? 0);
}

/** The form of the lines of a shard. @param route to the shape in which records are given; undefined: they have it */
export function formAlong({ named }: Pick<ShardEntry, 'named'>, route: Route | undefined, shape = 0): LineForm {
  return Object.freeze({ isNamed: named, shape, reshape: route && reshapeAlong(route) });
}

function reshapeAlong({ down, up, open, functions }: Route): Reshape {
  const back = planAlong(down, functions);
  const on = planAlong(up, functions);
  const hides = back === undefined && planAlong(up.slice(up.length - open))?.isLossless === false;
  return {
    of: (text) => {
      const common = back === undefined ? text : back.down(text);
      return on === undefined ? common : on.up(common);
    },
    back: hides ? (text, stored) => on!.down(text, stored) : undefined,
  };
}

/** Undefined where there is nothing to do. The collection may have had another name for some of them. */
function planAlong(migrations: readonly StoredMigration[], functions?: Functions): Plan | undefined {
  const [first] = migrations;
  return (
    first &&
    planOf(
      migrations.map((migration) => ({ ...migration, collection: first.collection })),
      functions,
    )
  );
}

/**
 * The shape that records can be stored in without losing anything that a reader of an older version might want: that of their
 * collection if all migrations to it are final or show all; else the newest one that is final.
 * @param stored the shape that they have; `current`: that of the collection
 */
export function shapeToStore(history: History, stored: number, current: number): number {
  const { final } = history;
  if (final === current) return current;
  if (!leadsTo(history, stored, current)) return stored;
  const { up, open } = routeBetween(history, stored, current);
  const undoable = planAlong(up.slice(up.length - open));
  if (undoable === undefined || undoable.isLossless) return current;
  return leadsTo(history, stored, final) ? final : stored;
}
