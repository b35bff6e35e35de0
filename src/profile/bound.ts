// A profile has a bound in memory. If it is larger, the widest objects are folded: first those with more than 2,048 names, then
// those with more than 1,024, and so on. Without any names a profile is 64 paths deep and no wider.

import { foldMembers } from './add.js';
import { NAMES_MAX, type ObjectFacts, type PathProfile, PROFILE_BYTES } from './types.js';
import { VALUE_BYTES } from './values.js';

/** About what a path takes in memory, beside names and values. */
export const PATH_BYTES = 512;

/** The profile, with its widest objects folded as far as it has to be smaller. @param bytesMax about what it may take in memory */
export function bounded(path: PathProfile, bytesMax = PROFILE_BYTES): PathProfile {
  let result = path;
  for (let names = NAMES_MAX >> 1; bytesOf(result) > bytesMax; names >>= 1) {
    result = foldedAbove(result, names);
    if (names === 0) break;
  }
  return result;
}

/** About what a path takes in memory, with all below it. */
export function bytesOf({ values, arrays, objects }: PathProfile): number {
  let bytes = PATH_BYTES;
  for (const token of values?.counts?.keys() ?? values?.examples ?? []) bytes += VALUE_BYTES + token.length;
  bytes += VALUE_BYTES * (values?.sketch?.length ?? 0);
  for (const [name, member] of objects?.members ?? []) bytes += 2 * name.length + bytesOf(member);
  for (const child of [arrays?.elements, objects?.folded]) if (child !== undefined) bytes += bytesOf(child);
  return bytes;
}

function foldedAbove(path: PathProfile, names: number): PathProfile {
  const { arrays, objects } = path;
  const isWide = (objects?.members?.size ?? 0) > names;
  return {
    ...path,
    ...(arrays && { arrays: { ...arrays, ...below('elements', arrays.elements, names) } }),
    ...(objects && { objects: objectsAbove(objects, names, isWide) }),
    ...(isWide && { isPartial: true }),
  };
}

function objectsAbove(objects: ObjectFacts, names: number, isWide: boolean): ObjectFacts {
  const { fewest, most, members } = objects;
  if (members === undefined) return { ...objects, ...below('folded', objects.folded, names) };
  if (isWide) return { fewest, most, folded: foldedAbove(foldMembers([...members.values()]), names) };
  return { fewest, most, members: new Map([...members].map(([name, member]) => [name, foldedAbove(member, names)])) };
}

function below(name: 'elements' | 'folded', path: PathProfile | undefined, names: number) {
  return path === undefined ? {} : { [name]: foldedAbove(path, names) };
}
