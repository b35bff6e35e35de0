// Frames in memory: within their bytes whatever is read, loaded once for any number of readers at a time, dropped when
// their time is over, and loaded in the background by a thread that holds up neither a reader nor the end of the process.
// Method: real stores, and the built library where a thread is needed; a fake clock where time is.
// @node all: threads, and how a process ends

import { execFile } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Caches as BuiltCaches, Caches } from '../../dist/src/lookup/cache/caches.js';
import { FrameThread } from '../../dist/src/lookup/cache/frame-thread.js';
import { Lookup } from '../../dist/src/lookup/lookup.js';
import { resolveStoreOptions, type StoreOptions } from '../../dist/src/options/store.js';
import { files as builtFiles } from '../../dist/src/store/files/file-blobs.js';
import { shardPath } from '../../dist/src/store/files/layout.js';
import { lineText } from '../../dist/src/store/shards/frame.js';
import type { Catalog, ShardEntry } from '../../dist/src/store/types.js';
import { PLACES, publishRecords, type TestPlace } from '../support/build-store.js';
import { ROOT } from '../support/cli.js';
import { randomFrom } from '../support/random.js';

const COUNT = 2000;
const PER_FRAME = 20;
const FRAMES = COUNT / PER_FRAME;
/** The line of a record: frames are of about 4 KB. */
const lineOf = (id: number): string => JSON.stringify({ id, text: 'x'.repeat(150 + (id % 100)) });
const run = promisify(execFile);
const module = (path: string): string => JSON.stringify(pathToFileURL(`${ROOT}/${path}`).href);

