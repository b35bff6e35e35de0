// Pages: sorted entries packed into at most 8,176 bytes, and found again.
// Method: random sorted entries against the same searches on a plain array; every byte of a page flipped.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeKey, type KeyValue } from '../../src/keys/encode.js';
import { compareEntries } from '../../src/store/pages/merge-page.js';
import {
  entriesOf,
  entryAt,
  entryCount,
  entryHasKey,
  lowerBound,
  upperBound,
  verifyPage,
} from '../../src/store/pages/read.js';
import { buildPages, PAGE_BYTES, PREFIX_AT } from '../../src/store/pages/write.js';
import type { Entry } from '../../src/store/types.js';
import { runs } from '../support/effort.js';

const u32 = fc.nat(0xffff_ffff);
const keyValue: fc.Arbitrary<KeyValue> = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.stringMatching(/^user-[0-9]{1,4}$/),
  fc.constantFrom(null, true, false, '', '\0', '\0\x01'),
);
const longKey = fc.integer({ min: 1, max: 1800 }).map((length) => 'k'.repeat(length));

const entries = fc
  .array(fc.tuple(fc.oneof({ weight: 20, arbitrary: keyValue }, { weight: 1, arbitrary: longKey }), u32, u32), {
    maxLength: 1200,
    size: 'max',
  })
  .map((list) => {
    const sorted = list.map(([value, shard, ordinal]): Entry => ({ key: encodeKey(value), shard, ordinal }));
    sorted.sort(compareEntries);
    return sorted.filter((entry, i) => i === 0 || compareEntries(sorted[i - 1]!, entry) < 0);
  });

function onlyPage(list: readonly Entry[]): Uint8Array {
  const pages = buildPages(list);
  expect(pages).toHaveLength(1);
  return pages[0]!;
}

const plain = (list: Iterable<Entry>): unknown[] =>
  [...list].map(({ key, shard, ordinal }) => [Buffer.from(key).toString('hex'), shard, ordinal]);

describe('pages', () => {
  test('hold all entries in order, each page as full as it can be', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const pages = buildPages(list);
        for (const page of pages) verifyPage(page, 1, 'file');
        expect(plain(pages.flatMap((page) => [...entriesOf(page)]))).toEqual(plain(list));
        for (const [i, page] of pages.entries()) {
          expect(page.byteLength).toBeLessThanOrEqual(PAGE_BYTES);
          const next = pages[i + 1];
          if (next === undefined) continue;
          expect(buildPages([...entriesOf(page), entryAt(next, 0)]).length).toBe(2);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test('are the bytes the format describes', () => {
    const page = onlyPage([
      { key: Buffer.from('2061620001', 'hex'), shard: 1, ordinal: 2 },
      { key: Buffer.from('20616300', 'hex'), shard: 0x01020304, ordinal: 5 },
    ]);
    const header = `01 00 0200 0200 0000`; // version, flags, count, prefix bytes, reserved
    const prefix = '2061';
    const offsets = '1800 2300 2d00';
    const body = `620001 01000000 02000000  6300 04030201 05000000`;
    const expected = `${header} ${prefix} ${offsets} ${body}`.replaceAll(' ', '');
    expect(Buffer.from(page.subarray(8)).toString('hex')).toBe(expected);
    expect(PREFIX_AT).toBe(16);
  });

  test('find the first entry at or after any key, and the first after it', () => {
    fc.assert(
      fc.property(entries, fc.array(keyValue, { maxLength: 40 }), (list, others) => {
        const keys = others.map((key) => encodeKey(key)).concat(list.slice(0, 60).map(({ key }) => key));
        for (const page of buildPages(list)) {
          const own = [...entriesOf(page)];
          for (const key of keys) {
            const lower = own.filter((entry) => Buffer.compare(entry.key, key) < 0).length;
            const upper = own.filter((entry) => Buffer.compare(entry.key, key) <= 0).length;
            expect(lowerBound(page, key)).toBe(lower);
            expect(upperBound(page, key)).toBe(upper);
            if (lower < own.length) expect(entryHasKey(page, lower, key)).toBe(upper > lower);
          }
        }
      }),
      { numRuns: runs(40) },
    );
  });

  test('notice any change of any byte, and any cut', () => {
    const page = onlyPage(
      Array.from({ length: 30 }, (_, i) => ({ key: encodeKey(`key-${i + 10}`), shard: 1, ordinal: i })),
    );
    expect(entryCount(page)).toBe(30);
    const damaged = expect.objectContaining({ code: 'CHECKSUM_MISMATCH', file: 'store/index/data.mdb' });
    for (let at = 0; at < page.byteLength; at++) {
      for (const flip of [0x01, 0x40, 0xff]) {
        const bytes = Buffer.from(page);
        bytes[at]! ^= flip;
        expect(() => verifyPage(bytes, 1, 'store/index/data.mdb')).toThrow(damaged);
      }
      expect(() => verifyPage(page.subarray(0, at), 1, 'store/index/data.mdb')).toThrow(damaged);
    }
  });
});
