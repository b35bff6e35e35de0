// A collection's next state: [generation, manifest, tombstones], without some of its records
//
// Records that are no longer in their sources, or that a migration puts aside. Only those that are still where they were go.

import { TombstoneMarks } from '../catalog/tombstones.js';
import type { Change } from '../pages/change.js';
import { applyChanges, mergeInPlace } from '../pages/merge.js';
import type { Catalog, CatalogWrite, CollectionManifest, IndexManifest } from '../types.js';
import { nextGeneration, publishState } from './publish-state.js';

/**
 * Takes those of `records` that are still there out of the collection, within a transaction.
 * @returns how many went
 */
export function removeRecords(catalog: Catalog, write: CatalogWrite, name: string, records: readonly Change[]): number {
  const manifest = catalog.collection(name);
  if (manifest === undefined || records.length === 0) return 0;
  const shards = catalog.shards(manifest);
  const marks = new TombstoneMarks((shard) => shards.find((entry) => entry.shard === shard)?.records, catalog);
  const live = records.filter(({ shard, ordinal }) => !marks.isDead(shard, ordinal));
  if (live.length === 0) return 0;
  const primary = manifest.primary && withoutRecords(catalog, write, manifest.primary, live);
  for (const { shard, ordinal } of live) marks.mark(shard, ordinal);
  const changed: CollectionManifest = {
    ...manifest,
    ...(primary && { primary }),
    generation: nextGeneration(catalog, write),
    records: manifest.records - live.length,
    dead: manifest.dead + live.length,
    published: new Date().toISOString(),
  };
  publishState(catalog, write, changed, shards, marks);
  return live.length;
}

function withoutRecords(
  catalog: Catalog,
  write: CatalogWrite,
  index: IndexManifest,
  live: readonly Change[],
): IndexManifest {
  const settle = (stored: Change, { shard, ordinal }: Change) =>
    stored.shard === shard && stored.ordinal === ordinal ? undefined : stored;
  return applyChanges(write, index, mergeInPlace(catalog, index, live, settle));
}
