// two profiles > [similarity] > pairs > diff
//
// How much the values at two paths are alike: one that is gone, and one that is new. A path that was only renamed has the same kinds,
// in as many objects, with the same values.

import { formatsAt, presentIn } from '../../profile/show/facts.js';
import { distinctValues, sharedValues } from '../../profile/sketch.js';
import type { KindCounts, PathProfile, ValueFacts } from '../../profile/types.js';

/** A member, and the objects that could have it. */
export interface Side {
  readonly name: string;
  readonly path: PathProfile;
  readonly objects: number;
}

/** What speaks for and against a rename. All numbers are from 0, nothing in common, to 1. */
export interface Evidence {
  /** How alike the names are. */
  readonly names: number;
  /** How alike the kinds are, and in how many objects there is no value. */
  readonly kinds: number;
  /** How alike the values are, or what is in the objects and arrays. */
  readonly values: number;
  /** Whether there are so many different values, or names within, that likeness is no chance. */
  readonly isTelling: boolean;
}

/** With fewer different values two paths are alike too easily. */
const TELLING_MIN = 8;

/** @param areSameRecords whether the two profiles have many records in common: then so have the values of a renamed path */
export function evidenceOf(before: Side, after: Side, areSameRecords: boolean): Evidence {
  const inner = innerLikeness(before.path, after.path, areSameRecords);
  return {
    names: nameLikeness(before.name, after.name),
    kinds: likenessOf(sharesOf(before), sharesOf(after)),
    values: inner.likeness,
    isTelling: inner.isTelling,
  };
}

type Likeness = { readonly likeness: number; readonly isTelling: boolean };

function innerLikeness(before: PathProfile, after: PathProfile, areSameRecords: boolean): Likeness {
  const parts: Likeness[] = [];
  if (before.strings || before.numbers || after.strings || after.numbers)
    parts.push(scalarLikeness(before, after, areSameRecords));
  if (before.objects && after.objects) parts.push(objectLikeness(before, after, areSameRecords));
  const [left, right] = [before.arrays?.elements, after.arrays?.elements];
  if (left && right) {
    const elements = innerLikeness(left, right, areSameRecords);
    const kinds = likenessOf(sharesOf({ path: left }), sharesOf({ path: right }));
    parts.push({ likeness: elements.likeness * kinds, isTelling: elements.isTelling });
  }
  // Of null, true and false only the kinds speak.
  if (parts.length === 0) return { likeness: 1, isTelling: false };
  return {
    likeness: parts.reduce((sum, part) => sum + part.likeness, 0) / parts.length,
    isTelling: parts.some((part) => part.isTelling),
  };
}

function scalarLikeness(before: PathProfile, after: PathProfile, areSameRecords: boolean): Likeness {
  const [left, right] = [before.values, after.values];
  const isMany = Math.min(distinctValues(left), distinctValues(right)) >= TELLING_MIN;
  if (left?.counts && right?.counts && !isMany) {
    return { likeness: likenessOf(partsOf(left.counts), partsOf(right.counts)), isTelling: false };
  }
  if (areSameRecords) return { likeness: sharedOf(left, right), isTelling: isMany };
  // Other records have other values. Their formats and lengths say little, but can speak against it.
  const formats = (path: PathProfile) => path.strings && formatsAt(path.strings).join();
  const isLike = formats(before) === formats(after) && overlap(before.strings, after.strings);
  return { likeness: isLike ? 1 : 0, isTelling: false };
}

/** Of the different values of the smaller path the share that the other one has: more records have more values. */
function sharedOf(left: ValueFacts | undefined, right: ValueFacts | undefined): number {
  const jaccard = sharedValues(left, right);
  const [a, b] = [distinctValues(left), distinctValues(right)];
  return Math.min(1, (jaccard * (a + b)) / (1 + jaccard) / Math.max(1, Math.min(a, b)));
}

function objectLikeness(before: PathProfile, after: PathProfile, areSameRecords: boolean): Likeness {
  const [left, right] = [before.objects?.members, after.objects?.members];
  if (!left || !right) return { likeness: 0, isTelling: false };
  const names = new Set([...left.keys(), ...right.keys()]);
  const both = [...names].flatMap((name) => {
    const [one, other] = [left.get(name), right.get(name)];
    return one && other ? innerLikeness(one, other, areSameRecords) : [];
  });
  // A member that has another name is on both sides.
  const likeness = both.reduce((sum, part) => sum + part.likeness, 0) / Math.max(1, left.size, right.size);
  return { likeness, isTelling: both.length > 2 || both.some((part) => part.isTelling) };
}

/** What part of the objects has a value of each kind, and what part none. */
function sharesOf({
  path,
  objects,
}: {
  readonly path: PathProfile;
  readonly objects?: number;
}): ReadonlyMap<string, number> {
  const { integer, decimal, ...kinds } = path.kinds;
  const counts: Record<string, number> = { ...kinds, number: integer + decimal };
  const all = Object.values(path.kinds).reduce((sum: number, count: number) => sum + count, 0);
  counts.absent = objects === undefined ? 0 : Math.max(0, objects - presentIn(path));
  return new Map(
    Object.entries(counts).map(([kind, count]) => [
      kind as keyof KindCounts,
      count / Math.max(1, all + counts.absent!),
    ]),
  );
}

function partsOf(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return new Map([...counts].map(([token, count]) => [token, count / all]));
}

/** Of two distributions: 1 less their total variation distance. */
function likenessOf(left: ReadonlyMap<string, number>, right: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [name, part] of left) shared += Math.min(part, right.get(name) ?? 0);
  return shared;
}

type Lengths = { readonly shortest: number; readonly longest: number } | undefined;

function overlap(a: Lengths, b: Lengths): boolean {
  return a === undefined || b === undefined || (a.shortest <= b.longest && b.shortest <= a.longest);
}

/** 1 for the same letters in another style, such as `firstName` and `first_name`; else by pairs of letters (Dice's coefficient). */
export function nameLikeness(before: string, after: string): number {
  const [left, right] = [lettersOf(before), lettersOf(after)];
  if (left === right) return 1;
  const [a, b] = [pairsOf(left), pairsOf(right)];
  const shared = a.filter((pair) => b.includes(pair)).length;
  return (2 * shared) / Math.max(1, a.length + b.length);
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function pairsOf(letters: string): string[] {
  return Array.from({ length: Math.max(0, letters.length - 1) }, (_, i) => letters.slice(i, i + 2));
}
