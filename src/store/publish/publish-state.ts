// A collection's next state: [generation, manifest, tombstones]
//
// The one way to it, for whoever changes a collection: imports, transactions, synchronisations, compaction, repair. A count
// that does not add up means that records were lost somewhere on the way, and is never published.

import type { TombstoneMarks } from '../catalog/tombstones.js';
import { formatOf, JOINED_FORMAT } from '../catalog/values.js';
import type { Catalog, CatalogRead, CatalogWrite, CollectionManifest, ShardEntry } from '../types.js';
import { expectCount } from './checks.js';

/** The number of the publication that this transaction is: it is written into the store's header. */
export function nextGeneration(catalog: Catalog, write: CatalogWrite): number {
  // As the header is now: the transaction may have taken numbers from it.
  const header = catalog.header();
  const generation = header.generation + 1;
  write.putHeader({ ...header, generation });
  return generation;
}

/**
 * Writes what a collection is from now on, within the transaction that makes it so.
 * @param shards all of them, the open one too, as they are from now on
 * @param marks records that die with this state
 * @throws GristmillError COUNT_MISMATCH: nothing is committed then
 */
export function publishState(
  catalog: CatalogRead,
  write: CatalogWrite,
  manifest: CollectionManifest,
  shards: readonly ShardEntry[],
  marks?: TombstoneMarks,
): void {
  let records = 0;
  let hasJoined = false;
  for (const shard of shards) {
    records += shard.records;
    hasJoined ||= shard.at !== undefined;
  }
  expectCount(records - manifest.dead, manifest.records, 'live records in the shards');
  if (manifest.primary) expectCount(manifest.primary.entries, manifest.records, 'entries of the primary index');
  requireFormat(catalog, write, Math.max(formatOf(manifest), hasJoined ? JOINED_FORMAT : 0));
  marks?.write(catalog, write, manifest.generation);
  write.putCollection(manifest);
}

/** What older versions of gristmill cannot read is in the store from now on: they refuse it as a whole. */
function requireFormat(catalog: CatalogRead, write: CatalogWrite, format: number): void {
  const header = catalog.header();
  if (header.format < format) write.putHeader({ ...header, format });
}
