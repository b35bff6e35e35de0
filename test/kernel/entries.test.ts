// Goal: what the kernel does with index entries (sort, settle repeated keys, cut by bounds, write runs and pages) is what a
// few lines of JavaScript would do, byte for byte.
// Method: sets of entries that are hard for a radix sort (long common prefixes, equal keys, many indexes, one short of and
// one more than where the method changes), against Array.sort with Buffer.compare and the page builder of the store.

import { describe, expect, it } from 'vitest';
import type { Bounds, Entries, PageBytes } from '../../src/kernel/simd/entries.js';
import { SimdKernel } from '../../src/kernel/simd/kernel.js';
import { encodeKey, type KeyValue } from '../../src/keys/encode.js';
import { buildPages } from '../../src/store/pages/write.js';
import { Dice } from '../support/large-documents.js';

interface Entry {
  readonly shard: number;
  readonly ordinal: number;
  /** Index number and key. */
  readonly key: Uint8Array;
}

const HEADER_BYTES = 10;
const OUT_BYTES = 262_144;

function bytesOf({ shard, ordinal, key }: Entry): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(shard, 0);
  header.writeUInt32LE(ordinal, 4);
  header.writeUInt16LE(key.byteLength, 8);
  return Buffer.concat([header, key]);
}

function entriesOf(run: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < run.byteLength; ) {
    const end = at + HEADER_BYTES + run.readUInt16LE(at + 8);
    entries.push({
      shard: run.readUInt32LE(at),
      ordinal: run.readUInt32LE(at + 4),
      key: run.subarray(at + HEADER_BYTES, end),
    });
    at = end;
  }
  return entries;
}

const text = ({ shard, ordinal, key }: Entry) => `${Buffer.from(key).toString('hex')} ${shard} ${ordinal}`;
const isPrimary = ({ key }: Entry) => key[0] === 0;
const bySource = (a: Entry, b: Entry) => a.shard - b.shard || a.ordinal - b.ordinal;
const byKey = (a: Entry, b: Entry) => Buffer.compare(a.key, b.key);
const inOrder = (a: Entry, b: Entry) => byKey(a, b) || bySource(a, b);

/** Adds entries to the heap as a merge does; the number of those that were taken before it was full. */
function add(heap: Entries, entries: readonly Entry[], bounds?: Bounds): boolean {
  for (let at = 0; at < entries.length; ) {
    const batch: Uint8Array[] = [];
    for (let bytes = 0; at < entries.length && bytes < OUT_BYTES - 4096; at++) {
      batch.push(bytesOf(entries[at]!));
      bytes += batch.at(-1)!.byteLength;
    }
    const bytes = Buffer.concat(batch);
    heap.room(bytes.byteLength).set(bytes);
    if (!heap.addRead(bytes.byteLength, bounds)) return false;
  }
  return true;
}

function take(heap: Entries, limit = 1 << 16): Entry[] {
  const chunks: Buffer[] = [];
  for (let chunk = heap.takeRun(limit); chunk.byteLength > 0; chunk = heap.takeRun(limit)) {
    expect(chunk.byteLength).toBeLessThanOrEqual(limit);
    chunks.push(Buffer.from(chunk.slice()));
  }
  return entriesOf(Buffer.concat(chunks));
}

/** Compares as text first: the readable comparison is costly. */
function expectEntries(actual: readonly Entry[], expected: readonly Entry[]): void {
  const [left, right] = [actual.map(text), expected.map(text)];
  if (left.join() !== right.join()) expect(left).toEqual(right);
}

type MakeKey = (dice: Dice, number: number) => KeyValue;
const word = (dice: Dice, length: number) =>
  Array.from({ length }, () => String.fromCharCode(97 + dice.below(26))).join('');

const keyMakers: Record<string, MakeKey> = {
  'whole numbers in order': (_, number) => number,
  'whole numbers at random': (dice) => dice.below(2 ** 31) - 2 ** 30,
  'few values': (dice) => dice.of<KeyValue>([null, false, true, 0, 1, -1, '', 'a', 'aa', 'b', '\0', '\u0001']),
  'one value': () => 'x',
  'short words': (dice) => word(dice, dice.below(4)),
  'words of one beginning': (dice) => `https://example.org/users/${word(dice, 3)}`,
  'words that differ at their ends': (dice) => `${'p'.repeat(dice.of([6, 7, 8, 9, 300, 1890]))}${word(dice, 2)}`,
  'runs of one letter, of all lengths': (dice) => 'a'.repeat(dice.below(40)),
  'zeros and ones, escaped in keys': (dice) =>
    Array.from({ length: dice.below(12) }, () => dice.of(['\0', '\u0001', '\u0002'])).join(''),
  'numbers of many digits': (dice) =>
    BigInt(`${dice.once(2) ? '-' : ''}1${'0'.repeat(dice.below(30))}${dice.below(100)}`),
  'all of these': (dice, number) => dice.of(Object.values(keyMakers).slice(0, -1))(dice, number),
};

/** Entries in source order, over several shards; a record may have several, and the same one twice. */
function makeEntries(dice: Dice, count: number, indexes: number, makeKey: MakeKey): Entry[] {
  const entries: Entry[] = [];
  for (let ordinal = 0, shard = 1; entries.length < count; ordinal++) {
    if (dice.once(1000)) {
      shard += 1 + dice.below(300);
      ordinal = dice.below(3);
    }
    for (let left = 1 + dice.below(2 * Math.min(indexes, 3)); left > 0 && entries.length < count; left--) {
      const key = Buffer.concat([Uint8Array.of(dice.below(indexes)), encodeKey(makeKey(dice, entries.length))]);
      entries.push({ shard, ordinal, key });
    }
  }
  return entries;
}

