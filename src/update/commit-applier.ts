// record > line, keys > overlay > [pages > transaction]
//
// Groups of transactions as the commit thread writes them.

import { failpoint } from '../base/failpoints.js';
import type { CollectionManifest, ShardEntry } from '../store/types.js';
import { type CommitTarget, commitChanges, type ShardsOf } from './commit.js';
import { decodeChanges, type GroupChanges } from './overlay/changes.js';

/** @throws as `commitChanges` */
export function commitGroup(target: CommitTarget, changes: GroupChanges, shardsOf: ShardsOf): void {
  commitChanges(target, changes, shardsOf);
  failpoint('transaction.commit');
}

/** Returns what writes the encoded groups of one store. It keeps what it knows of the shards of collections from one to the next. */
export function commitApplier(): (target: CommitTarget, encoded: Uint8Array) => void {
  const known = new Map<number, { readonly layout: number; readonly shards: readonly ShardEntry[] }>();
  return (target, encoded) => {
    const shardsOf = ({ open, ...manifest }: CollectionManifest): readonly ShardEntry[] => {
      let found = known.get(manifest.id);
      if (found?.layout !== manifest.layout) {
        found = { layout: manifest.layout, shards: target.catalog.shards(manifest) };
        known.set(manifest.id, found);
      }
      return open === undefined ? found.shards : [...found.shards, open];
    };
    commitGroup(target, decodeChanges(encoded), shardsOf);
  };
}
