// profile > facts > [observed] > JSON Schema, JSON
//
// All that a profile says of one path, as JSON: what is a number there is a number here. Nothing in it is a rule.

import type { KindCounts, PathProfile, StringFormat } from '../types.js';
import { exactNumber, exactValueOf } from './bounds.js';
import { distinctAt, formatsAt, frequentTokens, presentIn, valuesAt } from './facts.js';
import { shownMembers } from './maps.js';
import { warningsOf } from './warnings.js';

/** A number or string that is there. `text`: a number as it is spelled, which no double is. */
export type SchemaValue = { readonly value: string | number } | { readonly text: string };

/** What was observed at a path. Facts of a kind are absent where no value has this kind. */
export interface SchemaFacts {
  /** Values at the path, those of repeated members too. */
  readonly count: number;
  /** How many objects have the member, of how many. Absent for records, elements, and values of maps. */
  readonly present?: { readonly in: number; readonly of: number };
  /** Values of a member that its object had before. */
  readonly repeats?: number;
  /** How many values are of which kind, without the kinds that no value has. */
  readonly kinds: Partial<KindCounts>;
  readonly numbers?: {
    /** As text if no double is this number. Absent if all numbers are beyond what a key holds. */
    readonly least?: number | string;
    readonly greatest?: number | string;
    readonly digits: number;
    readonly beyondSafe: number;
    readonly beyondKeys: number;
  };
  /** Lengths are counted in Unicode code points. */
  readonly strings?: { readonly shortest: number; readonly longest: number; readonly formats: readonly StringFormat[] };
  /** The fewest and the most elements of an array. */
  readonly arrays?: { readonly shortest: number; readonly longest: number };
  /** `names`: how many different ones there are, if they were kept. */
  readonly objects?: {
    readonly fewest: number;
    readonly most: number;
    readonly names?: number;
    readonly isMap: boolean;
  };
  /** How many numbers and strings differ as they are spelled. */
  readonly distinct?: { readonly count: number; readonly isEstimate: boolean };
  /** All numbers and strings, the most frequent first, if there are at most 64 and none is long. */
  readonly values?: readonly (SchemaValue & { readonly count: number })[];
  /** Some of them otherwise. */
  readonly examples?: readonly SchemaValue[];
  /** What may surprise, as sentences. */
  readonly warnings?: readonly string[];
  /** Whether the names of its members were not kept, because there was no memory for them. */
  readonly isPartial?: true;
}

/** @param objects how many objects could have it, if it is a member */
export function observedAt(path: PathProfile, objects?: number): SchemaFacts {
  const { repeats, numbers, strings, arrays, values, isPartial } = path;
  const distinct = distinctAt(path);
  const warnings = warningsOf(path);
  const kinds = Object.entries(path.kinds).filter(([, count]) => count > 0);
  return {
    count: valuesAt(path),
    ...(objects !== undefined && { present: { in: presentIn(path), of: objects } }),
    ...(repeats > 0 && { repeats }),
    kinds: Object.fromEntries(kinds),
    ...(numbers && {
      numbers: {
        ...(numbers.least && { least: exactNumber(numbers.least) }),
        ...(numbers.greatest && { greatest: exactNumber(numbers.greatest) }),
        digits: numbers.digits,
        beyondSafe: numbers.beyondSafe,
        beyondKeys: numbers.beyondKeys,
      },
    }),
    ...(strings && {
      strings: { shortest: strings.shortest, longest: strings.longest, formats: formatsAt(strings) },
    }),
    ...(arrays && { arrays: { shortest: arrays.shortest, longest: arrays.longest } }),
    ...(path.objects && { objects: objectsAt(path) }),
    ...(distinct && { distinct }),
    ...(values?.counts && {
      values: frequentTokens(values.counts).map(([token, count]) => ({ ...observedValue(token), count })),
    }),
    ...(values?.examples && { examples: values.examples.map(observedValue) }),
    ...(warnings.length > 0 && { warnings }),
    ...(isPartial && { isPartial }),
  };
}

function objectsAt(path: PathProfile): NonNullable<SchemaFacts['objects']> {
  const { fewest, most, members } = path.objects!;
  return {
    fewest,
    most,
    ...(members && { names: members.size }),
    isMap: shownMembers(path).kind === 'map',
  };
}

function observedValue(token: string): SchemaValue {
  const value = exactValueOf(token);
  return value === undefined ? { text: token } : { value };
}
