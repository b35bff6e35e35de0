// [record > line, keys > overlay] > pages > transaction
//
// A transaction as its owner holds it, who commits and ends it. The callback holds `Transaction` (transaction.ts) instead:
// with that it can make changes and nothing else. Until the commit nothing is written, new collections neither: what reads
// the store within the callback sees the state before.

import { GristmillError } from '../base/errors.js';
import { checkCollectionName, checkNameToFind } from '../base/names.js';
import { havePositions, withUnique } from '../keys/key-path.js';
import type { Lookup } from '../lookup/lookup.js';
import { type Resolved, resolveOptions } from '../options/check.js';
import type { StorePlace } from '../store/files/blobs.js';
import { mergeUnderWay } from '../store/lock/lock-holder.js';
import { UniqueViolation } from '../store/publish/unique.js';
import { violationError } from '../store/publish/unique-error.js';
import type { Catalog, CatalogWrite, CollectionManifest, KeyRule, StoreHeader } from '../store/types.js';
import { COLLECTION_OPTIONS } from './collection-options.js';
import { type Changed, commitChanges } from './commit.js';
import { Overlay } from './overlay.js';
import { type CollectionOptions, TransactionCollection } from './transaction-collection.js';

/** What a transaction needs of its store. */
export interface TransactionContext {
  readonly catalog: Catalog;
  readonly write: CatalogWrite;
  readonly place: StorePlace;
  /** The read path of a collection that is there. */
  readonly lookup: (name: string) => Lookup;
}

/** Thrown out of the callback when an import is merging into a collection: the transaction has to begin again after it. */
export class MergeUnderWay extends Error {
  constructor(readonly collection: string) {
    super(`an import is merging into collection ${collection}`);
  }
}

export class TransactionWork {
  readonly #context: TransactionContext;
  readonly #collections = new Map<string, TransactionCollection<unknown>>();
  readonly #changed: Changed[] = [];
  readonly #created: CollectionManifest[] = [];
  /** As it will be: with the numbers that new collections and their trees have taken. */
  #header: StoreHeader;
  #merge: MergeUnderWay | undefined;
  #isOver = false;

  constructor(context: TransactionContext) {
    this.#context = context;
    this.#header = context.catalog.header();
  }

  /** See `Transaction.collection`. */
  collection(name: string): TransactionCollection<unknown> {
    this.#assertUsable();
    checkNameToFind(name);
    if (mergeUnderWay(this.#context.catalog, name)) {
      this.#merge = new MergeUnderWay(name);
      throw this.#merge;
    }
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    const lookup = this.#context.lookup(name);
    return this.#add(lookup.newest(), lookup);
  }

  /** See `Transaction.createCollection`. */
  createCollection(name: string, given?: CollectionOptions): TransactionCollection<unknown> {
    this.#assertUsable();
    checkCollectionName(name);
    const options = resolveOptions('createCollection', COLLECTION_OPTIONS, given);
    if (this.#collections.has(name) || this.#context.catalog.collection(name) !== undefined) {
      throw new GristmillError('COLLECTION_EXISTS', `the collection ${name} already exists; nothing was changed`);
    }
    const manifest = newCollection(this.#header, name, options);
    const { nextCollection, nextTree } = this.#header;
    this.#header = {
      ...this.#header,
      nextCollection: nextCollection + 1,
      nextTree: nextTree + 1 + manifest.secondary.length,
    };
    this.#created.push(manifest);
    return this.#add({ manifest, shards: [] }, undefined);
  }

  #add(
    { manifest, shards }: Pick<Changed, 'manifest' | 'shards'>,
    lookup: Lookup | undefined,
  ): TransactionCollection<unknown> {
    const changed = { manifest, shards, overlay: new Overlay() };
    const collection = new TransactionCollection(changed, lookup, () => this.#assertUsable());
    this.#changed.push(changed);
    this.#collections.set(manifest.name, collection);
    return collection;
  }

  /** Writes the changes. @throws MergeUnderWay, whatever the callback made of it; as `commitChanges` */
  commit(): void {
    if (this.#merge !== undefined) throw this.#merge;
    try {
      commitChanges(this.#context, this.#header, this.#created, this.#changed);
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
      // Here, where the records that it names are still to be read.
      throw violationError(this.#context.catalog, this.#context.place, error);
    }
  }

  /** What a failure of the callback means: that an import is merging comes before what it made of that. */
  reasonFor(error: unknown): unknown {
    return this.#merge ?? error;
  }

  /** Nothing is to be changed that nobody would write. */
  end(): void {
    this.#isOver = true;
  }

  #assertUsable(): void {
    if (this.#isOver) throw new TypeError('a transaction can be used only inside its callback');
  }
}

function newCollection(
  header: StoreHeader,
  name: string,
  { key, indexes: named, uniqueIndexes }: Resolved<typeof COLLECTION_OPTIONS>,
): CollectionManifest {
  const indexes = withUnique(named, uniqueIndexes);
  const rule: KeyRule = key === undefined ? { kind: 'ordinal' } : { kind: 'path', path: key };
  const generation = header.generation + 1;
  const empty = { entries: 0, pages: 0 };
  return {
    ...{ name, id: header.nextCollection, generation, framing: 'lines', key: rule },
    ...(key !== undefined && { primary: { path: key, tree: header.nextTree, ...empty } }),
    secondary: indexes.map((path, i) => {
      const unique = uniqueIndexes.includes(path) && { unique: true as const };
      return { path, tree: header.nextTree + 1 + i, ...empty, ...unique };
    }),
    ...(havePositions(indexes) && { positions: true }),
    ...{ records: 0, dead: 0, holes: 0, inline: 0, shards: 0, layout: generation },
    ...{ sourceBytes: 0, storedBytes: 0, plainBytes: 0, published: new Date().toISOString() },
  };
}
