// store at rest: [sealed]
//
// What seals the files of an encrypted store: AES-256-GCM, with a key that is derived from a data key and a salt which is random
// for every file. So no two files, and no two writers of one file, use a nonce with one key. `info` says what a key is for, and
// for which store: what is sealed for another store or for another purpose does not open.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { dataKeyOf } from '../seal/data-keys.js';
import { derive, purpose } from '../seal/derive.js';
import type { SealKeys } from '../seal/types.js';

export const SALT_BYTES = 32;
export const SEAL_VERSION = 1;

export function newSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/**
 * Derived bytes; undefined where the ring does not have the data key.
 * @param name what they are for: no two names give the same bytes
 */
export function secretOf(
  keys: SealKeys,
  number: number,
  salt: Uint8Array,
  name: string,
  bytes: number,
): Buffer | undefined {
  const dataKey = dataKeyOf(keys, number);
  return dataKey && derive(dataKey.key, salt, purpose(name, keys.storeId), bytes);
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
