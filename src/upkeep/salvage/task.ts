// What salvaging one shard takes and finds; who does it.

import type { Run, ScanSetup } from '../../import/tasks/span.js';
import type { Workers } from '../../import/tasks/workers.js';
import type { Region } from '../../store/files/blobs.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import type { ShardSummary } from '../../store/shards/write.js';
import type { ShardEntry } from '../../store/types.js';
import type { RecordRange } from '../verify/faults.js';

export interface SalvageTask extends Sealed {
  readonly setup: ScanSetup;
  readonly shard: number;
  /** Whether its lines are `{"key":…,"value":…}`. */
  readonly named: boolean;
  /** The shard's file; absent for an inline shard, whose live lines are in `textPath`. */
  readonly path?: string;
  /** The shard's part of that file, where it is a joined one. */
  readonly region?: Region;
  /** Set where the end of the joined file is damaged: the shard is written to a file of its own, sound or not. */
  readonly mustMove?: boolean;
  /** What the catalog says of the file; absent where there is none: as the file says. */
  readonly expected?: Pick<ShardEntry, 'records' | 'holes' | 'sha256' | 'shape'>;
  /** The migrations that make the collection's shape of the shard's. Undefined: it has that shape. */
  readonly route: Route | undefined;
  /** Tombstones: dead records have no entries. */
  readonly dead: Uint8Array;
  /** Ordinals of the lines in `textPath`. */
  readonly ordinals?: Uint32Array;
  readonly textPath: string;
  readonly runPath: string;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
  /** Where the shard is written again, should it be damaged. */
  readonly rewrittenPath: string;
}

export interface SalvageFault {
  readonly offset: number;
  /** Ordinals of the records that it costs; absent where nobody can say, or it costs none. */
  readonly records?: RecordRange;
  readonly message: string;
}

export interface SalvageResult {
  readonly runs: readonly Run[];
  /** Ordinals of records that lost to another of the shard with the same key. */
  readonly losers: Uint32Array;
  readonly faults: readonly SalvageFault[];
  /** The file as it is now, or as it was written again; absent for an inline shard. */
  readonly file?: ShardSummary & { readonly isRewritten: boolean };
  /** Ordinals without a line in that file, as a bitmap; absent where there are none. */
  readonly holes?: Uint8Array;
}

/** Who reads shards to make indexes of them anew. */
export interface Salvagers extends Pick<Workers, 'merge' | 'close'> {
  salvage(task: SalvageTask): Promise<SalvageResult>;
}
