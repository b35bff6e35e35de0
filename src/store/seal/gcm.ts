// store at rest: [seal]
//
// AES-256-GCM as all of an encrypted store uses it: tags of 16 bytes, and nothing is given before all of it is authenticated.
// `sealBytes` and `openBytes` are for keys that are used once, by node:crypto. `sealInto` and `openInto` are for the many pieces
// of shards, files and the index. A thread that has sealed or opened some megabytes of them goes on without node:crypto (openssl.ts).

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type DirectGcm, directGcm } from './openssl.js';

const CIPHER = 'aes-256-gcm';
/** Without it, node:crypto would accept shorter tags. */
const GCM = { authTagLength: 16 } as const;
export const NONCE_BYTES = 12;
export const TAG_BYTES = GCM.authTagLength;

/** Loading what openssl.ts needs takes about as long as node:crypto takes longer for so many bytes; a piece itself costs some. */
const DIRECT_FROM_BYTES = 4 * 2 ** 20;
const PIECE_BYTES = 4096;
/** OpenSSL takes an int. */
const DIRECT_BYTES_MAX = 2 ** 30;
let done = 0;
let direct: DirectGcm | undefined;

/** Ciphertext and tag. @param about what is authenticated with it */
export function sealBytes(key: Uint8Array, nonce: Uint8Array, about: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce, GCM);
  cipher.setAAD(about);
  const sealed = cipher.update(plain);
  cipher.final();
  return Buffer.concat([sealed, cipher.getAuthTag()]);
}

/** Undefined for what was not sealed so. @param sealed ciphertext and tag */
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

/** Writes ciphertext and tag. @param into as long as both */
export function sealInto(
  key: Uint8Array,
  nonce: Uint8Array,
  about: Uint8Array,
  plain: Uint8Array,
  into: Uint8Array,
): void {
  const gcm = directFor(plain);
  if (gcm === undefined) into.set(sealBytes(key, nonce, about, plain));
  else gcm.seal(key, nonce, about, plain, into);
}

/**
 * Writes the plain bytes. @returns false for what was not sealed so; there is nothing of it then
 * @param sealed ciphertext and tag @param into as long as the ciphertext
 */
export function openInto(
  key: Uint8Array,
  nonce: Uint8Array,
  about: Uint8Array,
  sealed: Uint8Array,
  into: Uint8Array,
): boolean {
  if (sealed.byteLength < TAG_BYTES) return false;
  const gcm = directFor(sealed);
  if (gcm !== undefined) return gcm.open(key, nonce, about, sealed, into);
  const plain = openBytes(key, nonce, about, sealed);
  if (plain !== undefined) into.set(plain);
  return plain !== undefined;
}

/** Overwrites the key that was used last, where it is kept. */
export function forgetLastKey(): void {
  direct?.forget();
}

function directFor({ byteLength }: Uint8Array): DirectGcm | undefined {
  if (done < DIRECT_FROM_BYTES) {
    done += PIECE_BYTES + byteLength;
    if (done >= DIRECT_FROM_BYTES) direct = directGcm();
  }
  return byteLength > DIRECT_BYTES_MAX ? undefined : direct;
}
