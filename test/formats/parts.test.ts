// Goal: a source that is cut into parts gives the text that it gives as a whole, with the same lines, bytes and ordinals in what is
// said of bad records, and the same error where it is damaged.
// Method: random rows and documents, also such that are no CSV and no BSON, come in pieces of any size and are cut into parts of
// any size; each part is converted by itself, beside the converter that reads all in sequence.

import { serialize } from 'bson';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCutter } from '../../src/import/format/cuts/cutter.js';
import { codingNow } from '../../src/import/format/open.js';
import { convert } from '../support/converted.js';
import { runs } from '../support/effort.js';

type Format = 'csv' | 'tsv' | 'bson';
const FACTS = { path: 'FILE', limits: { ratioMax: 250, memoryMax: 1 }, isKeyed: false, recordBytesMax: 200 };

/** What all parts give, each converted by itself; or the error. */
function inParts(format: Format, source: Buffer, piece: number, textBytes: number): string {
  const cutter = formatCutter(format, FACTS, textBytes);
  const out: Buffer[] = [];
  let end = 0;
  let rest: Buffer[] | undefined;
  const take = (parts: ReturnType<typeof cutter.push>) => {
    for (const { bytes, from, to, start, isBeginning } of parts) {
      expect([from, to]).toEqual([end, from + bytes.byteLength]);
      expect(source.subarray(from, to).equals(bytes)).toBe(true);
      end = to;
      // What cannot be cut is converted with all that follows it.
      const all = isBeginning ? source.subarray(from) : bytes;
      const converter = codingNow({ format }, { ...FACTS, ...(start && { start }) });
      const write = (plain: Uint8Array) => void out.push(Buffer.from(plain));
      converter.push(all, write);
      converter.end(write);
      if (isBeginning) rest = [];
    }
  };
  try {
    for (let at = 0; at < source.byteLength && rest === undefined; at += piece) {
      take(cutter.push(source.subarray(at, at + piece)));
    }
    if (rest === undefined) take(cutter.end());
    return Buffer.concat(out).toString();
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
}

function inSequence(format: Format, source: Buffer): string {
  try {
    return convert(format, source, 1 << 20, { recordBytesMax: FACTS.recordBytesMax });
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
}

const pieces = fc.constantFrom(1, 2, 3, 7, 64, 1 << 20);
const partBytes = fc.constantFrom(1, 10, 40, 300, 1 << 20);

describe.each(['csv', 'tsv'] as const)('%s', (format) => {
  const fragment = fc.constantFrom(
    'a',
    'é',
    '"',
    '""',
    '",',
    ',',
    '\t',
    ',"',
    '\n',
    '\n"',
    '\r\n',
    '\r',
    '\\',
    '\u0001',
    'x'.repeat(30),
  );
  const rows = fc.array(fragment, { maxLength: 60 }).map((parts) => parts.join(''));

  test('any bytes after a header', () => {
    fc.assert(
      fc.property(
        rows,
        pieces,
        partBytes,
        fc.constantFrom('a,b\tc\n', '\ufeff"a","b"\r\n', 'a\n', '"a\n1"\tb\n'),
        (text, piece, size, header) => {
          const source = Buffer.from(header + text);
          expect(inParts(format, source, piece, size)).toBe(inSequence(format, source));
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  test('a large file, cut many times', () => {
    const line = (i: number) => `${i},"say ""${i}"", ${'y'.repeat(i % 40)}",\\${i}\t"${i % 9 ? '' : '\n'}"`;
    const text = `a,b,c\td\n${Array.from({ length: 20_000 }, (_, i) => line(i)).join(format === 'csv' ? '\n' : '\r\n')}`;
    const source = Buffer.from(text.replaceAll(format === 'tsv' ? ',' : '\t', ''));
    const whole = inSequence(format, source);
    expect(whole.length).toBeGreaterThan(source.byteLength);
    for (const size of [5000, 100_000]) expect(inParts(format, source, 70_001, size)).toBe(whole);
  });
});

describe('bson', () => {
  const value = fc.oneof(
    fc.integer(),
    fc.string({ maxLength: 12 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true }),
  );
  const documents = fc.array(
    fc.dictionary(
      fc.string({ maxLength: 4 }).filter((name) => !name.includes('\0')),
      value,
      { maxKeys: 4 },
    ),
    { maxLength: 10 },
  );

  test('documents, some of them damaged, and a dump that is cut off', () => {
    fc.assert(
      fc.property(
        documents,
        pieces,
        partBytes,
        fc.nat(),
        fc.nat(255),
        fc.nat(30),
        (list, piece, size, at, byte, cut) => {
          const dump = Buffer.concat(list.map((one) => serialize(one)));
          const damaged = Buffer.from(dump.subarray(0, dump.byteLength - (cut > 20 ? cut : 0)));
          if (byte > 100 && damaged.byteLength > 0) damaged[at % damaged.byteLength] = byte;
          for (const source of [dump, damaged])
            expect(inParts('bson', source, piece, size)).toBe(inSequence('bson', source));
        },
      ),
      { numRuns: runs(500) },
    );
  });
});
