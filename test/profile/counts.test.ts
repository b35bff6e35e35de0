// Goal: what a profile says is true of the records: kinds, presence, repeated members, extremes, digits, lengths, different values.
// Method: random records are read by lossless-json, which we did not write, and what it finds at each path is counted by brute force;
// numbers are compared as exact decimals. Objects that repeat a member, which it refuses, and examples by hand.

import fc from 'fast-check';
import { LosslessNumber, parse } from 'lossless-json';
import { describe, expect, it } from 'vitest';
import { encodeKey } from '../../src/keys/encode.js';
import { JsonNumber } from '../../src/keys/json-number.js';
import { PlainProfiler } from '../../src/profile/plain/plain.js';
import { distinctValues, sharedValues } from '../../src/profile/sketch.js';
import { type KindCounts, type PathProfile, VALUES_MAX } from '../../src/profile/types.js';
import { compareDecimals, decimalOf } from '../support/decimals.js';
import { runs } from '../support/effort.js';
import { linesOf, plainRecords } from '../support/profile-lines.js';

function rootOf(texts: readonly string[]): PathProfile {
  const profiler = new PlainProfiler();
  profiler.add(linesOf(texts));
  const { records, root } = profiler.take();
  expect(records).toBe(texts.length);
  return root;
}

/** All values at each path, as lossless-json has them: `*` stands for elements, and names are quoted. */
function valuesByPath(values: readonly unknown[]): Map<string, unknown[]> {
  const byPath = new Map<string, unknown[]>();
  const add = (path: string, value: unknown): void => {
    byPath.set(path, [...(byPath.get(path) ?? []), value]);
    if (Array.isArray(value)) for (const element of value) add(`${path}*`, element);
    else if (isObject(value))
      for (const [name, member] of Object.entries(value)) add(path + JSON.stringify(name), member);
  };
  for (const value of values) add('', value);
  return byPath;
}

function pathsOf(path: PathProfile, at = '', all = new Map<string, PathProfile>()): Map<string, PathProfile> {
  all.set(at, path);
  if (path.arrays?.elements !== undefined) pathsOf(path.arrays.elements, `${at}*`, all);
  for (const [name, member] of path.objects?.members ?? []) pathsOf(member, at + JSON.stringify(name), all);
  return all;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber);
