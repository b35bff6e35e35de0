// Goal: converters give what other programs read in the same bytes, however these are cut into pieces, and bad records with
// their place. Method: random CSV and TSV beside csv-parse; random BSON beside the package bson; bulk files beside a Map.

import { Binary, BSON, Decimal128, Double, EJSON, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markedRecord } from '../../src/import/format/bad-mark.js';
import { isNumber, parseCellTypes } from '../../src/import/format/cell-types.js';
import type { FormatName } from '../../src/import/format/coding.js';
import { codingNow } from '../../src/import/format/open.js';
import { runs } from '../support/effort.js';

interface Given {
  readonly types?: string;
  readonly isKeyed?: boolean;
  readonly recordBytesMax?: number;
}

/** The converted text. @param piece bytes that are pushed at a time */
function convert(format: FormatName, source: Uint8Array | string, piece = 1 << 20, given: Given = {}): string {
  const limits = { ratioMax: 250, memoryMax: 1 };
  const facts = { path: 'FILE', limits, isKeyed: false, recordBytesMax: 1 << 20, ...given };
  const converter = codingNow({ format }, facts);
  const bytes = Buffer.from(source as string);
  const out: Buffer[] = [];
  const take = (plain: Uint8Array) => void out.push(Buffer.from(plain));
  for (let at = 0; at < bytes.byteLength; at += piece) converter.push(bytes.subarray(at, at + piece), take);
  converter.end(take);
  converter.close();
  return Buffer.concat(out).toString('utf8');
}

const linesOf = (text: string) => text.split('\n').slice(0, -1);
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
      expect(marked[1]?.why).toContain('the row has 1 cell, and the header 2 cells');
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

describe('bson', () => {
  const bits = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const leaf = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.integer().map((value) => new Int32(value | 0)),
    fc.double().map((value) => new Double(value)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
    fc.integer({ min: -(2 ** 45), max: 2 ** 48 }).map((value) => new Date(value)),
    bits.map((bytes) => new Decimal128(bytes)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
    fc.uint8Array({ maxLength: 9 }).map((bytes) => new Binary(bytes, 5)),
    fc.integer({ min: 0, max: 2 ** 31 }).map((t) => new Timestamp({ t, i: 7 })),
    fc.constantFrom(new MinKey(), new MaxKey()),
  );
  const name = fc.string({ unit: fc.constantFrom('a', 'é', '"', '.', '$x'), minLength: 1, maxLength: 3 });
  const document = fc.dictionary(
    name,
    fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(name, leaf, { maxKeys: 3 })),
    { maxKeys: 5 },
  );

  test('says what the package bson says, and the package reads the same values in it', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), pieces, (documents, piece) => {
        const source = Buffer.concat(documents.map((one) => BSON.serialize(one)));
        const lines = linesOf(convert('bson', source, piece));
        expect(lines).toHaveLength(documents.length);
        lines.forEach((line, i) => {
          // Numbers beyond doubles are compared as texts: the package rounds them.
          const canonical = EJSON.stringify(BSON.deserialize(BSON.serialize(documents[i]!), { promoteValues: false }), {
            relaxed: false,
          });
          expect(numbersPlain(JSON.parse(quoteNumbers(line)))).toEqual(numbersPlain(JSON.parse(canonical)));
        });
      }),
      { numRuns: runs(200) },
    );
  });

  test('keeps the order of names, names that occur twice, and types that no other program writes any more', () => {
    const twice = Buffer.from('1a00000010620001000000103100020000001062000300000000', 'hex');
    expect(convert('bson', twice)).toBe('{"b":1,"1":2,"b":3}\n');
    const old = Buffer.from('0800000006610000', 'hex');
    expect(convert('bson', old)).toBe('{"a":{"$undefined":true}}\n');
  });

  test('a document that is damaged inside is marked; a length that cannot be, and a dump that is cut off, are errors', () => {
    const [first, second] = [BSON.serialize({ a: 'text' }), BSON.serialize({ b: 2 })];
    const bad = Buffer.from(first);
    bad[7] = 200;
    const lines = linesOf(convert('bson', Buffer.concat([second, bad, second]), 3));
    expect([lines[0], lines[2]]).toEqual(['{"b":2}', '{"b":2}']);
    expect(markedRecord(Buffer.from(lines[1]!))).toMatchObject({
      reason: 'BAD_BSON',
      offset: second.byteLength,
      raw: bad,
    });
    const cut = Buffer.concat([first, second.subarray(0, -1)]);
    expect(() => convert('bson', cut)).toThrow(expect.objectContaining({ code: 'SOURCE_TRUNCATED', record: 1 }));
    const unsound = Buffer.concat([first, Buffer.from([3, 0, 0, 0, 0])]);
    expect(() => convert('bson', unsound)).toThrow(
      expect.objectContaining({ code: 'SOURCE_DAMAGED', offset: first.byteLength }),
    );
  });

  test('damage anywhere is a mark, another value, or an error of gristmill', () => {
    const source = BSON.serialize({ a: 'text', n: { x: [1, 2.5, new Date(0)] }, d: Decimal128.fromString('1.50') });
    for (let at = 0; at < source.byteLength; at++) {
      for (const byte of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(source);
        changed[at] = byte;
        try {
          for (const line of linesOf(convert('bson', changed))) if (!line.startsWith('!')) JSON.parse(line);
        } catch (error) {
          expect(['SOURCE_DAMAGED', 'SOURCE_TRUNCATED']).toContain((error as { code: string }).code);
        }
      }
    }
  });
});

/** Numbers as texts, which lose no digit. */
function quoteNumbers(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)/g, (_, text, number) => text ?? `{"#":"${number}"}`);
}

/** One form of all numbers and dates: canonical Extended JSON and ours differ in nothing else. */
function numbersPlain(value: unknown): unknown {
  if (typeof value === 'number') return { '#': String(value) };
  if (Array.isArray(value)) return value.map(numbersPlain);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, inner] = ['', undefined], ...others] = Object.entries(value);
  if (others.length === 0) {
    if (name === '#') return { '#': sameNumber(inner as string) };
    if (name === '$numberInt' || name === '$numberLong') return { '#': inner };
    if (name === '$numberDouble')
      return /[yN]/.test(inner as string) ? value : { '#': sameNumber(doubleOf(inner as string)) };
    if (name === '$date' && typeof inner === 'string') return { $date: { '#': String(Date.parse(inner)) } };
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, numbersPlain(one)]));
}

const doubleOf = (text: string) => (/[.eE]/.test(text) ? text : `${text}.0`);
const sameNumber = (text: string) =>
  /[.eE]/.test(text) ? `double ${Object.is(Number(text), -0) ? '-0' : Number(text)}` : text;

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
    ['{"index":{"_id":"1"}}\n[1]', 'no JSON object'],
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
