// key > index page > location > [frame cache] > frame > record
//
// What a store keeps in memory for lookups, each bounded: decompressed frames, parsed records and verified index pages in
// bytes, open shards in file descriptors (open-files.ts). Collections share them, but for those with cache options of their own. File
// numbers are never used twice and pages belong to a tree as one generation saw it, so none of them ever becomes wrong; it
// only becomes unused.

import { LRUCache } from 'lru-cache';
import { GristmillError } from '../../base/errors.js';
import type { StoreEmitter } from '../../base/events.js';
import { type CachesOptions, cacheOptionsOf } from '../../options/store.js';
import type { ResolvedCacheOptions } from '../../options/store-types.js';
import type { StorePlace } from '../../store/files/blobs.js';
import type { SealKeys } from '../../store/seal/types.js';
import type { ShardReader } from '../../store/shards/read.js';
import type { ShardEntry } from '../../store/types.js';
import type { BoundedCache, Kept } from './bounded-cache.js';
import { CollectionCaches } from './collection-caches.js';
import { FrameCache } from './frame-cache.js';
import { FrameThread } from './frame-thread.js';
import type { OnSample } from './latency-sampler.js';
import { OpenFiles } from './open-files.js';
import { RecordCache } from './record-cache.js';
import type { CacheSize } from './sizes.js';

/** The memory of a cached page in addition to its bytes, roughly. */
const OVERHEAD_BYTES = 256;
/** Between two sweeps of entries past their time: a share of that time, within these milliseconds. */
const SWEEPS_PER_TIME = 4;
const SWEEP_MS_MIN = 50;
const SWEEP_MS_MAX = 60_000;
/** Frames that a long read keeps: some hundreds, of which the next records in the order of a key may be. */
const LONG_READ_FRAME_BYTES = 16 << 20;

/** The part of a cache that reports its size. */
type Filled = Pick<BoundedCache<never, never>, 'bytes' | 'bytesMax' | 'count'>;

export class Caches {
  /** The emitter of refresh events. */
  readonly events: StoreEmitter | undefined;
  /** Background loads of all collections. */
  readonly thread = new FrameThread();
  /** The listeners that get each timed read. */
  readonly timed = new Set<OnSample>();
  readonly #place: StorePlace;
  readonly #options: CachesOptions;
  readonly #frames: FrameCache;
  readonly #records: RecordCache | undefined;
  readonly #collections = new Map<string, CollectionCaches>();
  readonly #pages: LRUCache<number, Uint8Array> | undefined;
  readonly #shards: OpenFiles;
  readonly #sweeps: NodeJS.Timeout[] = [];
  #nextPageSpace = 0;
  #closed = false;
  #admits = false;

