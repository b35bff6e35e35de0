// What a user holds to look things up in one collection, and to change it.

import type { KeyValue } from '../keys/encode.js';
import type { Lookup } from '../lookup/lookup.js';
import type { Reading } from '../lookup/rows/reading.js';
import type { ValueForm } from '../lookup/rows/value-form.js';
import { type Reason, reasonIn } from '../options/audit.js';
import type { MergePatch, ReadValue } from '../options/record-types.js';
import type { KeyBounds } from '../update/delete-range.js';
import { PreparedRecord, type PutInto } from '../update/records/prepared.js';
import { written } from '../update/records/record.js';
import { patchText, patchWritten, putPrepared, type TransactionCollection } from '../update/transaction-collection.js';
import type { SchemaOptions } from '../upkeep/profile/options.js';
import type { Acts } from './acts.js';
import { profiled, ReadableCollection } from './readable-collection.js';
import type { Schema } from './schema/schema.js';

/**
 * A collection of records. T is the type of the values; see `ReadableCollection`. By default a lookup sees the newest
 * publication, at most ten milliseconds late (option `freshness`). An iteration sees one publication from beginning to
 * end. Each change is a transaction, and is durable when its promise resolves (option `acknowledge`). Later changes to its
 * arguments have no effect. Changes that are called while others are being committed are committed together, in the order of
 * the calls.
 *
 * Each change fails with COLLECTION_NOT_FOUND, DISK_FULL, IO_ERROR, STORE_CLOSED, and with a TypeError in a store that was opened
 * read-only and inside the callback of a transaction. Then nothing was changed.
 * @example
 * const users = store.collection<User>('users');
 * await users.put({ id: 7, name: 'Ada' });
 * await users.patch(7, { name: 'Ada Lovelace' });
 * for await (const { value } of users.find('name', 'Ada Lovelace')) console.log(value.id);
 */
export class Collection<T = unknown, Stored = T> extends ReadableCollection<T, Stored> {
  readonly #lookup: Lookup;
  readonly #form: ValueForm<T>;
  readonly #change: Acts['change'];
  readonly #keep: Acts['keepProfile'];
  readonly #reading: Reading;

  /** @internal */
  constructor(lookup: Lookup, form: ValueForm<T>, { change, keepProfile }: Acts, reading: Reading, isFixed: boolean) {
    super(lookup, form, reading, isFixed);
    this.#keep = keepProfile;
    this.#reading = reading;
    this.#lookup = lookup;
    this.#form = form;
    this.#change = change;
  }

  /** As that of a snapshot; what it has read is noted in the store for the next time, unless the store is open for reading only. */
  override async schema(options?: SchemaOptions): Promise<Schema> {
    const { manifest, schema, made } = await profiled(this.#reading(), options);
    if (made.isNewer) await this.#keep?.(manifest, made);
    return schema;
  }

  /**
   * Stores a record and returns its key. It replaces the record with the same key, if there is one. A codec encodes it first.
   * @param name the member name of the record, in collections imported from one object.
   * @throws GristmillError BAD_RECORD (no value at the key path, …), KEY_TOO_LONG, UNIQUE_VIOLATION, SCHEMA_VIOLATION, CODEC_FAILED;
   * TypeError for a value that JSON does not have
   * @example const key = await users.put({ id: 7, name: 'Ada' }, undefined, { why: 'signed up' });
   */
  async put(value: T | ReadValue<T, Stored>, name?: string, options?: Reason): Promise<KeyValue> {
    const why = reasonIn('put', options);
    const into = this.#into;
    const record = this.#form.encoded(value as T, into.manifest, name);
    if (this.#version !== undefined) return this.#putInVersion(written(record), name, why);
    return this.#put(PreparedRecord.ofValue(record, into, name), why);
  }

  /** Stores a record given as JSON text, as `put` does. All tokens keep their spelling. @throws as `put` */
  async putText(text: string, name?: string, options?: Reason): Promise<KeyValue> {
    const why = reasonIn('putText', options);
    if (this.#version !== undefined) return this.#putInVersion(text, name, why);
    return this.#put(PreparedRecord.ofText(text, this.#into, name), why);
  }

  #putInVersion(text: string, name: string | undefined, why: string | undefined): Promise<KeyValue> {
    return this.#change(this.#lookup.name, (collection) => collection.putText(text, name), why, this.#version);
  }

  #put(prepared: PreparedRecord, why: string | undefined): Promise<KeyValue> {
    return this.#change(this.#lookup.name, (collection) => putPrepared(collection, prepared), why);
  }

  /** In which records are written. Undefined: the newest. */
  get #version(): number | undefined {
    return this.#lookup.version;
  }

  get #into(): PutInto {
    return { manifest: this.#lookup.generation().manifest, seal: this.#lookup.store.seal };
  }

  /**
   * Changes members of a record with a JSON Merge Patch (RFC 7396): null removes a member, an object is merged, anything else
   * replaces the member. Returns whether there is such a record. The patch changes the stored record: no codec encodes the patch.
   * @throws GristmillError BAD_RECORD, KEY_TOO_LONG, UNIQUE_VIOLATION, SCHEMA_VIOLATION; TypeError, also in a collection without a key
   * @example await users.patch(7, { name: 'Ada Lovelace', nickname: null });
   */
  async patch(key: KeyValue, changes: MergePatch<Stored>, options?: Reason): Promise<boolean> {
    const why = reasonIn('patch', options);
    // As they are now: the caller may change both before the transaction runs.
    const [at, patch] = [copyOfKey(key), patchText(changes)];
    const patched = (collection: TransactionCollection<T>) => patchWritten(collection, at, patch);
    return this.#change<T, boolean>(this.#lookup.name, patched, why, this.#version);
  }

  /** Changes a record with a patch given as JSON text, as `patch` does. All tokens keep their spelling. @throws as `patch` */
  async patchText(key: KeyValue, changes: string, options?: Reason): Promise<boolean> {
    const why = reasonIn('patchText', options);
    const at = copyOfKey(key);
    const patched = (collection: TransactionCollection<T>) => collection.patchText(at, changes);
    return this.#change<T, boolean>(this.#lookup.name, patched, why, this.#version);
  }

  /**
   * Deletes the records whose primary keys are within these bounds (at least one is needed), in one transaction.
   * Returns the number of deleted records.
   * @throws GristmillError RANGE_NEEDS_PLAINTEXT_KEYS; TypeError without a bound, and in a collection without a key
   * @example await events.deleteRange({ lt: '2025-01-01' });
   */
  async deleteRange(bounds: KeyBounds, options?: Reason): Promise<number> {
    const why = reasonIn('deleteRange', options);
    return this.#change<T, number>(this.#lookup.name, (collection) => collection.deleteRange(bounds), why);
  }

  /** Deletes the record with this key. Returns whether there was such a record. @example await users.delete(7); */
  async delete(key: KeyValue, options?: Reason): Promise<boolean> {
    const why = reasonIn('delete', options);
    const at = copyOfKey(key);
    return this.#change<T, boolean>(this.#lookup.name, (collection) => collection.delete(at), why);
  }
}

/** The key of a composite index is a list, which its owner may change. */
function copyOfKey(key: KeyValue): KeyValue {
  return Array.isArray(key) ? [...key] : key;
}
