// record > line, keys > overlay > [pages > transaction]
//
// Groups of transactions as the commit thread writes them.

import { failpoint } from '../base/failpoints.js';
import { KnownPages } from '../store/pages/known-pages.js';
import type { CollectionManifest, ShardEntry } from '../store/types.js';
import { type CommitTarget, commitChanges, type ShardsOf } from './commit.js';
import { decodeChanges, type GroupChanges } from './overlay/changes.js';

/** @throws as `commitChanges` */
export function commitGroup(target: CommitTarget, changes: GroupChanges, shardsOf: ShardsOf): void {
  commitChanges(target, changes, shardsOf);
  failpoint('transaction.commit');
}

/**
 * Returns what reads the encoded groups of one store, and gives for each what writes it. It keeps what it knows of the shards
 * of collections, and of the pages of their indexes, from one group to the next.
 */
export function commitApplier(): (encoded: Uint8Array) => (target: CommitTarget) => void {
  const known = new Map<number, { readonly layout: number; readonly shards: readonly ShardEntry[] }>();
  const pages = new KnownPages();
  const writeTo = (target: CommitTarget, changes: GroupChanges): void => {
    const shardsOf = ({ open, ...manifest }: CollectionManifest): readonly ShardEntry[] => {
      let found = known.get(manifest.id);
      if (found?.layout !== manifest.layout) {
        found = { layout: manifest.layout, shards: target.catalog.shards(manifest) };
        known.set(manifest.id, found);
      }
      return open === undefined ? found.shards : [...found.shards, open];
    };
    commitGroup({ ...target, known: pages }, changes, shardsOf);
  };
  return (encoded) => {
    const changes = decodeChanges(encoded);
    return (target) => writeTo(target, changes);
  };
}
