// [profile]: what the profile of one shard takes, and who makes it.

import type { Workers } from '../../import/tasks/workers.js';
import type { Linked, ProfileImage } from '../../profile/simd/image.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import type { ShardEntry } from '../../store/types.js';

export interface ProfileTask extends Sealed, Linked {
  readonly entry: ShardEntry;
  readonly path: string;
  /** The migrations that make the collection's shape of the shard's. Undefined: it has that shape. */
  readonly route: Route | undefined;
  /** Tombstones: dead records are left out. */
  readonly dead: Uint8Array;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
}

/** Who reads shards to make profiles of them. */
export interface Profilers extends Pick<Workers, 'close'> {
  /** @returns the profile of the shard, and of those of its chain that its thread looked at before */
  profile(task: ProfileTask): Promise<ProfileImage>;
}
