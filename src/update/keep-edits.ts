// record > line, keys > overlay > pages > [transaction]
//
// What becomes of the changes that transactions made, when an import replaces the records they were made to: they are made
// once more to the records that it brought, or given up, or the import is refused. It happens in the transaction that
// publishes the import, so a change that was acknowledged while the import ran is seen here too.

import { GristmillError } from '../base/errors.js';
import type { EditCounts } from '../base/import-report.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import type { OnChanged } from '../import/options/types.js';
import { decodeKey, shownKey } from '../keys/decode.js';
import type { KeyValue } from '../keys/encode.js';
import { jsonText } from '../keys/json-text.js';
import { Caches } from '../lookup/cache/caches.js';
import { Lookup } from '../lookup/lookup.js';
import { resolveStoreOptions } from '../options/store.js';
import type { EditAt } from '../store/edit-types.js';
import type { StorePlace } from '../store/files/blobs.js';
import { describeKey, isSameKey } from '../store/publish/checks.js';
import { nextGeneration, publishState } from '../store/publish/publish-state.js';
import { parsedRecord } from '../store/shards/line.js';
import type { Catalog, CatalogSnapshot, CatalogWrite, CollectionManifest, KeyRule } from '../store/types.js';
import { withinTransaction } from './callback.js';
import { checkUniqueKeys, commitChanges, type UniqueKeys } from './commit.js';
import { editsOf, isTouched, originalText, wholeKeyOf } from './edits/edited.js';
import { editCount, hasImports, isOfShape } from './edits/edits.js';
import { Group } from './group.js';
import { decodeChanges, encodeChanges } from './overlay/changes.js';
import type { TransactionCollection } from './transaction-collection.js';
import { TransactionWork } from './transaction-work.js';

/** Edits made again in one go: their records are in memory. */
const BATCH = 4096;
/** Bytes of frames in memory meanwhile: keys come in order, and so do most frames. */
const FRAMES_BYTES = 16 * 1024 * 1024;
/** Keys that an error names. */
const KEYS_NAMED = 3;

type EditRules = Pick<FilledImportOptions, 'changes' | 'onChanged' | 'mode'>;

/**
 * Settles the edits of a collection, last in the transaction that publishes records to it.
 * @throws GristmillError COLLECTION_EDITED with *refuse*, and where a deletion cannot be kept; what `onChanged` throws
 */
export function settleEdits(
  target: StorePlace & { readonly catalog: Catalog },
  write: CatalogWrite,
  name: string,
  rules: EditRules,
): EditCounts {
  const before = target.catalog.snapshot();
  try {
    const manifest = before.collection(name);
    if (manifest === undefined || editCount(manifest) === 0) return NONE;
    const caches = new Caches(target, resolveStoreOptions({ frameCacheBytes: FRAMES_BYTES, recordCacheBytes: 0 }));
    try {
      return new Settling(target, write, manifest, before, caches, rules).run();
    } finally {
      // No background load was begun: nothing is waited for.
      void caches.close();
    }
  } finally {
    before.release();
  }
}

/**
 * Refuses the replacement of a collection before anything is read for it, where `settleEdits` would refuse it.
 * @throws GristmillError COLLECTION_EDITED
 */
export function refuseEdited(manifest: CollectionManifest, { changes }: Pick<EditRules, 'changes'>): void {
  const count = editCount(manifest);
  if (changes === 'refuse' && count > 0) throw refusal(manifest.name, count, []);
}

const NONE: EditCounts = { kept: 0, dropped: 0 };

class Settling {
  readonly #target: StorePlace & { readonly catalog: Catalog };
  readonly #write: CatalogWrite;
  readonly #manifest: CollectionManifest;
  readonly #snapshot: CatalogSnapshot;
  readonly #rules: EditRules;
  readonly #before: Lookup;
  readonly #now: Lookup;
  /** What was put into unique indexes. */
  readonly #unique: UniqueKeys[] = [];

  constructor(
    target: StorePlace & { readonly catalog: Catalog },
    write: CatalogWrite,
    manifest: CollectionManifest,
    snapshot: CatalogSnapshot,
    caches: Caches,
    rules: EditRules,
  ) {
    const { directory, blobs, seal, catalog } = target;
    this.#target = target;
    this.#write = write;
    this.#manifest = manifest;
    this.#snapshot = snapshot;
    this.#rules = rules;
    this.#before = new Lookup({ directory, blobs, seal, catalog: snapshot, caches, isExact: true }, manifest.name);
    this.#now = new Lookup({ directory, blobs, seal, catalog, caches, isExact: true }, manifest.name);
  }

