// key > index page > location > frame cache > frame > record > [record cache]
//
// Parsed records, bounded in bytes; those of all collections that have no record options of their own are in one cache, so
// that they share its bytes, while each collection finds its own by their keys.
//
// An entry knows the generation it was found in, and where. A location never means another record, so what was found there
// is true as long as the records of the collection have the same shape; whether the key is still there is for the read path to say (values.ts).

import { keyId } from '../../keys/decode.js';
import type { KeyPart, KeyValue } from '../../keys/encode.js';
import { JsonNumber } from '../../keys/json-number.js';
import type { UnsafeIntegers } from '../../keys/json-value.js';
import type { ResolvedCacheOptions } from '../../options/store-types.js';
import { parsedRecord } from '../../store/shards/line.js';
import type { Place } from '../../store/shards/place.js';
import { BoundedCache, type Dropped, type Kept } from './bounded-cache.js';
import { bytesOf, copied, frozen } from './parsed-value.js';
import type { ReadCounters } from './read-counters.js';

/** The memory of an entry in addition to key and value: itself, and its places in two tables, which may be half empty. */
const ENTRY_BYTES = 400;

/** A record as one generation has it. */
interface FoundRecord {
  readonly text: string;
  readonly generation: number;
  readonly shard: number;
  readonly ordinal: number;
  readonly shape: number;
}

export class RecordEntry implements Kept {
  loadedAt = 0;
  readAt = 0;
  readonly key: KeyValue;
  readonly value: unknown;
  readonly shard: number;
  readonly ordinal: number;
  /** The shape in which it is given: the same record is another text in another one. */
  readonly shape: number;
  /** The newest generation in which the key is known to be there. */
  generation: number;
  /** Times it was given. */
  reads = 0;
  isRefreshing = false;
  /** Since when looking it up again has failed, and when it did last; undefined when the last time went well. */
  failing: { readonly since: number; last: number } | undefined;
  readonly owner: CollectionRecords;

  constructor(owner: CollectionRecords, key: KeyValue, value: unknown, found: FoundRecord) {
    this.owner = owner;
    this.key = key;
    this.value = value;
    this.shard = found.shard;
    this.ordinal = found.ordinal;
    this.shape = found.shape;
    this.generation = found.generation;
  }

  /** Whether it is the record at a place. */
  isAt({ entry, ordinal, form }: Place): boolean {
    return this.ordinal === ordinal && this.shard === entry.shard && this.shape === form.shape;
  }

  /** Notes that the entry was looked up again and is the record of a generation. It counts as newly loaded. */
  confirm(generation: number): void {
    // In an older generation than it is known from, that says nothing new.
    if (generation < this.generation) return;
    this.generation = generation;
    this.failing = undefined;
    if (this.owner.cache.kept.isTimed) this.loadedAt = performance.now();
  }
}

/** Times of record entries in milliseconds since they were loaded; infinite where there is no TTL. */
interface RecordTimes {
  /** From then on a read renews it in the background. */
  readonly aheadMs: number;
  readonly ttlMs: number;
  /** From then on it has to be looked up again before it is given. */
  readonly staleMs: number;
  /** How long beyond its TTL, or beyond the first failure, it may be given while looking it up again fails. */
  readonly onErrorMs: number;
}

export class RecordCache {
  readonly kept: BoundedCache<RecordEntry, RecordEntry>;
  readonly times: RecordTimes;
  readonly isCopied: boolean;

  constructor(options: ResolvedCacheOptions) {
    const { recordCacheBytes, recordTtlMs, recordIdleMs, refreshAheadPercent, staleMs, staleOnErrorMs } = options;
    const ttlMs = recordTtlMs || Number.POSITIVE_INFINITY;
    this.times = {
      ...{ ttlMs, aheadMs: (ttlMs * refreshAheadPercent) / 100, staleMs: ttlMs + staleMs },
      onErrorMs: staleOnErrorMs,
    };
    this.isCopied = options.recordValues === 'cloned';
    const lifeMs = recordTtlMs === 0 ? 0 : recordTtlMs + Math.max(staleMs, staleOnErrorMs);
    const bounds = { bytes: recordCacheBytes, lifeMs, idleMs: recordIdleMs };
    this.kept = new BoundedCache<RecordEntry, RecordEntry>(bounds, (entry, why) => entry.owner.dropped(entry, why));
  }
}

/** The cached records of one collection, of one way of giving integers. */
export class CollectionRecords {
  readonly cache: RecordCache;
  readonly #counters: ReadCounters;
  readonly #unsafeIntegers: UnsafeIntegers;
  /** By `keyId`. */
  readonly #entries = new Map<KeyPart, RecordEntry>();

  constructor(cache: RecordCache, counters: ReadCounters, unsafeIntegers: UnsafeIntegers) {
    this.cache = cache;
    this.#counters = counters;
    this.#unsafeIntegers = unsafeIntegers;
  }

  /** For a read: the entry counts as read now. */
  get(key: KeyValue): RecordEntry | undefined {
    const entry = this.#entries.get(keyId(key));
    return entry && this.cache.kept.get(entry);
  }

  /** Without reading it, and past its time too. */
  peek(key: KeyValue): RecordEntry | undefined {
    return this.#entries.get(keyId(key));
  }

  /** Parses a record and caches it, unless the cache already has the record of a newer generation. */
  keep(key: KeyValue, found: FoundRecord): RecordEntry {
    const { kept, isCopied } = this.cache;
    const value = parsedRecord(found.text, this.#unsafeIntegers);
    const entry = new RecordEntry(this, key, isCopied ? value : frozen(value), found);
    const id = keyId(key);
    const known = this.#entries.get(id);
    if (known !== undefined) {
      if (known.generation > found.generation) return entry;
      this.drop(known);
    }
    const isText = typeof id === 'string' || typeof id === 'bigint' || id instanceof JsonNumber;
    const keyBytes = isText ? 2 * String(id).length : 0;
    if (kept.keep(entry, entry, ENTRY_BYTES + keyBytes + bytesOf(value, found.text))) this.#entries.set(id, entry);
    return entry;
  }

  drop(entry: RecordEntry): void {
    this.cache.kept.delete(entry);
    this.#forget(entry);
  }

  /** The value that readers get: the frozen record, or a copy. */
  valueOf({ value }: RecordEntry): unknown {
    return this.cache.isCopied ? copied(value) : value;
  }

  /** The cache has dropped it. */
  dropped(entry: RecordEntry, why: Dropped): void {
    if (why === 'replaced') return; // whoever keeps another entry has seen to this one
    if (why === 'evicted') this.#counters.recordEvictions++;
    else this.#counters.recordsExpired++;
    this.#forget(entry);
  }

  #forget(entry: RecordEntry): void {
    const id = keyId(entry.key);
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
  }
}
