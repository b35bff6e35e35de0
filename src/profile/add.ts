// Two sets of values at one path together. All facts are counts, extremes, intersections and the smallest of something, so the
// sum is the same in any order and however the values were divided.

import { addNumbers, addStrings } from './scalars.js';
import { type ArrayFacts, type KindCounts, NAMES_MAX, NOTHING, type ObjectFacts, type PathProfile } from './types.js';
import { addValues, inOrder } from './values.js';

export function addPaths(a: PathProfile, b: PathProfile): PathProfile {
  return {
    kinds: addKinds(a.kinds, b.kinds),
    repeats: a.repeats + b.repeats,
    ...present('numbers', addNumbers(a.numbers, b.numbers)),
    ...present('strings', addStrings(a.strings, b.strings)),
    ...present('values', addValues(a.values, b.values)),
    ...present('arrays', addArrays(a.arrays, b.arrays)),
    ...present('objects', addObjects(a.objects, b.objects)),
    ...((a.isPartial || b.isPartial) && { isPartial: true }),
  };
}

/** The fact under its name, or no name. */
export function present<Name extends string, Fact>(name: Name, fact: Fact | undefined): { [N in Name]?: Fact } {
  return (fact === undefined ? {} : { [name]: fact }) as { [N in Name]?: Fact };
}

/** All members of an object path together. */
export function foldMembers(members: readonly PathProfile[]): PathProfile {
  // By halves: each sum of two is as large as what it is made of.
  if (members.length > 1) {
    const middle = members.length >> 1;
    return addPaths(foldMembers(members.slice(0, middle)), foldMembers(members.slice(middle)));
  }
  // Members that have no names are not repeated.
  return { ...(members[0] ?? NOTHING), repeats: 0 };
}

/** An object path whose members are one. */
export function folded(objects: ObjectFacts): ObjectFacts {
  if (objects.members === undefined) return objects;
  const { fewest, most, members } = objects;
  return { fewest, most, folded: foldMembers([...members.values()]) };
}

function addKinds(a: KindCounts, b: KindCounts): KindCounts {
  return {
    null: a.null + b.null,
    false: a.false + b.false,
    true: a.true + b.true,
    integer: a.integer + b.integer,
    decimal: a.decimal + b.decimal,
    string: a.string + b.string,
    array: a.array + b.array,
    object: a.object + b.object,
  };
}

function addArrays(a: ArrayFacts | undefined, b: ArrayFacts | undefined): ArrayFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    shortest: Math.min(a.shortest, b.shortest),
    longest: Math.max(a.longest, b.longest),
    ...present('elements', addOptional(a.elements, b.elements)),
  };
}

function addObjects(a: ObjectFacts | undefined, b: ObjectFacts | undefined): ObjectFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const size = { fewest: Math.min(a.fewest, b.fewest), most: Math.max(a.most, b.most) };
  if (a.folded !== undefined || b.folded !== undefined) {
    return { ...size, ...present('folded', addOptional(folded(a).folded, folded(b).folded)) };
  }
  const members = new Map(a.members);
  for (const [name, member] of b.members ?? []) members.set(name, addOptional(members.get(name), member)!);
  const both = { ...size, ...present('members', members.size === 0 ? undefined : inOrder(members)) };
  return members.size > NAMES_MAX ? folded(both) : both;
}

function addOptional(a: PathProfile | undefined, b: PathProfile | undefined): PathProfile | undefined {
  return a === undefined || b === undefined ? (a ?? b) : addPaths(a, b);
}