const heap = new SimdKernel({ heapBytes: 1 << 22, windowBytes: 1 << 16 }, 1).entries;
// Where the method changes: from insertion to radix sort.
const counts = [0, 1, 2, 3, 23, 24, 25, 26, 300, 2000];

describe.each(Object.entries(keyMakers))('%s', (name, makeKey) => {
  const each = (check: (entries: Entry[], dice: Dice) => void) => {
    for (const indexes of [1, 3, 250]) {
      for (const count of counts) {
        const dice = new Dice(count * 1000 + indexes + name.length);
        const entries = makeEntries(dice, count, indexes, makeKey);
        heap.clear();
        expect(add(heap, entries)).toBe(true);
        expect(heap.count).toBe(count);
        check(entries, dice);
      }
    }
  };

  it('are sorted by index and key, in source order where these are equal', () => {
    each((entries) => {
      heap.sort();
      const sorted = entries.toSorted(byKey);
      expectEntries(take(heap), sorted);
      heap.sort(); // again: nothing changes
      expectEntries(take(heap, 2048), sorted);
    });
  });

  it.each(['last', 'first'] as const)('keep the %s of equal primary keys, and each secondary entry once', (which) => {
    each((entries) => {
      heap.sort();
      const losers = heap.dedupe(which);
      const kept: Entry[] = [];
      const lost: Entry[] = [];
      let duplicate: Entry | undefined;
      for (const entry of entries.toSorted(byKey)) {
        const before = kept.at(-1);
        if (!before || byKey(before, entry) !== 0) kept.push(entry);
        else if (isPrimary(entry)) {
          lost.push(which === 'last' ? kept.pop()! : entry);
          if (which === 'last') kept.push(entry);
          if (!duplicate || bySource(entry, duplicate) < 0) duplicate = entry;
        } else if (bySource(before, entry) !== 0) kept.push(entry);
      }
      expectEntries(take(heap), kept);
      expect([...losers]).toEqual(lost.flatMap(({ shard, ordinal }) => [shard, ordinal]));
      expect(heap.duplicate()).toEqual(
        duplicate && {
          shard: duplicate.shard,
          ordinal: duplicate.ordinal,
          key: Uint8Array.from(duplicate.key.slice(1)),
        },
      );
    });
  });

  it('become the pages that the page builder makes', () => {
    each(() => {
      heap.sort();
      heap.dedupe('last');
      const kept = take(heap);
      heap.sort(); // the cursor is at the first entry again
      for (let index = heap.nextIndex(); index >= 0; index = heap.nextIndex()) {
        const pages: PageBytes[] = [];
        for (let page = heap.takePage(index); page !== undefined; page = heap.takePage(index)) {
          pages.push({ bytes: page.bytes.slice(), entries: page.entries });
        }
        const ofIndex = kept
          .filter(({ key }) => key[0] === index)
          .map((entry) => ({ ...entry, key: entry.key.subarray(1) }));
        const expected = buildPages(ofIndex);
        expect(pages.map(({ bytes }) => Buffer.compare(bytes, expected.shift() ?? new Uint8Array()))).toEqual(
          pages.map(() => 0),
        );
        expect(expected).toEqual([]);
        expect(pages.reduce((sum, page) => sum + page.entries, 0)).toBe(ofIndex.length);
      }
      expect(take(heap)).toEqual([]);
    });
  });

  it('are cut by bounds: from the lower one on, up to but without the upper one', () => {
    each((given, dice) => {
      const entries = given.toSorted(inOrder);
      for (let i = 0; i < 3 && entries.length > 0; i++) {
        const places = [dice.of(entries), { ...dice.of(entries), ordinal: dice.below(500) }].sort(inOrder);
        const [low, high] = places.map((bound) => (dice.once(4) ? undefined : bound));
        heap.clear();
        const bounds = heap.putBounds(low && bytesOf(low), high && bytesOf(high));
        expect(add(heap, entries, bounds)).toBe(true);
        const within = entries.filter((one) => (!low || inOrder(one, low) >= 0) && (!high || inOrder(one, high) < 0));
        expectEntries(take(heap), within);
      }
    });
  });
});

describe('a full heap', () => {
  it.each([
    ['the smallest entries', () => null],
    ['short entries', (_: Dice, number: number) => number],
    ['the longest entries', (dice: Dice) => `${'k'.repeat(1890)}${word(dice, 8)}`],
  ] as const)('keeps what it took, of %s', (_, makeKey) => {
    for (const heapBytes of [4096, 5000, 1 << 16]) {
      const small = new SimdKernel({ heapBytes, windowBytes: 1 }, 1).entries;
      const entries = makeEntries(new Dice(heapBytes), 10_000, 2, makeKey);
      expect(add(small, entries)).toBe(false);
      const taken = small.count;
      const used = entries.slice(0, taken).reduce((sum, entry) => sum + bytesOf(entry).byteLength, 0);
      expect(used).toBe(small.heapBytes);
      // No more room is left than one entry and a few bytes take.
      expect(heapBytes - used).toBeLessThan(bytesOf(entries[taken]!).byteLength + 16);
      small.sort();
      expectEntries(take(small), entries.slice(0, taken).sort(byKey));
    }
  });

  it('of a hundred thousand entries is sorted', () => {
    const large = new SimdKernel({ heapBytes: 1 << 22, windowBytes: 1 }, 1).entries;
    const entries = makeEntries(new Dice(1), 100_000, 3, keyMakers['whole numbers at random']!);
    expect(add(large, entries)).toBe(true);
    large.sort();
    expectEntries(take(large), entries.sort(byKey));
  });
});
