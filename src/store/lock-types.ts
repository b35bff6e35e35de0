// store at rest: [catalog]
//
// Who changes the store for longer than a transaction, as it is stored (docs/format.md, Catalog).

import type { Writer } from '../options/shared.js';

/** The writer that changes the store for longer than a transaction: catalog key `04`. Absent if there is none. */
export interface LockRecord extends Writer {
  /** The id of the lock. No two locks have the same one. */
  readonly token: string;
  /** Set while records are merged into this collection, and into these others: transactions on them wait. */
  readonly merging?: string | undefined;
  readonly alsoMerging?: readonly string[] | undefined;
  /**
   * Set in the transaction that publishes: what the holder wrote belongs to the store now, and stays if the holder
   * dies.
   */
  readonly isPublished?: boolean;
  /** Tokens of dead holders whose leftovers have not been swept yet. */
  readonly left?: readonly string[] | undefined;
  /** Former holders that were stopped until another writer took the lock: they may continue to write files. */
  readonly mayWake?: readonly Pick<LockRecord, 'token' | 'pid' | 'process'>[];
  /**
   * Set when the holder could not sweep its leftovers, or when they must be swept again. Others then treat the holder
   * as dead.
   */
  readonly isAbandoned?: boolean;
  /**
   * Distinguishes the process from a later process with the same id, and from processes of another start of the machine
   * or of another container.
   */
  readonly process: string;
  /** ISO 8601 time. */
  readonly renewed: string;
}
