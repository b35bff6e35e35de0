// profile > facts > [maps] > JSON Schema, TypeScript, table, JSON, differences
//
// Which objects are maps: their names are data (ids, dates, words), so that a list of them says nothing. A map is shown as
// one path for all its members. The profile itself keeps the names, unless there are too many (`folded`).

import { foldMembers } from '../add.js';
import type { KindCounts, ObjectFacts, PathProfile } from '../types.js';
import { presentIn } from './facts.js';

/** What the objects at a path are shown as. */
export type ShownMembers =
  | { readonly kind: 'members'; readonly members: ReadonlyMap<string, PathProfile> }
  /** `names`: how many different names there are. Absent if the profile did not keep them. */
  | { readonly kind: 'map'; readonly values: PathProfile; readonly names?: number }
  /** The profile did not look into them. */
  | { readonly kind: 'unknown' };

/** Fewer names can be read by a person, whatever they are. */
const NAMES_MIN = 32;
/** In a map, a member of one object is in another one with at most this chance. */
const IN_ANOTHER_MAX = 0.25;
/** In fewer objects than this no name can be as rare as that. Only very many names that are alike are a map then. */
const OBJECTS_MIN = 4;
const NAMES_MIN_IN_FEW = 128;
/** Values of a map have one type, but for null and a few exceptions. */
const ONE_TYPE_MIN = 0.95;
/** Values of a map that are objects are of one kind: a member of one value is in another one with at least this chance. */
const IN_ANOTHER_MIN = 0.5;

/** Each output asks for an object, and so does the map it stands in. */
const known = new WeakMap<ObjectFacts, ShownMembers>();

/**
 * What the objects at a path are shown as. They are a map if the profile has folded their members. Otherwise the counts
 * decide, and three things must hold together:
 * 1. There are at least 32 names, and a member of one object is in another object with a chance of at most a fourth. The
 *    members of ordinary records are in most records. In three objects or fewer this cannot be seen: there must be 128
 *    names.
 * 2. The values have one type, but for null and one in twenty. Records with many optional members have members of
 *    several types.
 * 3. If the values are objects, they are alike: a member of one value is in another value with a chance of at least a half.
 *    Or they are maps themselves. A record whose members are objects of different kinds is no map.
 *
 * A map that is not recognised is shown with a long list of optional members, which is true. A record that is taken for a
 * map loses its names. So the rule prefers the first mistake.
 */
export function shownMembers(path: PathProfile): ShownMembers {
  if (path.objects === undefined) return { kind: 'unknown' };
  const shown = known.get(path.objects) ?? judge(path.objects, path.kinds.object);
  known.set(path.objects, shown);
  return shown;
}

function judge({ members, folded, most }: ObjectFacts, objects: number): ShownMembers {
  if (folded !== undefined) return { kind: 'map', values: folded };
  if (members === undefined) return most === 0 ? { kind: 'members', members: new Map() } : { kind: 'unknown' };
  const parts = [...members.values()];
  // The sum of the members is made last: it is the only costly step.
  if (parts.length >= NAMES_MIN && haveRareNames(parts, objects) && haveOneType(parts)) {
    const values = foldMembers(parts);
    if (areAlike(values)) return { kind: 'map', values, names: parts.length };
  }
  return { kind: 'members', members };
}

function haveRareNames(members: readonly PathProfile[], objects: number): boolean {
  if (objects < OBJECTS_MIN) return members.length >= NAMES_MIN_IN_FEW;
  return chanceInAnother(members, objects) <= IN_ANOTHER_MAX;
}

/** The chance that a member of an object, whichever it is, is also in an object that is picked at random. */
function chanceInAnother(members: readonly PathProfile[], objects: number): number {
  const counts = members.map(presentIn);
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + (count / all) * (count / objects), 0);
}

function haveOneType(members: readonly PathProfile[]): boolean {
  const sum = (countOf: (kinds: KindCounts) => number) =>
    members.reduce((total, { kinds }) => total + countOf(kinds), 0);
  const counts = [
    sum((kinds) => kinds.false + kinds.true),
    sum((kinds) => kinds.integer + kinds.decimal),
    sum((kinds) => kinds.string),
    sum((kinds) => kinds.array),
    sum((kinds) => kinds.object),
  ];
  const all = counts.reduce((total, count) => total + count, 0);
  return all > 0 && Math.max(...counts) >= ONE_TYPE_MIN * all;
}

/** Whether values that are objects are of one kind. */
function areAlike(values: PathProfile): boolean {
  const { objects } = values;
  if (objects?.members === undefined || objects.members.size === 0) return true;
  const chance = chanceInAnother([...objects.members.values()], values.kinds.object);
  return chance >= IN_ANOTHER_MIN || shownMembers(values).kind === 'map';
}

/** All members of an object as one path, whether it is a map or not. */
export function mergedMembers(shown: ShownMembers): PathProfile | undefined {
  if (shown.kind === 'map') return shown.values;
  return shown.kind === 'members' && shown.members.size > 0 ? foldMembers([...shown.members.values()]) : undefined;
}
