// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Option `schemaVersion`: sources deliver records of an older version of the collection. The import stores records of the newest.

import { pathAfter } from '../evolve/plan/places.js';
import type { KeyPath } from '../keys/key-path.js';
import { routeBetween } from '../store/shapes/tree.js';
import { shapeOfVersion } from '../store/shapes/version.js';
import type { Catalog } from '../store/types.js';
import type { FilledImportOptions } from './options/resolve.js';

/**
 * The options with what makes the newest version of the records of the sources, and with the paths of that version.
 * @throws GristmillError VERSION_MISMATCH if the collection has no such version
 */
export function inNewestVersion(catalog: Catalog, options: FilledImportOptions): FilledImportOptions {
  const { collection, schemaVersion, key, indexes, uniqueIndexes } = options;
  if (schemaVersion === undefined) return options;
  catalog.refresh();
  const manifest = catalog.collection(collection);
  const history = manifest && catalog.history(manifest.id);
  const from = shapeOfVersion(history, manifest ?? { name: collection }, schemaVersion);
  if (manifest === undefined || history === undefined) return options;
  const { up } = routeBetween(history, from, manifest.shape ?? 0);
  if (up.length === 0) return options;
  // The collection may have had another name for some of them.
  const migrations = up.map((migration) => ({ ...migration, collection }));
  // One after another, as `evolve` has changed the paths of the indexes.
  const after = (path: KeyPath): KeyPath =>
    migrations.reduce((before, migration) => pathAfter([migration], before), path);
  return {
    ...options,
    migrations,
    key: key && after(key),
    indexes: indexes.map(after),
    uniqueIndexes: uniqueIndexes.map(after),
  };
}
