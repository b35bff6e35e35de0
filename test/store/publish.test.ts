// Publishing: whatever was published in whatever order and mode, the store holds exactly what a map would.
// Method: random batches of records with few distinct keys, published by replace, upsert and insert into a real store,
// against a Map that is updated the same way; after each publication the whole tree, all tombstones and counts are read.

import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GristmillError } from '../../src/base/errors.js';
import { decodeKey } from '../../src/keys/decode.js';
import { encodeKey } from '../../src/keys/encode.js';
import { isDead } from '../../src/store/catalog/tombstones.js';
import { shardPath } from '../../src/store/files/layout.js';
import { findLeftovers, sweep } from '../../src/store/lock/sweep.js';
import { PageBatcher } from '../../src/store/pages/batch.js';
import { treeStart } from '../../src/store/pages/page-key.js';
import { entriesOf } from '../../src/store/pages/read.js';
import { buildPages } from '../../src/store/pages/write.js';
import { collectGarbage } from '../../src/store/publish/garbage.js';
import type { Publication, PublishMode } from '../../src/store/publish/publication.js';
import { publish } from '../../src/store/publish/publisher.js';
import { ShardReader } from '../../src/store/shards/read.js';
import type { Catalog, CollectionManifest, Entry } from '../../src/store/types.js';
import {
  type BuildOptions,
  PLACES,
  publishRecords,
  type TestPlace,
  type TestRecord,
  writeShard,
} from '../support/build-store.js';
import { runs } from '../support/effort.js';

const WITHOUT_SHARDS: Publication = {
  ...{ name: 'records', framing: 'lines', key: { kind: 'path', path: 'id' }, mode: 'replace', shards: [] },
  ...{ onDuplicate: 'last', indexPaths: [], sourceBytes: 0 },
};

