// key > [index page] > location > frame cache > frame > record
//
// Whether a key has the form of the keys of an index: one value, or as many components as the index has paths.

import { isParts, type KeyValue } from '../../keys/encode.js';
import { type KeyPath, keyPathText } from '../../keys/key-path.js';
import type { CollectionManifest } from '../../store/types.js';
import { indexNumber } from './generation.js';
import type { RangeOptions } from './range.js';

const BOUNDS = ['gt', 'gte', 'lt', 'lte'] as const;

/** Whether a key has the form of those at this path. */
export function hasFormOf(path: KeyPath, key: KeyValue): boolean {
  if (typeof path === 'string') return !isParts(key);
  return isParts(key) && key.length === path.length;
}

/** @param what has its keys at the path, for the message. @throws TypeError for a key of another form */
export function checkForm(what: string, path: KeyPath, key: KeyValue): void {
  if (hasFormOf(path, key)) return;
  const advice =
    typeof path === 'string'
      ? 'is one value: give that value, not an array'
      : `has ${path.length} components, ${keyPathText(path)}: give an array of their values, ${givenAs(key)}`;
  throw new TypeError(`${what} ${advice}`);
}

/**
 * Checks the bounds of a range against the index that it reads.
 * @throws TypeError for a bound or prefix of another form; of a composite key it may have the first components only.
 * GristmillError INDEX_NOT_FOUND
 */
export function checkBoundsForm(manifest: CollectionManifest, options: RangeOptions): void {
  const { index } = options;
  const path = (index === undefined ? manifest.primary : manifest.secondary[indexNumber(manifest, index)])?.path;
  if (path === undefined) return; // its bounds are ordinals
  checkBoundsOf(index === undefined ? keyOf(manifest.name) : `index ${keyPathText(index)}`, path, options);
}

/** The same for the bounds of one key. @param what names it in a message */
export function checkBoundsOf(what: string, path: KeyPath, options: RangeOptions): void {
  for (const name of BOUNDS) if (options[name] !== undefined) checkBound(what, path, options[name], name);
  if (options.prefix !== undefined) checkBound(what, path, options.prefix, 'prefix');
}

function checkBound(what: string, path: KeyPath, bound: KeyValue, name: string): void {
  if (typeof path === 'string') {
    if (isParts(bound)) throw new TypeError(`${name}: ${what} is one value: give a value, not an array`);
  } else if (!isParts(bound) || bound.length > path.length) {
    const most = `${what} has ${path.length} components, ${keyPathText(path)}`;
    throw new TypeError(
      `${name}: ${most}: give an array of the values of the first ones, or of all, ${givenAs(bound)}`,
    );
  }
}

/** The primary key of a collection, in a message. */
export function keyOf(collection: string): string {
  return `the key of collection ${collection}`;
}

function givenAs(key: KeyValue): string {
  return isParts(key) ? `not of ${key.length}` : 'not one value';
}
