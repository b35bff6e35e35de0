// Takes the schema of a collection away: one transaction.

import { failpoint } from '../../base/failpoints.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import type { Catalog } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { carry } from './carry.js';
import { resolveUnsetSchema, type UnsetSchemaOptions } from './options.js';

/**
 * @param closing cancels as the option `signal` does.
 * @returns whether it had one
 * @throws GristmillError COLLECTION_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
 */
export async function unsetSchema(
  catalog: Catalog,
  place: StorePlace,
  collection: string,
  given?: UnsetSchemaOptions,
  closing?: AbortSignal,
): Promise<boolean> {
  const options = resolveUnsetSchema(given, closing);
  catalog.refresh();
  collectionOf(catalog, collection);
  const lock = await WriterLock.acquire(catalog, place, { operation: 'schema', collection, ...options });
  try {
    return await catalog.transaction((write) => {
      lock.check();
      if (collectionOf(catalog, collection).schema === undefined) return false;
      carry(catalog, write, lock, collection, undefined);
      failpoint('schema.set');
      return true;
    });
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
