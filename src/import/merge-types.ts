// What the coordinator and a worker say to each other about merging. Structured-cloneable; buffers are moved.

import type { Duplicate } from './span-types.js';

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
}

/** Consecutive pages of one index. */
export interface MergedPages {
  readonly index: number;
  readonly entries: number;
  /** Pages one after another; `ends` has the offset after each. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export interface MergeResult {
  readonly pages: readonly MergedPages[];
  /** Records that lost to another with the same primary key: shard, ordinal, shard, ordinal … */
  readonly losers: Uint32Array;
  readonly duplicate?: Duplicate;
}
