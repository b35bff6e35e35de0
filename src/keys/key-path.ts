// Where the key of an index is: one path (paths.ts), or, for a composite key, the paths of its components in order. What
// takes `key` or `indexes` uses these functions; the kernels see member names only.

import { COMPONENTS_MAX, INDEXES_MAX } from '../base/limits.js';
import { parsePath } from './paths.js';

/** The path of a key (`id`, `user.id`, `/a~1b`). For a composite key the paths of its components, in order. */
export type KeyPath = string | readonly string[];

/**
 * A path as a kernel takes it: the names of members, one inside the other. A number is a position: it leads to that element
 * of an array, and to the member of that name of an object.
 */
export type Names = readonly (string | number)[];

/** What numbers are in a path. In indexes of older collections they are names: there an array is transparent to them, too. */
export type Numbers = 'positions' | 'names';

/** The same for a key: the names of its path. For a composite key those of each component. */
export type KeyNames = Names | readonly Names[];

/** Whether a key has components. */
export function isComposite(names: KeyNames): names is readonly Names[] {
  return Array.isArray(names[0]);
}

/** The paths of a key: one, or that of each component. */
export function partsOf(names: KeyNames): readonly Names[] {
  return isComposite(names) ? names : [names];
}

/** What has the paths of secondary indexes: a collection, a publication, a shard. */
export interface HasNumbers {
  /** Whether numbers in them are positions in arrays. Absent: they are names, as in older versions. */
  readonly positions?: true | undefined;
}

/** Reads the path of a key. @throws TypeError as `checkKeyPath` */
export function namesOf(path: KeyPath, numbers: Numbers = 'positions'): KeyNames {
  const namesIn = (part: string): Names => (numbers === 'names' ? parsePath(part) : parsePath(part).map(positionIn));
  if (typeof path === 'string') return namesIn(path);
  checkKeyPath(path);
  return path.map(namesIn);
}

/** What numbers are in the paths of a collection's secondary indexes. */
export function numbersIn({ positions }: HasNumbers): Numbers {
  return positions ? 'positions' : 'names';
}

/** Whether there is a number in one of these paths. */
export function havePositions(paths: readonly (KeyPath | undefined)[]): boolean {
  return paths.some(
    (path) =>
      path !== undefined && partsOf(namesOf(path)).some((names) => names.some((name) => typeof name === 'number')),
  );
}

/** How JSON Pointer writes the position of an element, as far as an array can have so many. */
const POSITION = /^(?:0|[1-9]\d{0,8})$/;

/** Whether a name in a path is the position of an element, if there is an array. */
export function isPosition(name: string): boolean {
  return POSITION.test(name);
}

function positionIn(name: string): string | number {
  return isPosition(name) ? Number(name) : name;
}

/** @throws TypeError for a path that is malformed, too few or too many components, and a component that is named twice */
export function checkKeyPath(path: KeyPath): void {
  if (!Array.isArray(path)) {
    parsePath(path as string);
    return;
  }
  if (path.length < 2 || path.length > COMPONENTS_MAX) {
    const help = path.length === 1 ? '; for one path, give the path itself' : '';
    throw new TypeError(`a composite key must have 2 to ${COMPONENTS_MAX} paths, not ${path.length}${help}`);
  }
  for (const part of path) parsePath(part);
  checkDifferent(path);
}

/**
 * Checks the paths of the indexes of a new collection.
 * @throws TypeError for too many, one that is malformed, and an index that is named twice, also where its spellings differ
 */
export function checkIndexPaths(paths: readonly KeyPath[]): void {
  if (paths.length > INDEXES_MAX - 1) {
    throw new TypeError(`a collection can have at most ${INDEXES_MAX - 1} indexes, not ${paths.length}`);
  }
  checkDifferent(paths);
}

/** All indexes, the unique ones too, which may be named in both lists. @throws TypeError as `checkIndexPaths` */
export function withUnique(indexes: readonly KeyPath[], unique: readonly KeyPath[]): readonly KeyPath[] {
  const all = [...indexes.filter((path) => !unique.some((one) => isSamePath(one, path))), ...unique];
  checkIndexPaths(all);
  return all;
}

function checkDifferent(paths: readonly KeyPath[]): void {
  const spellings = new Map<string, string>();
  for (const path of paths) {
    const place = JSON.stringify(namesOf(path));
    const text = quotedPath(path);
    const before = spellings.get(place);
    if (before === text) throw new TypeError(`the path ${text} is given twice`);
    if (before !== undefined) throw new TypeError(`the paths ${before} and ${text} name the same place`);
    spellings.set(place, text);
  }
}

/** The path of a key in a message, and as the command line takes it: a composite one as a JSON array. */
export function keyPathText(path: KeyPath): string {
  return typeof path === 'string' ? path : JSON.stringify(path);
}

/** The path of a key in a sentence. */
export function quotedPath(path: KeyPath): string {
  return typeof path === 'string' ? `"${path}"` : keyPathText(path);
}

/** Reads what `keyPathText` wrote. A path that begins with a bracket but is no JSON array of texts is the name of a member. */
export function readKeyPath(text: string): KeyPath {
  if (!text.startsWith('[')) return text;
  try {
    const paths: unknown = JSON.parse(text);
    return Array.isArray(paths) && paths.every((path) => typeof path === 'string') ? paths : text;
  } catch {
    return text;
  }
}

/** Whether two paths lead to the same place, however they are spelled. */
export function isSamePlace(left: KeyPath, right: KeyPath): boolean {
  return JSON.stringify(namesOf(left)) === JSON.stringify(namesOf(right));
}

/** Whether two paths are spelled the same: the path of an index is its name. */
export function isSamePath(left: KeyPath, right: KeyPath): boolean {
  if (typeof left === 'string' || typeof right === 'string') return left === right;
  return left.length === right.length && left.every((path, i) => path === right[i]);
}
