// [evolve]: shards > failures > [indexes] > publish
//
// What becomes of the key and the indexes of a collection whose records get another shape. An index whose values nobody touches
// stays. One whose values are only moved gets another path and keeps its entries. Any other is built again.

import { GristmillError } from '../../base/errors.js';
import type { Action } from '../../evolve/operations/kind.js';
import { inverseOf, kindOf } from '../../evolve/operations/kinds.js';
import { isTouched, sourceBefore } from '../../evolve/plan/places.js';
import { isSamePath, type KeyPath, quotedPath } from '../../keys/key-path.js';
import { withTree } from '../../store/publish/change-index.js';
import type { CollectionManifest, IndexManifest } from '../../store/types.js';

/** What becomes of an index. */
export interface EvolvedIndex {
  /** The key path before. */
  readonly path: KeyPath;
  /** Its path from now on. */
  readonly to: KeyPath;
  /** Whether it stays as it is, gets another path only, or is built again. */
  readonly change: 'kept' | 'renamed' | 'rebuilt';
}

/** @param areObjects whether each record is known to be an object, and to be changed @throws GristmillError MIGRATION_REFUSED */
export function evolvedIndexes(
  manifest: CollectionManifest,
  actions: readonly Action[],
  areObjects: boolean,
): { readonly key: EvolvedIndex | undefined; readonly indexes: readonly EvolvedIndex[] } {
  const { name, key, keySalt, secondary } = manifest;
  // Operations lead through objects only, and the paths of keys through arrays too: a member of an array would stay.
  const steps = actions.filter((action) => !isCall(action));
  const mayMove = areObjects && keySalt === undefined && steps.every(isOfTheRecord);
  const changeOf = (path: KeyPath): EvolvedIndex => {
    if (!isTouched(steps, path)) return { path, to: path, change: 'kept' };
    const to = sourceBefore(inverseOf(steps), path);
    const from = to && sourceBefore(steps, to);
    const isMoved = from !== undefined && isSamePath(from, path) && mayMove;
    return { path, to: to ?? path, change: isMoved ? 'renamed' : 'rebuilt' };
  };
  // A function may change anything but the key (keys.ts).
  const calls = steps.length < actions.length;
  const primary = key.kind === 'path' ? changeOf(key.path) : undefined;
  if (primary?.change === 'rebuilt') {
    const why =
      keySalt !== undefined
        ? 'the store hides its keys, and the path of the key is part of what hides them'
        : 'only a migration that renames the member of the key, in records that are all objects, leaves the keys as they are';
    throw refusal(name, `may change the primary key ${quotedPath(primary.path)}: ${why}`);
  }
  const indexes = secondary.map(({ path }): EvolvedIndex => {
    const index = changeOf(path);
    return calls ? { ...index, change: 'rebuilt' } : index;
  });
  const twin = indexes.find(({ to }, i) => indexes.findIndex((one) => isSamePath(one.to, to)) < i);
  if (twin !== undefined)
    throw refusal(name, `gives two indexes the path ${quotedPath(twin.to)}: drop one of them first`);
  return { key: primary, indexes };
}

/** Whether it is a call of a function, or undoes one. */
export function isCall({ op }: Action): boolean {
  return op === 'call' || op === 'uncall';
}

/** Whether it moves members of the record itself, if it moves any. */
function isOfTheRecord(action: Action): boolean {
  return kindOf(action)
    .moves(action)
    .every((places) => places.every((place) => place.length === 1));
}

function refusal(collection: string, why: string): GristmillError {
  return new GristmillError(
    'MIGRATION_REFUSED',
    `the migration of collection ${collection} ${why}; nothing was changed`,
  );
}

/** The indexes as the manifest has them from now on. @param built the trees of those that were built again, by number */
export function evolvedManifests(
  current: CollectionManifest,
  indexes: readonly EvolvedIndex[],
  built: ReadonlyMap<number, Pick<IndexManifest, 'tree' | 'entries' | 'pages'>>,
): readonly IndexManifest[] {
  return current.secondary.map((index, i): IndexManifest => {
    const { to: path } = indexes[i] as EvolvedIndex;
    const tree = built.get(i);
    if (tree === undefined) return { ...index, path };
    return withTree({ ...index, path }, tree);
  });
}
