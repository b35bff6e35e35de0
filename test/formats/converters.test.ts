// Goal: converters give what other programs read in the same bytes, however these are cut into pieces, and bad records with
// their place. Method: random CSV and TSV beside csv-parse; bulk files beside an object of the same actions.

import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markedRecord } from '../../src/import/format/bad-mark.js';
import { isNumber, parseCellTypes } from '../../src/import/format/cell-types.js';
import { convert, linesOf } from '../support/converted.js';
import { runs } from '../support/effort.js';

const recordsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line));
const pieces = fc.constantFrom(1, 2, 3, 7, 64, 1 << 20);

describe.each([
  ['csv', ','],
  ['tsv', '\t'],
] as const)('%s', (format, separator) => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', '1', '"', ',', '\t', '\n', '\r\n', '\\', '\u0001', ' '),
    maxLength: 8,
  });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const written = (text: string, isQuoted: boolean) => (isQuoted || /[",\t\r\n]/.test(text) ? quoted(text) : text);
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((columns) =>
      fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: columns, maxLength: columns }), { maxLength: 8 }),
    );

  test('gives the records that csv-parse gives, whatever the pieces', () => {
    fc.assert(
      fc.property(table, pieces, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, piece, newline, isClosed) => {
        const columns = rows[0]?.length ?? 2;
        const header = Array.from({ length: columns }, (_, i) => `c${i}`).join(separator);
        // An empty line is no row of several cells; of one cell it is, here as there.
        const lines = rows.map((row) =>
          row.map(([text, isQuoted]) => written(text, isQuoted || columns === 1)).join(separator),
        );
        const source = [header, ...lines].join(newline) + (isClosed ? newline : '');
        const expected = parse(source, { columns: true, delimiter: separator, record_delimiter: [newline] });
        expect(recordsOf(convert(format, source, piece))).toEqual(
          expected.map((record) => ({ ...(record as object) })),
        );
      }),
      { numRuns: runs(300) },
    );
  });

  test('marks rows of another length, with their line, byte and bytes', () => {
    const rows = ['a|b', '1|2', '3', '"x', 'y"|4', '5|6|7', '', '"8"z|9', '10|11']
      .join('\n')
      .replaceAll('|', separator);
    for (const piece of [1, 5, 1000]) {
      const lines = linesOf(convert(format, `\ufeff${rows}\n`, piece));
      const marked = lines.map((line) => markedRecord(Buffer.from(line)));
      expect(lines.filter((_, i) => !marked[i]).map((line) => JSON.parse(line))).toEqual([
        { a: '1', b: '2' },
        { a: 'x\ny', b: '4' },
        { a: '10', b: '11' },
      ]);
      const bytes = Buffer.from(`\ufeff${rows}`);
      expect(marked.flatMap((one) => (one ? [[one.line, one.raw.toString()]] : []))).toEqual([
        [3, '3'],
        [6, `5${separator}6${separator}7`],
        [8, `"8"z${separator}9`],
      ]);
      for (const one of marked) if (one) expect(bytes.indexOf(one.raw, one.offset)).toBe(one.offset);
      expect(marked[1]?.why).toContain('the row has 1 cell, but the header has 2 cells');
    }
  });

  test.each([
    [`a${separator}a\n`, 'SOURCE_BAD_HEADER', 'twice'],
    [`a${separator}\n`, 'SOURCE_BAD_HEADER', 'no name in column 2'],
    ['a\rb\rc', 'SOURCE_BAD_HEADER', 'carriage return'],
    ['"a"b\n', 'SOURCE_BAD_HEADER', 'after its closing quote'],
    [`a${separator}b\n1${separator}2\n"3\n4\n`, 'SOURCE_TRUNCATED', 'line 3'],
  ])('refuses %j', (source, code, words) => {
    expect(() => convert(format, source)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });

  test('refuses UTF-16, and a row that is larger than a record may be', () => {
    const wide = Buffer.from('\ufeffa,b\n', 'utf16le');
    expect(() => convert(format, wide)).toThrow(expect.objectContaining({ code: 'SOURCE_UTF16' }));
    const source = `a\n"${'x'.repeat(5000)}"\n`;
    const large = () => convert(format, source, 100, { recordBytesMax: 1000 });
    expect(large).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE', message: expect.stringContaining('line 2') }),
    );
  });
});

