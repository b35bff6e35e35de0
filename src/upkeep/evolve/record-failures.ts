// [evolve]: what a user is told of records that a migration cannot change.

import type { FailureReason } from '../../evolve/failure.js';

/** Records that a migration cannot change, all for the same reason. */
export interface RecordFailures {
  /** The operation, from 0, in its migration. */
  readonly operation: number;
  /** The version that the migration leads to. */
  readonly version: number;
  /** The place in the record. */
  readonly path: string;
  /** Why the records cannot be changed. */
  readonly reason: FailureReason;
  /** The reason as a sentence. */
  readonly message: string;
  /** The number of records. */
  readonly records: number;
  /** The first of them, by their keys; by their ordinals where the collection has no key, or the store is encrypted. */
  readonly keys: readonly string[];
}
