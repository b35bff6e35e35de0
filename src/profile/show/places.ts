// profile > facts, maps > [places] > table, JSON
//
// All paths of a profile in the order of reading, and how a path is written: as keys have it (keys/paths), and with `*` for
// all elements of an array or all members of a map as `--select` has it.

import { formatPath, formatPointer, isOnePlace, type Places } from '../../keys/paths.js';
import type { PathProfile } from '../types.js';
import { shownMembers } from './maps.js';

export interface ShownPlace {
  /** Names from the record on; null for all elements of an array, and for all members of a map. */
  readonly places: Places;
  readonly path: PathProfile;
  /** How many objects could have it, if it is a member. */
  readonly objects?: number;
}

/** The records first; members and elements follow what they are in. */
export function* shownPlaces(path: PathProfile, places: Places = [], objects?: number): Generator<ShownPlace> {
  yield { places, path, ...(objects !== undefined && { objects }) };
  if (path.arrays?.elements) yield* shownPlaces(path.arrays.elements, [...places, null]);
  const shown = shownMembers(path);
  if (shown.kind === 'map') yield* shownPlaces(shown.values, [...places, null]);
  if (shown.kind !== 'members') return;
  for (const [name, member] of shown.members) yield* shownPlaces(member, [...places, name], path.kinds.object);
}

/** `user.name`, `/tags/*`. The records themselves have the empty path. */
export function placeText(places: Places): string {
  return isOnePlace(places) ? formatPath(places) : formatPointer(places);
}
