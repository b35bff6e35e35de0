// Goal: what the kernels do with records in their layouts: where they begin and end, which are bad and why, and what is
// read after a bad one.
// Method: tables of sources and what is read from them, one string a record: its line, or `REASON @offset <bytes>`.
// Sources of layouts array and object begin after the opening bracket, as kernels get them.

import { describe, expect, it } from 'vitest';
import type { RecordLayout, ScanOptions } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { kernels } from '../support/kernels.js';
import { laidOut, latin1, layouts, optionsFor, readText, utf8 } from '../support/scans.js';

type Row = readonly [source: string, ...outcomes: string[]];

const ndjson: Record<string, readonly Row[]> = {
  'one value a line, the last newline being optional': [
    ['', ...[]],
    ['1\n2\n', '1', '2'],
    ['{"a": 1}\n[ ]', '{"a":1}', '[]'],
  ],
  'blank lines and carriage returns are white space': [
    ['1\r\n\r\n \t \n\n2\r\n', '1', '2'],
    ['\r\n\n', ...[]],
    ['1\r2\n3', 'UNEXPECTED_CHARACTER @2 <1\r2>', '3'],
  ],
  'a newline ends a record whatever is open': [
    ['{"a":1\n2', 'UNEXPECTED_END_OF_LINE @6 <{"a":1>', '2'],
    ['"ab\n2', 'UNEXPECTED_END_OF_LINE @3 <"ab>', '2'],
    ['"a\\\n2', 'UNEXPECTED_END_OF_LINE @3 <"a\\>', '2'],
    ['"\\u12\n2', 'UNEXPECTED_END_OF_LINE @5 <"\\u12>', '2'],
    ['[1,\r\n2', 'UNEXPECTED_END_OF_LINE @4 <[1,\r>', '2'],
    ['{"a":\n"b"}\n', 'UNEXPECTED_END_OF_LINE @5 <{"a":>', 'UNEXPECTED_CHARACTER @9 <"b"}>'],
  ],
  'a second value on a line is one too many': [
    ['1 2\n3', 'UNEXPECTED_CHARACTER @2 <1 2>', '3'],
    ['{}{}\n3', 'UNEXPECTED_CHARACTER @2 <{}{}>', '3'],
    ['1,\n3', 'UNEXPECTED_CHARACTER @1 <1,>', '3'],
  ],
  'the end of the source is named as such': [
    ['1\n{"a', '1', 'UNEXPECTED_END @5 <{"a>'],
    ['[ ', 'UNEXPECTED_END @2 <[ >'],
    ['tru', 'BAD_LITERAL @3 <tru>'],
  ],
};

