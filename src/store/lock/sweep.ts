// store at rest: [leftovers]
//
// What a writer that was killed leaves behind: trees whose pages were written beforehand, shard files, temporary and
// quarantine files, none of them named by any manifest. They are in nobody's way but take room. A writer at work has just
// the same, so only who holds the lock (writer-lock.ts) may sweep. What a resumable import has finished stays.

import { basename, dirname, join } from 'node:path';
import { isMissing } from '../../base/system-errors.js';
import type { StorePlace } from '../files/blobs.js';
import {
  isShardFileName,
  journalPath,
  QUARANTINE_DIRECTORY,
  SHARDS_DIRECTORY,
  shardPath,
  TEMPORARY_DIRECTORY,
  temporaryPath,
} from '../files/layout.js';
import { deleteTrees } from '../publish/new-trees.js';
import { removeQuarantines } from '../quarantine/names.js';
import type { Catalog, CatalogRead, ResumableImport } from '../types.js';

/** What writers that were killed have left in a store. Nobody reads it. */
export interface Leftovers {
  /** The numbers of trees in the index. */
  readonly trees: readonly number[];
  /** The names of files under `shards/`. */
  readonly files: readonly string[];
  /** The names of files and directories under `tmp/`. */
  readonly temporary: readonly string[];
}

/**
 * What no manifest names, nor the garbage record (what that names may still be read, and goes by store/publish/garbage.ts), nor the list
 * of resumable imports.
 */
export function findLeftovers(catalog: CatalogRead, { directory, blobs }: StorePlace): Leftovers {
  const trees = new Set(catalog.trees());
  const files = new Set(blobs.list(join(directory, SHARDS_DIRECTORY)));
  for (const collection of catalog.collections()) {
    const { primary, secondary } = collection;
    for (const index of primary === undefined ? secondary : [primary, ...secondary]) trees.delete(index.tree);
    for (const { file } of catalog.shards(collection)) files.delete(file);
  }
  const temporary = new Set(blobs.list(join(directory, TEMPORARY_DIRECTORY)));
  for (const { id, firstShard, spans } of catalog.resumable()) {
    temporary.delete(id);
    for (const file of shardFilesIn(files, firstShard, spans)) files.delete(file);
  }
  const garbage = catalog.garbage();
  for (const tree of garbage.trees) trees.delete(tree);
  for (const { file } of garbage.files) files.delete(file);
  return { trees: [...trees], files: [...files].sort(), temporary: [...temporary].sort() };
}

/** Those of the files that are the shards of an import. There are fewer files than it may say that it has spans. */
export function shardFilesIn(files: Iterable<string>, firstShard: number, spans: number): string[] {
  return Array.from(files).filter((file) => {
    const shard = Number.parseInt(file, 10);
    return shard >= firstShard && shard < firstShard + spans && isShardFileName(file, shard);
  });
}

/**
 * Removes them. The caller holds the lock.
 * @param dead writers that died before they published: their quarantine files go too.
 */
export async function sweep(catalog: Catalog, place: StorePlace, dead: readonly string[]): Promise<Leftovers> {
  const { directory, blobs } = place;
  catalog.refresh();
  const isResumable = ({ id }: ResumableImport) => {
    const journal = journalPath(directory, id);
    return blobs.list(dirname(journal)).includes(basename(journal));
  };
  const lost = catalog.resumable().filter((one) => !isResumable(one));
  if (lost.length > 0)
    await catalog.transaction((write) => write.putResumable(catalog.resumable().filter(isResumable)));
  const leftovers = findLeftovers(catalog, place);
  await deleteTrees(catalog, leftovers.trees);
  for (const file of leftovers.files) blobs.remove(shardPath(directory, file));
  const unpublished = new Set([...dead, ...lost.map(({ id }) => id)]);
  for (const { id } of catalog.resumable()) unpublished.delete(id);
  removeQuarantines(place, unpublished);
  for (const name of leftovers.temporary) await blobs.removeDirectory(temporaryPath(directory, name));
  settleRemovals(place);
  return leftovers;
}

/**
 * Makes durable what was removed under the lock. A power cut would else bring back files that nobody looks for any more,
 * once there is no word of them in the catalog.
 * @throws GristmillError IO_ERROR
 */
export function settleRemovals({ directory, blobs }: StorePlace): void {
  for (const name of [SHARDS_DIRECTORY, TEMPORARY_DIRECTORY, QUARANTINE_DIRECTORY, '.']) {
    try {
      blobs.syncDirectory(join(directory, name));
    } catch (cause) {
      // A directory that goes when it is empty.
      if (!isMissing(cause)) throw cause;
    }
  }
}
