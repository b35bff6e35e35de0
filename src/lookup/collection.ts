// What a user holds to look things up in one collection, and to change it. The path of a lookup is in lookup.ts, of an iteration in
// iterate.ts; here texts become values.

import type { LatencySampler } from '../metrics/latency-sampler.js';
import type { KeyValue } from '../store/key.js';
import type { TransactionCollection } from '../update/transaction.js';
import { rangeTexts, scanChunks, scanLines } from './iterate.js';
import type { Lookup } from './lookup.js';
import type { RangeOptions } from './range.js';
import { recordName, recordText } from './record.js';
import { type CollectionStat, collectionStat } from './stat.js';

/** A record of a scan. */
export interface Scanned<T> {
  /** Position in the collection, from 0; records that were replaced count. */
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

/** A collection of records of type T (which nobody checks), for reading: of a snapshot, or the part of `Collection` that reads. */
export class ReadableCollection<T = unknown> {
  readonly name: string;
  readonly #lookup: Lookup;
  readonly #sampler: LatencySampler;

  /** Not for users: `snapshot.collection(name)` makes it. */
  constructor(lookup: Lookup) {
    this.name = lookup.name;
    this.#lookup = lookup;
    this.#sampler = lookup.caches.sampler;
  }

  /** The record with this primary key (its ordinal, in collections without a key); undefined when there is none. */
  get(key: KeyValue): Promise<T | undefined> {
    return this.#sampler.isDue() ? this.#sampler.time(() => this.#get(key)) : this.#get(key);
  }

  /** The same without leaving the thread: a frame that is not in memory is read synchronously. */
  getSync(key: KeyValue): T | undefined {
    return this.#sampler.isDue() ? this.#sampler.timeSync(() => this.#getSync(key)) : this.#getSync(key);
  }

  /** The record as its JSON text, tokens spelled as in the source: integers beyond 2^53 are whole in it. */
  getText(key: KeyValue): Promise<string | undefined> {
    return this.#sampler.isDue() ? this.#sampler.time(() => this.#lookup.text(key)) : this.#lookup.text(key);
  }

  getTextSync(key: KeyValue): string | undefined {
    return this.#sampler.isDue()
      ? this.#sampler.timeSync(() => this.#lookup.textSync(key))
      : this.#lookup.textSync(key);
  }

  async #get(key: KeyValue): Promise<T | undefined> {
    return parsed<T>(await this.#lookup.text(key));
  }

  #getSync(key: KeyValue): T | undefined {
    return parsed<T>(this.#lookup.textSync(key));
  }

  /** Records in the order of the keys, undefined where there is none. Cheaper than many `get`s: each frame is read once. */
  async getMany(keys: readonly KeyValue[]): Promise<(T | undefined)[]> {
    const texts = await this.#lookup.texts(keys);
    return texts.map((text) => parsed<T>(text));
  }

  has(key: KeyValue): boolean {
    return this.#lookup.has(key);
  }

  /** Live records. */
  count(): number {
    return this.#lookup.generation().manifest.records;
  }

  /** All records with this value at a secondary index, in source order. */
  async *find(index: string, value: KeyValue): AsyncGenerator<T> {
    for await (const text of this.findText(index, value)) yield JSON.parse(text) as T;
  }

  async *findText(index: string, value: KeyValue): AsyncGenerator<string> {
    for await (const { text } of rangeTexts(this.#lookup, { index, gte: value, lte: value })) yield text;
  }

  /** Records in key order. A record with several values at a secondary index appears under each. */
  async *range(options: RangeOptions = {}): AsyncGenerator<{ readonly key: KeyValue; readonly value: T }> {
    for await (const { key, text } of rangeTexts(this.#lookup, options)) yield { key, value: JSON.parse(text) as T };
  }

  rangeText(options: RangeOptions = {}): AsyncGenerator<{ readonly key: KeyValue; readonly text: string }> {
    return rangeTexts(this.#lookup, options);
  }

  /** All records in source order. */
  async *scan(): AsyncGenerator<Scanned<T>> {
    for await (const { text, ...rest } of this.scanText()) yield { ...rest, value: JSON.parse(text) as T };
  }

  async *scanText(): AsyncGenerator<ScannedText> {
    for await (const { ordinal, line, named } of scanLines(this.#lookup)) {
      const text = recordText(line, named);
      yield named ? { ordinal, name: recordName(line), text } : { ordinal, text };
    }
  }

  /**
   * All records as NDJSON, in chunks of whole lines, as fast as frames decompress. Collections made from one object give
   * lines `{"key":…,"value":…}`.
   */
  lines(): AsyncGenerator<Uint8Array> {
    return scanChunks(this.#lookup);
  }

  stat(): CollectionStat {
    return collectionStat(this.#lookup.generation().manifest);
  }
}

/** Runs changes to one collection as a transaction. */
export type Change = <T, R>(name: string, change: (collection: TransactionCollection<T>) => R) => Promise<R>;

/**
 * A collection of records of type T (which nobody checks). Each lookup sees the newest publication, at most ten
 * milliseconds late; each iteration sees one publication from beginning to end. Each change is a transaction of its own,
 * durable when its promise resolves: many belong into one `store.transaction`.
 */
export class Collection<T = unknown> extends ReadableCollection<T> {
  readonly #change: Change;

  /** Not for users: `store.collection(name)` makes it. */
  constructor(lookup: Lookup, change: Change) {
    super(lookup);
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

function parsed<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