describe.each(PLACES)('%s', (kind, newPlace) => {
  const isDisk = kind === 'on disk';
  let place: TestPlace;
  let catalog: Catalog;
  let entry: ShardEntry;
  const opened: { close(): Promise<void> }[] = [];

  beforeEach(async () => {
    place = newPlace();
    catalog = await place.openCatalog();
    const records = Array.from({ length: COUNT }, (_, id) => ({ text: lineOf(id), key: id }));
    await publishRecords(catalog, place, records, { recordsPerFrame: PER_FRAME, recordsPerShard: COUNT });
    entry = catalog.shards(catalog.collection('records')!)[0]!;
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const caches of opened.splice(0)) await caches.close();
    await catalog.close();
    place.remove();
  });

  function lookupWith(given: StoreOptions): { lookup: Lookup; caches: Caches } {
    const caches = new Caches(place, resolveStoreOptions(given));
    opened.push(caches);
    return {
      lookup: new Lookup({ directory: place.directory, blobs: place.blobs, catalog, caches }, 'records'),
      caches,
    };
  }

  test('stay within their bytes, and are right, whatever is read', async () => {
    const frameCacheBytes = 60_000;
    const { lookup } = lookupWith({ frameCacheBytes });
    const { kept } = lookup.caches.frames;
    for (let i = 0; i < 3000; i++) {
      const id = (i * 7919) % COUNT;
      expect(i % 2 === 0 ? lookup.textSync(id) : await lookup.text(id)).toBe(lineOf(id));
      expect(kept!.bytes).toBeLessThanOrEqual(frameCacheBytes);
    }
    const { diskReads, frameHits, frameEvictions } = lookup.caches.counters;
    expect(diskReads + frameHits).toBe(3000);
    expect(frameEvictions).toBe(diskReads - kept!.count);
    expect(kept!.count).toBeGreaterThan(5);
  });

  test('are right for readers that wait while the buffers of frames go round', async () => {
    // Room for a few frames, so that each load takes the buffer of another one.
    const { lookup } = lookupWith({ frameCacheBytes: 20_000 });
    const below = randomFrom(5);
    const isRight = (id: number) => (text: string | undefined) => expect(text).toBe(lineOf(id));
    const reads: Promise<unknown>[] = [];
    for (let i = 0; i < 1500; i++) {
      const id = below(COUNT);
      if (i % 3 === 0) expect(lookup.textSync(id)).toBe(lineOf(id));
      else if (i % 7 === 0) reads.push(lookup.caches.prefetch(entry, [below(FRAMES), below(FRAMES)]));
      else if (i % 11 === 0)
        reads.push(lookup.fetch.textBehind(lookup.expect({ key: id, weight: 1 })!).then(isRight(id)));
      else reads.push(lookup.text(id).then(isRight(id)));
      // Another read may come in each turn that a load has taken.
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(reads);
    expect(lookup.caches.counters.frameEvictions).toBeGreaterThan(500);
  });

  test('are loaded once for readers that come at the same time', async () => {
    const { lookup } = lookupWith({});
    const ids = Array.from({ length: 1000 }, (_, i) => i % PER_FRAME);
    expect(await Promise.all(ids.map((id) => lookup.text(id)))).toEqual(ids.map(lineOf));
    expect(lookup.caches.counters).toMatchObject({ diskReads: 1, loadsShared: 999 });
    // One that cannot wait loads by itself.
    const waiting = lookup.text(PER_FRAME);
    expect(lookup.textSync(PER_FRAME + 1)).toBe(lineOf(PER_FRAME + 1));
    expect(await waiting).toBe(lineOf(PER_FRAME));
    expect(lookup.caches.counters.diskReads).toBe(3);
  });

  test('are dropped when their time is over, asked for or not', () => {
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval', 'Date'] });
    const { lookup } = lookupWith({ frameTtlMs: 10_000, frameIdleMs: 4_000 });
    const { kept } = lookup.caches.frames;
    const { counters } = lookup.caches;
    lookup.textSync(0);
    lookup.textSync(PER_FRAME);
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(3_000);
      lookup.textSync(0);
    }
    // The second frame was swept, the first was read all the time.
    expect([kept!.count, counters.framesExpired, counters.diskReads]).toEqual([1, 1, 2]);
    vi.advanceTimersByTime(1_000);
    lookup.textSync(0);
    expect([kept!.count, counters.framesExpired, counters.diskReads]).toEqual([1, 2, 3]);
    vi.advanceTimersByTime(6_000);
    expect([kept!.count, kept!.bytes, counters.framesExpired]).toEqual([0, 0, 3]);
  });

  test('of a collection with options of its own are in a cache of its own', () => {
    const collections = { own: { frameCacheBytes: 0 }, idle: { frameIdleMs: 5 }, records: { recordCacheBytes: 5 } };
    const caches = new Caches(place, resolveStoreOptions({ frameCacheBytes: 1000, collections }));
    opened.push(caches);
    expect(caches.of('own').frames.kept).toBeUndefined();
    expect(caches.of('idle').frames).not.toBe(caches.of('other').frames);
    expect(caches.of('records').frames).toBe(caches.of('other').frames);
    expect([caches.of('records').records?.kept.bytesMax, caches.of('other').records]).toEqual([5, undefined]);
  });

  describe('in the background', () => {
    const all = [...Array(FRAMES).keys()];
    /** With the thread where there are files: it runs compiled modules. */
    function background(given: StoreOptions = {}): BuiltCaches | Caches {
      const caches = place.isDisk
        ? new BuiltCaches({ directory: place.directory, blobs: builtFiles }, resolveStoreOptions(given))
        : new Caches(place, resolveStoreOptions(given));
      opened.push(caches);
      return caches;
    }

    test('are the same as those that readers load', async () => {
      const caches = background().of('records');
      const { lookup } = lookupWith({});
      await Promise.all([caches.prefetch(entry, all), caches.prefetch(entry, [3, 2, 1])]);
      for (const index of all) {
        lookup.textSync(index * PER_FRAME);
        const { plain, lines, ascii } = caches.cachedFrame(entry.fileNumber, index)!;
        const expected = lookup.caches.cachedFrame(entry.fileNumber, index)!;
        expect(plain.equals(expected.plain)).toBe(true);
        expect([[...lines], ascii]).toEqual([[...expected.lines], expected.ascii]);
      }
      expect(caches.counters).toMatchObject({ framesPrefetched: FRAMES, diskReads: 0 });
      await caches.prefetch(entry, all);
      expect(caches.counters.framesPrefetched).toBe(FRAMES);
    });

    test('a reader does not wait for them', async () => {
      const { lookup } = lookupWith({});
      const loading = lookup.caches.prefetch(entry, all);
      expect(await lookup.text(COUNT - 1)).toBe(lineOf(COUNT - 1));
      await loading;
      expect(lookup.caches.counters).toMatchObject({ framesPrefetched: FRAMES - 1, diskReads: 1 });
    });

    test('are loaded here where no thread can be started, or it dies', async () => {
      const { lookup } = lookupWith({});
      for (const module of ['nowhere.mjs', 'data:text/javascript,process.exit(1)', 'data:text/javascript,throw 1']) {
        const thread = new FrameThread(new URL(module, import.meta.url));
        const loaded = new Map<number, string>();
        const open = () => lookup.caches.shard(entry);
        const loads = [[1, 2], [3], [5, 4]].map((indexes) =>
          thread.load(open, indexes, (index, { plain, lines, ascii }) =>
            loaded.set(index, lineText({ plain: Buffer.from(plain), lines, ascii }, 0)),
          ),
        );
        await Promise.all(loads);
        expect([...loaded].sort()).toEqual([1, 2, 3, 4, 5].map((index) => [index, lineOf(index * PER_FRAME)]));
        await thread.close();
      }
    });

    test.runIf(isDisk)('a bad one fails, the others are loaded', async () => {
      truncateSync(shardPath(place.directory, entry.file), entry.storedBytes - 1);
      const missing = background().of('records');
      await expect(missing.prefetch(entry, all)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    });

    test.runIf(isDisk).each([
      ['that somebody awaits are loaded before the process ends', true, `${FRAMES} frames, by a thread`],
      ['that nobody awaits do not keep it from ending', false, ''],
    ])('%s', async (_name, isAwaited, printed) => {
      const program = `
        import { Worker } from 'node:worker_threads';
        import { keptAlive } from ${module('dist/src/base/alive.js')};
        import { Caches } from ${module('dist/src/lookup/cache/caches.js')};
        import { files } from ${module('dist/src/store/files/file-blobs.js')};
        const [place, entry, options] = ${JSON.stringify([{ directory: place.directory }, entry, resolveStoreOptions({})])};
        const caches = new Caches({ ...place, blobs: files }, options);
        const postMessage = Worker.prototype.postMessage;
        let jobs = 0;
        Worker.prototype.postMessage = function (message) { jobs++; return postMessage.call(this, message); };
        const loading = caches.of('records').prefetch(entry, [...Array(${FRAMES}).keys()], ${isAwaited});
        loading.then(() => {
          const { framesPrefetched } = caches.of('records').counters;
          console.log(framesPrefetched + ' frames, by ' + (jobs > 1 ? 'a thread' : 'nobody'));
        });
        if (${isAwaited}) await keptAlive(loading);
      `;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
      expect(stdout.trim()).toBe(printed);
    });

    test('closing waits for what is under way and drops the rest', async () => {
      const caches = background();
      const loading = caches.of('records').prefetch(entry, all);
      await caches.close();
      await expect(loading).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await expect(caches.of('records').prefetch(entry, all)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
      await caches.close();
    });
  });
});
