// [evolve]: what looking at the records of one shard takes, and what comes of it.

import type { Functions, Migration } from '../../evolve/types.js';
import type { Workers } from '../../import/tasks/workers.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import type { ShardEntry } from '../../store/types.js';
import type { StayingKey } from './keys.js';
import type { RecordFailures } from './record-failures.js';

export interface TrialTask extends Sealed {
  readonly entry: ShardEntry;
  readonly path: string;
  /** The migrations that make the new shape of the shard's. Undefined: it has that shape. */
  readonly route: Route | undefined;
  /** Migrations that are taken back again, see `formUndone`. */
  readonly undone: readonly Migration[] | undefined;
  /** What these may call; see `Route`. */
  readonly functions: Functions | undefined;
  /** The key that a call must not change. */
  readonly key: StayingKey | undefined;
  /** Whether the places of all records that fail are wanted. */
  readonly locates: boolean;
  /** Tombstones: dead records are left out. */
  readonly dead: Uint8Array;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
}

/** Records that fail alike. */
export interface FailureGroup extends Omit<RecordFailures, 'keys'> {
  /** The first of them: shard and ordinal. */
  readonly first: readonly (readonly [shard: number, ordinal: number])[];
}

export interface TrialResult {
  readonly records: number;
  readonly frames: number;
  /** Whether each of them is an object. */
  readonly areObjects: boolean;
  readonly failures: readonly FailureGroup[];
  /** Of all records that fail, if that is wanted: shard and ordinal. */
  readonly located: [shard: number, ordinal: number][];
}

/** Who looks at shards. */
export interface Trials extends Pick<Workers, 'close'> {
  trial(task: TrialTask): Promise<TrialResult>;
}