const values: Record<string, readonly Row[]> = {
  'white space between values is optional': [
    ['', ...[]],
    [' \n', ...[]],
    ['{}{} []', '{}', '{}', '[]'],
    ['1 2\n3', '1', '2', '3'],
    ['"a""b"1"c"true[null]', '"a"', '"b"', '1', '"c"', 'true', '[null]'],
    ['{"a":\n1}', '{"a":1}'],
  ],
  'a bad value that begins with a bracket ends with the bracket that closes it': [
    ['{"a" 1}{}', 'UNEXPECTED_CHARACTER @5 <{"a" 1}>', '{}'],
    ['[1,{"a":x}]2', 'UNEXPECTED_CHARACTER @8 <[1,{"a":x}]>', '2'],
    ['[{]2', 'UNEXPECTED_CHARACTER @2 <[{]>', '2'],
    ['{]}2', 'UNEXPECTED_CHARACTER @1 <{]}>', '2'],
    ['["}]" x]2', 'UNEXPECTED_CHARACTER @6 <["}]" x]>', '2'],
    ['["\\"]" x]2', 'UNEXPECTED_CHARACTER @7 <["\\"]" x]>', '2'],
    ['["a\n]2', 'CONTROL_CHARACTER @3 <["a\n]>', '2'],
    ['["a\\\n]2', 'BAD_ESCAPE @4 <["a\\\n]>', '2'],
  ],
  'any other ends before white space, or before a byte that begins a value': [
    ['x1 2', 'UNEXPECTED_CHARACTER @0 <x1>', '2'],
    ['1x{}', 'BAD_NUMBER @1 <1x>', '{}'],
    [']}{}', 'UNEXPECTED_CHARACTER @0 <]}>', '{}'],
    ['1,2 3', '1', 'UNEXPECTED_CHARACTER @1 <,2>', '3'],
    ['truth"a"', 'BAD_LITERAL @3 <truth>', '"a"'],
    ['"\\x y"z 1', 'BAD_ESCAPE @2 <"\\x y"z>', '1'],
    ['"a\tb" 1', 'CONTROL_CHARACTER @2 <"a\tb">', '1'],
    ['"a\n"b" 1', 'CONTROL_CHARACTER @2 <"a>', '"b"', '1'],
  ],
  'the end of the source is named as such': [
    ['{} [1', '{}', 'UNEXPECTED_END @5 <[1>'],
    ['"a', 'UNEXPECTED_END @2 <"a>'],
    ['{"a":1 ', 'UNEXPECTED_END @7 <{"a":1 >'],
    ['1.', 'BAD_NUMBER @2 <1.>'],
  ],
};

const array: Record<string, readonly Row[]> = {
  'elements have commas between them': [
    [']', ...[]],
    [' \n ]', ...[]],
    ['1, {"a" : [ ]} ,"x"]', '1', '{"a":[]}', '"x"'],
  ],
  'an empty place is a bad record without bytes': [
    ['1,,2]', '1', 'UNEXPECTED_CHARACTER @2 <>', '2'],
    [',1]', 'UNEXPECTED_CHARACTER @0 <>', '1'],
    ['1, ]', '1', 'UNEXPECTED_CHARACTER @3 <>'],
    [' , ]', 'UNEXPECTED_CHARACTER @1 <>', 'UNEXPECTED_CHARACTER @3 <>'],
  ],
  'a bad element ends before the comma or closer that ends it': [
    ['1 2,3]', 'UNEXPECTED_CHARACTER @2 <1 2>', '3'],
    ['x ,3]', 'UNEXPECTED_CHARACTER @0 <x >', '3'],
    ['{"a" 1},3]', 'UNEXPECTED_CHARACTER @5 <{"a" 1}>', '3'],
    ['[1,,2],3]', 'UNEXPECTED_CHARACTER @3 <[1,,2]>', '3'],
    ['x]', 'UNEXPECTED_CHARACTER @0 <x>'],
    ['{"a":[1},2]', 'UNEXPECTED_CHARACTER @7 <{"a":[1}>', '2'],
    ['{"a":1,2]', 'UNEXPECTED_CHARACTER @7 <{"a":1,2>'],
    ['},2]', 'UNEXPECTED_CHARACTER @0 <}>', '2'],
    ['{}},2]', 'UNEXPECTED_CHARACTER @2 <{}}>', '2'],
    ['"a\n,"b",2]', 'CONTROL_CHARACTER @2 <"a\n>', '"b"', '2'],
    ['"a\\\n,"b"]', 'BAD_ESCAPE @3 <"a\\\n>', '"b"'],
    ['"a\\q,]",2]', 'BAD_ESCAPE @3 <"a\\q,]">', '2'],
  ],
};

