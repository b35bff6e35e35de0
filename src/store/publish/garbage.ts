// store at rest: [garbage]
//
// What a publication leaves without a name: shard files, trees, inline records. The publishing transaction writes them
// down (catalog key `05`), so that they are removed even if the process dies at once, by whoever opens the store for
// writing next. Pages and inline records can go at any time: LMDB keeps them for the readers that began earlier. A file
// goes only when no reader in any process began before the transaction that took its name away.

import { join } from 'node:path';
import { failpoint } from '../../base/failpoints.js';
import { damaged } from '../catalog/values.js';
import type { StorePlace } from '../files/blobs.js';
import { SHARDS_DIRECTORY, shardPath } from '../files/layout.js';
import type { Catalog, CatalogWrite, CollectionManifest, Garbage, ShardEntry } from '../types.js';
import { deleteTrees } from './new-trees.js';

/** Records of inline shards deleted in one transaction. */
const DELETE_RECORDS = 4096;

export interface Unnamed {
  /** The names of files under `shards/`. */
  readonly files: readonly string[];
  readonly trees: readonly number[];
  /** Inline shards. */
  readonly inline: readonly number[];
}

/** Files that shards which go have, and none of those that stay: a joined file stays until its last shard goes. */
export function filesOnlyOf(gone: readonly ShardEntry[], kept: readonly ShardEntry[]): string[] {
  const files = new Set(gone.filter(({ fileNumber }) => fileNumber !== 0).map(({ file }) => file));
  for (const { file } of kept) files.delete(file);
  return [...files];
}

export const NOTHING_UNNAMED: Unnamed = { files: [], trees: [], inline: [] };

/** Takes the names away of all that a collection is made of, within a transaction. Its manifest stays. */
export function unnameCollection(catalog: Catalog, write: CatalogWrite, manifest: CollectionManifest): Unnamed {
  const shards = catalog.shards(manifest);
  for (const { shard } of shards) {
    write.deleteShard(manifest.id, shard);
    write.deleteTombstones(shard);
  }
  const indexes = manifest.primary === undefined ? manifest.secondary : [manifest.primary, ...manifest.secondary];
  return {
    files: filesOnlyOf(shards, []),
    trees: indexes.map(({ tree }) => tree),
    inline: shards.filter(({ fileNumber }) => fileNumber === 0).map(({ shard }) => shard),
  };
}

/** Writes down, within a transaction, what it takes the names away of. */
export function addGarbage(catalog: Catalog, write: CatalogWrite, unnamed: Unnamed): void {
  if (unnamed.files.length + unnamed.trees.length + unnamed.inline.length === 0) return;
  const garbage = catalog.garbage();
  const after = catalog.lastTransaction() + 1;
  write.putGarbage({
    files: [...garbage.files, ...unnamed.files.map((file) => ({ file, after }))],
    trees: [...garbage.trees, ...unnamed.trees],
    inline: [...garbage.inline, ...unnamed.inline],
  });
}

/**
 * Removes the garbage that nobody can read any more. The rest stays recorded. Safe at any time, in any process.
 * @returns the garbage that is left.
 * @throws GristmillError CHECKSUM_MISMATCH if a collection still has a part of it: then nothing is removed. DISK_FULL, IO_ERROR
 */
export async function collectGarbage(catalog: Catalog, { directory, blobs }: StorePlace): Promise<Garbage> {
  catalog.refresh();
  const found = catalog.garbage();
  if (found.files.length + found.trees.length + found.inline.length === 0) return found;
  assertUnnamed(catalog, found);
  failpoint('garbage.collect');
  await deleteTrees(catalog, found.trees);
  for (const shard of found.inline) await deleteInline(catalog, shard);
  const oldest = found.files.length === 0 ? 0 : catalog.oldestRead();
  const gone = found.files.filter(({ after }) => after <= oldest).map(({ file }) => file);
  for (const file of gone) {
    failpoint('garbage.unlink');
    blobs.remove(shardPath(directory, file));
  }
  // Or a power cut could bring back what nobody knows of any more.
  if (gone.length > 0) blobs.syncDirectory(join(directory, SHARDS_DIRECTORY));
  failpoint('garbage.forget');
  return catalog.transaction((write) => {
    const now = catalog.garbage();
    const left = {
      files: now.files.filter(({ file }) => !gone.includes(file)),
      trees: now.trees.filter((tree) => !found.trees.includes(tree)),
      inline: now.inline.filter((shard) => !found.inline.includes(shard)),
    };
    write.putGarbage(left);
    return left;
  });
}

/** A store may come from somebody who would have its data removed. */
function assertUnnamed(catalog: Catalog, { files, trees, inline }: Garbage): void {
  const unnamed = new Set<unknown>([...files.map(({ file }) => file), ...inline]);
  for (const collection of catalog.collections()) {
    const { name, primary, secondary } = collection;
    const index = [primary, ...secondary].find((one) => one !== undefined && trees.includes(one.tree));
    const entries = unnamed.size === 0 ? [] : catalog.shards(collection);
    const entry = entries.find(({ file, fileNumber, shard }) => unnamed.has(fileNumber === 0 ? shard : file));
    const what = entry === undefined ? index && `index ${index.tree}` : `shard ${entry.file || entry.shard}`;
    if (what === undefined) continue;
    throw damaged('list of garbage', catalog.file, `collection ${name} has ${what}`);
  }
}

async function deleteInline(catalog: Catalog, shard: number): Promise<void> {
  let deleted: number;
  do {
    deleted = await catalog.transaction((write) => write.deleteInlineRecords(shard, DELETE_RECORDS));
  } while (deleted === DELETE_RECORDS);
}
