// Lookups: every way to read a store gives what a sorted array of its records would.
// Method: stores built from random records, in small frames and shards and, for the indexes, with dead records from
// upserts; each question is asked of the store and of a plain array.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/api/store.js';
import { GristmillError } from '../../src/base/errors.js';
import { memory, openStore, type RangeOptions } from '../../src/index.js';
import { compareKeys, encodeKey, type KeyValue } from '../../src/keys/encode.js';
import { type BuildOptions, PLACES, publishRecords, type TestPlace, type TestRecord } from '../support/build-store.js';
import { isTried, runs } from '../support/effort.js';
import { valuesOf } from '../support/rows.js';

describe.each(PLACES)('%s', (kind, newPlace) => {
  const isDisk = kind === 'on disk';
  let place: TestPlace;
  let path: string;
  let store: Store | undefined;
  beforeEach(() => {
    place = newPlace();
    path = place.directory;
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
    place.remove();
  });

  interface Row {
    readonly id: KeyValue;
    readonly tags: readonly string[];
    readonly text: string;
  }

  const INDEXED: BuildOptions = { indexPaths: ['tags'] };

  function recordOf(row: Row): TestRecord {
    return { text: JSON.stringify(row), key: row.id, indexed: [row.tags] };
  }

  /** Publishes batches of rows one after another and opens the store. */
  async function build(batches: readonly (readonly Row[])[], options: BuildOptions = INDEXED): Promise<Store> {
    const catalog = await place.openCatalog();
    for (const [i, rows] of batches.entries()) {
      await publishRecords(catalog, place, rows.map(recordOf), { ...options, mode: i === 0 ? 'replace' : 'upsert' });
    }
    await catalog.close();
    store = await openStore(place.where);
    return store;
  }

  async function all<R>(items: AsyncIterable<R>): Promise<R[]> {
    const list: R[] = [];
    for await (const item of items) list.push(item);
    return list;
  }

  /** What is live after upserting batches, in source order: a row counts where it was written last. */
  function liveRows(batches: readonly (readonly Row[])[]): Row[] {
    const rows = new Map<string, Row>();
    for (const row of batches.flat()) {
      const id = hex(row.id);
      rows.delete(id);
      rows.set(id, row);
    }
    return [...rows.values()];
  }

  const hex = (key: KeyValue): string => Buffer.from(encodeKey(key)).toString('hex');
  const byKey = (left: { key: KeyValue }, right: { key: KeyValue }): number =>
    compareKeys(encodeKey(left.key), encodeKey(right.key));

  /** The range of entries, the slow way; `entries` in source order. */
  function rangeOf<E extends { key: KeyValue }>(entries: readonly E[], options: RangeOptions): E[] {
    const { gt, gte, lt, lte, prefix, reverse, limit } = options;
    const order = (key: KeyValue, bound: KeyValue): number => byKey({ key }, { key: bound });
    const inside = entries.filter(
      ({ key }) =>
        (gt === undefined || order(key, gt) > 0) &&
        (gte === undefined || order(key, gte) >= 0) &&
        (lt === undefined || order(key, lt) < 0) &&
        (lte === undefined || order(key, lte) <= 0) &&
        (prefix === undefined || (typeof key === 'string' && key.startsWith(prefix as string))),
    );
    const sorted = inside.sort(byKey);
    if (reverse) sorted.reverse();
    return sorted.slice(0, limit);
  }

  const id = fc.oneof(
    fc.integer({ min: -30, max: 30 }),
    fc.stringMatching(/^[ab]{1,4}$/),
    fc.constantFrom<KeyValue>(null, true, false, '', '__proto__', 'ä€😀', 0.5, 12345678901234567890n),
  );
  const row = fc.record({
    // JSON.stringify knows no bigint.
    id: id.map((value) => (typeof value === 'bigint' ? 77 : value)),
    tags: fc.uniqueArray(fc.constantFrom('red', 'green', 'blue', 'ä'), { maxLength: 3 }),
    text: fc.string({ unit: 'grapheme', maxLength: 10 }),
  });
  const batches = fc.array(fc.array(row, { maxLength: 150 }), { minLength: 1, maxLength: 3 });
  const bounds = fc
    .record(
      {
        low: fc.tuple(fc.constantFrom('gt', 'gte'), id),
        high: fc.tuple(fc.constantFrom('lt', 'lte'), id),
        reverse: fc.boolean(),
        limit: fc.nat(60),
      },
      { requiredKeys: [] },
    )
    .map(
      ({ low, high, ...rest }): RangeOptions => ({ ...Object.fromEntries([low, high].filter((b) => !!b)), ...rest }),
    );
  const prefixes = fc.record({ prefix: fc.stringMatching(/^[ab]{0,2}$/), reverse: fc.boolean() });

  describe('lookups agree with an array', () => {
    test('by key, by index, by range and in sequence', async () => {
      await fc.assert(
        fc.asyncProperty(
          batches,
          fc.array(fc.oneof(bounds, prefixes), { maxLength: 12 }),
          fc.array(id, { maxLength: 20 }),
          async (given, ranges, others) => {
            place.remove();
            place = newPlace();
            const opened = await build(given);
            const live = liveRows(given);
            const collection = opened.collection<Row>();
            expect(collection.count()).toBe(live.length);

            const ids = [...live.map((row) => row.id), ...others];
            const rows = new Map(live.map((row) => [hex(row.id), row]));
            for (const id of ids) {
              const expected = rows.get(hex(id));
              expect(collection.getSync(id)).toEqual(expected);
              expect(await collection.get(id)).toEqual(expected);
              expect(collection.has(id)).toBe(expected !== undefined);
              expect(await collection.getText(id)).toBe(expected && JSON.stringify(expected));
            }
            expect(await collection.getMany(ids)).toEqual(ids.map((id) => rows.get(hex(id))));

            for (const options of [{}, ...ranges]) {
              const primary = live.map((row) => ({ key: row.id, value: row }));
              expect(await all(collection.range(options))).toEqual(rangeOf(primary, options));
              const tagged = live.flatMap((value) => value.tags.map((key) => ({ key, value })));
              const texts = await all(collection.rangeText({ ...options, index: 'tags' }));
              const expected = rangeOf(tagged, options).map(({ key, value }) => ({ key, text: JSON.stringify(value) }));
              expect(texts).toEqual(expected);
            }
            for (const tag of ['red', 'ä', 'none']) {
              expect(await all(valuesOf(collection.find('tags', tag)))).toEqual(
                live.filter((row) => row.tags.includes(tag)),
              );
            }
            expect((await all(collection.scan())).map(({ value }) => value)).toEqual(live);
            const exported = Buffer.concat(await all(collection.lines())).toString();
            expect(exported).toBe(live.map((row) => `${JSON.stringify(row)}\n`).join(''));
            await opened.close();
          },
        ),
        { numRuns: runs(15) },
      );
    });

    test('when the tree has many pages, with and without its fences in memory', async () => {
      const rows = Array.from({ length: 6000 }, (_, i) => ({
        id: `key-${(i * 7919) % 6000}`,
        tags: ['x'],
        text: `${i}`,
      }));
      const opened = await build([rows], { ...INDEXED, recordsPerFrame: 50, recordsPerShard: 2000 });
      const collection = opened.collection<Row>();
      expect(collection.stat().indexes[0]!.pages).toBeGreaterThan(10);
      for (let round = 0; round < 2; round++) {
        for (const row of rows) expect(collection.getSync(row.id)?.text).toBe(row.text);
        for (const other of ['', 'key', 'key-', 'key-6000', 'key-1x', 'zzz']) expect(collection.has(other)).toBe(false);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const sorted = rows.map((row) => row.id).sort();
      const keys = (await all(collection.rangeText({ gte: 'key-3', lt: 'key-5' }))).map(({ key }) => key);
      expect(keys).toEqual(sorted.filter((key) => key >= 'key-3' && key < 'key-5'));
      expect(await all(valuesOf(collection.find('tags', 'x')))).toHaveLength(6000);
    });
  });

  describe('records', () => {
    test('keep their spelling as text: long numbers, escapes, duplicate members', async () => {
      const texts = [
        '{"id":1,"n":123456789012345678901234567890}',
        '{"id":2,"s":"\\u00e4\\/"}',
        '{"id":3,"a":1,"a":2}',
      ];
      const catalog = await place.openCatalog();
      await publishRecords(
        catalog,
        place,
        texts.map((text, i) => ({ text, key: i + 1 })),
      );
      await catalog.close();
      store = await openStore(place.where);
      const collection = store.collection();
      for (const [i, text] of texts.entries()) expect(collection.getTextSync(i + 1)).toBe(text);
    });

    test('of an object source are found by name and come without it; a scan gives both', async () => {
      const names = ['plain', '', 'with "quotes"', 'back\\slash\\', 'ä€😀', '","value":1', '\\"', '__proto__'];
      const records = names.map((name, i) => ({ name, key: name, text: `{"at":${i}}` }));
      const catalog = await place.openCatalog();
      await publishRecords(catalog, place, records, { key: { kind: 'name' } });
      await catalog.close();
      store = await openStore(place.where);
      const collection = store.collection<{ at: number }>();
      for (const [i, name] of names.entries()) {
        expect(collection.getSync(name)).toEqual({ at: i });
        expect(await collection.getText(name)).toBe(`{"at":${i}}`);
      }
      const scanned = await all(collection.scan());
      expect(scanned.map(({ key, primaryKey, value }) => [key, primaryKey, value])).toEqual(
        names.map((name, i) => [name, name, { at: i }]),
      );
      expect(collection.stat().key).toBe('(name)');
    });

    test('without a key are found by their ordinal', async () => {
      const catalog = await place.openCatalog();
      const records = Array.from({ length: 120 }, (_, i) => ({ text: String(i * 10) }));
      await publishRecords(catalog, place, records.slice(0, 100), { key: { kind: 'ordinal' } });
      await publishRecords(catalog, place, records.slice(100), { key: { kind: 'ordinal' }, mode: 'insert' });
      await catalog.close();
      store = await openStore(place.where);
      const collection = store.collection<number>();
      for (let i = 0; i < 120; i++) expect(collection.getSync(i)).toBe(i * 10);
      expect([-1, 120, 1.5, 2 ** 53].map((key) => collection.getSync(key))).toEqual(Array(4).fill(undefined));
      expect(() => collection.getSync('7')).toThrow(TypeError);
      const range = await all(collection.range({ gt: 97, lte: 102, reverse: true }));
      expect(range.map(({ key }) => key)).toEqual([102, 101, 100, 99, 98]);
      expect(await all(collection.rangeText({ gte: 118.5 }))).toEqual([{ key: 119, text: '1190' }]);
    });
  });

  describe('a damaged store', () => {
    test.runIf(isDisk)('with any byte of its shards changed never gives a wrong record', async () => {
      const rows = Array.from({ length: 12 }, (_, i) => ({ id: i, tags: [], text: `text ${i}` }));
      await (await build([rows], { recordsPerFrame: 4 })).close();
      const [file] = readdirSync(join(path, 'shards'));
      const shard = join(path, 'shards', file!);
      const whole = readFileSync(shard);
      let noticed = 0;
      let tried = 0;
      // Each byte in turn, without opening the store for each: upkeep/verify-flips.test.ts.
      for (let at = 0; at < whole.length; at++) {
        if (!isTried(at, 5)) continue;
        tried++;
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 1 << (at % 8);
        writeFileSync(shard, bytes);
        store = await openStore(place.where);
        const collection = store.collection<Row>();
        for (const row of rows) {
          try {
            expect(collection.getSync(row.id)).toEqual(row);
          } catch (error) {
            if (!(error instanceof GristmillError)) throw error;
            expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', file: shard });
            noticed++;
          }
        }
        await store.close();
      }
      expect(noticed).toBeGreaterThan(tried);
    });
  });

  describe('mistakes', () => {
    test('are told apart: no collection, no index, wrong options, wrong keys', async () => {
      const opened = await build([[{ id: 1, tags: [], text: '' }]]);
      expect(() => opened.collection('other')).toThrow(/no collection other; its collections: records/);
      expect(() => opened.collection('other')).toThrow(expect.objectContaining({ code: 'COLLECTION_NOT_FOUND' }));
      const collection = opened.collection();
      await expect(all(valuesOf(collection.find('colour', 'red')))).rejects.toMatchObject({ code: 'INDEX_NOT_FOUND' });
      for (const options of [{ from: 1 }, { gt: 1, gte: 1 }, { after: 'x' }, { limit: -1 }, { limit: 1.5 }]) {
        await expect(all(collection.range(options as RangeOptions))).rejects.toThrow(TypeError);
      }
      expect(() => collection.getSync({} as KeyValue)).toThrow(TypeError);
      await expect(openStore(place.where, { frameCacheByte: 1 } as object)).rejects.toThrow(
        'openStore has no option frameCacheByte; did you mean frameCacheBytes?',
      );
      await expect(openStore(place.where, { frameCacheBytes: -1 })).rejects.toThrow(TypeError);
      const nowhere = isDisk ? join(path, 'none') : memory();
      await expect(openStore(nowhere, { create: false })).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' });
    });
  });
});
