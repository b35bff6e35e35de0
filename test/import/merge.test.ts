// Goal: merging runs loses nothing, doubles nothing and keeps the order: every entry of every run is in exactly one
// partition, and the entries of one primary key, wherever they are, meet in the same.
// Method: random sorted runs in small chunks, cut into small partitions, against sorting everything at once; and an import
// whose entries need several runs and partitions, against a Map.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planMerge } from '../../src/import/merge/plan.js';
import type { PlacedRun } from '../../src/import/tasks/merge.js';
import { runs as tries } from '../support/effort.js';
import { KINDS, testStore } from '../support/import-store.js';

interface Entry {
  readonly index: number;
  readonly key: string;
  readonly shard: number;
  readonly ordinal: number;
}

function encode({ index, key, shard, ordinal }: Entry): Buffer {
  const bytes = Buffer.from(`__________${String.fromCharCode(index)}${key}`, 'latin1');
  bytes.writeUInt32LE(shard, 0);
  bytes.writeUInt32LE(ordinal, 4);
  bytes.writeUInt16LE(bytes.length - 10, 8);
  return bytes;
}

/** By index and key, then by place: text that sorts as entries do. Keys are prefix-free, which the 0 at their end makes them. */
const rank = ({ index, key, shard, ordinal }: Entry) =>
  [index, `${key}\0`, String(shard).padStart(4, '0'), String(ordinal).padStart(4, '0')].join(' ');
const byRank = (a: Entry, b: Entry) => (rank(a) < rank(b) ? -1 : 1);

/** A run in chunks of `chunk` entries; an offset in it is that of an entry in its own list. */
function runOf(
  entries: readonly Entry[],
  chunk: number,
  shard: number,
): PlacedRun & { readonly entries: readonly Buffer[] } {
  const encoded = entries.map(encode);
  const chunks = Array.from({ length: Math.ceil(encoded.length / chunk) }, (_, i) =>
    encoded.slice(i * chunk, (i + 1) * chunk),
  );
  return {
    shard,
    offset: 0,
    chunkBytes: Uint32Array.from(chunks, (part) => Buffer.concat(part).length),
    fences: Buffer.concat(chunks.map((part) => part[0]!)),
    entries: encoded,
  };
}

const entry = fc.record({
  index: fc.constantFrom(0, 0, 1, 2),
  key: fc.constantFrom('a', 'b', 'ba', 'bb', 'c', 'd', 'e', 'f', 'longer', 'x'.repeat(40)).map((key) => `${key}\0`),
  ordinal: fc.nat(50),
});

describe('planMerge', () => {
  test('puts each entry into one partition, in order, and equal primary keys into the same', () => {
    const inputs = fc.record({
      runs: fc.array(fc.array(entry, { minLength: 1, maxLength: 40 }), { maxLength: 6 }),
      chunk: fc.integer({ min: 1, max: 5 }),
      partitionBytes: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(inputs, ({ runs, chunk, partitionBytes }) => {
        const placed = runs.map((entries, shard) => {
          const unique = new Map(
            entries.map((one) => [`${one.index} ${one.key} ${one.index === 0 ? '' : one.ordinal}`, { ...one, shard }]),
          );
          return { list: [...unique.values()].sort(byRank), shard };
        });
        const all = placed.map(({ list, shard }) => runOf(list, chunk, shard));
        const merged: string[] = [];
        const homes = new Map<string, number>();
        let partition = 0;
        for (const { slices, low, high } of planMerge(
          all,
          { id: 'id', temporary: 'tmp', keep: 'last' },
          partitionBytes,
        )) {
          const found = inThrees(slices).flatMap(([shard, offset, bytes]) => {
            let at = 0;
            return placed[shard]!.list.filter((one, i) => {
              const begin = at;
              at += all[shard]!.entries[i]!.length;
              return begin >= offset && at <= offset + bytes && isWithin(encode(one), low, high);
            });
          });
          for (const { index, key } of found.filter((one) => one.index === 0)) {
            expect(homes.get(`${index} ${key}`) ?? partition).toBe(partition);
            homes.set(`${index} ${key}`, partition);
          }
          merged.push(...found.sort(byRank).map(rank));
          partition++;
        }
        expect(merged).toEqual(
          placed
            .flatMap(({ list }) => list)
            .sort(byRank)
            .map(rank),
        );
      }),
      { numRuns: tries(200) },
    );
  });
});

const inThrees = (slices: Float64Array) =>
  Array.from(
    { length: slices.length / 3 },
    (_, i) => [...slices.subarray(3 * i, 3 * i + 3)] as [number, number, number],
  );

/** What the kernel does with bounds: by key, then place; `low` is within, `high` is not. */
function isWithin(entry: Buffer, low?: Uint8Array, high?: Uint8Array): boolean {
  return (!low || compare(entry, Buffer.from(low)) >= 0) && (!high || compare(entry, Buffer.from(high)) < 0);
}

function compare(a: Buffer, b: Buffer): number {
  const place = (entry: Buffer) => entry.readUInt32LE(0) * 2 ** 32 + entry.readUInt32LE(4);
  return Buffer.compare(a.subarray(10), b.subarray(10)) || place(a) - place(b);
}

describe('an import with more entries than a worker sorts at once', () => {
  test.each(KINDS)('finds every record, and of equal keys the last, %s', async (kind) => {
    const COUNT = 120_000;
    const { run, store } = await testStore(kind);
    // Keys in no order, numbers and strings, each 50th one twice, far apart.
    const keyOf = (i: number) => {
      const n = ((i % 50 === 49 ? i - 49 : i) * 7919) % 1_000_003;
      return n % 2 === 0 ? n : `a rather long key in front of ${n}`;
    };
    const lines = Array.from({ length: COUNT }, (_, i) => `{"k":${JSON.stringify(keyOf(i))},"g":${i % 10},"i":${i}}`);
    const winners = new Map(lines.map((_, i) => [keyOf(i), i]));
    const report = await run(lines.join('\n'), { key: 'k', indexes: ['g'], spanBytes: 1 << 20 });
    expect(report.records).toEqual({ read: COUNT, stored: winners.size, rejected: 0, replaced: COUNT - winners.size });
    expect(report.indexes.map(({ entries }) => entries)).toEqual([winners.size, COUNT]);

    const records = store.collection<{ i: number }>();
    const wrong = [...winners].filter(([key, i]) => i % 7 === 0 && records.getSync(key)?.i !== i);
    expect(wrong).toEqual([]);
    let last = -1;
    let seen = 0;
    for await (const { key } of records.range({ lt: '' })) {
      expect(key).toBeGreaterThan(last);
      last = Number(key);
      seen++;
    }
    expect(seen).toBe([...winners.keys()].filter((key) => typeof key === 'number').length);
  });
});