const object: Record<string, readonly Row[]> = {
  'members keep their names as spelled': [
    ['}', ...[]],
    [' "a" : 1 , "\\u0062":[ ]}', '{"key":"a","value":1}', '{"key":"\\u0062","value":[]}'],
  ],
  'an empty place is a bad record without bytes': [
    ['"a":1,,"b":2}', '{"key":"a","value":1}', 'UNEXPECTED_CHARACTER @6 <>', '{"key":"b","value":2}'],
    ['"a":1,}', '{"key":"a","value":1}', 'UNEXPECTED_CHARACTER @6 <>'],
    [',}', 'UNEXPECTED_CHARACTER @0 <>', 'UNEXPECTED_CHARACTER @1 <>'],
  ],
  'a bad member begins at its name': [
    ['"a" 1,"b":2}', 'UNEXPECTED_CHARACTER @4 <"a" 1>', '{"key":"b","value":2}'],
    ['"a":,"b":2}', 'UNEXPECTED_CHARACTER @4 <"a":>', '{"key":"b","value":2}'],
    ['"a":}', 'UNEXPECTED_CHARACTER @4 <"a":>'],
    ['"a","b":2}', 'UNEXPECTED_CHARACTER @3 <"a">', '{"key":"b","value":2}'],
    ['"a"}', 'UNEXPECTED_CHARACTER @3 <"a">'],
    ['a:1,"b":2}', 'UNEXPECTED_CHARACTER @0 <a:1>', '{"key":"b","value":2}'],
    ['1:1,"b":2}', 'UNEXPECTED_CHARACTER @0 <1:1>', '{"key":"b","value":2}'],
    ['"a\\x":1,"b":2}', 'BAD_ESCAPE @3 <"a\\x":1>', '{"key":"b","value":2}'],
    ['"a":1 2,"b":2}', 'UNEXPECTED_CHARACTER @6 <"a":1 2>', '{"key":"b","value":2}'],
    ['],"b":2}', 'UNEXPECTED_CHARACTER @0 <]>', '{"key":"b","value":2}'],
  ],
};

/** [rest of the source after its first bytes, reason, where]: the same in every layout. */
const tokens: readonly (readonly [token: string, reason: string, at: number])[] = [
  ['01', 'BAD_NUMBER', 1],
  ['-', 'BAD_NUMBER', 1],
  ['-x', 'BAD_NUMBER', 1],
  ['1.', 'BAD_NUMBER', 2],
  ['1.e1', 'BAD_NUMBER', 2],
  ['1e+', 'BAD_NUMBER', 3],
  ['1e5.5', 'BAD_NUMBER', 3],
  ['1\xff', 'BAD_NUMBER', 1],
  ['1\0', 'BAD_NUMBER', 1],
  ['0x10', 'BAD_NUMBER', 1],
  ['+1', 'UNEXPECTED_CHARACTER', 0],
  ['.5', 'UNEXPECTED_CHARACTER', 0],
  ['NaN', 'NOT_FINITE', 0],
  ['nan', 'BAD_LITERAL', 1],
  ['nul', 'BAD_LITERAL', 3],
  ['truee', 'BAD_LITERAL', 4],
  ['False', 'UNEXPECTED_CHARACTER', 0],
  ["'a'", 'UNEXPECTED_CHARACTER', 0],
  ['\xff', 'UNEXPECTED_CHARACTER', 0],
  ['\xef\xbb\xbf1', 'UNEXPECTED_CHARACTER', 0],
  ['"\x1f"', 'CONTROL_CHARACTER', 1],
  ['"\0"', 'CONTROL_CHARACTER', 1],
  ['"\\a"', 'BAD_ESCAPE', 2],
  ['"\\U0041"', 'BAD_ESCAPE', 2],
  ['"\\u004g"', 'BAD_ESCAPE', 6],
  ['"\\u00"', 'BAD_ESCAPE', 5],
  ['"\x80"', 'BAD_UTF8', 1],
  ['"\xc0\x80"', 'BAD_UTF8', 1],
  ['"\xc3"', 'BAD_UTF8', 2],
  ['"\xc3\x01"', 'BAD_UTF8', 2],
  ['"\xe0\x9f\xbf"', 'BAD_UTF8', 2],
  ['"\xe2\x82"', 'BAD_UTF8', 3],
  ['"\xed\xa0\x80"', 'BAD_UTF8', 2],
  ['"\xf0\x8f\xbf\xbf"', 'BAD_UTF8', 2],
  ['"\xf4\x90\x80\x80"', 'BAD_UTF8', 2],
  ['"\xf5\x80\x80\x80"', 'BAD_UTF8', 1],
];

