// migration > plan > [places] > indexes
//
// What operations mean for the path of a key, without looking at a record.

import { isComposite, isPosition, type KeyPath, type Names, namesOf } from '../../keys/key-path.js';
import { formatPath } from '../../keys/paths.js';
import type { Place } from '../failure.js';
import type { Action } from '../operations/kind.js';
import { inverseOf, kindOf } from '../operations/kinds.js';
import type { Migration } from '../types.js';

/** Whether one of the actions may change the value at the path, in the older or the newer version. */
export function isTouched(actions: readonly Action[], path: KeyPath): boolean {
  const names = namesOf(path);
  const parts = isComposite(names) ? names : [names];
  return actions.some((action) =>
    kindOf(action)
      .places(action)
      .some((place) => parts.some((part) => isRelated(place, part))),
  );
}

/** Where the value of a path was before the actions, if it was only moved. */
export function sourceBefore(actions: readonly Action[], path: KeyPath): KeyPath | undefined {
  if (typeof path !== 'string') {
    const sources = path.map((part) => sourceBefore(actions, part) as string | undefined);
    return sources.includes(undefined) ? undefined : (sources as string[]);
  }
  if (!isTouched(actions, path)) return path;
  let names: Names | undefined = namesOf(path) as Names;
  for (const action of actions.toReversed()) names = names && sourceBeforeOne(action, names);
  return names && formatPath(names);
}

/** Where the value of a path of the newer version is in the older one, if it is only moved; else the path. */
export function pathBefore(migrations: readonly Migration[], path: KeyPath): KeyPath {
  return sourceBefore(actionsOf(migrations), path) ?? path;
}

/** Where the value of a path of the older version is in the newer one, if it is only moved; else the path. */
export function pathAfter(migrations: readonly Migration[], path: KeyPath): KeyPath {
  return sourceBefore(inverseOf(actionsOf(migrations)), path) ?? path;
}

function actionsOf(migrations: readonly Migration[]): Action[] {
  return migrations.flatMap(({ ops }) => ops as readonly Action[]);
}

function sourceBeforeOne(action: Action, names: Names): Names | undefined {
  const places = kindOf(action).places(action);
  if (!places.some((place) => isRelated(place, names))) return names;
  // A number leads to an element, too, and operations do not.
  if (places.some((place) => place.some(isPosition))) return undefined;
  const moved = kindOf(action)
    .moves(action)
    .find(([, to]) => to.length <= names.length && isRelated(to, names));
  return moved && [...moved[0], ...names.slice(moved[1].length)];
}

/** Whether one path leads through the other. */
function isRelated(place: Place, names: Names): boolean {
  const length = Math.min(place.length, names.length);
  return place.slice(0, length).every((name, i) => name === String(names[i]));
}
