// Goal: what a transaction reads is what the stored map would hold if its changes were written already.
// Method: random changes and ranges, beside a map in memory that they are really written to.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteRange } from '../../src/store/catalog/byte-map.js';
import { SortedMap } from '../../src/store/catalog/sorted-map.js';
import { WriteSet } from '../../src/store/catalog/write-set.js';
import { readBatch, writeBatch } from '../../src/store/lmdb/commits/batch.js';
import { runs } from '../support/effort.js';

/** Few, so that changes meet what is stored. */
const anyKey = fc.integer({ min: 0, max: 40 }).map((number) => Buffer.of(1 + (number >> 3), number));
const anyValue = fc.integer({ min: 0, max: 255 }).map((number) => Buffer.of(number, number));
const anyChange = fc.record({ key: anyKey, value: fc.option(anyValue, { nil: undefined }) });
const anyRange = fc.record(
  { start: anyKey, end: anyKey, exclusiveStart: fc.boolean(), reverse: fc.boolean(), limit: fc.nat(6) },
  { requiredKeys: ['start'] },
) as fc.Arbitrary<ByteRange>;

function storedOf(entries: readonly { key: Buffer; value: Buffer | undefined }[]): SortedMap {
  const map = new SortedMap();
  for (const { key, value } of entries) if (value !== undefined) map.put(key, value);
  return map;
}

test('reads see the stored map and the changes as one, and the batch makes them one', () => {
  const property = fc.property(
    fc.array(anyChange, { maxLength: 60 }),
    fc.array(anyChange, { maxLength: 60 }),
    fc.array(anyRange, { minLength: 1, maxLength: 20 }),
    (before, changes, ranges) => {
      const stored = storedOf(before);
      const expected = new SortedMap(storedOf(before));
      let bytes = 0;
      const set = new WriteSet(stored, (more) => {
        bytes += more;
      });
      for (const { key, value } of changes) {
        if (value === undefined) expect(set.remove(key)).toBe(expected.remove(key));
        else {
          set.put(key, value);
          expected.put(key, value);
        }
        expect(set.get(key)).toEqual(expected.get(key));
      }
      for (const range of ranges) {
        expect(set.range(range)).toEqual(expected.range(range));
        expect(set.keys(range)).toEqual(expected.keys(range));
      }
      expect(bytes).toBe(4 * changes.filter(({ value }) => value !== undefined).length);
      const batch = writeBatch([set]);
      if (batch !== undefined) readBatch(batch, [stored]);
      const everything = { start: Buffer.alloc(0) };
      expect(stored.range(everything)).toEqual(expected.range(everything));
    },
  );
  fc.assert(property, { numRuns: runs(300) });
});
