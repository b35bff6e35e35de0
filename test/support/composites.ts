// What a collection with composite keys must hold: records in a Map, their keys as positions in a list of values that is in
// the order of values. So order is told by numbers, and nothing here knows how keys are encoded.

import type { KeyPart } from '../../dist/src/index.js';
import { KEYS } from './store-model.js';

/** Positions in KEYS. */
export type Numbers = readonly number[];

/** A record: the key [a, b], and the values of an array c. */
export interface Row {
  readonly a: number;
  readonly b: number;
  readonly c: Numbers;
  /** Tells it from all other records. */
  readonly n: number;
}

/** How both collections of the suites are indexed. */
export const COMPOSITE = { key: ['a', 'b'], indexes: ['c', ['c', 'a'], ['b', 'c', 'n']] } as const;

/** The JSON text of a record; `n` decides how its values are spelled. */
export function rowText({ a, b, c, n }: Row): string {
  const spelled = (number: number) => {
    const { spelled: all } = KEYS[number]!;
    return all[n % all.length]!;
  };
  return `{"n":${n},"b":${spelled(b)},"c":[${c.map(spelled).join(',')}],"a":${spelled(a)}}`;
}

/** Which values some positions stand for. */
export function partsOf(numbers: Numbers): KeyPart[] {
  return numbers.map((number) => KEYS[number]!.value as KeyPart);
}

/** The order of lists: by the first numbers that differ; the shorter of two that begin alike comes first. */
export function compareNumbers(left: Numbers, right: Numbers): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

/** Whether a list begins with another one. */
export function beginsWith(numbers: Numbers, prefix: Numbers): boolean {
  return compareNumbers(numbers.slice(0, prefix.length), prefix) === 0;
}

/** The keys of a record in index ['c', 'a'], each once. */
export function keysAtCA({ a, c }: Row): Numbers[] {
  return [...new Set(c)].map((value) => [value, a]);
}
