// [record > line, keys > overlay] > pages > transaction
//
// One collection within a transaction: reads see its changes, which are kept beside the store until the commit.

import { decodeKey } from '../keys/decode.js';
import type { KeyValue } from '../keys/encode.js';
import { jsonText } from '../keys/json-text.js';
import { checkForm, keyOf } from '../lookup/index/key-form.js';
import { ordinalOf } from '../lookup/index/locate.js';
import { slicesOf } from '../lookup/index/range.js';
import type { Lookup } from '../lookup/lookup.js';
import { countRows } from '../lookup/rows/counting.js';
import { type CountOptions, countRange } from '../lookup/rows/options.js';
import type { MergePatch, ReadValue } from '../options/record-types.js';
import { StoredPages } from '../store/pages/ordered-pages.js';
import { entryAt } from '../store/pages/read.js';
import { ownForm, parsedRecord, recordText } from '../store/shards/line.js';
import type { CollectionManifest } from '../store/types.js';
import { deletedBounds, isInBounds, type KeyBounds, primaryIn } from './delete-range.js';
import type { Overlay } from './overlay/overlay.js';
import { holdTo } from './records/held.js';
import { mergePatch } from './records/merge-patch.js';
import type { PreparedRecord } from './records/prepared.js';
import {
  compactText,
  type KeyPlan,
  keyOfRecord,
  type NewRecord,
  recordOfText,
  recordOfValue,
  written,
} from './records/record.js';
import { RecordShapes } from './records/shapes.js';
import { openWithin, TransactionReads, type TransactionState, type WithoutFreshness } from './transaction-reads.js';

/** Stores a record that was made before the transaction began. */
export let putPrepared: (collection: TransactionCollection<unknown>, prepared: PreparedRecord) => KeyValue;

/** Patches a record with a text that `patchText` gave. */
export let patchWritten: (collection: TransactionCollection<unknown>, key: KeyValue, text: string) => boolean;

/** The text of a patch given as a value. @throws TypeError for what JSON has no text for */
export function patchText(changes: unknown): string {
  return jsonText(changes, 'a patch');
}

/**
 * A collection inside a transaction. Its reads see the changes of the transaction. After the callback, each method fails with a
 * TypeError. T and Stored are those of `Collection`.
 * @example await store.transaction((tx) => tx.collection<User>('users').put({ id: 7, name: 'Ada' }));
 */
export class TransactionCollection<T = unknown, Stored = T> extends TransactionReads<T> {
  readonly #state: TransactionState<T>;
  readonly #manifest: CollectionManifest;
  readonly #overlay: Overlay;
  readonly #lookup: Lookup | undefined;
  readonly #shapes: RecordShapes;
  readonly #assertUsable: () => void;
  readonly #plan: KeyPlan;

  static {
    putPrepared = (collection, prepared) => {
      collection.#assertUsable();
      return collection.#put(prepared.recordFor(collection.#manifest, collection.#plan));
    };
    patchWritten = (collection, key, text) => {
      collection.#assertUsable();
      return collection.#patch(key, text);
    };
  }

  /** @internal */
  constructor(state: TransactionState<T>) {
    super(state);
    this.#state = state;
    const { manifest, overlay, stored, plan } = state.changed;
    this.#manifest = manifest;
    this.#overlay = overlay;
    this.#lookup = stored;
    this.#shapes = new RecordShapes(state.changed, state.inVersion);
    this.#assertUsable = state.assertUsable;
    this.#plan = plan;
  }

  /** Returns the record with this primary key, or undefined if there is none. */
  get(key: KeyValue): T | undefined {
    const text = this.getText(key);
    return text === undefined ? undefined : this.#state.form.decoded(this.#state.form.parsed(text), key);
  }

  /** Returns the record as JSON text, with all tokens as spelled, or undefined if there is none. */
  getText(key: KeyValue): string | undefined {
    this.#assertUsable();
    const record = this.#changed(key);
    if (record === undefined) return this.#shapes.lookup?.textSync(key);
    return record === 'deleted' ? undefined : this.#shapes.shown(record);
  }

