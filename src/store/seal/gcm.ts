// store at rest: [seal]
//
// AES-256-GCM as all of an encrypted store uses it: tags of 16 bytes, and nothing is given before all of it is authenticated.

import { type CipherKey, createCipheriv, createDecipheriv } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** Without it, node:crypto would accept shorter tags. */
const GCM = { authTagLength: 16 } as const;
export const NONCE_BYTES = 12;
export const TAG_BYTES = GCM.authTagLength;

/** Ciphertext and tag. @param about what is authenticated with it */
export function sealBytes(
  key: CipherKey,
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

/** Undefined for what was not sealed so. @param sealed ciphertext and tag */
export function openBytes(
  key: CipherKey,
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
