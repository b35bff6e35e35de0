// The flags that say which part of an index is read: of range, count and distinct.

import type { Command } from 'commander';
import type { GristmillError, KeyPath, KeyValue, RangeOptions, ReadableCollection } from '../../index.js';
import { isParts } from '../../keys/encode.js';
import { note } from '../terminal/diagnostics.js';
import { readKey, readParts } from './arguments.js';

const BOUNDS = ['gte', 'gt', 'lte', 'lt'] as const;

/** Bounds as words. */
export interface BoundsFlags extends Partial<Record<(typeof BOUNDS)[number], string>> {
  readonly prefix?: string;
  readonly string?: boolean;
}

/** The bounds of a range. */
export type KeyBounds = Pick<RangeOptions, (typeof BOUNDS)[number] | 'prefix'>;

/** How words become keys; a line of the help. */
export const KEYS_HELP = `Order: null < false < true < numbers < strings. A JSON scalar (42, true, null, "42") is read as that value, and a JSON
array of scalars as a composite key, or the first components of one. Anything else is a string.`;

/** Adds the flags. */
export function withBounds(command: Command): Command {
  return command
    .option('--gte <key>', 'only keys greater than or equal to this one')
    .option('--gt <key>', 'only keys greater than this one')
    .option('--lte <key>', 'only keys less than or equal to this one')
    .option('--lt <key>', 'only keys less than this one')
    .option(
      '--prefix <text>',
      'only strings that begin with this text, or composite keys that begin with this JSON array',
    )
    .option('--string', 'read every bound as a string, also 42 or true');
}

/** Reads the words. @param index whose keys the bounds are; undefined: the primary key */
export function boundsOf(flags: BoundsFlags, index: KeyPath | undefined): KeyBounds {
  const bounds: Record<string, unknown> = {};
  for (const name of BOUNDS) {
    const word = flags[name];
    if (word !== undefined) bounds[name] = readKey(word, flags.string === true, index);
  }
  const { prefix } = flags;
  // A text, or the first components of a composite key.
  if (prefix !== undefined) bounds.prefix = (flags.string !== true && readParts(prefix, index)) || prefix;
  return bounds;
}

/** Says so when a bound has a type that no key has: then it bounds nothing, or everything. */
export function warnOfTypes(collection: ReadableCollection, index: KeyPath | undefined, given: KeyBounds): void {
  const bounds = BOUNDS.map((name) => given[name]).filter((bound) => bound !== undefined);
  if (bounds.length === 0) return;
  const [first, last] = endsOf(collection, index);
  if (first === undefined || last === undefined || typeOf(first) !== typeOf(last)) return;
  for (const bound of bounds) {
    if (typeOf(bound) === typeOf(first)) continue;
    const help = typeOf(first) === 'string' ? `; for the string, write '"${bound}"' or use --string` : '';
    note(`no key is a ${typeOf(bound)}: all of them are of type ${typeOf(first)}${help}`);
  }
}

/** The first key and the last one; none where they are hidden. */
function endsOf(collection: ReadableCollection, index: KeyPath | undefined): readonly (KeyValue | undefined)[] {
  try {
    return [collection.firstSync({ index })?.key, collection.lastSync({ index })?.key];
  } catch (error) {
    // What the command itself asks for may need no order.
    if ((error as GristmillError).code === 'RANGE_NEEDS_PLAINTEXT_KEYS') return [];
    throw error;
  }
}

/** The types whose values are ordered among each other. */
function typeOf(key: KeyValue): string {
  if (key === null) return 'null';
  if (isParts(key)) return 'array';
  return typeof key === 'string' || typeof key === 'boolean' ? typeof key : 'number';
}
