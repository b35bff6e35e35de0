// store at rest: [seal]
//
// All keys of an encrypted store but the random ones come from HKDF-SHA-256 (RFC 5869). `info` says what a key is for, so
// that no two purposes share one.

import { hkdfSync } from 'node:crypto';

export const KEY_BYTES = 32;
export const STORE_ID_BYTES = 16;

/** Returns a key for one purpose. */
export function derive(key: Uint8Array, salt: Uint8Array, info: Uint8Array | string, bytes = KEY_BYTES): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, bytes));
}

/** A purpose, within one store. */
export function purpose(name: string, storeId: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(name), storeId]);
}
