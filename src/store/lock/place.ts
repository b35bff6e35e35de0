// store at rest: [place]
//
// Where a store is: a directory, or memory.

import type { StorePlace } from '../files/blobs.js';
import { files } from '../files/file-blobs.js';
import { prepareStoreDirectory, type Trust } from '../files/layout.js';
import { Memory, placeOf } from './memory-place.js';

/**
 * @param create makes the directory where there is none
 * @throws TypeError for what is no place; as `prepareStoreDirectory`
 */
export function storePlace(where: string | Memory, create: boolean, trust: Trust = {}): StorePlace {
  if (where instanceof Memory) return placeOf(where);
  if (typeof where !== 'string' || where === '') throw new TypeError('the place of a store must be a path or memory()');
  return { directory: prepareStoreDirectory(where, create, trust), blobs: files };
}
