// store at rest: [shard]
//
// Whether other tools, which know nothing of the catalog, read from a file of shards what gristmill reads from it: live records
// only. Records that were replaced or deleted stay in their shard until it is written anew, and shards that were dropped stay in
// their joined file.

import type { StorePlace } from '../../files/blobs.js';
import { shardPath } from '../../files/layout.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../../types.js';
import { byFile, readJoined } from './joined.js';

/** Whether all lines of a shard are live records, in the shape that readers get. */
export function isAsRead(
  read: Pick<CatalogRead, 'tombstoneState'>,
  manifest: CollectionManifest,
  entry: ShardEntry,
): boolean {
  return hasShapeOf(manifest, entry) && (read.tombstoneState(entry.shard)?.dead ?? 0) === entry.holes;
}

/** Whether the lines of a shard are in the shape that readers get. */
export function hasShapeOf({ shape = 0 }: CollectionManifest, { shape: stored = 0 }: ShardEntry): boolean {
  return stored === shape;
}

/** Whether a file has the shards of these entries, and no others. @param entries all that are in it. @throws as `readJoined` */
export function hasOnly(place: StorePlace, entries: readonly ShardEntry[]): boolean {
  const { file, at } = entries[0] as ShardEntry;
  if (at === undefined) return true;
  return entries.reduce((sum, { storedBytes }) => sum + storedBytes, 0) === shardBytes(place, file);
}

/** Whether the files of a collection have its live records, all of them, and nothing else. A file that cannot be read has not. */
export function isExact(place: StorePlace, manifest: CollectionManifest, entries: readonly ShardEntry[]): boolean {
  if (manifest.inline > 0 || manifest.dead > manifest.holes) return false;
  if (!entries.every((entry) => hasShapeOf(manifest, entry))) return false;
  try {
    return [...byFile(entries).values()].every((of) => hasOnly(place, of));
  } catch {
    return false;
  }
}

/** Bytes of all shards that a joined file was made of. @throws as `readJoined` */
export function shardBytes({ directory, blobs }: StorePlace, file: string): number {
  const path = shardPath(directory, file);
  const blob = blobs.open(path, 'shard');
  try {
    const shards = readJoined(blob, path, blobs.seal) ?? [];
    return shards.reduce((sum, { region }) => sum + region.bytes, 0);
  } finally {
    blob.close();
  }
}
