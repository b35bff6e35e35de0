// [record > line, keys > overlay] > pages > transaction
//
// One transaction of a group as its owner holds it, who ends it. The callback holds `Transaction` (transaction.ts) instead:
// with that it can make changes and nothing else.

import { checkCollectionName, checkNameToFind } from '../base/names.js';
import { resolveOptions } from '../options/check.js';
import { COLLECTION_OPTIONS } from './collection-options.js';
import { type Group, type GroupCollection, MergeUnderWay } from './group.js';
import { type CollectionOptions, TransactionCollection } from './transaction-collection.js';

export class TransactionWork {
  readonly #group: Group;
  readonly #collections = new Map<string, TransactionCollection<unknown>>();
  #merge: MergeUnderWay | undefined;
  #isOver = false;

  constructor(group: Group) {
    this.#group = group;
  }

  /** See `Transaction.collection`. */
  collection(name: string): TransactionCollection<unknown> {
    this.#assertUsable();
    checkNameToFind(name);
    const known = this.#collections.get(name);
    if (known !== undefined) return known;
    try {
      return this.#add(name, this.#group.collection(name));
    } catch (error) {
      if (error instanceof MergeUnderWay) this.#merge = error;
      throw error;
    }
  }

  /** See `Transaction.createCollection`. */
  createCollection(name: string, given?: CollectionOptions): TransactionCollection<unknown> {
    this.#assertUsable();
    checkCollectionName(name);
    const options = resolveOptions('createCollection', COLLECTION_OPTIONS, given);
    return this.#add(name, this.#group.createCollection(name, options));
  }

  #add(name: string, changed: GroupCollection): TransactionCollection<unknown> {
    const assertUsable = (): void => this.#assertUsable();
    const collection = new TransactionCollection({ changed, header: this.#group.header, assertUsable });
    this.#collections.set(name, collection);
    return collection;
  }

  /** That an import is merging comes before what the callback made of it. @throws MergeUnderWay */
  assertNotMerging(): void {
    if (this.#merge !== undefined) throw this.#merge;
  }

  /** Nothing is to be changed that nobody would write. */
  end(): void {
    this.#isOver = true;
  }

  #assertUsable(): void {
    if (this.#isOver) throw new TypeError('a transaction can be used only inside its callback');
  }
}
