// Goal: a page that somebody made, with the right checksum, leads nowhere: where its entries are is checked before it is used,
// their order before it is read as a range or merged into. Method: every two bytes of the head of a page, of its offsets and of
// its entries are changed, and the checksum made right; what is not refused is searched and gives entries that lie within it.

import { expect, test } from 'vitest';
import { encodeKey } from '../../src/keys/encode.js';
import { putChecksum } from '../../src/store/files/checksum.js';
import { compareEntries } from '../../src/store/pages/merge-page.js';
import {
  entriesOf,
  entryCount,
  entryHasKey,
  entryShard,
  lowerBound,
  upperBound,
  verifyEntries,
  verifyPage,
} from '../../src/store/pages/read.js';
import { splicePage } from '../../src/store/pages/splice.js';
import { buildPages } from '../../src/store/pages/write.js';

const KEYS = Array.from({ length: 14 }, (_, i) => encodeKey(`key ${String(i).padStart(3, '0')}`));
const [PAGE] = buildPages(KEYS.map((key, ordinal) => ({ key, shard: 1, ordinal }))) as [Uint8Array];
const VALUES = [0, 1, 7, 8, 9, 14, 15, 255, 8176, 32_768, 65_535];

/** The page with two bytes changed, and its checksum. */
function changed(at: number, value: number): Uint8Array {
  const page = Buffer.from(PAGE);
  page.writeUInt16LE(value, at);
  putChecksum(page, 0, page, 8, page.byteLength);
  return page;
}

/** Whether it is refused as damaged, or too new. */
function isRefused(page: Uint8Array): boolean {
  return !isWithout(() => verifyPage(page, 7, 'data.mdb'));
}

/** Whether a check finds nothing; what it finds has a code. */
function isWithout(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    expect(error).toMatchObject({
      file: 'data.mdb',
      code: expect.stringMatching(/^(CHECKSUM_MISMATCH|STORE_TOO_NEW)$/),
    });
    return false;
  }
}

test('a page is refused, or all that is done with it stays within it', () => {
  let refused = 0;
  let outOfOrder = 0;
  for (let at = 8; at + 2 <= PAGE.byteLength; at++) {
    for (const value of VALUES) {
      const page = changed(at, value);
      if (isRefused(page)) {
        refused++;
        continue;
      }
      const count = entryCount(page);
      for (const key of [KEYS[0]!, KEYS[7]!, encodeKey(null), encodeKey('z')]) {
        const found = lowerBound(page, key);
        expect(found).toBeLessThanOrEqual(count);
        expect(upperBound(page, key)).toBeLessThanOrEqual(count);
        if (found < count && entryHasKey(page, found, key)) expect(entryShard(page, found)).toBeLessThan(2 ** 32);
      }
      if (isWithout(() => verifyEntries(page, 7, 'data.mdb'))) {
        const entries = [...entriesOf(page)];
        expect(entries).toHaveLength(count);
        expect(entries.every((entry, i) => i === 0 || compareEntries(entries[i - 1]!, entry) < 0)).toBe(true);
        splicePage(page, [{ key: encodeKey('key 0055'), shard: 2, ordinal: 0 }], (_, added) => added);
      } else outOfOrder++;
    }
  }
  for (const met of [refused, outOfOrder]) expect(met).toBeGreaterThan(100);
});

test('a page of no entries, or shorter than its head, is refused', () => {
  for (const page of [changed(10, 0), new Uint8Array(), PAGE.subarray(0, 15)]) expect(isRefused(page)).toBe(true);
  expect(isRefused(PAGE)).toBe(false);
});
