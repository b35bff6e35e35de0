// Makes an encrypted store of a plain one, the other way round, and gives an encrypted one new data keys.

import { nameErrors } from '../../base/system-errors.js';
import type { ConvertReport, DecryptOptions, EncryptOptions } from '../../upkeep/convert/options.js';
import type { ReencryptOptions } from '../../upkeep/reencrypt/options.js';
import { later } from '../load.js';

/**
 * Encrypts a store that is plain: shards, index and all other files. No process may have the store open. The plain files are
 * removed at the end; until then the disk has to hold both. If the process is killed, calling it again continues.
 * Imports that could have been resumed have to begin anew.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, STORE_EXISTS if the store is encrypted
 * already, WRONG_KEY if an earlier try had another key, KEY_FILE_REFUSED, KEY_SERVICE_FAILED, STORE_BUSY, CHECKSUM_MISMATCH,
 * DISK_FULL, IO_ERROR, CANCELLED: then the store is plain, as it was. TypeError for a wrong option
 * @example await encryptStore('./store', { encryption: { keyFile: '/run/secrets/store-key' } });
 */
export async function encryptStore(directory: string, options: EncryptOptions): Promise<ConvertReport> {
  const { convertStore } = await later.load();
  return nameErrors('encrypt the store', directory, () => convertStore('encrypt', directory, options));
}

/**
 * Makes a plain store of an encrypted one, and removes its key ring. Otherwise as `encryptStore`. While it works, and after it
 * was killed, what is plain already is in directory `decrypt.partial` of the store.
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, NOT_ENCRYPTED, WRONG_KEY, KEY_FILE_REFUSED,
 * KEY_SERVICE_FAILED, STORE_BUSY, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: then the store is encrypted, as it was.
 * TypeError for a wrong option
 * @example await decryptStore('./store', { encryption: { keyFile: '/run/secrets/store-key' } });
 */
export async function decryptStore(directory: string, options: DecryptOptions): Promise<ConvertReport> {
  const { convertStore } = await later.load();
  return nameErrors('decrypt the store', directory, () => convertStore('decrypt', directory, options));
}

/**
 * Encrypts all that an encrypted store has once more, with a new data key, while other processes read and change the store. At
 * the end nothing is encrypted with the old data key, and the old data key is gone. The key that opens the store stays:
 * `rotateKey` changes that one. If the process is killed, or the call is cancelled, calling it again continues. Imports that
 * could have been resumed have to begin anew. Option `closed` also makes other pseudonyms (docs/security.md).
 * @throws GristmillError STORE_NOT_FOUND, STORE_NOT_A_STORE, STORE_NOT_TRUSTED, NOT_ENCRYPTED, WRONG_KEY, KEY_FILE_REFUSED,
 * KEY_SERVICE_FAILED, STORE_BUSY, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: then the store can be used, and calling
 * it again continues. TypeError for a wrong option
 * @example await reencryptStore('./store', { encryption: { keyFile: '/run/secrets/store-key' } });
 */
export async function reencryptStore(directory: string, options: ReencryptOptions): Promise<ConvertReport> {
  const { reencryptStore: reencrypt } = await later.load();
  return nameErrors('encrypt the store once more', directory, () => reencrypt(directory, options));
}
