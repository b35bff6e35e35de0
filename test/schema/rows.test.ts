// Goal: the table, and the same as JSON, say of each path what is true of the records, and warn of what is easily overlooked.
// Method: records are written so that each cell and each warning is known; counts of random records are compared with those of
// JSON.parse.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SchemaRow, schemaJson, schemaRows } from '../../src/profile/show/rows.js';
import { runs } from '../support/effort.js';
import { corpora, profileOf, profileOfValues } from '../support/profiled.js';

const rowsOf = (records: readonly string[]) => new Map(schemaRows(profileOf(records)).map((row) => [row.path, row]));
const rowAt = (records: readonly string[], path = ''): SchemaRow => rowsOf(records).get(path)!;
const times = (count: number, record: (number: number) => string) => Array.from({ length: count }, (_, i) => record(i));

test('a row for each path', () => {
  const users = times(
    1_000,
    (i) =>
      `{"id":${i},"user":{"name":"n${i % 7}","mail":"u${i}@example.com"},"tags":[${i % 3 ? '"x"' : ''}]${i < 421 ? ',"old":null' : ''},"by day":{"d${i % 300}":${i},"e${i % 300}":1}}`,
  );
  const lines = schemaRows(profileOf(users)).map((row) => Object.values(row).join(' | '));
  expect(lines).toMatchInlineSnapshot(`
    [
      " | object 1,000 |  |  |  |  | ",
      "by day | object 1,000 | 100% |  | map: 600 names, 2 members |  | ",
      "/by day/* | integer 2,000 |  | ~1,200 | 0 … 999 | 619, 706, 543, … | ",
      "id | integer 1,000 | 100% | ~1,000 | 0 … 999 | 619, 706, 543, … | ",
      "old | null 421 | 42.1% |  |  |  | ",
      "tags | array 1,000 | 100% |  | 0 … 1 element |  | ",
      "/tags/* | string 666 |  | 1 | 1 character | "x" 100% | ",
      "user | object 1,000 | 100% |  |  |  | ",
      "user.mail | string 1,000 | 100% | ~970 | email | "u264@example.com", "u285@example.com", "u926@example.com", … | ",
      "user.name | string 1,000 | 100% | 7 | 2 characters | "n0" 14.3%, "n1" 14.3%, "n2" 14.3%, … | ",
    ]
  `);
});

test('paths are those of keys; elements and members of maps are an asterisk, as --select has them', () => {
  const map = JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, { v: i }])));
  const record = `{"a.b":{"c":1},"*":1,"":[[1]],"m":${map},"x":{"y":{"z":1}}}`;
  expect([...rowsOf([record]).keys()]).toEqual([
    ...['', '/', '//*', '//*/*', '*', '/a.b', '/a.b/c', 'm', '/m/*', '/m/*/v', 'x', 'x.y', 'x.y.z'],
  ]);
});

describe('warnings', () => {
  test.each<[string, readonly string[]]>([
    ['41 strings among 10,000 numbers', times(10_041, (i) => (i < 41 ? '"x"' : '1.5'))],
    ['1 boolean among 5 integers', times(6, (i) => (i === 3 ? 'true' : '7'))],
    ['1 number with a fraction or an exponent among 200 integers', times(201, (i) => (i === 200 ? '1.5' : '7'))],
    ['3 integers beyond 2^53', ['9007199254740992', '1', '-9007199254740993', '12345678901234567890']],
    ['numbers beyond the range of a double', ['1e400']],
    ['2 numbers not in the range: too many digits, or too large an exponent', ['1e-40000', '1e40000', '1']],
    ['numbers of 20 digits: a double holds 17', ['0.12345678901234567891']],
    ['repeated member: 2 times', ['{"a":1,"\\u0061":2,"a":3}']],
    ['names not kept: more than 4,096', [`{${times(4_097, (i) => `"n${i}":1`).join(',')}}`]],
  ])('%s', (warning, records) => {
    const all = [...rowsOf(records).values()].flatMap(({ warnings }) => warnings);
    expect(all).toContain(warning);
  });

  test('none where all is well: null is no type, and half of the numbers may have a fraction', () => {
    const records = times(100, (i) => `{"a":${i % 2 ? 'null' : i},"b":${i % 2 ? 1.5 : 2},"c":[1,2]}`);
    expect(schemaRows(profileOf(records)).flatMap(({ warnings }) => warnings)).toEqual([]);
  });
});

