// store at rest: [leftovers]
//
// Opening a store for writing is when leftovers go: a lock record whose holder is dead says that there are some, the
// garbage record that something had to wait for readers. Where neither is, opening costs no more than asking.

import type { GristmillError } from '../../base/errors.js';
import { isMissing, nameErrors } from '../../base/system-errors.js';
import type { StorePlace } from '../files/blobs.js';
import { decidedConversion, type Trust } from '../files/layout.js';
import { LmdbCatalog } from '../lmdb/catalog.js';
import type { LmdbCatalogOptions } from '../lmdb/open.js';
import { collectGarbage } from '../publish/garbage.js';
import { forget, ringId } from '../ring/ring.js';
import type { Catalog } from '../types.js';
import { finishConversion } from './conversion.js';
import { isAlive, untilThereIsRoom } from './lock-holder.js';
import { type Memory, MemoryPlace } from './memory-place.js';
import { storePlace } from './place.js';
import { type Unlocking, unlocked } from './unlock.js';
import { WriterLock } from './writer-lock.js';

/** Times that a store is made again which another process removes meanwhile (upkeep/remove-empty.ts). */
const TRIES_MAX = 20;

interface OpenPlace {
  readonly place: StorePlace;
  readonly catalog: Catalog;
}

type PlaceOptions = LmdbCatalogOptions & Trust & Unlocking;

/** @throws TypeError for what is no place; GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_TOO_NEW, IO_ERROR, DISK_FULL; as `unlocked` */
export async function openPlace(where: string | Memory, options: PlaceOptions): Promise<OpenPlace> {
  // Reading changes nothing that a member of the group, or whoever made the link, could not change.
  const trust = { trustOwner: options.trustOwner, trustShared: options.trustShared === true || options.readOnly };
  for (let tries = 1; ; tries++) {
    let isConverted = false;
    try {
      return await nameErrors('open the store', String(where), async () => {
        const found = storePlace(where, options.create, trust);
        if (!(found instanceof MemoryPlace)) await finishConversion(found.directory, options.readOnly);
        const place = await unlocked(found, options.create, options);
        try {
          return { place, catalog: await openRecovered(place, options) };
        } catch (error) {
          if (place.seal !== undefined) forget(place.seal);
          isConverted = isOtherwise(place);
          throw error;
        }
      });
    } catch (error) {
      const isRemoved = isMissing(error) || (error as GristmillError).code === 'STORE_CLOSED';
      if (!(options.create && isRemoved) && !isConverted) throw error;
      if (tries === TRIES_MAX) throw error;
    }
  }
}

/** Whether another process has encrypted or decrypted the store since its place was looked at, or has begun to. */
function isOtherwise({ directory, seal }: StorePlace): boolean {
  return (
    decidedConversion(directory) !== undefined ||
    ringId(directory) !== (seal && Buffer.from(seal.storeId).toString('hex'))
  );
}

export async function openRecovered(place: StorePlace, options: LmdbCatalogOptions): Promise<Catalog> {
  const open = (): Promise<Catalog> =>
    place instanceof MemoryPlace
      ? place.openCatalog(options)
      : LmdbCatalog.open(place.directory, { ...options, seal: place.seal });
  const catalog = await open();
  if (options.readOnly) return catalog;
  try {
    await recover(catalog, place);
    return catalog;
  } catch (error) {
    // Leftovers are only in the way: a full disk, say, is no reason not to serve what is there. The catalog may be unfit by now.
    await catalog.close();
    const fresh = await open();
    void untilThereIsRoom(() => recover(fresh, place), error);
    return fresh;
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
