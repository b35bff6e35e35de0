// store at rest: [catalog]
//
// Who changes the store for longer than a transaction, as it is stored (docs/format.md, Catalog).

import type { Writer } from '../options/shared.js';

/** The writer that changes the store for longer than a transaction: catalog key `04`. Absent if there is none. */
export interface LockRecord extends Writer {
  /** Differs for every lock ever taken. */
  readonly token: string;
  /** Set while records are merged into this collection, and into these others: transactions on them wait. */
  readonly merging?: string | undefined;
  readonly alsoMerging?: readonly string[] | undefined;
  /** Set in the transaction that publishes: what it wrote is named now, and stays if the holder dies. */
  readonly isPublished?: boolean;
  /** Tokens of dead holders whose leftovers have not been swept yet. */
  readonly left?: readonly string[] | undefined;
  /** Former holders that were stopped until others took their turn: they may go on writing files. */
  readonly mayWake?: readonly Pick<LockRecord, 'token' | 'pid' | 'process'>[];
  /** Set when the holder could not sweep what was left, or somebody has to sweep again: as good as dead. */
  readonly isAbandoned?: boolean;
  /** What tells a process from a later one of the same number, and one machine's start or container from another. */
  readonly process: string;
  /** ISO 8601 time. */
  readonly renewed: string;
}