const isNumber = (value: unknown): value is LosslessNumber => value instanceof LosslessNumber;
const isText = (value: unknown): value is string => typeof value === 'string';
const isInteger = (token: string): boolean => !/[.e]/i.test(token);
const significant = (token: string): number =>
  token.replace(/e.*/i, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
const keyOf = (token: string): Uint8Array => encodeKey(new JsonNumber(token));

function expectTrue(path: PathProfile, values: readonly unknown[]): void {
  const count = (test: (value: unknown) => boolean): number => values.filter(test).length;
  expect(path.kinds).toEqual({
    null: count((value) => value === null),
    false: count((value) => value === false),
    true: count((value) => value === true),
    integer: count((value) => isNumber(value) && isInteger(value.value)),
    decimal: count((value) => isNumber(value) && !isInteger(value.value)),
    string: count(isText),
    array: count(Array.isArray),
    object: count(isObject),
  } satisfies KindCounts);
  expect(path.repeats).toBe(0);
  const numbers = values.filter(isNumber).map(({ value }) => value);
  const ordered = numbers.toSorted(compareDecimals);
  expect(path.numbers?.least).toEqual(ordered.length > 0 ? keyOf(ordered[0]!) : undefined);
  expect(path.numbers?.greatest).toEqual(ordered.length > 0 ? keyOf(ordered.at(-1)!) : undefined);
  if (numbers.length > 0) {
    expect(path.numbers?.digits).toBe(Math.max(...numbers.map(significant)));
    const isUnsafe = (token: string): boolean => isInteger(token) && !isSafe(decimalOf(token).units);
    expect(path.numbers?.beyondSafe).toBe(numbers.filter(isUnsafe).length);
  }
  const lengths = values.filter(isText).map((text) => Array.from(text).length);
  expect(path.strings?.shortest).toBe(lengths.length > 0 ? Math.min(...lengths) : undefined);
  expect(path.strings?.longest).toBe(lengths.length > 0 ? Math.max(...lengths) : undefined);
  const arrays = values.filter(Array.isArray).map(({ length }) => length);
  expect(path.arrays?.shortest).toBe(arrays.length > 0 ? Math.min(...arrays) : undefined);
  expect(path.arrays?.longest).toBe(arrays.length > 0 ? Math.max(...arrays) : undefined);
  const objects = values.filter(isObject).map((object) => Object.keys(object).length);
  expect(path.objects?.fewest).toBe(objects.length > 0 ? Math.min(...objects) : undefined);
  expect(path.objects?.most).toBe(objects.length > 0 ? Math.max(...objects) : undefined);
}

const isSafe = (integer: bigint): boolean => integer >= -(2n ** 53n - 1n) && integer <= 2n ** 53n - 1n;

describe('a profile', () => {
  it('counts at each path what brute force counts there', () => {
    const unique = plainRecords.map((texts) => texts.filter((text) => !hasRepeats(text)));
    fc.assert(
      fc.property(unique, (texts) => {
        const expected = valuesByPath(texts.map((text) => parse(text)));
        const root = rootOf(texts);
        if (texts.length === 0) return;
        const paths = pathsOf(root);
        expect([...paths.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
        for (const [at, path] of paths) expectTrue(path, expected.get(at)!);
      }),
      { numRuns: runs(800) },
    );
  });

  it('counts each value of a repeated member, however its name is spelled', () => {
    const root = rootOf(['{"a":1,"b":2,"\\u0061":"x","a":null}', '{"a":3}']);
    const a = root.objects?.members?.get('a');
    expect(a).toMatchObject({ repeats: 2, kinds: { integer: 2, string: 1, null: 1 } });
    expect(root.objects).toMatchObject({ fewest: 1, most: 4 });
    expect([...(root.objects?.members?.keys() ?? [])]).toEqual(['a', 'b']);
  });

  it('counts equal values while there are few', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99), { maxLength: 300 }), fc.nat(64), (numbers, seed) => {
        const tokens = numbers.map((n) => (n % 2 === 0 ? String(n * seed) : `"${n * seed}"`));
        const { values } = rootOf(tokens);
        const distinct = new Set(tokens);
        expect(distinctValues(values)).toBe(distinct.size);
        if (distinct.size > VALUES_MAX) expect(values?.counts).toBeUndefined();
        for (const [token, count] of values?.counts ?? []) expect(tokens.filter((t) => t === token).length).toBe(count);
      }),
      { numRuns: runs(200) },
    );
  });

  it.each([300, 3000, 30_000])(
    'knows about how many of %i different values there are, and how many two paths share',
    (count) => {
      const texts = (from: number): string[] => Array.from({ length: count }, (_, i) => `"value ${from + i}"`);
      const [a, b, apart] = [rootOf(texts(0)).values, rootOf(texts(count >> 1)).values, rootOf(texts(count)).values];
      expect(Math.abs(distinctValues(a) / count - 1)).toBeLessThan(0.2);
      expect(Math.abs(sharedValues(a, b) - 1 / 3)).toBeLessThan(0.1);
      expect(sharedValues(a, apart)).toBe(0);
      expect(a?.examples).toHaveLength(5);
    },
  );

  it('says no extreme of numbers that no key holds, and counts them', () => {
    const { numbers } = rootOf(['1e40000', '1', '-1e-40000', '2', `0.${'1'.repeat(4000)}`]);
    expect(numbers).toEqual({ least: keyOf('1'), greatest: keyOf('2'), digits: 4000, beyondSafe: 0, beyondKeys: 3 });
  });

  it('knows of containers nested deeper than it looks only their sizes', () => {
    let path: PathProfile | undefined = rootOf([`${'['.repeat(64)}[1,[2,3],"],["],[]${']'.repeat(64)}`]);
    for (let depth = 1; depth <= 64; depth++) {
      expect(path?.arrays?.elements).toBeDefined();
      path = path?.arrays?.elements;
    }
    expect(path?.arrays).toEqual({ shortest: 0, longest: 3 });
  });
});

/** lossless-json refuses those whose values differ, and keeps one of those that are equal. */
function hasRepeats(text: string): boolean {
  try {
    const names = [...text.matchAll(/"(?:a|b|é|c\\nd)":/g)].length;
    let members = 0;
    const count = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(count);
      else if (isObject(value)) Object.values(value).forEach(countMember);
    };
    const countMember = (member: unknown): void => {
      members++;
      count(member);
    };
    count(parse(text));
    return names !== members;
  } catch {
    return true;
  }
}