describe('cells', () => {
  test.each<[string, keyof SchemaRow, readonly string[], string]>([
    ['all', 'presence', ['{"a":1}', '{"a":1,"a":2}'], '100%'],
    ['nearly all', 'presence', times(10_000, (i) => (i === 0 ? '{}' : '{"a":1}')), '>99.9%'],
    ['hardly any', 'presence', times(10_000, (i) => (i === 0 ? '{"a":1}' : '{}')), '<0.1%'],
    ['some', 'presence', ['{"a":1}', '{}', '{}'], '33.3%'],
    ['numbers, exactly', 'range', ['{"a":9007199254740993}', '{"a":-0.10}'], '-0.1 … 9007199254740993'],
    ['a number of many digits', 'range', [`{"a":1${'0'.repeat(99)}}`], '1e+99'],
    ['strings', 'range', ['{"a":"é"}', '{"a":"\\ud83d\\ude00b"}'], '1 … 2 characters'],
    ['a format', 'range', ['{"a":"2024-02-29"}'], 'date'],
    ['several types', 'range', ['{"a":1}', '{"a":[]}', '{"a":"x"}'], '1; 1 character; 0 elements'],
    ['frequent ones', 'values', times(4, (i) => `{"a":${i ? '"x"' : '2'}}`), '"x" 75.0%, 2 25.0%'],
    ['different ones', 'values', ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'], '1, 2, 3, …'],
    ['long ones', 'values', [`{"a":"${'x'.repeat(60)}"}`], `"${'x'.repeat(39)}…`],
    ['strings with few escapes', 'values', ['{"a":"\\u0061\\/\\n"}'], '"a/\\n"'],
    ['few', 'distinct', ['{"a":1}', '{"a":1}', '{"a":"1"}'], '2'],
    ['more than are counted', 'distinct', times(100, (i) => `{"a":${i}}`), '100'],
  ])('%s (%s)', (_, cell, records, text) => {
    expect(rowAt(records, 'a')[cell]).toBe(text);
  });

  test('many different ones are estimated', () => {
    const { distinct } = rowAt(times(20_000, String));
    expect(distinct).toMatch(/^~\d\d,000$/);
    const estimate = Number(distinct.replace(/\D/g, ''));
    expect(Math.abs(estimate - 20_000)).toBeLessThan(5_000);
  });
});

test('as JSON: all numbers of each path', () => {
  const records = [{ a: 1, b: 'x' }, { a: null, b: 'x' }, { b: ['y', 2] }];
  expect(schemaJson(profileOfValues(records))).toEqual({
    records: 3,
    paths: [
      { path: '', count: 3, kinds: { object: 3 }, objects: { fewest: 1, most: 2, names: 2, isMap: false } },
      {
        path: 'a',
        count: 2,
        present: { in: 2, of: 3 },
        kinds: { null: 1, integer: 1 },
        numbers: { least: 1, greatest: 1, digits: 1, beyondSafe: 0, beyondKeys: 0 },
        distinct: { count: 1, isEstimate: false },
        values: [{ value: 1, count: 1 }],
      },
      {
        path: 'b',
        count: 3,
        present: { in: 3, of: 3 },
        kinds: { string: 2, array: 1 },
        strings: { shortest: 1, longest: 1, formats: [] },
        arrays: { shortest: 2, longest: 2 },
        distinct: { count: 1, isEstimate: false },
        values: [{ value: 'x', count: 2 }],
        warnings: ['1 array among 2 strings'],
      },
      {
        path: '/b/*',
        count: 2,
        kinds: { integer: 1, string: 1 },
        numbers: { least: 2, greatest: 2, digits: 1, beyondSafe: 0, beyondKeys: 0 },
        strings: { shortest: 1, longest: 1, formats: [] },
        distinct: { count: 2, isEstimate: false },
        values: [
          { value: 'y', count: 1 },
          { value: 2, count: 1 },
        ],
        warnings: ['1 string among 1 integer'],
      },
    ],
  });
  expect(schemaJson(profileOf(['9007199254740993', '1e400'])).paths[0]).toMatchObject({
    numbers: { least: '9007199254740993', greatest: '1e+400', beyondSafe: 1 },
    values: [
      { text: '1e400', count: 1 },
      { text: '9007199254740993', count: 1 },
    ],
  });
});

/** How often each kind is among the values of one member, as JSON.parse has them. */
function kindsOf(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) {
    const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

test('counts are those of the records', () => {
  fc.assert(
    fc.property(corpora, (records) => {
      const { records: count, paths } = schemaJson(profileOf(records));
      const root = paths[0]!;
      const kinds = kindsOf(records.map((record) => JSON.parse(record)));
      const { true: yes = 0, false: no = 0, integer = 0, decimal = 0, ...others } = root.kinds;
      const shown = {
        ...others,
        ...(yes + no && { boolean: yes + no }),
        ...(integer + decimal && { number: integer + decimal }),
      };
      expect({ count, shown }).toEqual({ count: records.length, shown: kinds });
      expect(schemaRows(profileOf(records)).map(({ path }) => path)).toEqual(paths.map(({ path }) => path));
      // A path names one place, but for an asterisk.
      const single = paths.map(({ path }) => path).filter((path) => !/\/\*(?:\/|$)/.test(path));
      expect(new Set(single).size).toBe(single.length);
    }),
    { numRuns: runs(400) },
  );
});
