// [index]: what finding the entries of one shard takes, and what comes of it.

import type { Run, ScanSetup } from '../../import/tasks/span.js';
import type { Workers } from '../../import/tasks/workers.js';
import type { BadReasonName } from '../../kernel/contract.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import type { ShardEntry } from '../../store/types.js';

export interface IndexTask extends Sealed {
  readonly setup: ScanSetup;
  readonly entry: ShardEntry;
  /** The migrations that make the shape that is indexed of the shard's. Undefined: the file has that shape. */
  readonly route: Route | undefined;
  /** The shard's file; for an inline shard a file of its live lines, which `ordinals` says the ordinals of. */
  readonly path: string;
  readonly ordinals?: Uint32Array;
  /** Tombstones: dead records have no entries. */
  readonly dead: Uint8Array;
  readonly runPath: string;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
}

export interface IndexResult {
  readonly runs: readonly Run[];
  /** The first record that an import with this index would refuse; then `runs` is empty. */
  readonly refused?: { readonly ordinal: number; readonly reason: BadReasonName };
}

/** Who reads shards to make an index of them. */
export interface Indexers extends Pick<Workers, 'merge' | 'close'> {
  index(task: IndexTask): Promise<IndexResult>;
}
