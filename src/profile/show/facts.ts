// profile > [facts] > JSON Schema, TypeScript, table, JSON, differences
//
// What all outputs ask of a path, in one place: which types it has, in how many objects it is, how many values differ.

import { decodeKey } from '../../keys/decode.js';
import { hasFormat } from '../formats.js';
import { countOfHashes, NO_HASHES } from '../hashes.js';
import { distinctValues } from '../sketch.js';
import {
  FORMATS,
  type NumberFacts,
  type PathProfile,
  SKETCH_SIZE,
  type StringFacts,
  type StringFormat,
} from '../types.js';

/** A type as JSON Schema names it. `integer` is part of `number`. */
export type SchemaType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** In the order in which they are listed. */
export const TYPES: readonly SchemaType[] = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

/** How many values there are of each of these types. Numbers are integers only if all of them are spelled as integers. */
export function typeCounts({ kinds }: PathProfile): ReadonlyMap<SchemaType, number> {
  const numbers = kinds.integer + kinds.decimal;
  const counts: Readonly<Record<SchemaType, number>> = {
    null: kinds.null,
    boolean: kinds.false + kinds.true,
    integer: kinds.decimal === 0 ? numbers : 0,
    number: kinds.decimal === 0 ? 0 : numbers,
    string: kinds.string,
    array: kinds.array,
    object: kinds.object,
  };
  return new Map(TYPES.filter((type) => counts[type] > 0).map((type) => [type, counts[type]]));
}

export function typesOf(path: PathProfile): readonly SchemaType[] {
  return [...typeCounts(path).keys()];
}

/** How many values there are at a path, those of repeated members too. */
export function valuesAt({ kinds }: PathProfile): number {
  return Object.values(kinds).reduce((sum: number, count: number) => sum + count, 0);
}

/** How many objects have this member. A member that is repeated in one object counts once. */
export function presentIn(member: PathProfile): number {
  return valuesAt(member) - member.repeats;
}

/** Whether JSON.parse may make an infinite number of one at this path, such as `1e400`. */
export function mayBeInfinite({ least, greatest, beyondKeys }: NumberFacts): boolean {
  const isInfinite = (key: Uint8Array | undefined) => key !== undefined && !Number.isFinite(Number(decodeKey(key)));
  return beyondKeys > 0 || isInfinite(least) || isInfinite(greatest);
}

/** How many numbers and strings at a path differ as they are spelled. It is estimated from a sketch if there are too many. */
export interface Distinct {
  readonly count: number;
  readonly isEstimate: boolean;
}

export function distinctAt({ kinds, values }: PathProfile): Distinct | undefined {
  if (values === undefined) return undefined;
  // An estimate may be above what is possible.
  const count = Math.min(distinctValues(values), kinds.integer + kinds.decimal + kinds.string);
  return { count, isEstimate: countOfHashes(values.sketch ?? NO_HASHES) === SKETCH_SIZE };
}

/** The formats that every string at a path has, the most telling first. */
export function formatsAt({ formats }: StringFacts): readonly StringFormat[] {
  return FORMATS.filter((name) => hasFormat(formats, name));
}

/** Numbers and strings with how often they are there, the most frequent first. */
export type TokenCount = readonly [token: string, count: number];

export function frequentTokens(counts: ReadonlyMap<string, number>): readonly TokenCount[] {
  return [...counts].sort(([left, many], [right, more]) => more - many || (left < right ? -1 : 1));
}

/** So often at least must each of the different values be there, on average, that they are taken for all there can be. */
const EACH_MIN = 10;

/** Whether there are few different values among many. */
export function isFewOfMany(different: number, values: number): boolean {
  return values >= EACH_MIN * different;
}
