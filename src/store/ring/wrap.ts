// store at rest: [ring]
//
// A data key as it is in a ring: encrypted, and bound to its store and its number.

import { randomBytes } from 'node:crypto';
import { NONCE_BYTES, openBytes, sealBytes } from '../seal/gcm.js';

/** Each wrapping has a random nonce: a key wraps far fewer than 2^32 keys. */
export function wrap(key: Uint8Array, kek: Uint8Array, storeId: string, number: number): string {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, sealBytes(kek, nonce, wrapContext(storeId, number), key)]).toString('hex');
}

/** Undefined for what was not wrapped so. */
export function unwrap(wrapped: Buffer, kek: Uint8Array, storeId: string, number: number): Buffer | undefined {
  const nonce = wrapped.subarray(0, NONCE_BYTES);
  return openBytes(kek, nonce, wrapContext(storeId, number), wrapped.subarray(NONCE_BYTES));
}

function wrapContext(storeId: string, number: number): Buffer {
  return Buffer.from(`gristmill data key 1 ${storeId} ${number}`);
}
