// store at rest: [leftovers]
//
// What an import that was killed leaves behind: trees whose pages were written beforehand and shard files, neither named
// by any manifest. They are in nobody's way but take room. An import under way looks just the same, so only who knows
// that there is none may sweep.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeFiles, SHARDS_DIRECTORY } from './files.js';
import { ioError } from './io.js';
import { deleteTrees } from './new-trees.js';
import type { Catalog, CatalogRead } from './types.js';

export interface Leftovers {
  readonly trees: readonly number[];
  /** Names under `shards/`. */
  readonly files: readonly string[];
}

/** What no manifest names. */
export function findLeftovers(catalog: CatalogRead, store: string): Leftovers {
  const trees = new Set(catalog.trees());
  const files = new Set(namesIn(join(store, SHARDS_DIRECTORY)));
  for (const collection of catalog.collections()) {
    const { primary, secondary } = collection;
    for (const index of primary === undefined ? secondary : [primary, ...secondary]) trees.delete(index.tree);
    for (const { file } of catalog.shards(collection)) files.delete(file);
  }
  return { trees: [...trees], files: [...files].sort() };
}

/** Removes them. The caller knows that no import is under way in any process. */
export async function sweep(catalog: Catalog, store: string): Promise<Leftovers> {
  catalog.refresh();
  const leftovers = findLeftovers(catalog, store);
  await deleteTrees(catalog, leftovers.trees);
  removeFiles(leftovers.files.map((file) => join(store, SHARDS_DIRECTORY, file)));
  return leftovers;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    throw ioError(cause, 'list', directory);
  }
}
