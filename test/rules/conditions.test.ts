// Goal: conditions, pick and omit say of a record, as it is spelled, what they say of its parsed value.
// Method: random records, spelled with white space and escapes, and random paths. The oracle walks over what JSON.parse gives.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCondition } from '../../src/import/rules/condition.js';
import { Conditions } from '../../src/import/rules/conditions.js';
import { leavesWhole, Projection } from '../../src/import/rules/projection.js';
import { isSampled } from '../../src/import/rules/sample.js';
import { formatPointer } from '../../src/keys/paths.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const NAMES = ['a', 'b', 'ä', 'x"y', '__proto__', '', '0', '1'];
const name = fc.constantFrom(...NAMES);
const scalar = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  -1,
  1,
  2,
  1.5,
  100,
  1e21,
  '',
  'a',
  'b',
  'ä',
  '\u0000',
  '1',
  '𝄞',
);
const { value: record } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((members) => {
      const object = Object.create(null) as { [name: string]: Json };
      for (const [key, value] of members) object[key] = value;
      return object;
    }),
  ),
}));
const path = fc.array(name, { minLength: 1, maxLength: 3 });

/** The text of a value, in one of many spellings. */
function spelled(value: Json, next: () => number): string {
  const blank = () => ['', '', ' ', '\n\t'][next() % 4]!;
  const text = (one: string) =>
    next() % 3 === 0
      ? `"${Array.from({ length: one.length }, (_, i) => `\\u${one.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(one);
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number' && next() % 3 === 0) return `${value}`.includes('e') ? `${value}` : `${value}e0`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const items = Array.isArray(value)
    ? value.map((item) => spelled(item, next))
    : Object.entries(value).map(([key, item]) => `${text(key)}${blank()}:${blank()}${spelled(item, next)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}${blank()}${items.join(`${blank()},${blank()}`)}${blank()}${close}`;
}

const spelling = fc.tuple(record, fc.array(fc.nat(11), { minLength: 7, maxLength: 7 })).map(([value, seed]) => {
  let at = 0;
  return { value, bytes: Buffer.from(spelled(value, () => seed[at++ % seed.length]!)) };
});

const isNumber = (name: string | undefined) => name === '0' || name === '1';

/** All that a path leads to: a number leads to an element of an array, and to other names arrays are transparent. */
function valuesAt(value: Json, names: readonly string[]): Json[] {
  if (Array.isArray(value) && isNumber(names[0])) {
    const at = Number(names[0]);
    return at < value.length ? valuesAt(value[at]!, names.slice(1)) : [];
  }
  if (Array.isArray(value))
    return [...(names.length === 0 ? [value] : []), ...value.flatMap((one) => valuesAt(one, names))];
  const [first, ...rest] = names;
  if (first === undefined) return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.hasOwn(value, first) ? valuesAt(value[first]!, rest) : [];
}

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order === 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function orderOf(left: Json, right: Json): number {
  if (left === null || right === null || typeof left !== typeof right || typeof left === 'object')
    return left === right ? 0 : NaN;
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(right as string));
  return Number(left) - Number(right);
}

const inQuotes = (names: readonly string[]) => JSON.stringify(formatPointer(names));

describe('where', () => {
  test('a comparison says what it says of the parsed record', () => {
    const condition = fc.record({ names: path, operator: fc.constantFrom(...Object.keys(HOLDS)), right: scalar });
    fc.assert(
      fc.property(spelling, condition, ({ value, bytes }, { names, operator, right }) => {
        const text = `${inQuotes(names)}${operator}${JSON.stringify(right)}`;
        const isFound = valuesAt(value, names).some((left) => HOLDS[operator]!(orderOf(left, right)));
        expect(new Conditions([text]).hold(bytes, 0), text).toBe(operator === '!=' ? !isFound : isFound);
      }),
      { numRuns: 3000 },
    );
  });

  test('presence, and all of several conditions', () => {
    fc.assert(
      fc.property(
        spelling,
        fc.array(fc.tuple(path, fc.boolean()), { minLength: 1, maxLength: 4 }),
        ({ value, bytes }, all) => {
          const texts = all.map(([names, isThere]) => `${isThere ? '' : '!'}${inQuotes(names)}`);
          const expected = all.every(([names, isThere]) => valuesAt(value, names).length > 0 === isThere);
          expect(new Conditions(texts).hold(bytes, 0)).toBe(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['n=12345678901234567890', '{"n":12345678901234567891}', false],
    ['n=12345678901234567890', '{"n":1234567890123456789e1}', true],
    ['n>0.1', '{"n":0.10000000000000000000001}', true],
    ['a.b=1', '{"a":{"b":1},"a":{"b":2}}', false],
    ['a.b=1', '{"a":{"b":1},"a":0}', false],
    ['zip=01234', '{"zip":"01234"}', true],
    ['n=1', '{"n":"1"}', false],
    ['name = Ada Lovelace ', '{"name":"Ada Lovelace"}', true],
    ['n!=1', '{}', true],
    ['n=', '{"n":""}', true],
    ['n=1e999999', '{"n":1}', TypeError],
    ['/1=b', '[1,"b"]', true],
    ['/1=b', '["b",1]', false],
    ['/1=b', '{"1":"b"}', true],
    ['rows.1.x>2', '{"rows":[{"x":3},[{"x":1},{"x":3}]]}', true],
    ['n={}', '{"n":1}', TypeError],
    ['!n=1', '{"n":1}', TypeError],
    ['', '{}', TypeError],
    ['=1', '{}', TypeError],
    ['a..b=1', '{}', TypeError],
  ] as const)('%s of %s: %s', (text, record, expected) => {
    if (expected === TypeError) expect(() => parseCondition(text)).toThrow(TypeError);
    else expect(new Conditions([text]).hold(Buffer.from(record), 0)).toBe(expected);
  });
});

/** The value without members that are not picked, or are omitted. */
function projected(value: Json, pick: readonly string[][] | undefined, omit: readonly string[][]): Json {
  if (Array.isArray(value)) {
    return value.map((item, at) => {
      const inElement = (paths: readonly string[][]) =>
        paths
          .filter(([first]) => !isNumber(first) || Number(first) === at)
          .map((one) => (isNumber(one[0]) ? one.slice(1) : one));
      const picked = pick && inElement(pick);
      const isWhole = picked?.some((rest) => rest.length === 0);
      return projected(
        item,
        isWhole ? undefined : picked,
        inElement(omit).filter((rest) => rest.length > 0),
      );
    });
  }
  if (value === null || typeof value !== 'object') return value;
  const object = Object.create(null) as { [name: string]: Json };
  for (const [key, item] of Object.entries(value)) {
    const below = (paths: readonly string[][]) => paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    const [picked, omitted] = [pick && below(pick), below(omit)];
    if (picked?.length === 0 || omitted.some((rest) => rest.length === 0)) continue;
    object[key] = projected(item, picked?.some((rest) => rest.length === 0) ? undefined : picked, omitted);
  }
  return object;
}

describe('pick and omit', () => {
  const paths = fc.array(path, { maxLength: 3 });

  test('leave the members that they should, and nothing else is changed', () => {
    fc.assert(
      fc.property(spelling, paths, paths, ({ value, bytes }, pick, omit) => {
        const text = Buffer.from(new Projection(pick, omit).of(bytes, 0, bytes.byteLength)).toString();
        const expected = projected(value, pick.length === 0 ? undefined : pick, omit);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(JSON.stringify(expected))));
      }),
      { numRuns: 3000 },
    );
  });

  test('keep the spelling of what stays', () => {
    const bytes = Buffer.from(
      ' { "a" : 1.50 , "\\u0062":{ "c" : "\\u00e4 x" , "d":[ {"c":1E2,"e":0}, 7 ] }, "a":2 } '.trim(),
    );
    const text = Buffer.from(
      new Projection([['a'], ['b']], [['b', 'd', 'e']]).of(bytes, 0, bytes.byteLength),
    ).toString();
    expect(text).toBe('{"a":1.50,"\\u0062":{"c":"\\u00e4 x","d":[{"c":1E2},7]},"a":2}');
  });

  test('a path of which they leave all can be that of a key', () => {
    fc.assert(
      fc.property(spelling, paths, paths, path, ({ value }, pick, omit, key) => {
        if (!leavesWhole(key, pick, omit)) return;
        const left = projected(value, pick.length === 0 ? undefined : pick, omit);
        const scalars = (from: Json) => valuesAt(from, key).filter((one) => one === null || typeof one !== 'object');
        expect(scalars(left)).toEqual(scalars(value));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('sample', () => {
  test('white space does not matter, and the share is about what it says', () => {
    const taken = Array.from({ length: 20_000 }, (_, id) => {
      const [compact, wide] = [`{"id":${id}}`, `{ "id" : ${id} }`].map((text) => Buffer.from(text)) as [Buffer, Buffer];
      const isTaken = isSampled(compact, 0, 0, compact.byteLength, 0.1);
      expect(isSampled(wide, 0, 0, wide.byteLength, 0.1)).toBe(isTaken);
      return isTaken;
    }).filter(Boolean).length;
    // Five standard deviations.
    expect(Math.abs(taken - 2000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9));
  });
});
