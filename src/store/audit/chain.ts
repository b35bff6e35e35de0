// store at rest: [audit]
//
// The bytes of an entry, encode beside decode, and the chain: each entry has the hash of the hash before it and its own text.
//
//    32 bytes   hash
//    …          text: the entry as JSON, without `previous` and `hash`
//
//    hash = SHA-256(previous hash, 32 bytes | text)
//
// Where the store is encrypted, HMAC-SHA-256 takes the place of SHA-256: then nobody without the key can make a chain.

import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { damaged, unseal } from '../catalog/values.js';
import type { SealKeys } from '../seal/types.js';
import type { AuditEntry } from './types.js';

export const HASH_BYTES = 32;
/** The hash before the first entry of a chain. */
export const NO_HASH = Buffer.alloc(HASH_BYTES);
const KEY_INFO = 'gristmill audit 1';

/** Gives the hash of an entry. */
export type ChainHash = (previous: Uint8Array, text: Uint8Array) => Buffer;

const plain: ChainHash = (previous, text) => createHash('sha256').update(previous).update(text).digest();
const keyed = new WeakMap<SealKeys, ChainHash>();

/** @param seal the keys of an encrypted store */
export function chainHash(seal: SealKeys | undefined): ChainHash {
  if (seal === undefined) return plain;
  let hash = keyed.get(seal);
  if (hash === undefined) {
    const key = auditKey(seal);
    hash = (previous, text) => createHmac('sha256', key).update(previous).update(text).digest();
    keyed.set(seal, hash);
  }
  return hash;
}

/** Data key 1 stays in the ring for ever, so the key of the chain does not change when others are added. */
function auditKey({ dataKeys, storeId }: SealKeys): Buffer {
  const first = dataKeys.find(({ number }) => number === 1);
  if (first === undefined) throw new TypeError('the key ring has no data key 1');
  const info = Buffer.concat([Buffer.from(KEY_INFO), storeId]);
  return Buffer.from(hkdfSync('sha256', first.key, new Uint8Array(), info, HASH_BYTES));
}

export function encodeEntry(hash: Uint8Array, text: Uint8Array): Buffer {
  return Buffer.concat([hash, text]);
}

/** An entry whose checksum is right; whether its hash is right is for the chain to say. */
export interface StoredEntry {
  readonly hash: Buffer;
  readonly text: Buffer;
}

/** @throws GristmillError CHECKSUM_MISMATCH */
export function decodeEntry(value: Uint8Array, sequence: number, file: string): StoredEntry {
  const bytes = unseal(value, `entry ${sequence} of the audit log`, file);
  const entry = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (entry.byteLength < HASH_BYTES) throw damaged(`entry ${sequence} of the audit log`, file, 'it has no hash');
  return { hash: entry.subarray(0, HASH_BYTES), text: entry.subarray(HASH_BYTES) };
}

/** @throws GristmillError CHECKSUM_MISMATCH for a text that is no entry of this sequence number */
export function parseEntry({ hash, text }: StoredEntry, previous: Buffer, sequence: number, file: string): AuditEntry {
  const what = `entry ${sequence} of the audit log`;
  let entry: Partial<AuditEntry> | null;
  try {
    entry = JSON.parse(text.toString());
  } catch {
    throw damaged(what, file, 'it is not JSON');
  }
  const isEntry = typeof entry?.operation === 'string' && typeof entry.time === 'string' && 'actor' in entry;
  if (!isEntry) throw damaged(what, file, 'it is not an entry');
  if (entry?.sequence !== sequence) throw damaged(what, file, `it is entry ${entry?.sequence}`);
  return { ...(entry as AuditEntry), previous: previous.toString('hex'), hash: hash.toString('hex') };
}
