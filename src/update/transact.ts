// record > line, keys > overlay > pages > [transaction]
//
// The transactions of one store, in groups: whatever was called while the last group was written and synced goes with the
// next one, in the order of the calls. So a sync is shared by all who wait for it, and nothing of it waits in this thread.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../base/errors.js';
import { GROUP_BYTES_MAX, GROUP_MILLISECONDS_MAX } from '../base/limits.js';
import type { Lookup } from '../lookup/lookup.js';
import type { StorePlace } from '../store/files/blobs.js';
import { waitUntilMergeable } from '../store/lock/lock-holder.js';
import type { Catalog, CatalogWrite, CollectionManifest } from '../store/types.js';
import type { TransactionNote } from './audit/group-log.js';
import { assertNotWithin, withinTransaction } from './callback.js';
import { commitGroup } from './commit-applier.js';
import { Group, MergeUnderWay } from './group.js';
import { decodeChanges, encodeChanges, type MadeChanges } from './overlay/changes.js';
import { Queue } from './queue.js';
import { Transaction } from './transaction.js';
import { TransactionWork } from './transaction-work.js';

type Change<R> = (transaction: Transaction) => R;

/** A transaction that waits for its group. */
interface Waiting {
  readonly change: Change<unknown>;
  readonly note: TransactionNote;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction of a group that is being committed, and what came of its callback. */
interface Ran {
  readonly waiting: Waiting;
  readonly outcome: { readonly result: unknown } | { readonly error: unknown };
}

/** What transactions need of their store. */
interface TransactionsStore {
  readonly catalog: Catalog;
  readonly place: StorePlace;
  /** The read path of a collection that is there. */
  readonly lookup: (collection: string, version?: number) => Lookup;
  /** The version in which handles read and write, if no option says it. Undefined: the newest. */
  readonly versionOf?: (collection: string) => number | undefined;
  /** Lets the transactions of a store that is being closed read it. */
  readonly admitted: <T>(read: () => T) => T;
  /** Called when a group has been committed. */
  readonly committed: () => void;
  /** Whether each change of a record is logged. */
  readonly logsRecords: boolean;
  /** Aborted when the store is being closed: nothing waits for an import then. */
  readonly closing: AbortSignal;
}

export class Transactions {
  readonly #store: TransactionsStore;
  readonly #queue = new Queue<Waiting>();
  /** Transactions that wait for an import to end its merge, by the collection it merges into. */
  readonly #held = new Map<string, Waiting[]>();
  #running: Promise<void> | undefined;

  constructor(store: TransactionsStore) {
    this.#store = store;
  }

  /**
   * @param note what the audit log says of it
   * @throws what `change` throws, and then nothing of it is changed; TypeError when it returns a promise
   */
  async run<R>(change: Change<R>, note: TransactionNote): Promise<R> {
    checkChange(change);
    return new Promise<R>((resolve, reject) => {
      this.#queue.push({ change, note, resolve: resolve as Waiting['resolve'], reject });
      this.#running ??= this.#runGroups();
    });
  }

  /**
   * The same, done when it returns. The transactions that were called before are committed with it.
   * @throws as `run`; GristmillError STORE_BUSY where an import is merging into one of its collections
   */
  runSync<R>(change: Change<R>, note: TransactionNote): R {
    checkChange(change);
    let outcome: Ran['outcome'] | undefined;
    const own: Waiting = {
      change,
      note,
      resolve: (result) => {
        outcome = { result };
      },
      reject: (error) => {
        outcome = { error };
      },
    };
    // Alone once more where those before it failed with it.
    this.#queue.push(own);
    while (outcome === undefined && this.#queue.length > 0) this.#commitSync(this.#queue.length);
    if (outcome === undefined) {
      this.#withdraw(own);
      const message =
        'an import is merging into a collection of this transaction; wait until it ends, or use transaction';
      throw new GristmillError('STORE_BUSY', message);
    }
    const { error, result } = outcome as { readonly error?: unknown; readonly result?: unknown };
    if ('error' in outcome) throw error;
    return result as R;
  }

  /** Resolves when all that were called before are committed or have failed. */
  async settled(): Promise<void> {
    while (this.#running !== undefined || this.#held.size > 0) {
      await this.#running;
      await setImmediate();
    }
  }

  async #runGroups(): Promise<void> {
    // What is called in the same turn goes with the first group.
    await undefined;
    while (this.#queue.length > 0) {
      await this.#commit(Number.POSITIVE_INFINITY);
      // Without it, those of a store in memory would keep the event loop from going on.
      await setImmediate();
    }
    this.#running = undefined;
  }