  constructor(place: StorePlace, options: CachesOptions, events?: StoreEmitter) {
    this.#place = place;
    this.#shards = new OpenFiles(place);
    this.#options = options;
    this.events = events;
    this.#frames = this.#newFrames(options);
    this.#records = this.#newRecords(options);
    const { pageCacheBytes } = options;
    if (pageCacheBytes > 0) {
      this.#pages = new LRUCache({
        maxSize: pageCacheBytes,
        sizeCalculation: (page) => page.byteLength + OVERHEAD_BYTES,
      });
    }
  }

  /** The keys of the store, where it is encrypted. */
  get seal(): SealKeys | undefined {
    return this.#place.seal;
  }

  /** Those that lookups in a collection go through, whatever state of it they see. */
  of(collection: string): CollectionCaches {
    let caches = this.#collections.get(collection);
    if (caches === undefined) {
      const own = cacheOptionsOf(this.#options, collection);
      const frames = differ(own, this.#options, FRAME_OPTIONS) ? this.#newFrames(own) : this.#frames;
      const records = differ(own, this.#options, RECORD_OPTIONS) ? this.#newRecords(own) : this.#records;
      caches = new CollectionCaches(this, collection, frames, records);
      this.#collections.set(collection, caches);
    }
    return caches;
  }

  /** Those of one long read: few frames, so that it neither fills the memory nor displaces what lookups keep. */
  apart(collection: string): CollectionCaches {
    const { frameCacheBytes } = cacheOptionsOf(this.#options, collection);
    const bytes = Math.min(frameCacheBytes, LONG_READ_FRAME_BYTES);
    return new CollectionCaches(this, collection, new FrameCache({ bytes, lifeMs: 0, idleMs: 0 }), undefined);
  }

  /** The collections that were looked into. */
  collections(): Iterable<CollectionCaches> {
    return this.#collections.values();
  }

  /** How full they are; those of one collection apart where it has its own. */
  sizes(): CacheSize[] {
    const pages = this.#pages;
    const sizes: CacheSize[] = pages
      ? [{ cache: 'pages', bytes: pages.calculatedSize, bytesMax: pages.maxSize, entries: pages.size }]
      : [];
    const add = (cache: CacheSize['cache'], kept: Filled | undefined, collection?: string): void => {
      if (kept === undefined) return;
      const { bytes, bytesMax, count: entries } = kept;
      sizes.push({ cache, ...(collection !== undefined && { collection }), bytes, bytesMax, entries });
    };
    add('frames', this.#frames.kept);
    add('records', this.#records?.kept);
    for (const { collection, frames, records } of this.#collections.values()) {
      if (frames !== this.#frames) add('frames', frames.kept, collection);
      if (records !== this.#records) add('records', records?.kept, collection);
    }
    return sizes;
  }

  /** The open shard. @throws GristmillError with cause ENOENT when another process has replaced it meanwhile. */
  shard(entry: ShardEntry): ShardReader {
    const reader = this.#shards.get(entry);
    if (reader !== undefined) return reader;
    this.assertOpen();
    return this.#shards.open(entry);
  }

  /** Closes a shard that is not part of a collection any more. */
  forget(entry: ShardEntry): void {
    this.#shards.forget(entry);
  }

  /** Reserves a range of `pages` page numbers that no other tree uses. */
  pageSpace(pages: number): number {
    const space = this.#nextPageSpace;
    this.#nextPageSpace += pages;
    return space;
  }

  cachedPage(key: number): Uint8Array | undefined {
    return this.#pages?.get(key);
  }

  keepPage(key: number, page: Uint8Array): void {
    this.#pages?.set(key, page);
  }

  /** The store is being closed: reads that begin from now on fail with STORE_CLOSED. Those under way may end. */
  refuseReads(): void {
    this.#closed = true;
  }

  /** Runs synchronous reads that a store that is being closed still has to do. */
  admitted<T>(read: () => T): T {
    this.#admits = true;
    try {
      return read();
    } finally {
      this.#admits = false;
    }
  }

  /** @throws GristmillError STORE_CLOSED */
  assertOpen(): void {
    if (!this.#closed || this.#admits) return;
    throw new GristmillError('STORE_CLOSED', `the store ${this.#place.directory} has been closed: open it again`);
  }

  /** Ends background loads, having waited for those under way, and lets go of everything. */
  async close(): Promise<void> {
    this.refuseReads();
    for (const timer of this.#sweeps) clearInterval(timer);
    await this.thread.close();
    this.#shards.clear();
    this.#pages?.clear();
    for (const { frames, records } of this.#collections.values()) {
      frames.kept?.clear();
      records?.kept.clear();
    }
  }

  #newFrames({ frameCacheBytes, frameTtlMs, frameIdleMs }: ResolvedCacheOptions): FrameCache {
    const frames = new FrameCache({ bytes: frameCacheBytes, lifeMs: frameTtlMs, idleMs: frameIdleMs });
    if (frames.kept !== undefined) this.#sweepNowAndThen(frames.kept);
    return frames;
  }

  #newRecords(options: ResolvedCacheOptions): RecordCache | undefined {
    if (options.recordCacheBytes === 0) return undefined;
    const records = new RecordCache(options);
    this.#sweepNowAndThen(records.kept);
    return records;
  }

  #sweepNowAndThen<Key extends {}, Value extends Kept>(cache: BoundedCache<Key, Value>): void {
    if (!cache.isTimed) return;
    const period = Math.min(Math.max(cache.unreadMs / SWEEPS_PER_TIME, SWEEP_MS_MIN), SWEEP_MS_MAX);
    this.#sweeps.push(setInterval(() => cache.sweep(), period).unref());
  }
}

const FRAME_OPTIONS = ['frameCacheBytes', 'frameTtlMs', 'frameIdleMs'] as const;
const RECORD_OPTIONS = [
  ...(['recordCacheBytes', 'recordTtlMs', 'recordIdleMs', 'recordValues'] as const),
  ...(['refreshAheadPercent', 'staleMs', 'staleOnErrorMs'] as const),
];

/** Whether a collection has options of its own for one of its caches. */
function differ(
  own: ResolvedCacheOptions,
  shared: ResolvedCacheOptions,
  names: readonly (keyof ResolvedCacheOptions)[],
): boolean {
  return names.some((name) => own[name] !== shared[name]);
}
