// What a user holds to look things up in one collection, and to change it. The path of a lookup is in lookup.ts, of an iteration in
// iterate.ts; here texts become values.

import type { KeyValue } from '../keys/encode.js';
import type { LatencySampler } from '../lookup/cache/latency-sampler.js';
import { checkIndexName, type RangeOptions } from '../lookup/index/range.js';
import { freshnessIn, type ReadOptions } from '../lookup/index/read-options.js';
import { rangeTexts, scanChunks, scanLines } from '../lookup/iterate.js';
import type { Lookup } from '../lookup/lookup.js';
import { type CollectionStat, collectionStat } from '../metrics/stat.js';
import type { Freshness } from '../options/freshness.js';
import { parsedRecord, readRecord } from '../store/shards/line.js';
import type { TransactionCollection } from '../update/transaction-collection.js';

/** A record of a scan. */
export interface Scanned<T> {
  /** Position in the collection, from 0; records that were replaced count, until compaction drops their shard (never where it is the key). */
  readonly ordinal: number;
  /** The member name, in collections made from one object. */
  readonly name?: string;
  readonly value: T;
}

export interface ScannedText {
  readonly ordinal: number;
  readonly name?: string;
  readonly text: string;
}

/** The read path of a collection. @throws TypeError for a freshness that is none, or that has no meaning here */
type Reading = (freshness?: Freshness) => Lookup;

/** A collection of records of type T (which nobody checks), for reading: of a snapshot, or the part of `Collection` that reads. */
export class ReadableCollection<T = unknown> {
  readonly name: string;
  readonly #lookup: Lookup | undefined;
  readonly #reading: Reading;
  readonly #sampler: LatencySampler;

  /**
   * Not for users: `snapshot.collection(name)` makes it.
   * @param reading which read path to use. @param isFixed whether reads that have no options always use `lookup`.
   */
  constructor(lookup: Lookup, reading = readingOneState(lookup), isFixed = true) {
    this.name = lookup.name;
    this.#reading = reading;
    this.#lookup = isFixed ? lookup : undefined;
    this.#sampler = lookup.caches.sampler;
  }

