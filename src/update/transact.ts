// record > line, keys > overlay > pages > [transaction]
//
// Runs a change as one transaction of the catalog, from the beginning again where an import is just merging into one of its
// collections.

import { setImmediate } from 'node:timers/promises';
import { failpoint } from '../base/failpoints.js';
import type { Lookup } from '../lookup/lookup.js';
import { waitUntilMergeable } from '../store/lock/lock-holder.js';
import type { Catalog } from '../store/types.js';
import { Transaction } from './transaction.js';
import { MergeUnderWay, type TransactionContext, TransactionWork } from './transaction-work.js';

type Change<R> = (transaction: Transaction) => R;
type LookupOf = (collection: string) => Lookup;
type TransactionStore = Pick<TransactionContext, 'place'> & { readonly catalog: Catalog };

/**
 * Whether a callback is running, of whatever store. Another transaction within it would wait for ever for the lock of the
 * first, where both are on one directory; and two processes for each other's, where there are two directories.
 */
let isInCallback = false;

/** A process that does nothing but transactions lets others have their turn after so long: timers, arriving data, its own reads. */
const TURN_MILLISECONDS = 5;
let turnBegan = performance.now();

/** @throws what `change` throws, and then nothing has changed; TypeError when it returns a promise; CANCELLED */
export async function transact<R>(
  { catalog, place }: TransactionStore,
  lookup: LookupOf,
  change: Change<R>,
  stop: AbortSignal,
): Promise<R> {
  if (typeof change !== 'function') throw new TypeError('a transaction needs a callback that makes the changes');
  if (isInCallback) throw new TypeError('a transaction cannot begin within the callback of another one');
  for (;;) {
    try {
      const result = await catalog.transaction((write) => run({ catalog, place, write, lookup }, change));
      await takeTurns();
      return result;
    } catch (error) {
      if (!(error instanceof MergeUnderWay)) throw error;
      await waitUntilMergeable(catalog, error.collection, stop);
    }
  }
}

/** A transaction is done without waiting for anything, so awaiting one after another would keep the event loop from going on. */
async function takeTurns(): Promise<void> {
  if (performance.now() - turnBegan < TURN_MILLISECONDS) return;
  await setImmediate();
  turnBegan = performance.now();
}

function run<R>(context: TransactionContext, change: Change<R>): R {
  const work = new TransactionWork(context);
  isInCallback = true;
  try {
    const result = change(new Transaction(work));
    if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
      // What it still does to a transaction that is over fails, and is said here.
      Promise.resolve(result).catch(() => {});
      throw new TypeError(
        'the callback of a transaction must not be async: it returned a promise; nothing was changed',
      );
    }
    work.commit();
    failpoint('transaction.commit');
    return result;
  } catch (error) {
    throw work.reasonFor(error);
  } finally {
    isInCallback = false;
    work.end();
  }
}
