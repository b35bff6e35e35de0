// Index pages in memory outlive a publication that has left the index as it was, and no other; the place of a record that
// was looked up outlives any that has left the record where it is.
// Method: what is asked of the catalog is counted; a Map says what must be found.

import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Caches } from '../../src/lookup/cache/caches.js';
import { Lookup } from '../../src/lookup/lookup.js';
import { resolveStoreOptions } from '../../src/options/store.js';
import type { Catalog } from '../../src/store/types.js';
import { compact } from '../../src/upkeep/compact/compact.js';
import { PLACES, publishRecords, type TestPlace } from '../support/build-store.js';

const COUNT = 3000;
const textOf = (id: number, edition: number): string => JSON.stringify({ id, edition });

describe.each(PLACES)('%s', (_, newPlace) => {
  let place: TestPlace;
  let catalog: Catalog;
  let caches: Caches;
  let lookup: Lookup;
  const expected = new Map<number, string>();

  beforeEach(async () => {
    place = newPlace();
    catalog = await place.openCatalog();
    await publish([...Array(COUNT).keys()], 1, 'replace');
    const options = resolveStoreOptions({});
    caches = new Caches(place, options);
    lookup = new Lookup({ directory: place.directory, blobs: place.blobs, catalog, caches }, 'records');
    // Often enough for the fences to be in memory, and then every page.
    for (let id = 0; id < COUNT; id++) lookup.has(id);
    while (pagesReadBy(() => lookup.has(0)) > 0) await setTimeout(1);
    for (let id = 0; id < COUNT; id++) lookup.has(id);
  });
  afterEach(async () => {
    await caches.close();
    await catalog.close();
    place.remove();
  });

  async function publish(ids: readonly number[], edition: number, mode: 'replace' | 'upsert'): Promise<void> {
    if (mode === 'replace') expected.clear();
    for (const id of ids) expected.set(id, textOf(id, edition));
    const records = ids.map((id) => ({ text: textOf(id, edition), key: id }));
    await publishRecords(catalog, place, records, { recordsPerShard: 1000, mode });
  }

  /** Pages that are read from the catalog meanwhile. */
  function pagesReadBy(read: () => void): number {
    const spies = [vi.spyOn(catalog, 'page'), vi.spyOn(catalog, 'floorPage')];
    read();
    const count = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    for (const spy of spies) spy.mockRestore();
    return count;
  }

  function readAll(): void {
    for (const [id, text] of expected) expect(lookup.textSync(id)).toBe(text);
    expect(lookup.textSync(COUNT + 1000)).toBeUndefined();
  }

  /** A generation that differs in nothing, as compaction makes them. */
  const touch = (): Promise<void> =>
    catalog.transaction((write) => {
      const header = catalog.header();
      const generation = header.generation + 1;
      write.putHeader({ ...header, generation });
      write.putCollection({ ...catalog.collection('records')!, generation, layout: generation });
    });

  test('where the index is the same nothing of it is read again, in this state or in a snapshot', async () => {
    const before = lookup.newest().manifest.generation;
    await touch();
    expect(lookup.newest().manifest.generation).toBe(before + 1);
    expect(pagesReadBy(readAll)).toBe(0);
    const snapshot = catalog.snapshot();
    const store = { directory: place.directory, blobs: place.blobs, catalog: snapshot, caches };
    const other = new Lookup(store, 'records', lookup);
    const page = vi.spyOn(snapshot, 'page');
    const floorPage = vi.spyOn(snapshot, 'floorPage');
    for (const [id, text] of expected) expect(other.textSync(id)).toBe(text);
    expect(page).not.toHaveBeenCalled();
    expect(floorPage).not.toHaveBeenCalled();
    snapshot.release();
  });

  test.each<[string, readonly number[], 'replace' | 'upsert']>([
    ['records were exchanged one for one', [5, 1500, 2999], 'upsert'],
    ['records were added', [COUNT, COUNT + 1], 'upsert'],
    ['the collection was replaced by one of the same size', [...Array(COUNT).keys()], 'replace'],
  ])('where %s it is', async (_name, ids, mode) => {
    await publish(ids, 2, mode);
    lookup.newest();
    expect(pagesReadBy(readAll)).toBeGreaterThan(0);
    await touch();
    readAll();
  });

  test('where all records were exchanged once more after those before them were dropped it is', async () => {
    const all = [...Array(COUNT).keys()];
    await publish(all, 2, 'upsert');
    lookup.newest();
    readAll();
    const { tree } = catalog.collection('records')!.primary!;
    const { dead } = catalog.collection('records')!;
    // Nobody looks in between: the numbers of dead records, entries and pages are the same again.
    expect((await compact(catalog, place)).dropped).toBeGreaterThan(0);
    await publish(all, 3, 'upsert');
    expect(catalog.collection('records')).toMatchObject({ dead, primary: { tree, entries: COUNT } });
    readAll();
  });

  test('a record that was looked up before is not searched again, unless it was exchanged itself', async () => {
    readAll();
    const exchanged = [5, 1500, 2999];
    await publish(exchanged, 2, 'upsert');
    lookup.newest();
    const others = [...expected.keys()].filter((id) => !exchanged.includes(id));
    const readOthers = (): void => {
      for (const id of others) expect(lookup.textSync(id)).toBe(expected.get(id));
    };
    expect(pagesReadBy(readOthers)).toBe(0);
    readAll();
    // In an older state, too: what is there in both is in one place.
    const snapshot = catalog.snapshot();
    const store = { directory: place.directory, blobs: place.blobs, catalog: snapshot, caches };
    const older = new Lookup(store, 'records', lookup);
    const before = new Map(expected);
    await publish([7, 1500], 3, 'upsert');
    lookup.newest();
    readAll();
    for (const [id, text] of before) expect(older.textSync(id)).toBe(text);
    readAll();
    snapshot.release();
  });
});
