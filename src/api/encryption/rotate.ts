// Gives an encrypted store another key.

import { effectiveOptions } from '../../config/effective.js';
import { checkEncryption, type EncryptionOptions } from '../../options/encryption.js';
import type { StoreOptions } from '../../options/store-types.js';
import { openPlace } from '../../store/lock/recovery.js';
import { forget, notEncrypted, replaceRing, rewrapped, storedRing } from '../../store/ring/ring.js';

/** Options of `rotateKey`. */
export interface RotateKeyOptions extends Pick<StoreOptions, 'encryption' | 'trustOwner' | 'trustShared' | 'config'> {
  /** Where the new key comes from. It may be of another kind than the old one. */
  readonly newEncryption: EncryptionOptions;
}

/**
 * Gives an encrypted store another key. It takes no time, however large the store is: only the data keys are encrypted
 * again. From then on the old key opens the store no more; a backup that was made before still has the old key. Others may
 * have the store open meanwhile.
 * @throws GristmillError KEY_NEEDED, WRONG_KEY, NOT_ENCRYPTED, STORE_BUSY if another process rotated the key at the same
 * time, and as `openStore`: then the old key is still the right one. TypeError for a wrong option
 * @example await rotateKey('./store', { encryption: { keyFile: 'old.key' }, newEncryption: { keyFile: 'new.key' } });
 */
export async function rotateKey(directory: string, options: RotateKeyOptions): Promise<void> {
  if (typeof directory !== 'string') throw new TypeError('rotateKey is for a store in a directory: give its path');
  const { newEncryption, ...given } = options;
  checkEncryption('rotateKey', newEncryption, 'newEncryption');
  const { options: resolved, encryption } = await effectiveOptions(given);
  const { trustOwner, trustShared } = resolved;
  const how = { create: false, readOnly: false, trustOwner, trustShared, encryption };
  const { place, catalog } = await openPlace(directory, how);
  const { seal } = place;
  try {
    const ring = storedRing(place.directory);
    if (seal === undefined || ring === undefined) throw notEncrypted(place.directory);
    const text = await rewrapped(ring, seal, newEncryption);
    // Two rotations do not meet: each is in a write transaction.
    catalog.transactionSync(() => replaceRing(place.directory, ring, text));
  } finally {
    await catalog.close();
    if (seal !== undefined) forget(seal);
  }
}
