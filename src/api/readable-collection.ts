// What a user holds to look things up in one collection. The path of a lookup is in lookup/lookup.ts, of an iteration in
// lookup/iterate.ts; here texts become values.

import type { Readable } from 'node:stream';
import type { FilesReport } from '../export/files/export-files.js';
import { ExportStream, webStream } from '../export/streams.js';
import {
  type FilesOptions,
  type FilledStreamOptions,
  resolveFilesOptions,
  resolveStreamOptions,
  type StreamOptions,
} from '../export/work/options.js';
import type { KeyValue } from '../keys/encode.js';
import type { UnsafeIntegers } from '../keys/json-value.js';
import type { LatencySampler } from '../lookup/cache/latency-sampler.js';
import { hasFreshnessAlone, type ReadOptions, readOptionsIn } from '../lookup/index/read-options.js';
import { scanChunks } from '../lookup/iterate.js';
import type { Lookup } from '../lookup/lookup.js';
import { countRows } from '../lookup/rows/counting.js';
import { type CountOptions, countRange } from '../lookup/rows/options.js';
import { openRange, type Reading } from '../lookup/rows/reading.js';
import { type Row, rowOf, scannedTextRowOf, type TextRow } from '../lookup/rows/row.js';
import { type ScanOptions, scanRows } from '../lookup/rows/scan.js';
import type { ValueForm } from '../lookup/rows/value-form.js';
import { type CollectionStat, collectionStat } from '../metrics/stat.js';
import type { ReadValue } from '../options/record-types.js';
import { resolveSchemaOptions, type SchemaOptions } from '../upkeep/profile/options.js';
import { later } from './load.js';
import { RowReads } from './reads/row-reads.js';
import type { Schema } from './schema/schema.js';

/**
 * The reading methods of a collection: those of a snapshot, and those that `Collection` inherits. T is the type of the
 * values: what the codec decodes records to, or the type of the records, which nothing checks. Stored is the type of the
 * records as JSON has them.
 * @example const user = await snapshot.collection<User>('users').get(7);
 */
export class ReadableCollection<T = unknown, Stored = T> extends RowReads<T> {
  /** The name of the collection. */
  readonly name: string;
  readonly #lookup: Lookup | undefined;
  readonly #reading: Reading;
  readonly #sampler: LatencySampler;
  readonly #form: ValueForm<T>;
  readonly #reads: Reads;

  /**
   * @internal
   * @param reading which read path to use. @param isFixed whether reads that have no options always use `lookup`.
   */
  constructor(lookup: Lookup, form: ValueForm<T>, reading: Reading, isFixed: boolean) {
    super(reading, form);
    this.name = lookup.name;
    this.#form = form;
    this.#reads = READS[form.unsafeIntegers];
    this.#reading = reading;
    this.#lookup = isFixed ? lookup : undefined;
    this.#sampler = lookup.caches.sampler;
  }

