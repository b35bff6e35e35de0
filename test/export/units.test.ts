// Goal: names of files keep all keys apart and inside of their folder; sums of pieces are the sum of the whole; indented text is
// as JSON.stringify writes it. Method: random keys, bytes and values; oracles are decoding, zlib's crc32 and JSON.stringify.

import { crc32, deflateRawSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkTemplate, fileName, numbered } from '../../src/export/forms/file-name.js';
import { indented } from '../../src/export/forms/indent.js';
import { combinedCrc, gzipMember } from '../../src/export/pack/gzip.js';
import { type Piece, packText } from '../../src/export/pack/piece.js';
import { runs } from '../support/effort.js';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 400 }),
  fc.constantFrom(
    '',
    '.',
    '..',
    '../x',
    '/',
    'a/b',
    '\0',
    'nul',
    'NUL',
    'com1.x',
    '1',
    'true',
    '"1"',
    '[1]',
    '%',
    '%41',
    'A',
    'a',
  ),
  fc.constantFrom('\ud800', '\udc00', 'é', 'e\u0301', 'ß', 'ẞ', 'ı', 'x'.repeat(300), 'é'.repeat(100)),
);
const anyKey = fc.oneof(
  anyText,
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.tuple(anyText, fc.integer()),
);

/** How the least careful file system takes a name. */
const folded = (name: string): string => name.normalize('NFC').toUpperCase();

describe('names of files', () => {
  test('two keys never have one name, also where case and spelling do not count', () => {
    const property = fc.property(anyKey, anyKey, (one, other) => {
      const isSame = typeof one === typeof other && JSON.stringify(one, digits) === JSON.stringify(other, digits);
      const [left, right] = [fileName('{key}.json', one), fileName('{key}.json', other)];
      expect(folded(left) === folded(right)).toBe(
        isSame || (String(one) === String(other) && isNumber(one) && isNumber(other)),
      );
    });
    fc.assert(property, { numRuns: runs(4000) });
  });

  test('a name is one visible name of at most 255 bytes', () => {
    const property = fc.property(anyKey, (key) => {
      const name = fileName('{key}.json', key);
      expect(name).toMatch(/^[a-z0-9_%-][a-z0-9_.%-]*\.json$/);
      expect(name.length).toBeLessThanOrEqual(255);
    });
    fc.assert(property, { numRuns: runs(2000) });
  });

  test('an escaped key that is not too long is decoded by decodeURIComponent', () => {
    const property = fc.property(fc.string({ maxLength: 20, unit: 'grapheme' }), (key) => {
      fc.pre(key !== '' && !/^[-\d"[]|^(true|false|null)$/.test(key));
      const name = fileName('{key}', key);
      fc.pre(!name.includes('%-'));
      expect(decodeURIComponent(name)).toBe(key);
    });
    fc.assert(property, { numRuns: runs(1000) });
  });

  test.each([
    '../{key}',
    '/{key}',
    '{key}/..',
    'x//{key}',
    '.{key}',
    '{key}\0',
    'a\\{key}',
    '{hash:2}',
    'same.json',
    '{kex}',
    '{hash:65}/{key}',
    '',
  ])('the template %j is refused', (template) => {
    expect(() => checkTemplate(template, true)).toThrow(TypeError);
  });

  test('numbers are in the order of their names', () => {
    const names = [0, 9, 10, 123_456_789].map((n) => numbered('{n}.json', n));
    expect(names).toEqual(names.toSorted());
  });
});

const digits = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);
const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint';

test('the sum of two texts comes from their sums', () => {
  const property = fc.property(fc.uint8Array(), fc.uint8Array({ maxLength: 5000 }), (one, other) => {
    expect(combinedCrc(crc32(one), crc32(other), other.byteLength)).toBe(crc32(Buffer.concat([one, other])));
  });
  fc.assert(property, { numRuns: runs(400) });
});

test('pieces are one gzip member', async () => {
  const property = fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), async (texts) => {
    async function* pieces(): AsyncGenerator<Piece> {
      for (const text of texts) yield { ...packText(text, { codec: 'gz', level: 6 }), plainBytes: text.byteLength };
    }
    const parts: Uint8Array[] = [];
    for await (const part of gzipMember(pieces())) parts.push(part);
    const member = Buffer.concat(parts);
    expect(gunzipSync(member)).toEqual(Buffer.concat(texts));
    // A reader that knows one member only finds nothing after it: raw deflate ends where the trailer begins.
    const raw = member.subarray(10, -8);
    expect(deflateRawSync('').byteLength).toBeLessThanOrEqual(raw.byteLength);
  });
  await fc.assert(property, { numRuns: runs(100) });
});

test('indented text is as JSON.stringify writes it', () => {
  const property = fc.property(fc.jsonValue(), (value) => {
    // Without white space between tokens, as records are stored.
    const text = JSON.stringify(value);
    expect(indented(text, '')).toBe(JSON.stringify(JSON.parse(text), undefined, 2));
  });
  fc.assert(property, { numRuns: runs(800) });
});