describe.each(kernels)('$name', ({ scan }) => {
  const read = (source: string, layout: RecordLayout, some?: Partial<ScanOptions>) =>
    readText(scan, source, layout, some);

  describe.each(Object.entries({ ndjson, values, array, object }))('layout %s', (layout, table) => {
    describe.each(Object.entries(table))('%s', (_, rows) => {
      it.each(rows)('%j', (source, ...outcomes) => {
        const result = read(source, layout as RecordLayout);
        expect(result.outcomes).toEqual(outcomes);
        expect(result.end).toBe(utf8(source).length);
      });
    });
  });

  describe.each(layouts)('a bad token in layout %s', (layout) => {
    it.each(tokens)('%j is %s', (token, reason, at) => {
      const source = laidOut(latin1(token), layout);
      const bad = scan(source, optionsFor(layout)).bad[0]!;
      expect([bad.reason, bad.offset - source.indexOf(latin1(token)[0]!, layout === 'object' ? 7 : 0)]).toEqual([
        reason,
        at,
      ]);
    });

    it.each(tokens)('%j inside a record is %s', (token, reason, at) => {
      const [before, after] = [latin1('{"n":[0, '), latin1(' ]}')];
      const source = laidOut(Buffer.concat([before, latin1(token), after]), layout);
      const bad = scan(source, optionsFor(layout)).bad[0]!;
      const base =
        source.length - latin1(token).length - after.length - (layout === 'array' || layout === 'object' ? 1 : 0);
      expect([bad.reason, bad.offset - base]).toEqual([reason, at]);
    });
  });

  describe('a container', () => {
    it('ends at its closer, and what follows is not read', () => {
      expect(read('1]2,x', 'array')).toMatchObject({ outcomes: ['1'], end: 2 });
      expect(read('"a":1} {', 'object')).toMatchObject({ outcomes: ['{"key":"a","value":1}'], end: 6 });
    });

    it('that is not closed has no end, and a started record is cut short', () => {
      expect(read('', 'array')).toMatchObject({ outcomes: [], end: -1 });
      expect(read('1, ', 'array')).toMatchObject({ outcomes: ['1'], end: -1 });
      expect(read('1,2 ', 'array')).toMatchObject({ outcomes: ['1', 'UNEXPECTED_END @4 <2 >'], end: -1 });
      expect(read('1,{"a":[2', 'array')).toMatchObject({ outcomes: ['1', 'UNEXPECTED_END @9 <{"a":[2>'], end: -1 });
      expect(read('"a":1,"b" ', 'object')).toMatchObject({
        outcomes: ['{"key":"a","value":1}', 'UNEXPECTED_END @10 <"b" >'],
        end: -1,
      });
      expect(read('1}', 'array')).toMatchObject({ outcomes: ['UNEXPECTED_CHARACTER @1 <1}>'], end: -1 });
    });
  });

  it('counts bad records among the ordinals', () => {
    expect(read('x,1,,2,y]', 'array').bad.map(({ record }) => record)).toEqual([0, 2, 4]);
  });

  it('keeps tokens as spelled', () => {
    const document =
      '{"a": 1.50e+1, "\\u0061": "\\/é\\ud800", "n": 123456789012345678901234567890, "z": -0, "e": 1E400}';
    for (const layout of ['ndjson', 'values'] as const) {
      expect(read(document, layout).outcomes).toEqual([document.replaceAll(' ', '')]);
    }
  });
});

it('the plain kernel says where the value of a member is', () => {
  const record = scanPlain(utf8(' "a" : [ 1 ] ,"b":2}'), optionsFor('object')).records[0]!;
  expect([record.start, record.end]).toEqual([7, 12]);
});