  /** Commits a group, or one after another what cannot be committed together. */
  async #commit(most: number): Promise<void> {
    const ran: Ran[] = [];
    const { catalog } = this.#store;
    try {
      let group: Group;
      await catalog.commit({
        prepare: () => {
          group = this.#runGroup(most, ran);
          return group.changes();
        },
        takeBack: () => this.#queue.unshift(ran.splice(0).map(({ waiting }) => waiting)),
        apply: (write, changes) => this.#write(group, write, changes),
        encode: encodeChanges,
      });
    } catch (error) {
      const again = this.#failed(ran, error);
      for (let i = 0; i < again; i++) await this.#commit(1);
      return;
    }
    this.#settle(ran);
  }

  #commitSync(most: number): void {
    const ran: Ran[] = [];
    const { catalog } = this.#store;
    try {
      catalog.transactionSync((write) => {
        const group = this.#runGroup(most, ran, Number.POSITIVE_INFINITY);
        const changes = group.changes();
        if (changes !== undefined) this.#write(group, write, changes);
      });
    } catch (error) {
      const again = this.#failed(ran, error);
      for (let i = 0; i < again; i++) this.#commitSync(1);
      return;
    }
    this.#settle(ran);
  }

  /** Writes a group in this thread. */
  #write(group: Group, write: CatalogWrite, changes: MadeChanges): void {
    const { catalog, place } = this.#store;
    const shardsOf = (manifest: CollectionManifest) => group.shardsOf(manifest);
    commitGroup({ catalog, place, write }, decodeChanges(encodeChanges(changes)), shardsOf);
  }

  #settle(ran: readonly Ran[]): void {
    this.#store.committed();
    for (const { waiting, outcome } of ran) {
      if ('error' in outcome) waiting.reject(outcome.error);
      else waiting.resolve(outcome.result);
    }
  }

  /** A group was not committed. @returns how many of it are to be tried one by one */
  #failed(ran: readonly Ran[], error: unknown): number {
    if (ran.length > 1) {
      this.#queue.unshift(ran.map(({ waiting }) => waiting));
      return ran.length;
    }
    // Before any of them ran, as on a full disk: each would fail with it.
    const failed = ran[0]?.waiting ?? this.#queue.shift();
    failed?.reject(error);
    return 0;
  }

  /** @param ran gets the transactions as they run, so that they are known if the group fails */
  #runGroup(most: number, ran: Ran[], milliseconds = GROUP_MILLISECONDS_MAX): Group {
    const { catalog, lookup, versionOf, admitted, logsRecords, place } = this.#store;
    const { seal } = place;
    const group = new Group({ catalog, seal, lookup, versionOf, isHeld: (name) => this.#held.has(name), logsRecords });
    const until = performance.now() + milliseconds;
    admitted(() => {
      while (this.#queue.length > 0 && ran.length < most) {
        this.#runOne(group, this.#queue.shift() as Waiting, ran);
        if (performance.now() > until || group.bytes > GROUP_BYTES_MAX) break;
      }
    });
    return group;
  }

  #runOne(group: Group, waiting: Waiting, ran: Ran[]): void {
    const work = new TransactionWork(group);
    try {
      const result = group.run(() => withinTransaction(() => resultOf(work, waiting.change)), waiting.note);
      ran.push({ waiting, outcome: { result } });
    } catch (error) {
      if (error instanceof MergeUnderWay) this.#hold(waiting, error.collection);
      else ran.push({ waiting, outcome: { error } });
    } finally {
      work.end();
    }
  }

  /** Has a transaction wait for the import that merges, and after it all that open this collection: they keep their order. */
  #hold(waiting: Waiting, merging: string): void {
    const held = this.#held.get(merging);
    if (held !== undefined) {
      held.push(waiting);
      return;
    }
    const all = [waiting];
    this.#held.set(merging, all);
    const { catalog, closing } = this.#store;
    void waitUntilMergeable(catalog, merging, closing).then(
      () => {
        this.#held.delete(merging);
        this.#queue.unshift(all);
        this.#running ??= this.#runGroups();
      },
      (error) => {
        this.#held.delete(merging);
        for (const { reject } of all) reject(closing.aborted ? closing.reason : error);
      },
    );
  }

  #withdraw(own: Waiting): void {
    for (const held of this.#held.values()) if (held.includes(own)) held.splice(held.indexOf(own), 1);
  }
}

function checkChange(change: unknown): void {
  if (typeof change !== 'function') throw new TypeError('a transaction needs a callback that makes the changes');
  assertNotWithin();
}

function resultOf(work: TransactionWork, change: Change<unknown>): unknown {
  let result: unknown;
  try {
    result = change(new Transaction(work));
  } catch (error) {
    work.assertNotMerging();
    throw error;
  }
  if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
    // What it still does to a transaction that is over fails, and is said here.
    Promise.resolve(result).catch(() => {});
    throw new TypeError('the callback of a transaction must not be async: it returned a promise; nothing was changed');
  }
  work.assertNotMerging();
  return result;
}
