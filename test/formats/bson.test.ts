// Goal: the Extended JSON of a BSON dump has every value of it; damage is a bad record or an error that names the byte.
// Method: random documents beside the package bson; documents that are cut or changed at each byte.

import { Binary, BSON, Decimal128, Double, EJSON, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markedRecord } from '../../src/import/format/bad-mark.js';
import { convert, linesOf } from '../support/converted.js';
import { runs } from '../support/effort.js';

const pieces = fc.constantFrom(1, 2, 3, 7, 64, 1 << 20);

describe('bson', () => {
  // Not the form whose digits are always too many: it stands for zero, and the package writes the digits of some.
  const bits = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .filter((bytes) => (bytes[15]! & 0x60) !== 0x60 || (bytes[15]! & 0x78) === 0x78);
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

  test('writes doubles and dates as JavaScript writes them', () => {
    const short = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 12 })).map(([n, digits]) => n / 10 ** digits);
    const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
    const at = fc.oneof(
      times,
      times.map((time) => time - (time % 1000)),
    );
    const tied = [0.1 + 0.2, 5e-324, 1e15, 1e15 - 0.125, 1e21, 1e-5, 1e-6, 1e-7, 4.35, 2 ** 53, -0.5, 0.00001234567];
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), short, fc.constantFrom(...tied));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, at), { minLength: 1, maxLength: 20 }), (list) => {
        const source = Buffer.concat(list.map(([n, time]) => BSON.serialize({ n: new Double(n), t: new Date(time) })));
        const expected = list.map(([n, time]) => {
          const text = Object.is(n, -0) ? '-0.0' : /[.e]/.test(String(n)) ? String(n) : `${n}.0`;
          return `{"n":${text},"t":{"$date":"${new Date(time).toISOString().replace('.000Z', 'Z')}"}}`;
        });
        expect(linesOf(convert('bson', source))).toEqual(expected);
      }),
      { numRuns: runs(1000) },
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
