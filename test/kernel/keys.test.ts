// Goal: a record has exactly the keys its paths promise, or is bad for the right reason.
// Method: tables of records, options and keys (by index number, in document order), or the reason.

import { describe, expect, it } from 'vitest';
import type { RecordLayout, ScanOptions } from '../../src/kernel/contract.js';
import { encodeKey, encodeKeyToken, type KeyValue } from '../../src/keys/encode.js';
import type { KeyNames } from '../../src/keys/key-path.js';
import { kernels } from '../support/kernels.js';
import { readText, utf8 } from '../support/scans.js';

/** Values of keys by index number. */
type Keys = Readonly<Record<number, readonly KeyValue[]>>;
type Row = readonly [record: string, options: Partial<ScanOptions>, expected: Keys | string];

const id = ['id'];
const indexed = (...secondary: KeyNames[]): Partial<ScanOptions> => ({ secondary });
const manyNames = Array.from({ length: 100 }, (_, i) => `n${i}`);
const tooLong = `"${'x'.repeat(1900)}"`;
const pair = [['a'], ['b']];
/** As strings, two of these are one key that is too long, and one is not. */
const half = `"${'x'.repeat(1000)}"`;

const table: Record<string, readonly Row[]> = {
  'the primary key is one scalar': [
    ['{"id":7}', { primary: id }, { 0: [7] }],
    ['{"user":{"id":"x"}}', { primary: ['user', 'id'] }, { 0: ['x'] }],
    ['{"id":null}', { primary: id }, 'KEY_NULL'],
    ['{"id":null}', { primary: id, allowsNull: true }, { 0: [null] }],
    ['{"id":null,"id":1}', { primary: id }, { 0: [1] }],
    ['{"id":1,"id":null}', { primary: id }, 'KEY_NULL'],
    ['{"id":[null]}', { primary: id }, 'KEY_NOT_SCALAR'],
    ['{"id":null}', { secondary: [id] }, { 1: [null] }],
    ['{}', { primary: id }, 'KEY_MISSING'],
    ['7', { primary: id }, 'KEY_MISSING'],
    ['{"id":{}}', { primary: id }, 'KEY_NOT_SCALAR'],
    ['{"user":7}', { primary: ['user', 'id'] }, 'KEY_MISSING'],
  ],
  'an array makes the primary key not a scalar where a value is found inside it': [
    ['{"id":[7]}', { primary: id }, 'KEY_NOT_SCALAR'],
    ['{"id":[{}]}', { primary: id }, 'KEY_NOT_SCALAR'],
    ['{"id":[]}', { primary: id }, 'KEY_MISSING'],
    ['{"id":[[]]}', { primary: id }, 'KEY_MISSING'],
    ['{"user":[{"id":7}]}', { primary: ['user', 'id'] }, 'KEY_NOT_SCALAR'],
    ['{"user":[{"name":7},8]}', { primary: ['user', 'id'] }, 'KEY_MISSING'],
    ['[{"id":7}]', { primary: id }, 'KEY_NOT_SCALAR'],
  ],
  'arrays are transparent to secondary paths': [
    ['{"a":[1,[2,[]],{"b":3},4]}', indexed(['a']), { 1: [1, 2, 4] }],
    ['{"a":[{"b":1},[{"b":[2]}],{"c":3}]}', indexed(['a', 'b']), { 1: [1, 2] }],
    ['[{"a":1},{"a":2}]', indexed(['a']), { 1: [1, 2] }],
    ['{"a" : [ 1 , [ "x" ] , { "a" : 3 } ] }', indexed(['a']), { 1: [1, 'x'] }],
  ],
  'a position leads to that element of an array, and to the member of that name of an object': [
    ['[7,8]', { primary: [0], secondary: [[1]] }, { 0: [7], 1: [8] }],
    ['[ 7 , [ 8 , 9 ] ]', { primary: [1, 0], secondary: [[0], [1, 1], [1]] }, { 0: [8], 1: [7], 2: [9], 3: [8, 9] }],
    [
      '{"0":7,"a":[[],{"b":8}]}',
      {
        primary: [0],
        secondary: [
          ['a', 1, 'b'],
          ['a', 0],
        ],
      },
      { 0: [7], 1: [8] },
    ],
    ['[[1,2],[3,4],{"0":5}]', indexed([0], [1, 0], [2, 0], [3]), { 1: [1, 2], 2: [3], 3: [5] }],
    ['{"a":[{"0":1},{"1":2}]}', indexed(['a', 0], ['a', '1']), { 2: [2] }],
    ['[{"a":1},2]', indexed(['a'], [0], [1]), { 1: [1], 3: [2] }],
    ['{"a":[1,2],"a":[3]}', indexed(['a', 0], ['a', 1]), { 1: [3] }],
    ['[1,2]', { primary: [[1], [0]] }, { 0: [[2, 1]] }],
    ['[]', { primary: [0] }, 'KEY_MISSING'],
    ['[1]', { primary: [1] }, 'KEY_MISSING'],
    ['["a"]', { primary: [0, 0] }, 'KEY_MISSING'],
    ['[[]]', { primary: [0] }, 'KEY_MISSING'],
    ['[[1]]', { primary: [0] }, 'KEY_NOT_SCALAR'],
    ['[{}]', { primary: [0] }, 'KEY_NOT_SCALAR'],
    ['[{"a":1}]', { primary: ['a'], secondary: [[0]] }, 'KEY_NOT_SCALAR'],
    ['[null]', { primary: [0] }, 'KEY_NULL'],
    ['[1,2,3,4,5,6,7,8,9,10,11,[12]]', indexed([10], [11, 0], [12]), { 1: [11], 2: [12] }],
  ],
  'keys come by index, then in document order, and are not made unique': [
    ['{"b":[2,1,1],"a":3}', indexed(['a'], ['b']), { 1: [3], 2: [2, 1, 1] }],
    ['{"b":1,"id":2}', { primary: id, secondary: [['b'], id] }, { 0: [2], 1: [1], 2: [2] }],
  ],
  'a path that ends at an object or goes on through a scalar captures nothing': [
    ['{"a":{"b":1}}', indexed(['a']), {}],
    ['{"a":1}', indexed(['a', 'b']), {}],
    ['{"a":{"b":1},"b":2}', indexed(['a', 'b'], ['b']), { 1: [1], 2: [2] }],
    ['{"a":{"a":{"a":1}}}', indexed(['a'], ['a', 'a'], ['a', 'a', 'a']), { 3: [1] }],
  ],
  'a repeated member replaces what was captured below its earlier occurrence': [
    ['{"id":1,"id":2}', { primary: id }, { 0: [2] }],
    ['{"id":1,"id":{}}', { primary: id }, 'KEY_NOT_SCALAR'],
    ['{"id":{},"id":1}', { primary: id }, { 0: [1] }],
    ['{"id":[1],"id":1}', { primary: id }, { 0: [1] }],
    ['{"id":1e99999,"id":1}', { primary: id }, { 0: [1] }],
    ['{"u":{"id":1},"u":{}}', { primary: ['u', 'id'] }, 'KEY_MISSING'],
    ['{"u":{"id":1},"u":2}', { primary: ['u', 'id'] }, 'KEY_MISSING'],
    ['{"a":[1,2],"a":3}', indexed(['a']), { 1: [3] }],
    ['{"a":[1,2],"a":[]}', indexed(['a']), {}],
    ['{"a":[{"b":1},{"b":2,"b":3}]}', indexed(['a', 'b']), { 1: [1, 3] }],
    ['{"a":{"b":1},"c":0,"a":{"c":2}}', indexed(['a', 'b'], ['a', 'c'], ['c']), { 2: [2], 3: [0] }],
    ['[{"a":1},{"a":2,"\\u0061":3}]', indexed(['a']), { 1: [1, 3] }],
  ],
  'a composite primary key has a scalar for each component': [
    ['{"b":7,"a":"x"}', { primary: pair }, { 0: [['x', 7]] }],
    ['{"a":{"b":1},"b":2}', { primary: [['a', 'b'], ['b']] }, { 0: [[1, 2]] }],
    ['{"a":0,"b":""}', { primary: pair }, { 0: [[0, '']] }],
    ['{"a":-1.5,"b":true,"c":false}', { primary: [['a'], ['b'], ['c']] }, { 0: [[-1.5, true, false]] }],
    ['{"a":1,"b":2,"a":3}', { primary: pair }, { 0: [[3, 2]] }],
    ['{"a":1}', { primary: pair }, 'KEY_MISSING'],
    ['{"a":1,"b":[]}', { primary: pair }, 'KEY_MISSING'],
    ['{"a":1,"b":[2]}', { primary: pair }, 'KEY_NOT_SCALAR'],
    ['{"a":1,"b":{}}', { primary: pair }, 'KEY_NOT_SCALAR'],
    ['{"a":null,"b":1}', { primary: pair }, 'KEY_NULL'],
    ['{"a":null,"b":1}', { primary: pair, allowsNull: true }, { 0: [[null, 1]] }],
    ['{"a":[1],"b":null}', { primary: pair }, 'KEY_NOT_SCALAR'],
    ['{"a":[1]}', { primary: pair }, 'KEY_MISSING'],
    ['{"a":1e99999,"b":1}', { primary: pair }, 'KEY_OUT_OF_RANGE'],
    [`{"a":${half},"b":1}`, { primary: pair }, { 0: [[JSON.parse(half), 1]] }],
    [`{"a":${half},"b":${half}}`, { primary: pair }, 'KEY_TOO_LONG'],
    [`{"a":1,"b":${tooLong}}`, { primary: pair }, 'KEY_TOO_LONG'],
  ],
  'a composite index has a key for each combination of values, the first component slowest': [
    ['{"b":7,"a":"x"}', indexed(pair), { 1: [['x', 7]] }],
    ['{"a":null,"b":7}', indexed(pair), { 1: [[null, 7]] }],
    ['{"a":[1,2],"b":[3,4]}', indexed(pair), { 1: [1, 2].flatMap((a) => [3, 4].map((b) => [a, b])) }],
    ['{"b":[{"a":1},{"a":2}],"a":"x"}', indexed([['a'], ['b', 'a']]), { 1: [1, 2].map((b) => ['x', b]) }],
    ['{"a":1}', indexed(pair), {}],
    ['{"a":1e99999}', indexed(pair), {}],
    ['{"a":1e99999,"b":1}', indexed(pair), 'KEY_OUT_OF_RANGE'],
    ['{"a":{},"b":1}', indexed(pair), {}],
    ['{"a":1,"b":2}', indexed(pair, [['b'], ['a']], ['a']), { 1: [[1, 2]], 2: [[2, 1]], 3: [1] }],
    [`{"a":1,"b":2}`, { primary: ['a'], secondary: [pair] }, { 0: [1], 1: [[1, 2]] }],
    [`{"a":1,"b":2}`, { primary: pair, secondary: [['b']] }, { 0: [[1, 2]], 1: [2] }],
    [`{"a":${half},"b":${half}}`, indexed(pair), { 1: [[JSON.parse(half), JSON.parse(half)]] }],
    [`{"a":-${'7'.repeat(3900)},"b":1}`, indexed(pair), { 1: [[-BigInt('7'.repeat(3900)), 1]] }],
  ],
  'names are compared as text': [
    ['{"\\u0069d":1}', { primary: id }, { 0: [1] }],
    ['{"\\ud83d\\ude00":1}', { primary: ['😀'] }, { 0: [1] }],
    ['{"\\uD800":1}', { primary: ['\ud800'] }, { 0: [1] }],
    ['{"a\\/b":1}', { primary: ['a/b'] }, { 0: [1] }],
    ['{"":{"":1}}', { primary: ['', ''] }, { 0: [1] }],
    ['{"__proto__":1,"constructor":2}', indexed(['__proto__'], ['constructor'], ['toString']), { 1: [1], 2: [2] }],
    ['{"idx":1,"i":2,"ID":3}', indexed(id), {}],
    // Names that look like others' spellings, and those that have no spelling without an escape.
    ['{"a\\b":1,"a\\\\b":2}', indexed(['a\\b'], ['a\b']), { 1: [2], 2: [1] }],
    ['{"a\\"b":1}', indexed(['a\\'], ['a"b'], ['a']), { 2: [1] }],
    ['{"\\u0000":1,"\\n":2}', indexed(['\0'], ['\n'], ['\\n']), { 1: [1], 2: [2] }],
    ['{"\\ud800":1,"\ufffd":2}', indexed(['\ud800'], ['\ufffd']), { 1: [1], 2: [2] }],
    ['{"\\udc00\\ud800\\udc00":1}', indexed(['\udc00\ud800\udc00']), { 1: [1] }],
    ['{"aaaaaaaa":1,"aaaaaaa":2,"aaaaaaaaa":3}', indexed(['aaaaaaaa'], ['aaaaaaa']), { 1: [1], 2: [2] }],
    [
      `{${manyNames.map((name) => `"${name}":"${name}"`).join()},"n99":0,"n1":1}`,
      indexed(...manyNames.map((name) => [name])),
      {
        ...Object.fromEntries(manyNames.map((name, i) => [i + 1, [name]])),
        2: [1],
        100: [0],
      },
    ],
  ],
  'numbers are exact, strings are what they mean': [
    ['{"id":123456789012345678901234567890}', { primary: id }, { 0: [123456789012345678901234567890n] }],
    ['{"id":1.0}', { primary: id }, { 0: [1] }],
    ['{"id":1e400}', { primary: id }, { 0: [10n ** 400n] }],
    ['{"id":"\\ud83d\\ude00\\ud800"}', { primary: id }, { 0: ['😀\ud800'] }],
    ['{"id":1e99999}', { primary: id }, 'KEY_OUT_OF_RANGE'],
    [`{"id":${tooLong}}`, { primary: id }, 'KEY_TOO_LONG'],
  ],
  'reasons come in order: syntax, the primary key, then encoding by index': [
    ['{"id":1e99999', { primary: id }, 'UNEXPECTED_END'],
    [`{"a":${tooLong}}`, { primary: id, secondary: [['a']] }, 'KEY_MISSING'],
    [`{"b":1e99999,"a":${tooLong}}`, indexed(['a'], ['b']), 'KEY_OUT_OF_RANGE'],
    [`{"b":1e99999,"a":${tooLong}}`, indexed(['b'], ['a']), 'KEY_OUT_OF_RANGE'],
    [`{"id":1,"a":${tooLong}}`, { primary: id, secondary: [['a']] }, { 0: [1], 1: [JSON.parse(tooLong)] }],
    [
      `{"a":[${tooLong},1,-${'7'.repeat(3900)}]}`,
      indexed(['a']),
      { 1: [JSON.parse(tooLong), 1, -BigInt('7'.repeat(3900))] },
    ],
    [`{"a":[1,1e99999,${tooLong}]}`, indexed(['a']), 'KEY_OUT_OF_RANGE'],
  ],
};

