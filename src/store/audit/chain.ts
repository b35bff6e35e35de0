// store at rest: [audit]
//
// The bytes of an entry, encode beside decode, and the chain: each entry has the hash of the hash before it and its own text.
//
//    32 bytes   hash
//    …          text: the entry as JSON, without `previous` and `hash`
//
//    hash = SHA-256(previous hash, 32 bytes | text)
//
// Where the store is encrypted, HMAC-SHA-256 takes the place of SHA-256: then nobody without the key can make a chain. Its key
// is made of data key 1. When that one goes, the key of the chain stays in the head of the log: so the hashes stay what they are.

import { createHmac, hash as digestOf, hkdfSync, randomBytes } from 'node:crypto';
import type { AuditHead } from '../audit-types.js';
import { damaged, unseal } from '../catalog/values.js';
import { dataKeyOf } from '../seal/data-keys.js';
import type { SealKeys } from '../seal/types.js';
import type { AuditEntry } from './types.js';

export const HASH_BYTES = 32;
/** The hash before the first entry of a chain. */
export const NO_HASH = Buffer.alloc(HASH_BYTES);
const KEY_INFO = 'gristmill audit 1';

/** Gives the hash of an entry. */
export type ChainHash = (previous: Uint8Array, text: Uint8Array) => Buffer;

const plain: ChainHash = (previous, text) => digestOf('sha256', Buffer.concat([previous, text]), 'buffer');
/** Of chains whose key is made of data key 1. */
const keyed = new WeakMap<SealKeys, ChainHash>();

type ChainKey = Pick<AuditHead, 'key'>;

/** @param seal the keys of an encrypted store @param head of the log */
export function chainHash(seal: SealKeys | undefined, head: ChainKey | undefined): ChainHash {
  if (seal === undefined) return plain;
  const key = head?.key;
  if (key !== undefined) return hashWith(Buffer.from(key, 'hex'));
  let hash = keyed.get(seal);
  if (hash === undefined) {
    hash = hashWith(firstKey(seal));
    keyed.set(seal, hash);
  }
  return hash;
}

function hashWith(key: Buffer): ChainHash {
  return (previous, text) => createHmac('sha256', key).update(previous).update(text).digest();
}

function firstKey(seal: SealKeys): Buffer {
  const first = dataKeyOf(seal, 1);
  if (first === undefined)
    throw new TypeError('the key ring has no data key 1, and the audit log has no key of its own');
  const info = Buffer.concat([Buffer.from(KEY_INFO), seal.storeId]);
  return Buffer.from(hkdfSync('sha256', first.key, new Uint8Array(), info, HASH_BYTES));
}

/** The key of a chain that begins now, as its head has it. */
export function newChainKey(seal: SealKeys | undefined): ChainKey {
  if (seal === undefined || seal.active === 1) return {};
  return { key: randomBytes(HASH_BYTES).toString('hex') };
}

/** The same chain, whose key does not need data key 1 any more. */
export function withOwnKey(seal: SealKeys, head: AuditHead): AuditHead {
  return head.key === undefined ? { ...head, key: firstKey(seal).toString('hex') } : head;
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