describe('types of cells', () => {
  test('are numbers exactly where JSON has them', () => {
    const part = fc.constantFrom('-', '+', '0', '1', '9', '.', 'e', 'E', ' ', '00', 'Infinity');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const text = parts.join('');
        const isJson = text.trim() === text && text !== '' && isParsed(text);
        expect(isNumber(Buffer.from(text), 0, Buffer.byteLength(text))).toBe(isJson);
      }),
      { numRuns: runs(2000) },
    );
  });

  const SOURCE = 'n,b,s\n1.50,true,2\n007,TRUE,\n"3",false,"4"\n,,1e400\n';
  test.each([
    [
      'auto',
      '{"n":1.50,"b":true,"s":2}',
      '{"n":"007","b":"TRUE","s":""}',
      '{"n":"3","b":false,"s":"4"}',
      '{"n":"","b":"","s":1e400}',
    ],
    [
      'n=number,b=boolean',
      '{"n":1.50,"b":true,"s":"2"}',
      '{"n":"007","b":"TRUE","s":""}',
      '{"n":3,"b":false,"s":"4"}',
      '{"n":"","b":"","s":"1e400"}',
    ],
    [
      '{"n":"number"}',
      '{"n":1.50,"b":"true","s":"2"}',
      '{"n":"007","b":"TRUE","s":""}',
      '{"n":3,"b":"false","s":"4"}',
      '{"n":"","b":"","s":"1e400"}',
    ],
  ])('%s', (types, ...expected) => {
    for (const piece of [1, 1000]) expect(linesOf(convert('csv', SOURCE, piece, { types }))).toEqual(expected);
  });

  test('of columns that are not there, or unknown ones, are refused', () => {
    expect(() => convert('csv', SOURCE, 9, { types: 'x=number' })).toThrow(
      expect.objectContaining({ code: 'SOURCE_BAD_HEADER' }),
    );
    for (const types of ['', 'price', 'price=int', '=number', '{}', '{"a":1}', '{'])
      expect(() => parseCellTypes(types)).toThrow(TypeError);
  });
});

function isParsed(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'number';
  } catch {
    return false;
  }
}

describe('es-bulk', () => {
  const id = fc.constantFrom('1', '2', 'é"', 'a/b');
  const action = fc.oneof(
    fc.record({ kind: fc.constantFrom('index', 'create'), id, record: fc.record({ n: fc.integer(), s: fc.string() }) }),
    fc.record({ kind: fc.constant('delete'), id }),
  );

  test('becomes an object that has the last record of each _id, and null where that was deleted', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 12 }), pieces, fc.boolean(), (actions, piece, isClosed) => {
        const lines = actions.flatMap((one) => [
          JSON.stringify({ [one.kind]: { _index: 'x', _id: one.id } }),
          ...('record' in one ? [JSON.stringify(one.record)] : []),
        ]);
        const text = convert('es-bulk', lines.join('\n') + (isClosed && lines.length > 0 ? '\n' : ''), piece);
        const expected = actions.map((one) => [one.id, 'record' in one ? one.record : null]);
        expect(JSON.parse(text)).toEqual(Object.fromEntries(expected));
        expect(linesOf(text).length - 2).toBe(Math.max(actions.length, 0));
      }),
      { numRuns: runs(200) },
    );
  });

  test.each([
    ['{"update":{"_id":"1"}}\n{"doc":{}}', 'an update changes a part'],
    ['{"index":{}}\n{"a":1}', 'has no _id'],
    ['{"index":{"_id":"1"}}\n{"a":', 'not valid JSON'],
    ['{"index":{"_id":"1"}}\n[1]', 'not a JSON object'],
    ['{"index":{"_id":"1"}}', 'is missing'],
    ['{"index":{"_id":"1","_index":"other"}}\n{"a":1}', 'is for the index "other"'],
  ])('marks %s', (pair, why) => {
    const text = convert('es-bulk', `{"index":{"_index":"x","_id":"0"}}\n{"a":0}\n${pair}`, 4);
    const marked = markedRecord(Buffer.from(linesOf(text)[2]!));
    expect(marked).toMatchObject({ reason: 'BAD_ACTION', line: 3, offset: 43, why: expect.stringContaining(why) });
    expect(Buffer.from(marked!.raw).toString()).toBe(pair);
  });

  test('with a key inside, records are lines, and deletions are marks', () => {
    const source = '{"index":{}}\n{"id":1}\n{"delete":{"_id":"1"}}\n';
    const lines = linesOf(convert('es-bulk', source, 4, { isKeyed: true }));
    expect(lines[0]).toBe('{"id":1}');
    expect(markedRecord(Buffer.from(lines[1]!))?.why).toContain('a deletion has no record');
  });

  test('a line that is no action ends the import', () => {
    const source = '{"index":{"_id":"1"}}\n{"id":1}\n{"id":2}\n';
    expect(() => convert('es-bulk', source)).toThrow(expect.objectContaining({ code: 'SOURCE_NOT_JSON', line: 3 }));
  });
});
