// store at rest: [leftovers]
//
// What an import that was killed leaves behind: trees whose pages were written beforehand and shard files, neither named
// by any manifest. They are in nobody's way but take room. An import under way looks just the same, so only who knows
// that there is none may sweep.

import { join } from 'node:path';
import type { StorePlace } from './blobs.js';
import { SHARDS_DIRECTORY, shardPath } from './files.js';
import { deleteTrees } from './new-trees.js';
import type { Catalog, CatalogRead } from './types.js';

export interface Leftovers {
  readonly trees: readonly number[];
  /** Names under `shards/`. */
  readonly files: readonly string[];
}

/** What no manifest names. */
export function findLeftovers(catalog: CatalogRead, { directory, blobs }: StorePlace): Leftovers {
  const trees = new Set(catalog.trees());
  const files = new Set(blobs.list(join(directory, SHARDS_DIRECTORY)));
  for (const collection of catalog.collections()) {
    const { primary, secondary } = collection;
    for (const index of primary === undefined ? secondary : [primary, ...secondary]) trees.delete(index.tree);
    for (const { file } of catalog.shards(collection)) files.delete(file);
  }
  return { trees: [...trees], files: [...files].sort() };
}

/** Removes them. The caller knows that no import is under way in any process. */
export async function sweep(catalog: Catalog, place: StorePlace): Promise<Leftovers> {
  catalog.refresh();
  const leftovers = findLeftovers(catalog, place);
  await deleteTrees(catalog, leftovers.trees);
  for (const file of leftovers.files) place.blobs.remove(shardPath(place.directory, file));
  return leftovers;
}
