// profile > facts, bounds > [strict rules] > JSON Schema
//
// What was observed at a path, as rules. Records that come later may break them, so they are made only if asked for.

import type { PathProfile, StringFormat } from '../types.js';
import { boundsOf, exactValueOf } from './bounds.js';
import { formatsAt, isFewOfMany, typesOf, valuesAt } from './facts.js';
import { shownMembers } from './maps.js';

/** A schema, or a part of one: keywords and their values. */
export type Schema = Readonly<Record<string, unknown>>;

/** The rules for the values of a path alone: their members and elements have their own. */
export function strictRules(path: PathProfile): Schema {
  const values = allValues(path);
  if (values !== undefined) return { enum: values };
  return {
    ...(path.numbers && boundsOf(path.numbers)),
    ...(path.strings && { minLength: path.strings.shortest, maxLength: path.strings.longest }),
    ...(path.strings && formatRule(formatsAt(path.strings)[0])),
    ...(path.arrays && { minItems: path.arrays.shortest, maxItems: path.arrays.longest }),
    ...(path.objects && sizeRules(path)),
  };
}

/** All values of a path, if they are few of many and JSON can say them. */
function allValues(path: PathProfile): readonly unknown[] | undefined {
  const types = typesOf(path);
  const hasContainers = types.includes('array') || types.includes('object');
  // The type says as much.
  const isPlain = types.length === 1 && (types[0] === 'null' || (path.kinds.false > 0 && path.kinds.true > 0));
  if (types.length === 0 || hasContainers || isPlain) return undefined;
  const tokens = path.values === undefined ? [] : path.values.counts?.keys();
  if (tokens === undefined) return undefined;
  const values = [...tokens].map(exactValueOf);
  // Another number would stand in its place.
  if (values.includes(undefined)) return undefined;
  const literals = [...(path.kinds.null > 0 ? [null] : []), ...(path.kinds.false > 0 ? [false] : [])];
  const all = new Set([...literals, ...(path.kinds.true > 0 ? [true] : []), ...values]);
  return isFewOfMany(all.size, valuesAt(path)) ? [...all] : undefined;
}

/** Formats of ours that JSON Schema does not have. */
const OURS: ReadonlySet<StringFormat | undefined> = new Set(['number', 'base64', undefined]);

function formatRule(format: StringFormat | undefined): Schema {
  return OURS.has(format) ? {} : { format };
}

/** How many members a map has. Of other objects it is said by name which they have. */
function sizeRules(path: PathProfile): Schema {
  if (shownMembers(path).kind !== 'map') return {};
  const { members, fewest, most } = path.objects!;
  // JSON.parse keeps one of several members of one name. Folded members are not counted by name.
  const isEachOnce = members !== undefined && [...members.values()].every(({ repeats }) => repeats === 0);
  return { ...(isEachOnce && { minProperties: fewest }), maxProperties: most };
}
