// [record > line, keys > overlay] > pages > transaction
//
// One transaction of a group as its owner holds it, who ends it. The callback holds `Transaction` (transaction.ts) instead:
// with that it can make changes and nothing else.

import { checkCollectionName, checkNameToFind } from '../base/names.js';
import { ValueForm } from '../lookup/rows/value-form.js';
import { resolveOptions } from '../options/check.js';
import { type Codec, VALUE_OPTIONS, type ValueOptions } from '../options/values.js';
import { COLLECTION_OPTIONS, type CollectionOptions } from './collection-options.js';
import { type Group, type GroupCollection, MergeUnderWay } from './group.js';
import { TransactionCollection } from './transaction-collection.js';

export class TransactionWork {
  readonly #group: Group;
  /** The handles without value options: one for each collection. */
  readonly #collections = new Map<string, TransactionCollection>();
  #merge: MergeUnderWay | undefined;
  #isOver = false;

  constructor(group: Group) {
    this.#group = group;
  }

  /** See `Transaction.collection`. */
  collection<T, Stored>(name: string, given?: ValueOptions<T, Stored>): TransactionCollection<T, Stored> {
    this.#assertUsable();
    checkNameToFind(name);
    const form = new ValueForm<T>('collection', name, given);
    const known = form.isPlain ? this.#collections.get(name) : undefined;
    if (known !== undefined) return known as unknown as TransactionCollection<T, Stored>;
    return this.#handle<T, Stored>(name, this.#opened(name), form);
  }

  #opened(name: string): GroupCollection {
    try {
      return this.#group.collection(name);
    } catch (error) {
      if (error instanceof MergeUnderWay) this.#merge = error;
      throw error;
    }
  }

  /** See `Transaction.createCollection`. */
  createCollection<T, Stored>(
    name: string,
    given?: CollectionOptions & ValueOptions<T, Stored>,
  ): TransactionCollection<T, Stored> {
    this.#assertUsable();
    checkCollectionName(name);
    const { codec, unsafeIntegers, schemaVersion, ...options } = resolveOptions(
      'createCollection',
      { ...COLLECTION_OPTIONS, ...VALUE_OPTIONS },
      given,
    );
    const form = new ValueForm<T>('createCollection', name, {
      ...{ codec: codec as Codec<T>, unsafeIntegers, schemaVersion },
    });
    return this.#handle<T, Stored>(name, this.#group.createCollection(name, options), form);
  }

  #handle<T, Stored>(name: string, changed: GroupCollection, form: ValueForm<T>): TransactionCollection<T, Stored> {
    const assertUsable = (): void => this.#assertUsable();
    const inVersion = this.#group.inVersion(changed, form.schemaVersion);
    const { header } = this.#group;
    const handle = new TransactionCollection<T, Stored>({ changed, inVersion, form, header, assertUsable });
    if (form.isPlain) this.#collections.set(name, handle as unknown as TransactionCollection);
    return handle;
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
