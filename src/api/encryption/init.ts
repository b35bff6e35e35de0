// Makes an empty store, plain or encrypted.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { effectiveOptions } from '../../config/effective.js';
import type { StoreOptions } from '../../options/store-types.js';
import { CATALOG_FILE } from '../../store/files/layout.js';
import { openPlace } from '../../store/lock/recovery.js';
import { forget } from '../../store/ring/ring.js';

/** Options of `initStore`; all optional. They are those of `openStore` that matter for a new store. */
export type InitOptions = Pick<StoreOptions, 'encryption' | 'keys' | 'trustOwner' | 'trustShared' | 'config'>;

/**
 * Makes an empty store. With option `encryption` it is encrypted from its first byte on, and `keys` says how the keys of its
 * records are kept in the index. `encryptStore` and `decryptStore` change that later.
 * @throws GristmillError STORE_EXISTS, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, WRONG_KEY, KEY_FILE_REFUSED,
 * KEY_SERVICE_FAILED, IO_ERROR, DISK_FULL; TypeError for a wrong option
 * @example await initStore('./store', { encryption: { keyFile: '/run/secrets/store-key' } });
 */
export async function initStore(directory: string, given: InitOptions = {}): Promise<void> {
  if (typeof directory !== 'string') throw new TypeError('initStore makes a store in a directory: give its path');
  const { options, encryption } = await effectiveOptions(given);
  if (encryption === undefined && given.keys !== undefined)
    throw new TypeError('initStore: options.keys is for encrypted stores: give options.encryption too');
  if (existsSync(join(directory, CATALOG_FILE))) throw existsAlready(directory);
  const { trustOwner, trustShared, keys } = options;
  const how = { create: true, readOnly: false, trustOwner, trustShared, encryption, keys };
  const { place, catalog } = await openPlace(directory, how);
  await catalog.close();
  if (place.seal === undefined) return;
  forget(place.seal);
  // Another process made the ring, or an earlier try did.
  if (place.seal.keys !== keys) throw existsAlready(directory);
}

function existsAlready(directory: string): GristmillError {
  const path = resolve(directory);
  const message = `there is a store at ${path} already: name a directory that has none`;
  return new GristmillError('STORE_EXISTS', message, { file: path });
}