describe.each(PLACES)('%s', (_, newPlace) => {
  let place: TestPlace;
  let catalog: Catalog;
  beforeEach(async () => {
    place = newPlace();
    catalog = await place.openCatalog();
  });
  afterEach(async () => {
    await catalog.close();
    place.remove();
  });

  const group: BuildOptions = { indexPaths: ['group'] };

  function record(key: number, value: string): TestRecord {
    return { text: JSON.stringify({ id: key, value }), key, indexed: [[value]] };
  }

  function entriesOfTree(tree: number): Entry[] {
    const entries: Entry[] = [];
    for (let at: Uint8Array = treeStart(tree); ; ) {
      const next = catalog.nextPage(tree, at, false);
      if (next === undefined) return entries;
      entries.push(...entriesOf(next.page));
      at = next.pageKey;
    }
  }

  function addTo<K>(groups: Map<K, string[]>, key: K, line: string): void {
    const lines = groups.get(key);
    if (lines === undefined) groups.set(key, [line]);
    else lines.push(line);
  }

  /** Everything the store says, read the slow way. */
  function readStore(): { byKey: Map<unknown, string>; live: string[]; byGroup: Map<unknown, string[]> } {
    const manifest = catalog.collection('records');
    if (manifest === undefined) throw new Error('no collection');
    const lines = new Map<string, string>();
    const live: string[] = [];
    let dead = 0;
    for (const entry of catalog.shards(manifest)) {
      const reader = ShardReader.open(place.blobs, shardPath(place.directory, entry.file), entry);
      const bitmap = catalog.tombstones(entry);
      for (let frame = 0, ordinal = 0; frame < reader.frames; frame++) {
        for (const line of reader.readFrameSync(frame).toString().trimEnd().split('\n')) {
          if (isDead(bitmap, ordinal)) dead++;
          else {
            live.push(line);
            lines.set(`${entry.shard}:${ordinal}`, line);
          }
          ordinal++;
        }
      }
      reader.close();
    }
    expect(live.length).toBe(manifest.records);
    expect(dead).toBe(manifest.dead);
    const byKey = new Map<unknown, string>();
    const primary = entriesOfTree(manifest.primary?.tree ?? 0);
    expect(primary.length).toBe(manifest.primary?.entries);
    for (const { key, shard, ordinal } of primary)
      byKey.set(decodeKey(key), lines.get(`${shard}:${ordinal}`) ?? 'dead');
    const byGroup = new Map<unknown, string[]>();
    const secondary = entriesOfTree(manifest.secondary[0]!.tree);
    expect(secondary.length).toBe(manifest.secondary[0]!.entries);
    for (const { key, shard, ordinal } of secondary) {
      const line = lines.get(`${shard}:${ordinal}`);
      if (line !== undefined) addTo(byGroup, decodeKey(key), line);
    }
    for (const lines of byGroup.values()) lines.sort();
    return { byKey, live, byGroup };
  }

  function expectStore(oracle: Map<number, string>): void {
    const { byKey, live, byGroup } = readStore();
    const manifest = catalog.collection('records');
    const named = [manifest?.primary, ...(manifest?.secondary ?? [])].filter((index) => (index?.pages ?? 0) > 0);
    expect(catalog.trees()).toEqual(named.map((index) => index?.tree).sort((a = 0, b = 0) => a - b));
    const texts = new Map([...oracle].map(([key, value]) => [key, record(key, value).text]));
    expect(byKey).toEqual(texts);
    expect(live.sort()).toEqual([...texts.values()].sort());
    const groups = new Map<string, string[]>();
    for (const [key, value] of oracle) addTo(groups, value, record(key, value).text);
    for (const lines of groups.values()) lines.sort();
    expect(byGroup).toEqual(groups);
  }

  const batch = fc.array(fc.tuple(fc.nat(120), fc.constantFrom('a', 'b', 'c')), { maxLength: 90 });
  const publication = fc.record({
    mode: fc.constantFrom<PublishMode>('replace', 'upsert', 'insert'),
    onDuplicate: fc.constantFrom<'last' | 'first'>('last', 'first'),
    pagesInPlace: fc.constantFrom(undefined, 0, 1),
    batch,
  });

  describe('publish', () => {
    test('any sequence of publications leaves what a map would hold', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(publication, { minLength: 1, maxLength: 5 }), async (publications) => {
          const oracle = new Map<number, string>();
          for (const [step, { mode, onDuplicate, batch, pagesInPlace }] of publications.entries()) {
            const records = batch.map(([key, value]) => record(key, value));
            const actual = step === 0 ? 'replace' : mode;
            const result = await publishRecords(catalog, place, records, {
              ...group,
              ...{ mode: actual, onDuplicate, pagesInPlace },
            });
            const winners = new Map<number, string>();
            for (const [key, value] of batch) if (onDuplicate === 'last' || !winners.has(key)) winners.set(key, value);
            const before = new Map(oracle);
            if (actual === 'replace') oracle.clear();
            const keepsOld = actual === 'insert' && onDuplicate === 'first';
            for (const [key, value] of winners) if (!(keepsOld && oracle.has(key))) oracle.set(key, value);
            const met = [...winners.keys()].filter((key) => before.has(key)).length;
            expect(result.updated).toBe(actual === 'replace' || keepsOld ? 0 : met);
            const stored = winners.size - (keepsOld ? met : 0);
            expect(result.counts).toEqual({ read: batch.length, stored, rejected: 0, replaced: batch.length - stored });
            expectStore(oracle);
          }
        }),
        { numRuns: runs(20) },
      );
    });

    test.each([undefined, 0])('many keys, merged in place or by rewriting (pagesInPlace %s)', async (pagesInPlace) => {
      const oracle = new Map<number, string>();
      const add = async (keys: number[], value: string, mode: PublishMode): Promise<void> => {
        const records = keys.map((key) => record(key, value));
        await publishRecords(catalog, place, records, {
          ...group,
          ...{ mode, pagesInPlace, recordsPerFrame: 500, recordsPerShard: 20_000 },
        });
        for (const key of keys) oracle.set(key, value);
      };
      await add(
        Array.from({ length: 20_000 }, (_, i) => i * 3),
        'a',
        'replace',
      );
      await add(
        Array.from({ length: 500 }, (_, i) => i * 100 + 1),
        'b',
        'upsert',
      );
      await add(
        Array.from({ length: 3_000 }, (_, i) => i * 3),
        'c',
        'upsert',
      );
      await add(
        Array.from({ length: 2_000 }, (_, i) => 60_000 + i),
        'a',
        'insert',
      );
      expectStore(oracle);
    });

    test('insert with onDuplicate "error" names the key and changes nothing', async () => {
      await publishRecords(catalog, place, [record(1, 'a'), record(2, 'a')], group);
      const before = catalog.collection('records');
      const attempt = publishRecords(catalog, place, [record(3, 'b'), record(2, 'b')], {
        ...group,
        mode: 'insert',
        onDuplicate: 'error',
      });
      await expect(attempt).rejects.toMatchObject({ code: 'DUPLICATE_KEY', message: expect.stringContaining('key 2') });
      expect(catalog.collection('records')).toEqual(before);
      expectStore(
        new Map([
          [1, 'a'],
          [2, 'a'],
        ]),
      );
    });

    test('replace leaves its old files and trees to the garbage collection, which waits for readers', async () => {
      await publishRecords(catalog, place, [record(1, 'a')], group);
      const manifest = catalog.collection('records') as CollectionManifest;
      const old = catalog.shards(manifest)[0]!;
      const reading = catalog.snapshot();
      const result = await publishRecords(catalog, place, [record(2, 'b')], group);
      expect(catalog.garbage().files.map(({ file }) => file)).toEqual([old.file]);
      const isThere = () => place.blobs.list(dirname(shardPath(place.directory, old.file))).includes(old.file);
      // Not while somebody may be reading it.
      expect((await collectGarbage(catalog, place)).files).toHaveLength(1);
      expect(isThere()).toBe(true);
      reading.release();
      expect(await collectGarbage(catalog, place)).toEqual({ files: [], trees: [], inline: [] });
      expect(isThere()).toBe(false);
      const { primary, secondary } = result.manifest;
      expect(catalog.trees()).toEqual([primary?.tree, secondary[0]!.tree]);
    });

    test('a collection with another key or other indexes is refused', async () => {
      await publishRecords(catalog, place, [record(1, 'a')], group);
      const attempts: [BuildOptions, string][] = [
        [{ ...group, key: { kind: 'path', path: 'user.id' } }, 'at path user.id'],
        [{ indexPaths: [] }, 'none'],
      ];
      for (const [options, part] of attempts) {
        const attempt = publishRecords(catalog, place, [record(2, 'a')], { ...options, mode: 'upsert' });
        await expect(attempt).rejects.toMatchObject({
          code: 'COLLECTION_MISMATCH',
          message: expect.stringContaining(part),
        });
      }
    });

    test('counts that do not add up are never published', async () => {
      const counts = { read: 2, stored: 1, rejected: 0, replaced: 0 };
      const attempt = publish(catalog, WITHOUT_SHARDS, [], () => ({ counts, dead: new Map() }));
      await expect(attempt).rejects.toBeInstanceOf(GristmillError);
      await expect(attempt).rejects.toMatchObject({ code: 'COUNT_MISMATCH' });
      expect(catalog.collection('records')).toBeUndefined();
    });

    test('pages with other entries than their builder counted are never published', async () => {
      const [page] = buildPages([{ key: encodeKey(1), shard: 1, ordinal: 0 }]);
      const batcher = new PageBatcher(0, new Uint8Array(page!.byteLength));
      batcher.add(page!, 2);
      const counts = { read: 0, stored: 0, rejected: 0, replaced: 0 };
      const attempt = publish(catalog, WITHOUT_SHARDS, [batcher.finish()], () => ({ counts, dead: new Map() }));
      await expect(attempt).rejects.toMatchObject({
        code: 'COUNT_MISMATCH',
        message: expect.stringMatching(/entries in a batch/),
      });
      expect(catalog.collection('records')).toBeUndefined();
    });

    test('leaves what a killed import left to a sweep, which takes nothing else', async () => {
      const records = [record(1, 'a'), record(2, 'b')];
      const { manifest } = await publishRecords(catalog, place, records, group);
      expect(findLeftovers(catalog, place)).toEqual({ trees: [], files: [], temporary: [] });
      const pages = buildPages([{ key: encodeKey('left'), shard: 77, ordinal: 0 }]);
      await catalog.transaction((write) => write.putPage(99, pages[0]!));
      writeShard(place, '00000077.ndjson.zst', records, 1);
      place.blobs.makeDirectory(join(place.directory, 'tmp', 'x'));
      place.blobs.create(join(place.directory, 'tmp', 'x', '77.run'), 'run').close();
      const leftovers = { trees: [99], files: ['00000077.ndjson.zst'], temporary: ['x'] };
      expect(await sweep(catalog, place, [])).toEqual(leftovers);
      expect(findLeftovers(catalog, place)).toEqual({ trees: [], files: [], temporary: [] });
      expectStore(
        new Map([
          [1, 'a'],
          [2, 'b'],
        ]),
      );
      expect(catalog.collection('records')).toEqual(JSON.parse(JSON.stringify(manifest)));
    });

    test('ordinal collections grow at the end', async () => {
      const lines = (from: number): TestRecord[] => [from, from + 1].map((id) => ({ text: JSON.stringify(id) }));
      const key = { kind: 'ordinal' } as const;
      await publishRecords(catalog, place, lines(0), { key });
      const { manifest } = await publishRecords(catalog, place, lines(2), { key, mode: 'insert' });
      expect(manifest).toMatchObject({ records: 4, shards: 2, primary: undefined });
      expect(catalog.shards(manifest).map(({ firstOrdinal }) => firstOrdinal)).toEqual([0, 2]);
    });
  });
});
