// Lookups while the store changes: a lookup sees one publication, the newest; an iteration sees one, to its end; another
// process's publications are noticed; a closed store says that it is closed.
// Method: publications in between lookups and in the middle of iterations, in this process and by the command line.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/api/store.js';
import { openStore } from '../../src/index.js';
import { collectGarbage } from '../../src/store/publish/garbage.js';
import type { Catalog } from '../../src/store/types.js';
import { PLACES, publishRecords, type TestPlace, type TestRecord } from '../support/build-store.js';
import { gristmill } from '../support/cli.js';

describe.each(PLACES)('%s', (kind, newPlace) => {
  let place: TestPlace;
  let path: string;
  let catalog: Catalog;
  let store: Store;

  const COUNT = 3000;

  /** Records 0 … count − 1 of one edition. */
  function edition(name: string, count = COUNT): TestRecord[] {
    return Array.from({ length: count }, (_, id) => ({
      text: JSON.stringify({ id, edition: name }),
      key: id,
      indexed: [[id % 10]],
    }));
  }

  interface Row {
    readonly id: number;
    readonly edition: string;
  }

  beforeEach(async () => {
    place = newPlace();
    path = place.directory;
    // Publishing through a catalog of its own: the store's readers notice it as they would another process's.
    catalog = await place.openCatalog();
    await publishRecords(catalog, place, edition('first'), { indexPaths: ['ten'], recordsPerShard: 1000 });
    store = await openStore(place.where);
  });
  afterEach(async () => {
    await store.close();
    await catalog.close();
    place.remove();
  });

  async function replaceBy(name: string, count?: number): Promise<void> {
    await publishRecords(catalog, place, edition(name, count), {
      indexPaths: ['ten'],
      recordsPerShard: 1000,
    });
  }

  const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

  describe('a newer publication', () => {
    test('is seen by lookups within ten milliseconds, cached pages and frames or not', async () => {
      const collection = store.collection<Row>();
      for (const name of ['second', 'third']) {
        // Often enough for the fences to be in memory.
        for (let id = 0; id < 600; id++) collection.getSync(id);
        await later(5);
        await replaceBy(name, COUNT + 1);
        await later(12);
        for (let id = 0; id <= COUNT; id++) expect(collection.getSync(id)).toEqual({ id, edition: name });
        expect(collection.count()).toBe(COUNT + 1);
      }
    });

    test('is met half-way without mixing: the lookup starts again', async () => {
      const collection = store.collection<Row>();
      for (let id = 0; id < 1000; id++) collection.getSync(id);
      const first = collection.getMany(Array.from({ length: COUNT }, (_, id) => id));
      await replaceBy('second');
      const editions = new Set((await first).map((row) => row?.edition));
      expect(editions.size).toBe(1);
    });

    test('is met in the index, where old fences would lead astray, however recently the lookup has asked', async () => {
      // The clock stands still: nothing but the index itself can tell that the tree has changed.
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        const uncached = await openStore(place.where, { pageCacheBytes: 0 });
        const collection = uncached.collection<Row>();
        for (let id = 0; id < COUNT; id++) collection.getSync(id);
        await later(20); // the fences are in memory
        const added = Array.from({ length: 900 }, (_, i) => ({ text: `${i}`, key: i + 0.5, indexed: [[]] }));
        await publishRecords(catalog, place, added, { indexPaths: ['ten'], mode: 'upsert' });
        for (let id = 0; id < COUNT; id++) expect(collection.getSync(id)?.id).toBe(id);
        for (let i = 0; i < 900; i++) expect(collection.getSync(i + 0.5)).toBe(i);
        await uncached.close();
      } finally {
        vi.useRealTimers();
      }
    });

    test('is met where a shard is gone', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        const collection = store.collection<Row>();
        // Pages in memory, and one of three shards open.
        for (let id = 0; id < 600; id++) collection.getSync(id);
        for (let id = 0; id < COUNT; id++) collection.has(id);
        await later(20);
        for (let id = 0; id < COUNT; id++) collection.has(id);
        await replaceBy('second');
        expect(await collection.get(2500)).toEqual({ id: 2500, edition: 'second' });
        expect(collection.getSync(2600)).toEqual({ id: 2600, edition: 'second' });
      } finally {
        vi.useRealTimers();
      }
    });

    test('does not disturb an iteration: it sees its own generation to the end', async () => {
      const collection = store.collection<Row>();
      const rows: Row[] = [];
      let published = false;
      for await (const { value } of collection.range()) {
        rows.push(value);
        if (rows.length === 100) {
          await publishRecords(catalog, place, edition('second'), { indexPaths: ['ten'], mode: 'upsert' });
          published = true;
        }
      }
      expect(published).toBe(true);
      expect(rows).toEqual(Array.from({ length: COUNT }, (_, id) => ({ id, edition: 'first' })));
      const after = collection.range({ limit: 1 });
      expect((await after.next()).value).toEqual({ key: 0, value: { id: 0, edition: 'second' } });
      await after.return(undefined);
    });

    test('leaves the shards an iteration still needs until it has ended', async () => {
      const collection = store.collection<Row>();
      const files = () => place.blobs.list(join(path, 'shards')).length;
      const before = files();
      const scan = collection.scan();
      const rows = [(await scan.next()).value.value];
      await replaceBy('second');
      expect(files()).toBe(2 * before);
      for await (const { value } of scan) rows.push(value);
      expect(rows).toEqual(edition('first').map(({ text }) => JSON.parse(text)));
      await collectGarbage(catalog, place);
      expect(files()).toBe(before);
    });

    test.runIf(kind === 'on disk')('of another process is seen', async () => {
      const collection = store.collection<Row>();
      expect(collection.getSync(7)?.edition).toBe('first');
      const source = join(dirname(path), 'source.ndjson');
      writeFileSync(
        source,
        edition('other', 50)
          .map(({ text }) => `${text}\n`)
          .join(''),
      );
      const { code, stderr } = await gristmill('import', source, '--store', path, '--key', 'id');
      expect([code, stderr]).toEqual([0, expect.anything()]);
      await later(12);
      expect(collection.getSync(7)).toEqual({ id: 7, edition: 'other' });
      expect(collection.getSync(50)).toBeUndefined();
      expect(store.stat().collections[0]).toMatchObject({ records: 50, dead: 0 });
    });
  });

  describe('a store', () => {
    test('that is closed says so, to every question', async () => {
      const collection = store.collection<Row>();
      const scan = collection.scan();
      const range = collection.range();
      await scan.next();
      await range.next();
      await store.close();
      await store.close();
      const closed = { code: 'STORE_CLOSED' };
      expect(() => collection.getSync(1)).toThrow(expect.objectContaining(closed));
      expect(() => collection.has(1)).toThrow(expect.objectContaining(closed));
      expect(() => collection.count()).toThrow(expect.objectContaining(closed));
      expect(() => store.collection()).toThrow(expect.objectContaining(closed));
      expect(() => store.stat()).toThrow(expect.objectContaining(closed));
      await expect(collection.get(1)).rejects.toMatchObject(closed);
      await expect(collection.getMany([1])).rejects.toMatchObject(closed);
      await expect(drain(scan)).rejects.toMatchObject(closed);
      await expect(drain(range)).rejects.toMatchObject(closed);
    });

    test('tells what it holds', () => {
      const stat = store.stat();
      expect(stat).toMatchObject({ directory: path, format: 1, generation: 1 });
      expect(stat.bytes.index).toBeGreaterThan(0);
      const collection = stat.collections[0]!;
      expect(collection).toMatchObject({ name: 'records', key: 'id', records: COUNT, dead: 0, shards: 3 });
      expect(collection.indexes.map(({ path, entries }) => [path, entries])).toEqual([
        ['id', COUNT],
        ['ten', COUNT],
      ]);
      expect(collection.storedBytes).toBe(stat.bytes.shards);
    });

    test('may be opened twice in one process; closing one leaves the other', async () => {
      const other = await openStore(place.where);
      expect(other.collection<Row>().getSync(1)?.id).toBe(1);
      await other.close();
      expect(store.collection<Row>().getSync(2)?.id).toBe(2);
    });
  });

  async function drain(items: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of items);
  }
});
