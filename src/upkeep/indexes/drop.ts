// Takes an index out of a collection: one transaction. Readers that began before it go on with the index; its pages are
// removed then.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { isSamePath, type KeyPath, keyPathText } from '../../keys/key-path.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { addGarbage, collectGarbage } from '../../store/publish/garbage.js';
import { nextGeneration, publishState } from '../../store/publish/publish-state.js';
import type { Catalog } from '../../store/types.js';
import { collectionOf } from '../collection-of.js';
import { indexChange } from './logged.js';
import { type DropIndexOptions, resolveDropIndex } from './options.js';

/**
 * @param closing cancels as the option `signal` does.
 * @throws GristmillError COLLECTION_NOT_FOUND, INDEX_NOT_FOUND, STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR; TypeError
 */
export async function dropIndex(
  catalog: Catalog,
  place: StorePlace,
  collection: string,
  path: KeyPath,
  given?: DropIndexOptions,
  closing?: AbortSignal,
): Promise<void> {
  const options = resolveDropIndex(path, given, closing);
  collectionOf(catalog, collection);
  const lock = await WriterLock.acquire(catalog, place, { operation: 'index', collection, ...options });
  try {
    await catalog.transaction((write) => {
      lock.check();
      const before = catalog.generation();
      const current = collectionOf(catalog, collection);
      const gone = current.secondary.find((index) => isSamePath(index.path, path));
      if (gone === undefined) {
        const paths = current.secondary.map((index) => keyPathText(index.path)).join(', ') || 'none';
        const message = `collection ${collection} has no index ${keyPathText(path)}; its secondary indexes: ${paths}`;
        throw new GristmillError('INDEX_NOT_FOUND', message);
      }
      addGarbage(catalog, write, { files: [], trees: [gone.tree], inline: [] });
      const secondary = current.secondary.filter((index) => index !== gone);
      const next = { ...current, secondary, generation: nextGeneration(catalog, write) };
      publishState(catalog, write, next, catalog.shards(current));
      lock.log(write, before, indexChange('drop index', next, path));
      failpoint('index.drop');
    });
    await collectGarbage(catalog, place).catch(() => {}); // the next writer removes it
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
