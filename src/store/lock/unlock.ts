// store at rest: [place]
//
// Gives the place of an encrypted store its keys, before anything else of the store is read or written.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EncryptionOptions } from '../../options/encryption.js';
import type { StorePlace } from '../files/blobs.js';
import { CATALOG_FILE } from '../files/layout.js';
import { followRing } from '../ring/data-keys.js';
import { createRing, keyNeeded, notEncrypted, openRing, storedRing } from '../ring/ring.js';
import type { KeysAtRest } from '../seal/types.js';
import { filesOf } from '../sealed/files.js';
import { MemoryPlace } from './memory-place.js';

export interface Unlocking {
  /** Absent: no key is given. */
  readonly encryption?: EncryptionOptions | undefined;
  /** Of a store that is made. */
  readonly keys?: KeysAtRest;
}

/**
 * @param create makes a key ring where there is no store yet
 * @throws GristmillError KEY_NEEDED, WRONG_KEY, NOT_ENCRYPTED, KEY_RING_DAMAGED, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, STORE_TOO_NEW, IO_ERROR, DISK_FULL
 */
export async function unlocked(
  place: StorePlace,
  create: boolean,
  { encryption, keys = 'hidden' }: Unlocking,
): Promise<StorePlace> {
  if (place instanceof MemoryPlace) return place;
  const { directory } = place;
  let ring = storedRing(directory);
  if (ring === undefined && encryption !== undefined) {
    // A ring is made before the index is.
    if (!create || existsSync(join(directory, CATALOG_FILE))) throw notEncrypted(directory);
    await createRing(directory, encryption, keys);
    ring = storedRing(directory);
  }
  if (ring === undefined) return place;
  if (encryption === undefined) throw keyNeeded(directory, ring);
  const seal = await openRing(directory, ring, encryption);
  followRing(directory, seal);
  return { ...place, seal, blobs: filesOf(seal) };
}
