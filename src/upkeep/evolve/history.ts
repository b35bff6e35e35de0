// [evolve]: the versions of a collection, as its history has them.

import { GristmillError } from '../../base/errors.js';
import type { Functions, Migration, OnFailure } from '../../evolve/types.js';
import type { History } from '../../store/shape-types.js';
import { lineOf, shapeAt, versionOf } from '../../store/shapes/tree.js';
import type { CatalogRead, CollectionManifest } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';

const NO_HISTORY: History = Object.freeze({ version: 1, shapes: [], final: 0 });

/** A collection that is evolved, and its versions. */
export interface Versions {
  readonly history: History;
  readonly shape: number;
  /** The version that its records have. */
  readonly version: number;
  /** The oldest version that can be returned to. */
  readonly oldest: number;
}

/** @param functions of the store: a collection without migrations has no history that knows them */
export function versionsOf(
  read: Pick<CatalogRead, 'history'>,
  { id, shape = 0 }: CollectionManifest,
  functions: Functions = [],
): Versions {
  const known = read.history(id) ?? NO_HISTORY;
  const history = functions.length > 0 ? { ...known, functions } : known;
  return { history, shape, version: versionOf(history, shape), oldest: versionOf(history, history.final) };
}

/** A version of a collection, and the migration that led to it. */
export interface AppliedMigration {
  /** The version that it leads to. */
  readonly version: number;
  /** When it was applied (ISO 8601). */
  readonly applied: string;
  /** The names of its operations, in their order. */
  readonly operations: readonly string[];
  /** Whether every record that it changed can be given back as it was. False: what it removed is kept until `finalize`. */
  readonly isFinal: boolean;
  /** What records are that it could not change. Absent: there was none. */
  readonly onFailure?: OnFailure;
}

/** The versions of a collection. */
export interface EvolutionStatus {
  /** The name of the collection. */
  readonly collection: string;
  /** The version that readers get. */
  readonly version: number;
  /** The oldest version that `undo` can return to. */
  readonly oldest: number;
  /** Records, dead ones too, by the version of the shape that they are stored in. Undone versions are not those of today. */
  readonly stored: readonly { readonly version: number; readonly isUndone: boolean; readonly records: number }[];
  /** The migrations that led to the version, from the first to the last. */
  readonly migrations: readonly AppliedMigration[];
}

/** @throws GristmillError COLLECTION_NOT_FOUND */
export function evolution(read: CatalogRead, collection: string): EvolutionStatus {
  const manifest = collectionOf(read, collection);
  const { history, shape, version, oldest } = versionsOf(read, manifest);
  const line = lineOf(history, shape);
  const records = new Map<number, number>();
  for (const entry of read.shards(manifest)) {
    const at = entry.shape ?? 0;
    records.set(at, (records.get(at) ?? 0) + entry.records);
  }
  const stored = [...records].map(([at, count]) => ({
    version: versionOf(history, at),
    isUndone: !line.includes(at),
    records: count,
  }));
  const migrations = line.slice(0, -1).toReversed();
  return {
    ...{ collection, version, oldest },
    stored: stored.toSorted((left, right) => left.version - right.version),
    migrations: migrations.map((number): AppliedMigration => {
      const { migration, applied, onFailure } = shapeAt(history, number);
      const operations = migration.ops.map(({ op }) => op);
      return {
        version: migration.to,
        applied,
        operations,
        isFinal: migration.to <= oldest,
        ...(onFailure && { onFailure }),
      };
    }),
  };
}

/** @throws GristmillError VERSION_MISMATCH if the migration is for another version than the collection has */
export function checkFrom({ version }: Versions, { collection, from }: Migration): void {
  if (from === version) return;
  throw versionMismatch(
    `the migration is for version ${from} of collection ${collection}, which has version ${version}`,
  );
}

export function versionMismatch(message: string): GristmillError {
  return new GristmillError('VERSION_MISMATCH', `${message}; nothing was changed`);
}
