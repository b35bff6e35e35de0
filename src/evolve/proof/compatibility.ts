// migrations, profile > proof > [compatibility]
//
// Whether readers of one version can read the records of another: backward, whether the newer version can read all that is
// stored; forward, whether an older version can read all that the newer one makes of it.

import type { Profile } from '../../profile/types.js';
import type { Migration } from '../types.js';
import { type Proof, proofFrom, walkBack, walkOf } from './proof.js';
import { shapeOf } from './shape.js';

export type CompatibilityMode = 'backward' | 'forward' | 'full';

export interface CompatibilityOptions {
  /** Whether all versions count, and not only the last two. Default: false. */
  readonly isTransitive?: boolean;
  /** With `isTransitive`: the migrations that led to the version of the stored records, the first one first. Default: none. */
  readonly earlier?: readonly Migration[];
}

/**
 * Says whether versions are compatible. If not, each doubt names the operation, the path, and how many values are concerned.
 * @param migrations all that follow the version of the stored records
 * @param profile of the stored records
 */
export function compatibility(
  migrations: readonly Migration[],
  profile: Profile,
  mode: CompatibilityMode,
  { isTransitive = false, earlier = [] }: CompatibilityOptions = {},
): Proof {
  const [from, last] = isTransitive ? [0, migrations] : [migrations.length - 1, migrations.slice(-1)];
  const stored = walkOf(migrations.slice(0, Math.max(0, from)), shapeOf(profile.root)).root;
  const up = walkOf(last, stored);
  const doubts = mode === 'forward' ? [] : up.doubts;
  const undone = isTransitive ? [...earlier, ...last] : last;
  return proofFrom(mode === 'backward' ? doubts : [...doubts, ...walkBack(undone, up.root).doubts]);
}
