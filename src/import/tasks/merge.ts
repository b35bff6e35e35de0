// What the coordinator and a worker say to each other about merging. Structured-cloneable; pages are shared, not copied.

import type { PageBatch } from '../../store/pages/batch.js';
import type { Duplicate, Run } from './span.js';

/** The chunks of one run that may hold entries of a partition. */
export interface RunSlice {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Entries from `low` (included) to `high` (not included), of all runs, in source order of the runs. */
export interface MergeTask {
  readonly id: string;
  readonly slices: readonly RunSlice[];
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

/** A run with the file it is in. */
export interface PlacedRun extends Run {
  readonly path: string;
}
