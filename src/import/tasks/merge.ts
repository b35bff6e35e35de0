// What the coordinator and a worker say to each other about merging. Structured-cloneable; pages are shared, not copied.

import type { PageBatch } from '../../store/pages/batch.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Duplicate, Run } from './span.js';

/** Entries from `low` (included) to `high` (not included), of all runs, in source order of the runs. */
export interface MergeTask extends Sealed {
  readonly id: string;
  /** The directory of the runs (plan/workspace.ts). */
  readonly temporary: string;
  /**
   * The chunks that may hold entries of the partition, at most one slice of each run: the shard whose run it is, offset, bytes,
   * and so on. Plain numbers: there is a slice for each run in each task, and all go from thread to thread.
   */
  readonly slices: Float64Array;
  /** Entries as bounds (docs/format.md, Entries); absent: no bound. */
  readonly low?: Uint8Array;
  readonly high?: Uint8Array;
  readonly keep: 'last' | 'first';
  /** Where the pages may go: the room of an earlier result. Absent, or too small: a new one. */
  readonly room?: SharedArrayBuffer;
}

export interface MergeResult {
  /** In the result's room. */
  readonly pages: readonly PageBatch[];
  /** Holds the pages; to be given to a later task when they are done with. */
  readonly room: SharedArrayBuffer;
  /** Records that lost to another with the same primary key: shard, ordinal, shard, ordinal … */
  readonly losers: Uint32Array;
  readonly duplicate?: Duplicate;
}

/** A run, and the shard whose run file it is in. */
export interface PlacedRun extends Run {
  readonly shard: number;
}
