// Goal: entries are read, written, cut and compared by the bytes that docs/format.md draws.
// Method: bytes written out by hand; random entries against Array.sort.
// @node all

import { expect, it } from 'vitest';
import {
  boundAt,
  compareEntries,
  decodeEntry,
  encodeEntry,
  entryBytes,
  type KernelEntry,
  renumberEntries,
  wholeEntries,
} from '../../src/kernel/entry.js';
import { Dice } from '../support/large-documents.js';

const ENTRY: KernelEntry = { shard: 0x01020304, ordinal: 0x80000005, index: 7, key: Uint8Array.of(0x61, 0x62, 0) };
const BYTES = Uint8Array.of(...[4, 3, 2, 1], ...[5, 0, 0, 0x80], ...[4, 0], 7, ...[0x61, 0x62, 0]);

it('an entry is shard, ordinal, key bytes, index number and key', () => {
  expect(Uint8Array.from(encodeEntry(ENTRY))).toEqual(BYTES);
  expect(decodeEntry(Uint8Array.of(9, ...BYTES, 9), 1)).toEqual(ENTRY);
  expect(entryBytes(Uint8Array.of(9, ...BYTES), 1)).toBe(BYTES.byteLength);
});

it('a key of more than 255 bytes has its length in two', () => {
  const long = { ...ENTRY, key: new Uint8Array(1900).fill(0x61) };
  const bytes = encodeEntry(long);
  expect(entryBytes(bytes)).toBe(bytes.byteLength);
  expect(decodeEntry(bytes, 0)).toEqual(long);
});

it('of entries that are cut off anywhere, the whole ones are found', () => {
  const all = Buffer.concat([BYTES, encodeEntry({ ...ENTRY, key: Uint8Array.of(0x63) }), BYTES]);
  const ends = [0, 14, 26, 40];
  for (let bytes = 0; bytes <= all.byteLength; bytes++) {
    expect(wholeEntries(all.subarray(0, bytes))).toBe(ends.findLast((end) => end <= bytes));
  }
});

it('entries are renumbered where they are, and nothing else of them changes', () => {
  const entries = [ENTRY, { ...ENTRY, ordinal: 6, index: 0 }];
  const bytes = Buffer.concat(entries.map(encodeEntry));
  renumberEntries(bytes, (ordinal) => ordinal + 1);
  expect(bytes).toEqual(Buffer.concat(entries.map((entry) => encodeEntry({ ...entry, ordinal: entry.ordinal + 1 }))));
});

it('entries are in order of index, key, shard, ordinal; a bound among primary keys is below all that are equal', () => {
  const dice = new Dice(1);
  const keys = [[0], [1, 0], [1, 1], [255, 0]];
  const random = () => ({
    ...{ shard: dice.below(3), ordinal: dice.of([0, 1, 2 ** 31, 2 ** 32 - 1]) },
    ...{ index: dice.below(3), key: Uint8Array.from(dice.of(keys)) },
  });
  const rank = ({ index, key, shard, ordinal }: KernelEntry) =>
    `${index} ${Buffer.from(key).toString('hex')} ${shard} ${String(ordinal).padStart(10, '0')}`;
  const compare = (one: Buffer, other: Buffer) =>
    compareEntries(
      one,
      0,
      one.byteLength,
      Buffer.concat([BYTES, other]),
      BYTES.byteLength,
      BYTES.byteLength + other.byteLength,
    );
  const entries = Array.from({ length: 300 }, random);
  const sorted = entries.map((entry) => Buffer.from(encodeEntry(entry))).sort(compare);
  expect(sorted.map((bytes) => rank(decodeEntry(bytes, 0)))).toEqual(entries.map(rank).sort());
  for (const bytes of sorted) {
    const { index, ...place } = decodeEntry(boundAt(bytes), 0);
    const lowest = index === 0 ? { shard: 0, ordinal: 0 } : {};
    expect({ index, ...place }).toEqual({ ...decodeEntry(bytes, 0), ...lowest });
  }
});
