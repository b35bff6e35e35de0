// key > index page > location > [frame cache] > frame > record
//
// The caches as the lookups of one collection see them, be they shared with other collections or its own, and what its
// reads came to. Lookups in all states of the collection share it: what is cached is true in any of them.

import type { GristmillError } from '../../base/errors.js';
import type { StoreEmitter, StoreEvents } from '../../base/events.js';
import type { UnsafeIntegers } from '../../keys/json-value.js';
import type { Frame } from '../../store/shards/frame.js';
import type { ShardReader } from '../../store/shards/read.js';
import type { ShardEntry } from '../../store/types.js';
import type { FrameCache } from './frame-cache.js';
import type { FrameThread } from './frame-thread.js';
import { LatencySampler, type OnSample } from './latency-sampler.js';
import { ReadCounters } from './read-counters.js';
import { CollectionRecords, type RecordCache } from './record-cache.js';

type Refreshed = StoreEvents['refresh']['outcome'];

/** Between two warnings: where one record cannot be renewed many often cannot. */
const WARNING_MILLISECONDS = 1000;

/** The parts that all collections of a store share. */
interface SharedCaches {
  readonly events: StoreEmitter | undefined;
  /** Background loads. */
  readonly thread: FrameThread;
  /** The listeners that get each timed read. */
  readonly timed: Set<OnSample>;
  shard(entry: ShardEntry): ShardReader;
}

/** The cached records for each way in which a reader may want unsafe integers. */
type RecordsByIntegers = Readonly<Record<UnsafeIntegers, CollectionRecords>>;

export class CollectionCaches {
  readonly collection: string;
  readonly counters = new ReadCounters();
  readonly sampler: LatencySampler;
  readonly frames: FrameCache;
  /** Undefined where none are kept. */
  readonly records: RecordCache | undefined;
  /** By the version that readers want. */
  readonly #records = new Map<number | undefined, RecordsByIntegers>();
  readonly #store: SharedCaches;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(store: SharedCaches, collection: string, frames: FrameCache, records: RecordCache | undefined) {
    this.#store = store;
    this.collection = collection;
    this.sampler = new LatencySampler(collection, this.counters, store.timed);
    this.frames = frames;
    this.records = records;
  }

  /**
   * The cached records in a version; undefined: the newest. No reader gets the value of another way of reading.
   * @returns undefined where none are kept
   */
  recordsIn(version: number | undefined): RecordsByIntegers | undefined {
    if (this.records === undefined) return undefined;
    let known = this.#records.get(version);
    if (known === undefined) {
      const of = (unsafe: UnsafeIntegers) => new CollectionRecords(this.records!, this.counters, unsafe);
      known = { number: of('number'), bigint: of('bigint') };
      this.#records.set(version, known);
    }
    return known;
  }

  /** The open shard. @throws GristmillError with cause ENOENT when another process has replaced it meanwhile. */
  shard(entry: ShardEntry): ShardReader {
    return this.#store.shard(entry);
  }

  /** The frame, if it is in memory. It is valid until the next one is loaded: use it at once. */
  cachedFrame(file: number, index: number): Frame | undefined {
    return this.frames.get(file, index);
  }

  /** A frame that is not in memory, valid as `cachedFrame`. */
  frameSync(reader: ShardReader, file: number, index: number): Frame {
    return this.frames.loadSync(reader, file, index, this.counters);
  }

  /**
   * The same with the read off the main thread; readers of one frame share one read.
   * @param use takes what is wanted out of the frame: after it the frame's memory may be another one's
   */
  frame<T>(reader: ShardReader, file: number, index: number, use: (frame: Frame) => T): Promise<T> {
    return this.frames.load({ reader, file, index, counters: this.counters }, use);
  }

  /**
   * Loads frames of a shard in the background: those that are not in memory, in this order, off the event loop. It loads a few
   * at a time, so that reads come first. It does nothing without a frame cache. It keeps no process alive.
   * @throws GristmillError the error of the first bad frame, after the other frames are loaded; STORE_CLOSED; an error with
   * cause ENOENT if the shard was replaced.
   */
  prefetch(entry: ShardEntry, indexes: readonly number[]): Promise<void> {
    const open = (): ShardReader => this.#store.shard(entry);
    const { counters } = this;
    return this.frames.prefetch(this.#store.thread, entry.fileNumber, { open, indexes, counters });
  }

  /** Loads a frame that is not in memory in the background. No read waits for it. @param use as in `frame` */
  frameBehind<T>(entry: ShardEntry, index: number, use: (frame: Frame) => T): Promise<T> {
    const open = (): ShardReader => this.#store.shard(entry);
    const behind = { open, counters: this.counters };
    return this.frames.loadBehind(this.#store.thread, entry.fileNumber, index, behind, use);
  }

  /** Tells that a cached record was looked up again in the background, or could not be; warns of that now and then. */
  tellRefresh(outcome: Refreshed, milliseconds: number, error?: GristmillError): void {
    const { events } = this.#store;
    const { collection } = this;
    events?.tell('refresh', { collection, what: 'record', outcome, milliseconds, ...(error && { error }) });
    const now = performance.now();
    if (error === undefined || now - this.#warnedAt < WARNING_MILLISECONDS) return;
    this.#warnedAt = now;
    events?.tell('warning', { about: 'refresh', error });
  }
}
