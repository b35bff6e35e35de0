// Goal: damage is found, whichever byte or value it hits, and never returned as data. Method: build a small store that has one of
// everything, change every byte of it in turn, take away every value, and compare all reads with a Map.
// @alone: modules are mocked

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { verify } from '../../src/api/later.js';
import { ReadableCollection } from '../../src/api/readable-collection.js';
import { Caches } from '../../src/lookup/cache/caches.js';
import { Lookup } from '../../src/lookup/lookup.js';
import { ValueForm } from '../../src/lookup/rows/value-form.js';
import { resolveStoreOptions } from '../../src/options/store.js';
import { files } from '../../src/store/files/file-blobs.js';
import { type VerifyTask, verifyShard } from '../../src/upkeep/verify/shard.js';
import { openCatalog, temporaryDirectory } from '../support/build-store.js';
import { isTried } from '../support/effort.js';
import { copyOf, openRawIndex, type RawCatalog } from '../support/raw-catalog.js';
import { buildEverything, type Oracle, type Readable, readAll } from '../support/upkeep.js';

// Thousands of lookups are made anew here, and room for so many places takes longer than all they do.
vi.mock('../../src/base/limits.js', async (original) => ({ ...(await original<object>()), HOT_PLACES_MAX: 16 }));

function scratch(): string {
  const { path, remove } = temporaryDirectory();
  onTestFinished(remove);
  return join(path, 'store');
}

/** Reads without any cache, from a catalog that may be damaged. */
function readable(directory: string, catalog: RawCatalog): Readable & { close(): void } {
  const options = resolveStoreOptions({ frameCacheBytes: 0, pageCacheBytes: 0 });
  const caches = new Caches({ directory, blobs: files }, options);
  return {
    collection: (name) => {
      const lookup = new Lookup({ directory, blobs: files, catalog, caches }, name);
      return new ReadableCollection(lookup, new ValueForm('collection', name), () => lookup, true);
    },
    close: () => caches.close(),
  };
}

/** Verification without threads. */
const inProcess = { verify: async (task: VerifyTask) => verifyShard(task, files), close: async () => {} };
const noShards = { verify: async () => ({ faults: [], failed: [] }), close: async () => {} };

test('every byte of every shard file: a flip is found, and no wrong record is returned', async () => {
  const directory = scratch();
  const oracle = await buildEverything(directory, 12);
  const catalog = await openCatalog(directory);
  const entries = catalog.collections().flatMap((manifest) => catalog.shards(manifest));
  const names = new Map(
    catalog.collections().flatMap((manifest) => catalog.shards(manifest).map(({ shard }) => [shard, manifest.name])),
  );
  await catalog.close();
  const raw = openRawIndex(directory);
  onTestFinished(() => raw.close());
  const shared = new SharedArrayBuffer(24);
  let flips = 0;
  let failed = 0;
  for (const entry of entries.filter(({ file }) => file !== '')) {
    const path = join(directory, 'shards', entry.file);
    const bytes = readFileSync(path);
    const name = names.get(entry.shard)!;
    const concerned: Oracle = new Map([[name, oracle.get(name)!]]);
    for (let at = 0; at < bytes.byteLength; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at & 7);
      writeFileSync(path, flipped);
      const { faults: found } = verifyShard({ path, entry, shared }, files);
      if (found.length === 0) throw new Error(`byte ${at} of ${path} was changed and not found`);
      const reads = readable(directory, raw.catalog());
      failed += (await readAll(reads, concerned, at % 8 === 0)).length;
      reads.close();
      flips++;
    }
    writeFileSync(path, bytes);
  }
  expect(flips).toBeGreaterThan(700);
  expect(failed).toBeGreaterThan(700);
});

describe('every value in the index: a flip is found, and no wrong record is returned', () => {
  async function flipAll(memory: boolean, isFlipped: (at: number, bytes: number) => boolean): Promise<number> {
    const directory = scratch();
    const oracle = await buildEverything(directory, 12);
    const index = openRawIndex(directory);
    onTestFinished(() => index.close());
    const raw = memory ? copyOf(index, join(directory, 'index', 'data.mdb')) : index;
    let flips = 0;
    for (const { database, key, value } of index.values) {
      for (let at = 0; at < value.byteLength; at++) {
        if (!isFlipped(at, value.byteLength)) continue;
        const flipped = Buffer.from(value);
        flipped[at]! ^= 1 << (at & 7);
        raw.put(database, key, flipped);
        const report = await verify({ directory, blobs: files, catalog: raw.catalog(), startWorkers: () => noShards });
        const name = `${database} ${key.toString('hex')}`;
        if (report.isSound) throw new Error(`byte ${at} of value ${name} was changed and not found`);
        flips++;
        // Reading everything takes longer than verifying it.
        if (!isTried(flips, 3)) continue;
        const reads = readable(directory, raw.catalog());
        await readAll(reads, oracle, flips % 4 === 0);
        reads.close();
      }
      raw.put(database, key, value);
    }
    expect(
      (await verify({ directory, blobs: files, catalog: raw.catalog(), startWorkers: () => inProcess })).isSound,
    ).toBe(true);
    return flips;
  }

  test('every byte, on a copy in memory', async () => {
    expect(await flipAll(true, () => true)).toBeGreaterThan(3000);
  });

  test('its first byte, its middle and its last, in LMDB', async () => {
    const some = (at: number, bytes: number) => at === 0 || at === bytes >> 1 || at === bytes - 1;
    expect(await flipAll(false, some)).toBeGreaterThan(40);
  });
});

test('any value of the index that is gone is missed', async () => {
  const directory = scratch();
  await buildEverything(directory, 12);
  const raw = openRawIndex(directory);
  const garbage = '05';
  const values = raw.values.filter(({ key }) => key.toString('hex') !== garbage);
  await raw.close();
  for (const { database, key, value } of values) {
    const index = openRawIndex(directory);
    index.remove(database, key);
    const report = await verify({ directory, blobs: files, catalog: index.catalog(), startWorkers: () => noShards });
    if (report.isSound) throw new Error(`value ${database} ${key.toString('hex')} was removed and not missed`);
    index.put(database, key, value);
    await index.close();
  }
});