  /** Returns whether there is a record with this primary key. */
  has(key: KeyValue): boolean {
    this.#assertUsable();
    const record = this.#changed(key);
    return record === undefined ? (this.#lookup?.has(key) ?? false) : record !== 'deleted';
  }

  /**
   * Returns the number of live records, including the changes of this transaction; with an index or bounds, the number of rows
   * that `range` would yield.
   */
  count(options?: WithoutFreshness<CountOptions>): number {
    this.#assertUsable();
    if (options !== undefined) return countRows(() => openWithin(this.#state, countRange(options)));
    const { changes, appended, deleted } = this.#overlay;
    let count = this.#manifest.records + appended.length - deleted.size;
    for (const { key, record } of changes.values()) {
      const isStored = this.#lookup?.hasEntry(key) ?? false;
      if (record !== undefined && !isStored) count++;
      if (record === undefined && isStored) count--;
    }
    return count;
  }

  /**
   * Stores a record. It replaces the record with the same key, if there is one.
   * A codec encodes it first.
   * @param name the member name of the record, in collections imported from one object; the name is the key there.
   * @returns the key of the record; in collections without a key, its ordinal.
   * @throws GristmillError BAD_RECORD (no key at the key path, …), KEY_TOO_LONG, SCHEMA_VIOLATION, CODEC_FAILED; in a handle with
   * `schemaVersion` MIGRATION_FAILED, MIGRATION_REFUSED; TypeError
   */
  put(value: T | ReadValue<T, Stored>, name?: string): KeyValue {
    this.#assertUsable();
    const record = this.#state.form.encoded(value as T, this.#manifest, name);
    if (this.#shapes.areOfVersion) return this.#putInVersion(written(record), name);
    return this.#put(recordOfValue(record, this.#plan, name));
  }

  /** Stores a record given as JSON text, as `put` does. All tokens keep their spelling. */
  putText(text: string, name?: string): KeyValue {
    this.#assertUsable();
    if (this.#shapes.areOfVersion) return this.#putInVersion(text, name);
    return this.#put(recordOfText(text, this.#plan, name));
  }

  /** What the version cannot see is kept of the record that is replaced. @param text of a record of the version of the handle */
  #putInVersion(text: string, name: string | undefined): KeyValue {
    const compact = compactText(text);
    const key = this.#shapes.keyOf(compact, name);
    const before = key === undefined ? undefined : this.#shapes.stored(key, this.#changed(key));
    return this.#put(this.#shapes.record(compact, name, before));
  }

  /**
   * Changes members of a record with a JSON Merge Patch (RFC 7396): null removes a member, an object is merged,
   * anything else replaces the member. Other members keep their spelling. A patch that changes the key moves the
   * record. The patch changes the stored record: no codec encodes the patch.
   * @returns whether there is such a record.
   * @throws GristmillError BAD_RECORD, KEY_TOO_LONG, SCHEMA_VIOLATION; TypeError
   */
  patch(key: KeyValue, changes: MergePatch<Stored>): boolean {
    this.#assertUsable();
    return this.#patch(key, patchText(changes));
  }

  /** Changes a record with a patch given as JSON text, as `patch` does. All tokens keep their spelling. */
  patchText(key: KeyValue, changes: string): boolean {
    this.#assertUsable();
    return this.#patch(key, compactText(changes));
  }

  #patch(key: KeyValue, changes: string): boolean {
    if (this.#manifest.key.kind === 'ordinal') {
      throw new TypeError(
        `collection ${this.#manifest.name} has no key: its records can be put and deleted, not patched`,
      );
    }
    const before = this.#shapes.stored(key, this.#changed(key));
    if (before === undefined) return false;
    const text = this.#shapes.given(before);
    // Patching takes for granted that it is JSON.
    parsedRecord(text);
    const name = this.#manifest.key.kind === 'name' ? (key as string) : undefined;
    const record = this.#shapes.record(mergePatch(text, changes), name, before);
    const { primary } = record;
    // Before the record goes that it replaces.
    this.#hold(record);
    if (primary !== undefined && Buffer.compare(primary, this.#overlay.keyOf(key)) === 0) {
      this.#state.changed.records?.add(this.#manifest.name, key, 'patch', this.#newestText(key), this.#textOf(record));
      // An import that makes it again has records of the newest version.
      if (this.#shapes.areNewest) this.#overlay.patch(primary, record, changes);
      else this.#overlay.put(primary, record);
    } else {
      this.delete(key);
      this.#store(record);
    }
    return true;
  }

  /** Deletes the record with this key. @returns whether there was such a record. */
  delete(key: KeyValue): boolean {
    if (!this.has(key)) return false;
    const { name, key: rule } = this.#manifest;
    this.#state.changed.records?.add(name, key, 'delete', this.#newestText(key), undefined);
    if (rule.kind === 'ordinal') this.#overlay.delete(ordinalOf(name, key)!);
    else this.#overlay.remove(key, this.#lookup?.has(key) ?? false);
    return true;
  }

  /**
   * Deletes the records whose primary keys are within these bounds, of which there must be at least one. The keys are held in
   * memory until the transaction ends.
   * @returns the number of records deleted.
   */
  deleteRange(bounds: KeyBounds): number {
    this.#assertUsable();
    const within = deletedBounds(this.#manifest, bounds);
    let deleted = 0;
    if (this.#lookup !== undefined) {
      const { primary, read } = primaryIn(this.#lookup);
      for (const { page, from, to } of slicesOf(new StoredPages(read, primary.tree, true), read, primary, within)) {
        for (let i = from; i < to; i++) {
          const key = entryAt(page, i).key.slice();
          this.#logDeletion(key);
          if (this.#overlay.removeStored(key)) deleted++;
        }
      }
    }
    // What is left there within the bounds is not stored.
    return (
      deleted +
      this.#overlay.removeNew((key) => {
        const isMeant = isInBounds(key, within);
        if (isMeant) this.#logDeletion(key);
        return isMeant;
      })
    );
  }

  /** Where single records are logged, and there is one under the key. */
  #logDeletion(encoded: Uint8Array): void {
    if (this.#state.changed.records === undefined) return;
    const key = decodeKey(encoded);
    const text = this.#newestText(key);
    if (text !== undefined) this.#state.changed.records.add(this.#manifest.name, key, 'delete', text, undefined);
  }

  #newestText(key: KeyValue): string | undefined {
    const stored = this.#shapes.stored(key, this.#changed(key));
    return stored && this.#shapes.newest(stored);
  }

  #textOf({ line }: NewRecord): string {
    return recordText(line, ownForm(this.#manifest));
  }

  #put(record: NewRecord): KeyValue {
    this.#hold(record);
    return this.#store(record);
  }

  /** @throws GristmillError SCHEMA_VIOLATION */
  #hold(record: NewRecord): void {
    if (this.#state.changed.check === undefined) return;
    holdTo(this.#state.changed.check, this.#manifest.name, record, this.#textOf(record));
  }

  #store(record: NewRecord): KeyValue {
    if (record.primary === undefined) {
      this.#overlay.append(record);
      const ordinal = this.#firstAppended + this.#overlay.appended.length - 1;
      this.#state.changed.records?.add(this.#manifest.name, ordinal, 'put', undefined, this.#textOf(record));
      return ordinal;
    }
    const key = keyOfRecord(record)!;
    this.#state.changed.records?.add(this.#manifest.name, key, 'put', this.#newestText(key), this.#textOf(record));
    this.#overlay.put(record.primary, record);
    return key;
  }

  /** What this transaction made of a key; undefined when it did not touch it. */
  #changed(key: KeyValue): NewRecord | 'deleted' | undefined {
    const { name, key: rule } = this.#manifest;
    if (rule.kind !== 'ordinal') {
      checkForm(keyOf(name), rule.kind === 'path' ? rule.path : '', key);
      const change = this.#overlay.change(key);
      return change && (change.record ?? 'deleted');
    }
    const ordinal = ordinalOf(name, key);
    if (ordinal === undefined) return undefined;
    return this.#overlay.deleted.has(ordinal) ? 'deleted' : this.#overlay.appended[ordinal - this.#firstAppended];
  }

  get #firstAppended(): number {
    return this.#manifest.records + this.#manifest.dead;
  }
}
