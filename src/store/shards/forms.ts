// key > index page > location > frame cache > frame > [record]
//
// The forms of the lines of a collection, in one state of the catalog: a shard of the collection's own shape needs nothing; of
// any other one the migrations in between are composed to one plan, once for all shards of that shape.

import { GristmillError } from '../../base/errors.js';
import { pathAfter, pathBefore } from '../../evolve/plan/places.js';
import { planOf } from '../../evolve/plan/plan.js';
import type { Functions, Plan, StoredMigration } from '../../evolve/types.js';
import type { KeyPath } from '../../keys/key-path.js';
import type { History } from '../shape-types.js';
import { leadsTo, lineOf, type Route, routeBetween } from '../shapes/tree.js';
import { shapeOfVersion } from '../shapes/version.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../types.js';
import { type LineForm, type Reshape, recordText } from './line.js';

/** What the form of a line depends on. */
type Lines = Pick<ShardEntry, 'named' | 'shape'>;

export class Forms {
  readonly #history: History | undefined;
  readonly #shape: number;
  readonly #newest: Forms | undefined;
  readonly #others = new Map<number, Forms>();
  readonly #known = new Map<number, LineForm>();

  /**
   * @param shape in which records are given
   * @param newest those of the collection, where that is another shape
   */
  constructor(history: History | undefined, shape: number, newest?: Forms) {
    this.#history = history;
    this.#shape = shape;
    this.#newest = newest;
  }

  of(lines: Lines): LineForm {
    const { named, shape = 0 } = lines;
    const id = 2 * shape + (named ? 1 : 0);
    let form = this.#known.get(id);
    if (form === undefined) {
      form = formAlong(lines, this.routeOf(lines), this.#shape, this.#newest?.of(lines));
      this.#known.set(id, form);
    }
    return form;
  }

  /** The shape in which records are given. */
  get shape(): number {
    return this.#shape;
  }

  /** Whether records are given in an older version than their collection has them. */
  get areOlder(): boolean {
    return this.#newest !== undefined;
  }

  /** The text of a record in another shape. @throws GristmillError MIGRATION_FAILED where it has none */
  reshaped({ text, shape }: { readonly text: string; readonly shape: number }, to: number): string {
    if (shape === to) return text;
    if (to === this.#shape) return recordText(text, this.of({ named: false, shape }));
    let others = this.#others.get(to);
    if (others === undefined) {
      others = new Forms(this.#history, to);
      this.#others.set(to, others);
    }
    return others.reshaped({ text, shape }, to);
  }

  /** Where the keys at a path of the newest version are in the records as they are given. A key that has another value is not there. */
  pathIn(newest: KeyPath): KeyPath {
    return this.#newest === undefined ? newest : pathBefore(this.#sinceGiven(this.#newest), newest);
  }

  /** The path of the newest version for one of the version in which records are given. */
  newestPath(given: KeyPath): KeyPath {
    return this.#newest === undefined ? given : pathAfter(this.#sinceGiven(this.#newest), given);
  }

  #sinceGiven({ shape }: Forms): readonly StoredMigration[] {
    return routeBetween(this.#history as History, this.#shape, shape).up;
  }

  /** The shapes that led to the one in which records are given, from it down to another one. */
  since(shape: number): number[] {
    const line = this.#history === undefined ? [this.#shape] : lineOf(this.#history, this.#shape);
    return line.slice(0, line.indexOf(shape) + 1);
  }

  /** Whether migrations hide something of records of a shape, which who returns to an older version finds. */
  hides({ shape }: { readonly shape: number }): boolean {
    return this.of({ named: false, shape }).reshape?.back !== undefined;
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

/** The same for a reader of one of the versions. @throws GristmillError VERSION_MISMATCH */
export function formsAt(read: Pick<CatalogRead, 'history'>, manifest: CollectionManifest, version: number): Forms {
  const history = read.history(manifest.id);
  const shape = shapeOfVersion(history, manifest, version);
  const newest = formsOf(read, manifest);
  return shape === (manifest.shape ?? 0) ? newest : new Forms(history, shape, newest);
}

/** The form of the lines of a shard. @param route to the shape in which records are given; undefined: they have it */
export function formAlong(
  { named }: Pick<ShardEntry, 'named'>,
  route: Route | undefined,
  shape = 0,
  newest?: LineForm,
): LineForm {
  return Object.freeze({ isNamed: named, shape, reshape: route && reshapeAlong(route), newest });
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
