// Goal: whatever commits note in a journal is what is read from it, and bytes that are no record are refused.
// Method: any sequence of changes to any map, against a Map; values that grow, shrink and change in places; every record
// with each byte changed, and cut at each byte.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/store/lmdb/journal/bytes.js';
import { readDelta, writeDelta } from '../../src/store/lmdb/journal/delta.js';
import {
  decodeRecord,
  encodeRecord,
  type JournalChange,
  type JournalChanges,
  NO_CHANGES,
} from '../../src/store/lmdb/journal/record.js';
import { decodeHead, encodeHead } from '../../src/store/lmdb/journal/values.js';

/** Few kinds and numbers, so that keys meet. */
const anyKey = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 5 })).map((two) => Buffer.from(two));
/** Long values that have most of their bytes in common, and any others. */
const anyValue = fc.oneof(
  fc
    .tuple(fc.integer({ min: 20, max: 60 }), fc.array(fc.tuple(fc.nat(500), fc.nat(255)), { maxLength: 6 }))
    .map(([words, changes]) => {
      const value = Buffer.from(Array.from({ length: words }, (_, i) => `"field${i}":${i * 7},`).join(''));
      for (const [at, byte] of changes) if (at < value.byteLength) value[at] = byte;
      return value;
    }),
  fc.uint8Array({ minLength: 8, maxLength: 120 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 4090, max: 4200 }).map((length) => Buffer.alloc(length, 'ab')),
);
const anyChanges = fc
  .uniqueArray(fc.record({ key: anyKey, value: fc.option(anyValue, { nil: undefined }) }), {
    selector: ({ key }) => key.toString('hex'),
    maxLength: 8,
  })
  .map((changes) => changes.sort((a, b) => Buffer.compare(a.key, b.key)) as JournalChange[]);

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('hex');

function contents({ changes }: JournalChanges): [string, string | undefined][] {
  return Array.from(changes.walk({ start: Buffer.alloc(0) }), ({ key, value }) => [
    nameOf(key),
    value.byteLength === 0 ? undefined : nameOf(value),
  ]);
}

test('records say what was changed, over any values and one after another', () => {
  const stored = fc.array(fc.record({ key: anyKey, value: anyValue }), { maxLength: 6 });
  fc.assert(
    fc.property(stored, fc.array(anyChanges, { maxLength: 6 }), (values, commits) => {
      const below = new Map(values.map(({ key, value }) => [nameOf(key), value]));
      const storedValue = (key: Uint8Array) => below.get(nameOf(key));
      const expected = new Map<string, string | undefined>();
      let [written, read] = [NO_CHANGES, NO_CHANGES];
      for (const commit of commits) {
        const { record, after } = encodeRecord(commit, written, storedValue);
        written = after;
        read = decodeRecord(record, read, storedValue);
        for (const { key, value } of commit) expected.set(nameOf(key), value && nameOf(value));
        const sorted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(contents(read)).toEqual(sorted);
        expect(contents(written)).toEqual(sorted);
      }
    }),
  );
});

test('a counter, a bit of a bitmap and another hash are a few bytes', () => {
  const deltaOf = (old: Buffer, now: Buffer): number => {
    const out = new ByteWriter();
    expect(writeDelta(out, old, now)).toBe(true);
    expect(readDelta(new ByteReader(out.written()), old).equals(now)).toBe(true);
    return out.length;
  };
  const text = (records: number, hash: string) =>
    Buffer.from(`checksum{"name":"rows","records":${records},"hash":"${hash.repeat(64)}","first":1,"keep":250000}`);
  expect(deltaOf(text(999, 'a'), text(1000, 'a'))).toBeLessThan(24);
  expect(deltaOf(text(999, 'a'), text(999, 'b'))).toBeLessThan(84);
  const bitmap = Buffer.alloc(1992);
  const marked = Buffer.from(bitmap);
  marked[1000] = 8;
  expect(deltaOf(bitmap, marked)).toBeLessThan(24);
});

test('a record with any byte changed, or cut anywhere, is refused or is another record, and never ends badly', () => {
  const value = (n: number) => Buffer.from(`checksum{"id":${n},"text":"${'x'.repeat(40)}","more":[1,2,3,4,${n}]}`);
  const old = new Map([[nameOf(Buffer.of(1)), value(1)]]);
  const stored = (key: Uint8Array) => old.get(nameOf(key));
  const { record } = encodeRecord(
    [
      { key: Buffer.of(1), value: value(20) },
      { key: Buffer.of(2, 1), value: value(300) },
      { key: Buffer.of(2, 2), value: value(4) },
      { key: Buffer.of(3), value: undefined },
    ],
    NO_CHANGES,
    stored,
  );
  const decoded = (bytes: Uint8Array): void => {
    try {
      decodeRecord(bytes, NO_CHANGES, stored);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  };
  for (let at = 0; at < record.byteLength; at++) {
    decoded(record.subarray(0, at));
    for (let byte = 0; byte < 256; byte++) {
      const changed = Buffer.from(record);
      changed[at] = byte;
      decoded(changed);
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decoded));
});

test('a head is read as it was written, and with any bit changed it is refused', () => {
  const given = { first: 3, next: 2 ** 40, bytes: 7 };
  const head = encodeHead(given, Buffer.from('a record'));
  expect(decodeHead(head, 'file')).toEqual(given);
  for (let at = 0; at < head.byteLength; at++) {
    const changed = Buffer.from(head);
    changed[at]! ^= 0x10;
    expect(() => decodeHead(changed, 'file')).toThrow(/head of the journal/);
  }
  expect(() => decodeHead(encodeHead({ first: 4, next: 3, bytes: 0 }, head), 'file')).toThrow(/numbers/);
});
