// The collection that is to be changed, or the error that there is none.

import { GristmillError } from '../base/errors.js';
import { checkNameToFind } from '../base/names.js';
import type { CatalogRead, CollectionManifest } from '../store/types.js';

/** @throws GristmillError COLLECTION_NOT_FOUND; TypeError for what is no name */
export function collectionOf(read: CatalogRead, name: string): CollectionManifest {
  checkNameToFind(name);
  const manifest = read.collection(name);
  if (manifest !== undefined) return manifest;
  const names = read.collections().map((one) => one.name);
  const others = names.length === 0 ? 'it has none' : `its collections: ${names.join(', ')}`;
  throw new GristmillError('COLLECTION_NOT_FOUND', `the store has no collection ${name}; ${others}`);
}
