// two profiles > facts, maps > [differences] > text, JSON
//
// What is different between the records of two profiles: of two files, two collections, or two generations of one. Counts
// alone are no difference, because there may be more records of the same kind.

import type { Places } from '../../keys/paths.js';
import type { NumberFacts, PathProfile, Profile } from '../types.js';
import { exactNumber } from './bounds.js';
import { formatsAt, presentIn, type SchemaType, typesOf } from './facts.js';
import { mergedMembers, type ShownMembers, shownMembers } from './maps.js';
import { placeText } from './places.js';

/** Lengths of strings, or numbers of elements. */
export interface SchemaSizes {
  /** The least length. */
  readonly shortest: number;
  /** The greatest length. */
  readonly longest: number;
}

/** Numbers as `SchemaFacts` has them: as text where no double is the number. */
export interface SchemaRange {
  /** The least number; a text if no JavaScript number can hold it. */
  readonly least: number | string;
  /** The greatest number; a text if no JavaScript number can hold it. */
  readonly greatest: number | string;
}

/** A fact of a path that has changed. */
export interface SchemaChange<Name extends string, Fact> {
  /** The path, as the rows of a schema have it. */
  readonly path: string;
  /** Which fact has changed. */
  readonly change: Name;
  /** The fact on the older side. */
  readonly before: Fact;
  /** The fact on the newer side. */
  readonly after: Fact;
}

/** One difference at one path. What is below a path that is new or gone is not listed. */
export type SchemaDifference =
  | {
      readonly path: string;
      readonly change: 'new' | 'gone';
      readonly types: readonly SchemaType[];
      readonly presence: number;
    }
  | SchemaChange<'types', readonly SchemaType[]>
  /** The part of the objects that have the member: 0 to 1. */
  | SchemaChange<'presence', number>
  | SchemaChange<'range', SchemaRange>
  /** The formats that all strings have. */
  | SchemaChange<'formats', readonly string[]>
  | SchemaChange<'lengths' | 'elements', SchemaSizes>;

/** Presence that moves by less is no difference, unless a member was in all objects or is now. */
const PRESENCE_CHANGE_MIN = 0.05;

/** In the order of paths: members in the order of their names, and new ones among them. */
export function diffProfiles(before: Profile, after: Profile): SchemaDifference[] {
  return [...differencesAt([], { path: before.root }, { path: after.root })];
}

/** A path in one of the profiles. `presence` of what is no member is 1. */
interface Side {
  readonly path: PathProfile;
  readonly presence?: number;
}

function* differencesAt(
  places: Places,
  before: Side | undefined,
  after: Side | undefined,
): Generator<SchemaDifference> {
  if (before === undefined || after === undefined) {
    const side = (before ?? after)!;
    const change = before === undefined ? 'new' : 'gone';
    yield { path: placeText(places), change, types: typesOf(side.path), presence: side.presence ?? 1 };
    return;
  }
  yield* changes(placeText(places), before, after);
  yield* elementDifferences([...places, null], before.path, after.path);
  yield* memberDifferences(places, before.path, after.path);
}

function* changes(path: string, before: Side, after: Side): Generator<SchemaDifference> {
  const [left, right] = [before.path, after.path];
  const types = [typesOf(left), typesOf(right)] as const;
  if (isOther(...types)) yield { path, change: 'types', before: types[0], after: types[1] };
  const presence = [before.presence ?? 1, after.presence ?? 1] as const;
  if (isOtherPresence(...presence)) yield { path, change: 'presence', before: presence[0], after: presence[1] };
  const ranges = [rangeOf(left.numbers), rangeOf(right.numbers)] as const;
  if (ranges[0] && ranges[1] && isOther(...ranges)) {
    yield { path, change: 'range', before: ranges[0], after: ranges[1] };
  }
  if (left.strings && right.strings) {
    const formats = [formatsAt(left.strings), formatsAt(right.strings)] as const;
    if (isOther(...formats)) yield { path, change: 'formats', before: formats[0], after: formats[1] };
  }
  yield* sizeChanges(path, 'lengths', left.strings, right.strings);
  yield* sizeChanges(path, 'elements', left.arrays, right.arrays);
}

function isOther(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function isOtherPresence(before: number, after: number): boolean {
  return Math.abs(before - after) >= PRESENCE_CHANGE_MIN || (before === 1) !== (after === 1);
}

function rangeOf(numbers: NumberFacts | undefined): SchemaRange | undefined {
  if (!numbers?.least || !numbers.greatest) return undefined;
  return { least: exactNumber(numbers.least), greatest: exactNumber(numbers.greatest) };
}

function* sizeChanges(
  path: string,
  change: 'lengths' | 'elements',
  before: SchemaSizes | undefined,
  after: SchemaSizes | undefined,
): Generator<SchemaDifference> {
  if (before === undefined || after === undefined) return;
  const sizesOf = ({ shortest, longest }: SchemaSizes): SchemaSizes => ({ shortest, longest });
  const [left, right] = [sizesOf(before), sizesOf(after)];
  if (isOther(left, right)) yield { path, change, before: left, after: right };
}

function* elementDifferences(places: Places, before: PathProfile, after: PathProfile): Generator<SchemaDifference> {
  const sides = [before.arrays?.elements, after.arrays?.elements].map((path) => path && { path });
  if (sides[0] || sides[1]) yield* differencesAt(places, sides[0], sides[1]);
}

function* memberDifferences(places: Places, before: PathProfile, after: PathProfile): Generator<SchemaDifference> {
  const [left, right] = [shownMembers(before), shownMembers(after)];
  // What a profile did not look into is neither new nor gone.
  if (left.kind === 'unknown' || right.kind === 'unknown') return;
  if (left.kind === 'map' || right.kind === 'map') {
    const sides = [left, right].map(mergedMembers).map((path) => path && { path });
    if (sides[0] || sides[1]) yield* differencesAt([...places, null], sides[0], sides[1]);
    return;
  }
  const names = [...new Set([...left.members.keys(), ...right.members.keys()])].sort();
  for (const name of names) {
    yield* differencesAt([...places, name], sideOf(left, name, before), sideOf(right, name, after));
  }
}

function sideOf(shown: ShownMembers & { kind: 'members' }, name: string, parent: PathProfile): Side | undefined {
  const path = shown.members.get(name);
  return path && { path, presence: presentIn(path) / parent.kinds.object };
}
