// store at rest: [shapes]
//
// What the file of a shard says of the versions of its collection, as part of its origin (store/shards/origin.ts): enough to give
// records of any shape without the catalog. A file knows the versions of the time when it was written, so the one that knows the
// latest state speaks for its collection.

import { EVOLVED_BYTES_MAX } from '../../base/limits.js';
import { checkMigration } from '../../evolve/operations/check.js';
import type { KeyPath } from '../../keys/key-path.js';
import type { History, Shape } from '../shape-types.js';
import type { CatalogRead, CollectionManifest, KeyRule } from '../types.js';

/** A collection with migrations, when a shard of it was written. */
export interface EvolvedOrigin {
  /** The store's generation at that time: the greatest one knows most. */
  readonly generation: number;
  /** The shape that the collection had, and all shapes so far (shape-types.ts). */
  readonly shape: number;
  readonly shapes: readonly Shape[];
  readonly final: number;
  /** Key and indexes as that shape has them. */
  readonly key: KeyRule;
  readonly indexes: readonly KeyPath[];
  readonly unique?: readonly KeyPath[];
  readonly kept?: readonly KeyPath[];
}

/** Undefined for a collection that no migration was applied to, and where the history is too large to repeat. */
export function evolvedOf(
  read: Pick<CatalogRead, 'history' | 'generation'>,
  { id, shape, key, secondary }: CollectionManifest,
): EvolvedOrigin | undefined {
  const history = shape === undefined ? undefined : read.history(id);
  if (shape === undefined || history === undefined) return undefined;
  const { shapes, final } = history;
  const unique = secondary.filter((index) => index.unique).map(({ path }) => path);
  const kept = secondary.filter((index) => index.kept).map(({ path }) => path);
  const evolved: EvolvedOrigin = {
    ...{ generation: read.generation(), shape, shapes, final, key },
    indexes: secondary.map(({ path }) => path),
    ...(unique.length > 0 && { unique }),
    ...(kept.length > 0 && { kept }),
  };
  return Buffer.byteLength(JSON.stringify(evolved)) <= EVOLVED_BYTES_MAX ? evolved : undefined;
}

/** The history that it tells of. */
export function historyIn({ shapes, final }: EvolvedOrigin): History {
  return { version: 1, shapes, final };
}

/** Whether these are shapes of a history, each made of one before it. */
export function areShapes(said: unknown): said is readonly Shape[] {
  if (!Array.isArray(said)) return false;
  return said.every((shape: Partial<Shape> | null, i) => {
    if (typeof shape !== 'object' || shape === null || typeof shape.applied !== 'string') return false;
    if (![undefined, 'keep', 'null'].includes(shape.onFailure)) return false;
    return Number.isSafeInteger(shape.from) && shape.from! >= 0 && shape.from! <= i && isMigration(shape.migration);
  });
}

/** What `checkMigration` accepts. */
export function isMigration(given: unknown): boolean {
  try {
    checkMigration(given);
    return true;
  } catch {
    return false;
  }
}

/** Whether one history is the beginning of another: shapes get their numbers once, and for ever. */
export function isBeginningOf(shapes: readonly Shape[], all: readonly Shape[]): boolean {
  const said = ({ from, migration, onFailure }: Shape): string => JSON.stringify([from, migration.ops, onFailure]);
  return shapes.length <= all.length && shapes.every((shape, i) => said(shape) === said(all[i] as Shape));
}
