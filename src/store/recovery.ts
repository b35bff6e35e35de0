// store at rest: [leftovers]
//
// Opening a store for writing is when leftovers go: a lock record whose holder is dead says that there are some, the
// garbage record that something had to wait for readers. Where neither is, opening costs no more than asking.

import type { StorePlace } from './blobs.js';
import { collectGarbage } from './garbage.js';
import { LmdbCatalog, type LmdbCatalogOptions } from './lmdb-catalog.js';
import { isAlive } from './lock-holder.js';
import { MemoryPlace } from './memory.js';
import type { Catalog } from './types.js';
import { WriterLock } from './writer-lock.js';

export async function openRecovered(place: StorePlace, options: LmdbCatalogOptions): Promise<Catalog> {
  const open = (): Promise<Catalog> =>
    place instanceof MemoryPlace ? place.openCatalog(options) : LmdbCatalog.open(place.directory, options);
  const catalog = await open();
  if (options.readOnly) return catalog;
  try {
    await recover(catalog, place);
    return catalog;
  } catch {
    // Leftovers are only in the way: a full disk, say, is no reason not to serve what is there. The catalog may be unfit by now.
    await catalog.close();
    return open();
  }
}

async function recover(catalog: Catalog, place: StorePlace): Promise<void> {
  const holder = catalog.lock();
  if (holder !== undefined && !isAlive(holder)) {
    // Whoever was faster sweeps.
    const lock = await WriterLock.acquire(catalog, place, { operation: 'sweep', wait: false });
    await lock.release();
  }
  await collectGarbage(catalog, place);
}