  /**
   * The record with this primary key (its ordinal, in collections without a key); undefined when there is none. With a record
   * cache it is frozen and shared with other readers, or a copy, as option `recordValues` says.
   */
  async get(key: KeyValue, options?: ReadOptions): Promise<T | undefined> {
    const lookup = this.#at('get', options);
    return (await (this.#sampler.isDue() ? this.#sampler.time(value, lookup, key) : lookup.value(key))) as
      | T
      | undefined;
  }

  /** The same without leaving the thread: a frame that is not in memory is read synchronously. */
  getSync(key: KeyValue, options?: ReadOptions): T | undefined {
    const lookup = this.#at('getSync', options);
    return (this.#sampler.isDue() ? this.#sampler.timeSync(valueSync, lookup, key) : lookup.valueSync(key)) as
      | T
      | undefined;
  }

  /** The record as its JSON text, tokens spelled as in the source: integers beyond 2^53 are whole in it. */
  async getText(key: KeyValue, options?: ReadOptions): Promise<string | undefined> {
    const lookup = this.#at('getText', options);
    return this.#sampler.isDue() ? this.#sampler.time(text, lookup, key) : lookup.text(key);
  }

  getTextSync(key: KeyValue, options?: ReadOptions): string | undefined {
    const lookup = this.#at('getTextSync', options);
    return this.#sampler.isDue() ? this.#sampler.timeSync(textSync, lookup, key) : lookup.textSync(key);
  }

  /** Records in the order of the keys, undefined where there is none. Cheaper than many `get`s: each frame is read once. */
  async getMany(keys: readonly KeyValue[], options?: ReadOptions): Promise<(T | undefined)[]> {
    const lookup = this.#at('getMany', options);
    if (!Array.isArray(keys)) throw new TypeError('getMany needs a list of keys');
    return (await lookup.values(keys)) as (T | undefined)[];
  }

  has(key: KeyValue, options?: ReadOptions): boolean {
    return this.#at('has', options).has(key);
  }

  /** Live records. */
  count(options?: ReadOptions): number {
    return this.#at('count', options).generation().manifest.records;
  }

  /** All records with this value at a secondary index, in source order. */
  async *find(index: string, value: KeyValue, options?: ReadOptions): AsyncGenerator<T> {
    for await (const text of this.#findText('find', index, value, options)) yield parsedRecord(text) as T;
  }

  findText(index: string, value: KeyValue, options?: ReadOptions): AsyncGenerator<string> {
    return this.#findText('findText', index, value, options);
  }

  async *#findText(
    method: string,
    index: string,
    value: KeyValue,
    options: ReadOptions | undefined,
  ): AsyncGenerator<string> {
    checkIndexName(index);
    // Without bounds the range would be everything.
    if (value === undefined) throw new TypeError(`${method} needs a value to look for`);
    const range = { index, gte: value, lte: value, freshness: freshnessIn(method, options) };
    for await (const { text } of rangeTexts(this.#reading, method, range)) yield text;
  }

  /** Records in key order. A record with several values at a secondary index appears under each. */
  async *range(options?: RangeOptions): AsyncGenerator<{ readonly key: KeyValue; readonly value: T }> {
    for await (const { key, text } of rangeTexts(this.#reading, 'range', options)) {
      yield { key, value: parsedRecord(text) as T };
    }
  }

  rangeText(options?: RangeOptions): AsyncGenerator<{ readonly key: KeyValue; readonly text: string }> {
    return rangeTexts(this.#reading, 'rangeText', options);
  }

  /** All records in source order. */
  async *scan(options?: ReadOptions): AsyncGenerator<Scanned<T>> {
    for await (const { text, ...rest } of this.#scanText('scan', options)) {
      yield { ...rest, value: parsedRecord(text) as T };
    }
  }

  scanText(options?: ReadOptions): AsyncGenerator<ScannedText> {
    return this.#scanText('scanText', options);
  }

  async *#scanText(method: string, options: ReadOptions | undefined): AsyncGenerator<ScannedText> {
    for await (const { ordinal, line, form } of scanLines(() => this.#at(method, options))) {
      yield { ordinal, ...readRecord(line, form) };
    }
  }

  /**
   * All records as NDJSON, in chunks of whole lines, as fast as frames decompress. Collections made from one object give
   * lines `{"key":…,"value":…}`.
   */
  lines(options?: ReadOptions): AsyncGenerator<Uint8Array> {
    return scanChunks(() => this.#at('lines', options));
  }

  stat(options?: ReadOptions): CollectionStat {
    return collectionStat(this.#at('stat', options).generation().manifest);
  }

  #at(method: string, options: ReadOptions | undefined): Lookup {
    if (options === undefined && this.#lookup !== undefined) return this.#lookup;
    return this.#reading(freshnessIn(method, options));
  }
}

function readingOneState(lookup: Lookup): Reading {
  return (freshness) => {
    if (freshness !== undefined) throw new TypeError('a snapshot is one state, so its reads have no option freshness');
    return lookup;
  };
}

/** Runs changes to one collection as a transaction. */
export type Change = <T, R>(name: string, change: (collection: TransactionCollection<T>) => R) => Promise<R>;

/**
 * A collection of records of type T (which nobody checks). Each lookup sees the newest publication, at most ten
 * milliseconds late, unless its freshness says otherwise; each iteration sees one publication from beginning to end. Each change is a transaction of its own,
 * durable when its promise resolves: many belong into one `store.transaction`.
 */
export class Collection<T = unknown> extends ReadableCollection<T> {
  readonly #change: Change;

  /** Not for users: `store.collection(name)` makes it. */
  constructor(lookup: Lookup, change: Change, reading: Reading, isFixed: boolean) {
    super(lookup, reading, isFixed);
    this.#change = change;
  }

  /** Stores a record in place of the one with its key, if there is one; returns its key. See `TransactionCollection.put`. */
  put(record: T, name?: string): Promise<KeyValue> {
    return this.#change<T, KeyValue>(this.name, (collection) => collection.put(record, name));
  }

  /** The same for a record that is JSON text: every token stays as spelled. */
  putText(text: string, name?: string): Promise<KeyValue> {
    return this.#change<T, KeyValue>(this.name, (collection) => collection.putText(text, name));
  }

  /** Changes members of a record by a JSON Merge Patch (RFC 7396); says whether there was one. */
  patch(key: KeyValue, changes: unknown): Promise<boolean> {
    return this.#change<T, boolean>(this.name, (collection) => collection.patch(key, changes));
  }

  /** The same for a patch that is JSON text: every token stays as spelled. */
  patchText(key: KeyValue, changes: string): Promise<boolean> {
    return this.#change<T, boolean>(this.name, (collection) => collection.patchText(key, changes));
  }

  /** Says whether there was such a record. */
  delete(key: KeyValue): Promise<boolean> {
    return this.#change<T, boolean>(this.name, (collection) => collection.delete(key));
  }
}

// What is timed, now and then: functions that close over nothing, for they stand in the path of every read.
const value = (lookup: Lookup, key: KeyValue): Promise<unknown> => lookup.value(key);
const valueSync = (lookup: Lookup, key: KeyValue): unknown => lookup.valueSync(key);
const text = (lookup: Lookup, key: KeyValue): Promise<string | undefined> => lookup.text(key);
const textSync = (lookup: Lookup, key: KeyValue): string | undefined => lookup.textSync(key);
