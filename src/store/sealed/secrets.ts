// store at rest: [sealed]
//
// What seals the files of an encrypted store: AES-256-GCM, with a key that is derived from a data key and a salt which is random
// for every file. So no two files, and no two writers of one file, use a nonce with one key. `info` says what a key is for, and
// for which store: what is sealed for another store or for another purpose does not open.

import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { derive, purpose } from '../seal/derive.js';
import type { SealKeys } from '../seal/types.js';

const CIPHER = 'aes-256-gcm';
/** Without it, node:crypto would accept shorter tags. */
const GCM = { authTagLength: 16 } as const;
export const NONCE_BYTES = 12;
export const TAG_BYTES = GCM.authTagLength;
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
  const dataKey = keys.dataKeys.find((one) => one.number === number);
  return dataKey && derive(dataKey.key, salt, purpose(name, keys.storeId), bytes);
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}

/** Ciphertext and tag. @param about what is authenticated with it */
export function sealBytes(
  key: Uint8Array,
  nonce: Uint8Array,
  about: Uint8Array,
  plain: Uint8Array,
): readonly [sealed: Buffer, tag: Buffer] {
  const cipher = createCipheriv(CIPHER, key, nonce, GCM);
  cipher.setAAD(about);
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** Undefined for what was not sealed so: nothing of it is given before all of it is authenticated. @param sealed ciphertext and tag */
export function openBytes(
  key: Uint8Array,
  nonce: Uint8Array,
  about: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  const tagAt = sealed.byteLength - TAG_BYTES;
  if (tagAt < 0) return undefined;
  const decipher = createDecipheriv(CIPHER, key, nonce, GCM);
  decipher.setAAD(about);
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
