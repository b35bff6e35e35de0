// profile > [shape] > steps > proof
//
// What is known of the values at a path, while operations change it. It begins as what a profile says. Where an operation makes
// values that nobody has counted, less is known after it.

import { hasFormat } from '../../profile/formats.js';
import { type KindCounts, NO_KINDS, type PathProfile } from '../../profile/types.js';
import type { Place } from '../failure.js';
import { elementsOf, membersOf } from '../text/tree.js';

export interface Shape {
  /** How many values there are; if `kinds` is absent, at most. */
  readonly count: number;
  /** How many of them are those of a member that its object had before. */
  readonly repeats: number;
  /** Absent: it is not known which kinds there are. */
  readonly kinds?: KindCounts | undefined;
  /** All numbers and strings with their counts. Absent: they are not known one by one. */
  readonly tokens?: ReadonlyMap<string, number> | undefined;
  /** Whether all strings are numbers of JSON. */
  readonly areNumbers: boolean;
  /** Absent: the names are not known. */
  readonly members?: Map<string, Shape> | undefined;
  /** Absent: the elements are not known. */
  readonly elements?: Shape | undefined;
  readonly lengths?: { readonly shortest: number; readonly longest: number } | undefined;
}

const NOTHING: Shape = { count: 0, repeats: 0, kinds: NO_KINDS, tokens: new Map(), areNumbers: true };

export function shapeOf(path: PathProfile): Shape {
  const { kinds, repeats, strings, values, arrays, objects } = path;
  const names = objects?.members ?? (objects === undefined || objects.most === 0 ? new Map() : undefined);
  const areElementsKnown = arrays === undefined || arrays.longest === 0 || arrays.elements !== undefined;
  return {
    count: Object.values(kinds).reduce((sum: number, count: number) => sum + count, 0),
    repeats,
    kinds,
    tokens: kinds.integer + kinds.decimal + kinds.string === 0 ? new Map() : values?.counts,
    areNumbers: strings === undefined || hasFormat(strings.formats, 'number'),
    members: names && new Map([...names].map(([name, member]) => [name, shapeOf(member)])),
    elements: areElementsKnown ? (arrays?.elements ? shapeOf(arrays.elements) : NOTHING) : undefined,
    lengths: arrays,
  };
}

export function unknown(count: number): Shape {
  return { count, repeats: 0, areNumbers: false };
}

/** So many values of one kind. @param known of their tokens */
export function shapeOfKind(kind: keyof KindCounts, count: number, known: Partial<Shape> = {}): Shape {
  const kinds = { ...NO_KINDS, [kind]: count };
  return { ...NOTHING, count, kinds, members: new Map(), elements: NOTHING, areNumbers: false, ...known };
}

/** The same value, so many times. @param text JSON without white space between tokens */
export function shapeOfText(text: string, count: number): Shape {
  const kind = kindOfText(text);
  if (kind === 'object') {
    const members = new Map(membersOf(text).map(({ name, value }) => [name, shapeOfText(value as string, count)]));
    return shapeOfKind('object', count, { members });
  }
  if (kind === 'array') {
    const elements = elementsOf(text);
    const lengths = { shortest: elements.length, longest: elements.length };
    return shapeOfKind('array', count, {
      lengths,
      elements: elements.length === 0 ? NOTHING : unknown(count * elements.length),
    });
  }
  const isToken = kind === 'integer' || kind === 'decimal' || kind === 'string';
  return shapeOfKind(kind, count, { tokens: new Map(isToken ? [[text, count]] : []) });
}

export function kindOfText(text: string): keyof KindCounts {
  const first = text.charAt(0);
  if (first === '{') return 'object';
  if (first === '[') return 'array';
  if (first === '"') return 'string';
  if (text === 'null' || text === 'true' || text === 'false') return text;
  return /^-?\d+$/.test(text) ? 'integer' : 'decimal';
}

/** What a path leads to. Unless the way is known, `count` is how many values there may be, at most. */
export type Found =
  | { readonly isKnown: true; readonly shape: Shape | undefined }
  | { readonly isKnown: false; readonly count: number };

export function found(root: Shape, place: Place): Found {
  let shape = root;
  for (const name of place) {
    if (shape.kinds === undefined) return { isKnown: false, count: shape.count };
    if (shape.kinds.object === 0) return { isKnown: true, shape: undefined };
    if (shape.members === undefined) return { isKnown: false, count: shape.kinds.object };
    const member = shape.members.get(name);
    if (member === undefined) return { isKnown: true, shape: undefined };
    shape = member;
  }
  return { isKnown: true, shape };
}

/** How many objects have the member. */
export function presence({ count, repeats }: Shape): number {
  return count - repeats;
}

/** Whether each record has exactly one object there. */
export function isEverywhere(root: Shape, place: Place): boolean {
  let shape: Shape | undefined = root;
  for (const name of place) {
    const objects: number | undefined = shape.kinds?.object;
    if (objects !== shape.count) return false;
    shape = shape.members?.get(name);
    if (shape === undefined || shape.repeats > 0 || shape.count !== objects) return false;
  }
  return shape.kinds?.object === shape.count;
}
