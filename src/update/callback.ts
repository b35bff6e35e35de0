// record > line, keys > overlay > pages > [transaction]
//
// Callbacks of the user that run within a transaction: those of transactions, and `onChanged` of imports. Another transaction
// within one would wait for ever for the lock of the first, where both are on one directory; and two processes for each
// other's, where there are two directories.

/** Whether one is running, of whatever store. */
let isRunning = false;

/** Runs a callback; transactions are refused meanwhile. */
export function withinTransaction<R>(callback: () => R): R {
  isRunning = true;
  try {
    return callback();
  } finally {
    isRunning = false;
  }
}

/** @throws TypeError */
export function assertNotWithin(): void {
  if (isRunning) throw new TypeError('a transaction cannot begin within the callback of another one');
}