const encoded = (keys: Keys) =>
  Object.entries(keys).flatMap(([index, values]) =>
    values.map((value) => [
      Number(index),
      Buffer.from(encodeKey(value, index === '0' ? 'refuse' : 'cut')).toString('hex'),
    ]),
  );

describe.each(kernels)('$name', ({ scan }) => {
  const read = (source: string, layout: RecordLayout, some?: Partial<ScanOptions>) =>
    readText(scan, source, layout, some);

  describe.each(Object.entries(table))('%s', (_, rows) => {
    it.each(rows)('%s %o', (record, options, expected) => {
      const { records, bad } = read(record, 'values', options);
      expect(records.length + bad.length).toBe(1);
      const outcome = records[0] ?? bad[0];
      if (typeof expected === 'string')
        expect(outcome).toMatchObject({ reason: expected, start: 0, end: record.length });
      else expect(outcome).toMatchObject({ keys: encoded(expected) });
    });
  });

  it('a number has the key of its value, of however many digits', () => {
    const digits = [1, 2, 3, 14, 15, 16, 17, 30, 300, 3792].flatMap((count) =>
      ['1', '9', '10', '5000', '1234567890'].map((some) => some.repeat(count).slice(0, count)),
    );
    const numbers = digits.flatMap((text) => [
      text,
      `${text}00`,
      `${text}.0`,
      `${text}.25`,
      `${text}e3`,
      `${text}E-20`,
      `0.${text}`,
      `0.000${text}e9`,
    ]);
    const spellings = [
      ...numbers,
      ...numbers.map((text) => `-${text}`),
      '0',
      '-0',
      '0.0',
      '0e9',
      '0.1e32767',
      '1e-32768',
      '0.1e-32767',
    ];
    const lines = spellings.flatMap((text) => [`{"id":${text}}`, `{"id" : ${text} }`]);
    const { records, bad } = read(lines.join('\n'), 'ndjson', { secondary: [id] });
    const keys = spellings.flatMap((text) => {
      const key = encodeKeyToken(utf8(text), 0, text.length, 'cut');
      return typeof key === 'string' ? [] : [Buffer.from(key).toString('hex')];
    });
    expect(records.map((record) => record.keys)).toEqual(keys.flatMap((key) => [[[1, key]], [[1, key]]]));
    expect(bad.map(({ reason }) => reason)).toEqual(Array(lines.length - records.length).fill('KEY_OUT_OF_RANGE'));
  });

  it('the key of a member is its name, unless a path is given', () => {
    const source = ' "\\u0061":{"id":7},"b":[]}';
    const byName = read(source, 'object', { secondary: [id] });
    expect(byName.records.map(({ keys }) => keys)).toEqual([encoded({ 0: ['a'], 1: [7] }), encoded({ 0: ['b'] })]);
    const byPath = read(source, 'object', { primary: id });
    expect(byPath.records.map(({ keys }) => keys)).toEqual([encoded({ 0: [7] })]);
    expect(byPath.bad).toEqual([{ reason: 'KEY_MISSING', offset: 19, record: 1, start: 19, end: 25 }]);
    expect(read(`${tooLong}:1}`, 'object').bad[0]!.reason).toBe('KEY_TOO_LONG');
  });

  it('a record without a key ends with its value and leaves its neighbours alone', () => {
    const outcomes = (source: string, layout: RecordLayout) => read(source, layout, { primary: id }).outcomes;
    expect(outcomes('{"id":1}{"no":2}{"id":3}', 'values')).toEqual([
      '{"id":1}',
      'KEY_MISSING @8 <{"no":2}>',
      '{"id":3}',
    ]);
    expect(outcomes('"a""b"1', 'values')).toEqual([
      'KEY_MISSING @0 <"a">',
      'KEY_MISSING @3 <"b">',
      'KEY_MISSING @6 <1>',
    ]);
    expect(outcomes(' 1 , 2 ]', 'array')).toEqual(['KEY_MISSING @1 <1>', 'KEY_MISSING @5 <2>']);
    expect(outcomes('1 \r\n2\n', 'ndjson')).toEqual(['KEY_MISSING @0 <1>', 'KEY_MISSING @4 <2>']);
  });
});
