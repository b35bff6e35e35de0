// [profile]: catalog > profile > [proven] > evolve
//
// The shards whose records a migration cannot fail for, as the kept profile proves: nobody has to read them. A record of a shard
// never changes, and the number of a shard is never given again. So where number and count of records are those that the profile
// was made of, it is of all their live records. It may count records that were deleted since: then less is proven.

import { planOf } from '../../evolve/plan/plan.js';
import { proofOf } from '../../evolve/proof/proof.js';
import type { Migration } from '../../evolve/types.js';
import { valuesOf } from '../../profile/types.js';
import { leadsTo } from '../../store/shapes/tree.js';
import type { CatalogSnapshot, CollectionManifest, ShardEntry } from '../../store/types.js';
import { keptFor } from './profile.js';

const NO_SHARDS: ReadonlySet<ShardEntry> = new Set();

/**
 * @param shards of the collection
 * @param migration from the version that it has
 * @param areObjects whether it has to be proven of all records that they are objects
 */
export function provenShards(
  snapshot: CatalogSnapshot,
  manifest: CollectionManifest,
  shards: readonly ShardEntry[],
  migration: Migration,
  areObjects: boolean,
): ReadonlySet<ShardEntry> {
  const kept = keptFor(snapshot, manifest, shards);
  if (kept === undefined) return NO_SHARDS;
  const isNamed = manifest.framing === 'object';
  const { records, root } = valuesOf(kept.profile, isNamed);
  const count = Object.values(root.kinds).reduce((sum, one) => sum + one, 0);
  const all = [...kept.shards.values()].reduce((sum, one) => sum + one, 0);
  // Of each record its value; and of as many records as there are, but for those that were dead by then.
  if (count !== records || records > all || records < all - manifest.dead) return NO_SHARDS;
  if (areObjects && root.kinds.object !== count) return NO_SHARDS;
  if (!proofOf(planOf([migration]), { records, root }).isProven) return NO_SHARDS;
  const shapes = snapshot.history(manifest.id);
  return new Set(
    shards.filter(
      ({ shard, records: there, named, shape = 0 }) =>
        named === isNamed &&
        kept.shards.get(shard) === there &&
        // Otherwise the record of the new version is not made of that which the profile knows.
        (shapes === undefined || leadsTo(shapes, shape, manifest.shape ?? 0)),
    ),
  );
}
