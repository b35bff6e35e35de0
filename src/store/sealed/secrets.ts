// store at rest: [sealed]
//
// The keys that things at rest are sealed with. Each is derived from a data key and a salt that is random for every file, so no
// two of them use a nonce with one key. `info` says what a key is for, and for which store: what is sealed for another store or
// for another purpose does not open.

import { hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { GristmillError } from '../../base/errors.js';
import type { SealKeys } from '../seal/types.js';

/** AES-256-GCM, as everything is sealed. Tags are never shorter. */
export const CIPHER = 'aes-256-gcm';
export const GCM = { authTagLength: 16 } as const;
export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = GCM.authTagLength;
export const SALT_BYTES = 32;
/** Bytes in which everything that is sealed says with which data key: version, a reserved byte, u16 number. */
export const SEAL_VERSION = 1;
export const DATA_KEY_MAX = 0xffff;

export function newSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/** @param purpose what the bytes are for: no two purposes give the same bytes */
export function derive(keys: SealKeys, number: number, salt: Uint8Array, purpose: string, bytes: number): Buffer {
  const dataKey = keys.dataKeys.find((one) => one.number === number);
  if (dataKey === undefined) {
    throw new GristmillError(
      'CHECKSUM_MISMATCH',
      `it is sealed with data key ${number}, which the key ring does not have`,
    );
  }
  const info = Buffer.concat([Buffer.from(purpose), keys.storeId]);
  return Buffer.from(hkdfSync('sha256', dataKey.key, salt, info, bytes));
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