  run(): EditCounts {
    const { changes, mode } = this.#rules;
    const isWritten = hasImports(this.#manifest);
    const { key } = this.#now.generation().manifest;
    const isSame = isSameKey(this.#manifest.key, key);
    if (changes === 'drop' && (mode === 'replace' || !isSame)) return this.#forgetAll();
    if (!isSame) throw otherKeys(this.#manifest.name, this.#manifest.key, key);
    const batch: EditAt[] = [];
    const touched: KeyValue[] = [];
    let [count, kept, adopted] = [0, 0, 0];
    const settle = () => {
      if (isWritten) this.#forget(batch);
      if (changes === 'keep') kept += this.#makeAgain(batch);
      batch.length = 0;
    };
    for (const one of editsOf(this.#snapshot, this.#manifest, this.#before)) {
      const key = decodeKey(wholeKeyOf(one));
      if (!isTouched(key, this.#before, this.#now)) {
        if (!isWritten) adopted += this.#writeDown(one);
        continue;
      }
      if (++count <= KEYS_NAMED) touched.push(key);
      if (changes === 'refuse') continue;
      batch.push(one);
      if (batch.length === BATCH) settle();
    }
    if (count > 0 && changes === 'refuse') throw refusal(this.#manifest.name, count, touched);
    settle();
    // A value may have moved from one batch to another.
    checkUniqueKeys({ catalog: this.#target.catalog, place: this.#target }, this.#unique);
    this.#count(adopted);
    return { kept, dropped: count - kept };
  }

  /** All is given up: also deletions of records that this import does not have, which a later one may bring back. */
  #forgetAll(): EditCounts {
    const { id, edits, records } = this.#manifest;
    if (edits === undefined) return { kept: 0, dropped: records };
    this.#write.deleteEdits(id);
    this.#count(-edits);
    return { kept: 0, dropped: edits };
  }

  /** They are of records that are gone. What is made again is written down again. */
  #forget(edits: readonly EditAt[]): void {
    for (const { key } of edits) this.#write.putEdit(this.#manifest.id, key, undefined);
    this.#count(-edits.length);
  }

  /** The collection gets records by an import for the first time: what it has otherwise is an edit from now on. */
  #writeDown({ key, edit }: EditAt): number {
    if (!hasImports(this.#now.newest().manifest)) return 0;
    this.#write.putEdit(this.#manifest.id, key, edit);
    return 1;
  }

  #count(gained: number): void {
    if (gained === 0) return;
    const { catalog } = this.#target;
    const manifest = catalog.collection(this.#manifest.name)!;
    const edits = (manifest.edits ?? 0) + gained;
    const generation = nextGeneration(catalog, this.#write);
    publishState(catalog, this.#write, { ...manifest, generation, edits }, catalog.shards(manifest));
  }

  /** @returns how many were kept: all that `onChanged` does not give up */
  #makeAgain(edits: readonly EditAt[]): number {
    const { name } = this.#manifest;
    if (edits.length === 0) return 0;
    const { catalog } = this.#target;
    const group = new Group({
      catalog,
      seal: this.#target.seal,
      lookup: () => this.#now,
      isHeld: () => false,
    });
    const work = new TransactionWork(group);
    const collection = work.collection(name);
    const { onChanged } = this.#rules;
    let kept = 0;
    for (const one of edits) {
      if (onChanged === undefined) this.#keep(collection, one);
      else if (!this.#merge(collection, one, onChanged)) continue;
      kept++;
    }
    const made = group.changes();
    const target = { catalog, write: this.#write, place: this.#target };
    if (made !== undefined) {
      const changes = decodeChanges(encodeChanges(made));
      commitChanges(target, changes, (manifest) => group.shardsOf(manifest), this.#unique);
    }
    work.end();
    return kept;
  }

  #keep(collection: TransactionCollection<unknown>, one: EditAt): void {
    const { edit } = one;
    const key = decodeKey(wholeKeyOf(one));
    const { shape = 0 } = this.#now.newest().manifest;
    if (edit.kind === 'patch' && isOfShape(edit, shape) && collection.has(key)) {
      for (const patch of edit.patches ?? []) collection.patchText(key, patch);
    } else if (edit.kind !== 'delete') {
      // Patches, too, of a record that the import did not bring, or of one of another shape: the record as they left it stays.
      this.#put(collection, key, this.#before.textSync(key)!);
    } else if (this.#manifest.key.kind === 'ordinal') {
      throw cannotDelete(this.#manifest.name);
    } else collection.delete(key);
  }

  #merge(collection: TransactionCollection<unknown>, one: EditAt, onChanged: OnChanged): boolean {
    const { edit } = one;
    const key = decodeKey(wholeKeyOf(one));
    const [edited, incoming] = [this.#before.textSync(key), this.#now.textSync(key)];
    const values = [originalText(edit, this.#before), edited, incoming].map((text) => text && parsedRecord(text));
    const merged = withinTransaction(() => onChanged(values[0], values[1], values[2], key));
    if (typeof (merged as PromiseLike<unknown> | null | undefined)?.then === 'function') {
      throw new TypeError('import: options.onChanged must not be async: it returned a promise; nothing was changed');
    }
    if (merged === values[2]) return false;
    if (merged === undefined) collection.delete(key);
    else this.#put(collection, key, merged === values[1] ? edited! : jsonText(merged, 'a merged record'));
    return true;
  }

  #put(collection: TransactionCollection<unknown>, key: KeyValue, text: string): void {
    collection.putText(text, this.#manifest.key.kind === 'name' ? (key as string) : undefined);
  }
}

/** @param keys of the first few */
function refusal(name: string, count: number, keys: readonly KeyValue[]): GristmillError {
  const named = keys.map(shownKey).join(', ');
  const records = count === 1 ? 'a record' : `${count} records`;
  const which = keys.length === 0 ? records : `${records} (${named}${count > keys.length ? ', …' : ''})`;
  const message = `transactions have changed ${which} of collection ${name} that this import would replace; nothing was imported: to apply the changes to the new records too, give option changes: "keep"; to drop the changes, give option changes: "drop"`;
  return new GristmillError('COLLECTION_EDITED', message);
}

function otherKeys(name: string, before: KeyRule, now: KeyRule): GristmillError {
  const message = `transactions have changed records of collection ${name}, whose key is ${describeKey(before)}, and the key of this import is ${describeKey(now)}, so the changes cannot be applied to the records of this import; nothing was imported: to drop the changes, give option changes: "drop"; or import with the same key`;
  return new GristmillError('COLLECTION_EDITED', message);
}

function cannotDelete(name: string): GristmillError {
  const message = `collection ${name} has no key, so gristmill cannot find a deleted record among the records of this import; nothing was imported: to drop all changes that transactions made, give option changes: "drop"; or import with a key`;
  return new GristmillError('COLLECTION_EDITED', message);
}
