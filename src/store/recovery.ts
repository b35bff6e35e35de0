// store at rest: [leftovers]
//
// Opening a store for writing is when leftovers go: a lock record whose holder is dead says that there are some, the
// garbage record that something had to wait for readers. Where neither is, opening costs no more than asking.

import { collectGarbage } from './garbage.js';
import { LmdbCatalog, type LmdbCatalogOptions } from './lmdb-catalog.js';
import { isAlive } from './lock-holder.js';
import type { Catalog } from './types.js';
import { WriterLock } from './writer-lock.js';

export async function openRecovered(store: string, options: LmdbCatalogOptions): Promise<LmdbCatalog> {
  const catalog = await LmdbCatalog.open(store, options);
  if (options.readOnly) return catalog;
  try {
    await recover(catalog, store);
    return catalog;
  } catch {
    // Leftovers are only in the way: a full disk, say, is no reason not to serve what is there. The catalog may be unfit by now.
    await catalog.close();
    return LmdbCatalog.open(store, options);
  }
}

async function recover(catalog: Catalog, store: string): Promise<void> {
  const holder = catalog.lock();
  if (holder !== undefined && !isAlive(holder)) {
    // Whoever was faster sweeps.
    const lock = await WriterLock.acquire(catalog, store, { operation: 'sweep', wait: false });
    await lock.release();
  }
  await collectGarbage(catalog, store);
}
