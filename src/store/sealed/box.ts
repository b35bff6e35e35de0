// store at rest: [sealed]
//
// A few bytes that are sealed as a whole, and the heads of the files that are sealed piece by piece (docs/format.md, Sealed
// files). Each box has a salt, and so a key, of its own.
//
//   u8 version | u8 0 | u16 data key | 32 bytes salt | ciphertext | 16 bytes tag

import { basename, dirname } from 'node:path';
import { KEY_BYTES } from '../seal/derive.js';
import { NONCE_BYTES, openBytes, sealBytes } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import { newSalt, SALT_BYTES, SEAL_VERSION, secretOf } from './secrets.js';

/** What is sealed. Nothing opens as another kind. */
export type SealedKind =
  | 'run'
  | 'rejected records'
  | 'text'
  | 'quarantine file'
  | 'journal'
  | 'hot set'
  | 'joined file';

export const SEED_BYTES = 4 + SALT_BYTES;
/** Each key seals one box. */
const NO_NONCE = Buffer.alloc(NONCE_BYTES);

/** What something sealed begins with, and its key. */
export interface Seed {
  readonly head: Buffer;
  readonly key: Buffer;
}

/** A key of its own. */
export function newSeed(keys: SealKeys, kind: SealedKind): Seed {
  const head = Buffer.alloc(SEED_BYTES);
  head[0] = SEAL_VERSION;
  head.writeUInt16LE(keys.active, 2);
  head.set(newSalt(), 4);
  const seed = seedOf(keys, kind, head);
  if (seed === undefined) throw new Error('the key ring does not have its active data key');
  return seed;
}

/** The number of the data key of what begins so. */
export function numberInSeed(head: Buffer): number {
  return head.readUInt16LE(2);
}

/** The key of what begins so; undefined where that is no beginning, or its data key is unknown. */
export function seedOf(keys: SealKeys, kind: SealedKind, head: Buffer): Seed | undefined {
  if (head.byteLength !== SEED_BYTES || head[0] !== SEAL_VERSION || head[1] !== 0) return undefined;
  const key = secretOf(keys, head.readUInt16LE(2), head.subarray(4), `gristmill file 1 ${kind}`, KEY_BYTES);
  return key && { head, key };
}

/** A file by its name and that of its directory, which has the id of its import: files of two imports cannot be exchanged. */
export function calledAs(path: string): Buffer {
  return Buffer.from(`${basename(dirname(path))}/${basename(path)}`);
}

/** @param about what has to be the same when it is opened */
export function sealBox(keys: SealKeys, kind: SealedKind, plain: Uint8Array, about: Uint8Array = NOTHING): Buffer {
  const seed = newSeed(keys, kind);
  return Buffer.concat([seed.head, sealBytes(seed.key, NO_NONCE, Buffer.concat([seed.head, about]), plain)]);
}

/** Undefined for what was not sealed so. */
export function openBox(
  keys: SealKeys,
  kind: SealedKind,
  box: Buffer,
  about: Uint8Array = NOTHING,
): Buffer | undefined {
  const seed = seedOf(keys, kind, box.subarray(0, SEED_BYTES));
  return seed && openBytes(seed.key, NO_NONCE, Buffer.concat([seed.head, about]), box.subarray(SEED_BYTES));
}

const NOTHING = new Uint8Array();