  /**
   * Returns the record with this primary key, or undefined if there is none. A composite key is an array of the values
   * of its components. In a collection without a key, the key is the ordinal. With a record cache the record is frozen
   * and shared with other readers, or a copy (option `recordValues`); so its type is readonly. A value that a codec makes of
   * it belongs to the caller.
   * @throws GristmillError COLLECTION_NOT_FOUND, CHECKSUM_MISMATCH, IO_ERROR, CODEC_FAILED, STORE_CLOSED; TypeError for a key
   * of another form, or a wrong option
   * @example const user = await store.collection<User>('users').get(7);
   */
  async get(key: KeyValue, options?: ReadOptions): Promise<ReadValue<T, Stored> | undefined> {
    const lookup = this.#at('get', options);
    const { value } = this.#reads;
    const record = await (this.#sampler.isDue() ? this.#sampler.time(value, lookup, key) : value(lookup, key));
    return this.#form.decoded(record, key) as ReadValue<T, Stored> | undefined;
  }

  /** Returns the record as `get` does, but synchronously: a frame that is not in memory is read while the thread waits. @throws as `get` */
  getSync(key: KeyValue, options?: ReadOptions): ReadValue<T, Stored> | undefined {
    const lookup = this.#at('getSync', options);
    const { valueSync } = this.#reads;
    const record = this.#sampler.isDue() ? this.#sampler.timeSync(valueSync, lookup, key) : valueSync(lookup, key);
    return this.#form.decoded(record, key) as ReadValue<T, Stored> | undefined;
  }

  /**
   * Returns the record as JSON text, or undefined if there is none. All tokens are spelled as in the source, so integers
   * beyond 2^53 keep all their digits.
   */
  async getText(key: KeyValue, options?: ReadOptions): Promise<string | undefined> {
    const lookup = this.#at('getText', options);
    return this.#sampler.isDue() ? this.#sampler.time(text, lookup, key) : lookup.text(key);
  }

  /** Returns the record as JSON text as `getText` does, but synchronously. */
  getTextSync(key: KeyValue, options?: ReadOptions): string | undefined {
    const lookup = this.#at('getTextSync', options);
    return this.#sampler.isDue() ? this.#sampler.timeSync(textSync, lookup, key) : lookup.textSync(key);
  }

  /**
   * Returns the records of these keys, in the order of the keys, with undefined for a key without a record. This is
   * cheaper than a `get` for each key, because it reads each frame once.
   */
  async getMany(keys: readonly KeyValue[], options?: ReadOptions): Promise<(ReadValue<T, Stored> | undefined)[]> {
    const lookup = this.#at('getMany', options);
    if (!Array.isArray(keys)) throw new TypeError('getMany needs a list of keys');
    const records = await lookup.values(keys, this.#form.unsafeIntegers);
    return records.map((record, i) => this.#form.decoded(record, keys[i]!) as ReadValue<T, Stored> | undefined);
  }

  /** Returns whether there is a record with this primary key. It reads the index only. */
  has(key: KeyValue, options?: ReadOptions): boolean {
    return this.#at('has', options).has(key);
  }

  /**
   * Returns the number of live records; with an index or bounds, the number of rows that `range` would yield. It reads
   * the index only, unless some keys are too long for the index.
   */
  count(options?: CountOptions): number {
    if (options === undefined || hasFreshnessAlone(options)) {
      return this.#at('count', options).generation().manifest.records;
    }
    return countRows(() => openRange(this.#reading, countRange(options)));
  }

  /**
   * Yields a row for each record, in source order; records that were changed since come after the others.
   * @throws GristmillError COLLECTION_NOT_FOUND, VERSION_MISMATCH, CURSOR_EXPIRED, CHECKSUM_MISMATCH, IO_ERROR, CODEC_FAILED, STORE_BUSY if
   * an import has replaced the collection meanwhile, STORE_CLOSED; TypeError
   * @example for await (const { primaryKey, value } of users.scan()) console.log(primaryKey, value.name);
   */
  scan(options?: ScanOptions): AsyncGenerator<Row<T>> {
    return scanRows('scan', this.#reading, options, (found, context) => rowOf(found, context, this.#form));
  }

  /** Yields the same rows as `scan`, with the records as JSON texts. */
  scanText(options?: ScanOptions): AsyncGenerator<TextRow> {
    return scanRows('scanText', this.#reading, options, scannedTextRowOf);
  }

  /**
   * Yields all records as NDJSON, in chunks of whole lines, without parsing them. In collections imported from one object,
   * a line is `{"key":…,"value":…}`.
   */
  lines(options?: ReadOptions): AsyncGenerator<Uint8Array> {
    return scanChunks(() => this.#at('lines', options));
  }

  /**
   * Returns the records as a stream of bytes: all of them or a part, in one of several forms, compressed or not. It reads one
   * state of the collection, in worker threads. Destroying it ends the export.
   * @throws TypeError for a wrong option. The stream fails with COLLECTION_NOT_FOUND, COLLECTION_MISMATCH, INDEX_NOT_FOUND,
   * RANGE_NEEDS_PLAINTEXT_KEYS, CHECKSUM_MISMATCH, IO_ERROR, STORE_BUSY, STORE_CLOSED, CANCELLED
   * @example await pipeline(users.stream({ format: 'json', compress: 'gz' }), response);
   */
  stream(options?: StreamOptions): Readable {
    return new ExportStream(this.#exported(resolveStreamOptions('stream', options)));
  }

  /**
   * Returns the same bytes as `stream`, as a stream of the Web.
   * @example return new Response(users.webStream({ compress: 'br' }), { headers: { 'content-encoding': 'br' } });
   */
  webStream(options?: StreamOptions): ReadableStream<Uint8Array> {
    return webStream(this.#exported(resolveStreamOptions('webStream', options)));
  }

  /**
   * Writes a file for each record, in source order: all records or a part. The directory must not exist, or be empty. It gets
   * its name when all files in it are complete and durable. Only the owner can read it.
   * @throws GristmillError IO_ERROR, DISK_FULL, COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, RANGE_NEEDS_PLAINTEXT_KEYS,
   * CHECKSUM_MISMATCH, STORE_BUSY, STORE_CLOSED, CANCELLED: then there is no file. TypeError
   * @example await users.exportFiles('./users', { name: '{hash:2}/{key}.json' });
   */
  async exportFiles(directory: string, options?: FilesOptions): Promise<FilesReport> {
    const filled = resolveFilesOptions(options);
    const { exportFiles } = await later.load();
    return exportFiles(this.#reading(filled.freshness, filled.schemaVersion), directory, filled);
  }

  async *#exported(options: FilledStreamOptions): AsyncGenerator<Uint8Array> {
    const { exportCollection } = await later.load();
    yield* exportCollection(this.#reading(options.freshness, options.schemaVersion), options);
  }

  /**
   * Returns what is known of all records: their paths, and the values there. What an import with option `profile` has noted is
   * taken from the store. Other records are read.
   * @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, CANCELLED, STORE_CLOSED; TypeError
   * @example writeFileSync('user.d.ts', (await store.collection('users').schema()).typescript({ name: 'User' }));
   */
  async schema(options?: SchemaOptions): Promise<Schema> {
    return (await profiled(this.#at('schema', undefined), options)).schema;
  }

  /** Returns the counts and sizes of the collection and of its indexes. */
  stat(options?: ReadOptions): CollectionStat {
    const lookup = this.#at('stat', options);
    const { manifest, shards } = lookup.generation();
    return collectionStat(lookup.store.catalog, lookup.store, manifest, shards);
  }

  #at(method: string, options: ReadOptions | undefined): Lookup {
    if (options === undefined && this.#lookup !== undefined) return this.#lookup;
    const { freshness, schemaVersion } = options === undefined ? {} : readOptionsIn(method, options);
    return this.#reading(freshness, schemaVersion);
  }
}

/** The schema of a collection, and what it is made of. */
export async function profiled(lookup: Lookup, given: SchemaOptions | undefined) {
  const options = resolveSchemaOptions(given);
  const { collectionSchema } = await later.load();
  const { generation, snapshot } = lookup.hold();
  try {
    const { manifest } = generation;
    return { manifest, ...(await collectionSchema({ ...lookup.store, snapshot }, manifest, options)) };
  } finally {
    snapshot.release();
    generation.release();
  }
}

// What is timed, now and then: functions that close over nothing, for they stand in the path of every read.
interface Reads {
  readonly value: (lookup: Lookup, key: KeyValue) => Promise<unknown>;
  readonly valueSync: (lookup: Lookup, key: KeyValue) => unknown;
}
const READS: Readonly<Record<UnsafeIntegers, Reads>> = {
  number: {
    value: (lookup, key) => lookup.value(key, 'number'),
    valueSync: (lookup, key) => lookup.valueSync(key, 'number'),
  },
  bigint: {
    value: (lookup, key) => lookup.value(key, 'bigint'),
    valueSync: (lookup, key) => lookup.valueSync(key, 'bigint'),
  },
};
const text = (lookup: Lookup, key: KeyValue): Promise<string | undefined> => lookup.text(key);
const textSync = (lookup: Lookup, key: KeyValue): string | undefined => lookup.textSync(key);
