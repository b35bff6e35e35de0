// store at rest: [sealed]
//
// A few bytes that are sealed as a whole, and the heads of the files that are sealed piece by piece (docs/format.md, Sealed
// files). Each box has a salt, and so a key, of its own.
//
//   u8 version | u8 0 | u16 data key | 32 bytes salt | ciphertext | 16 bytes tag

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SealKeys } from '../seal/types.js';
import {
  CIPHER,
  DATA_KEY_MAX,
  derive,
  GCM,
  KEY_BYTES,
  NONCE_BYTES,
  newSalt,
  SALT_BYTES,
  SEAL_VERSION,
  TAG_BYTES,
} from './secrets.js';

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
export const NO_NONCE = Buffer.alloc(NONCE_BYTES);

/** What something sealed begins with, and its key. */
export interface Seed {
  readonly head: Buffer;
  readonly key: Buffer;
}

/** A key of its own. */
export function newSeed(keys: SealKeys, kind: SealedKind): Seed {
  if (keys.active > DATA_KEY_MAX) throw new Error(`a data key cannot have number ${keys.active}`);
  const head = Buffer.alloc(SEED_BYTES);
  head[0] = SEAL_VERSION;
  head.writeUInt16LE(keys.active, 2);
  head.set(newSalt(), 4);
  return { head, key: keyOf(keys, kind, head) };
}

/** The key of what begins so; undefined where that is no beginning, or its data key is unknown. */
export function seedOf(keys: SealKeys, kind: SealedKind, head: Buffer): Seed | undefined {
  if (head.byteLength !== SEED_BYTES || head[0] !== SEAL_VERSION || head[1] !== 0) return undefined;
  const number = head.readUInt16LE(2);
  if (!keys.dataKeys.some((one) => one.number === number)) return undefined;
  return { head, key: keyOf(keys, kind, head) };
}

function keyOf(keys: SealKeys, kind: SealedKind, head: Buffer): Buffer {
  return derive(keys, head.readUInt16LE(2), head.subarray(4), `gristmill file 1 ${kind}`, KEY_BYTES);
}

/** Ciphertext and tag. @param about what is authenticated with it */
export function sealWith({ key }: Seed, nonce: Uint8Array, about: Uint8Array, plain: Uint8Array): [Buffer, Buffer] {
  const cipher = createCipheriv(CIPHER, key, nonce, GCM);
  cipher.setAAD(about);
  const sealed = cipher.update(plain);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

/** Undefined for what was not sealed so. @param sealed ciphertext and tag */
export function openWith({ key }: Seed, nonce: Uint8Array, about: Uint8Array, sealed: Uint8Array): Buffer | undefined {
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

/** @param about what has to be the same when it is opened */
export function sealBox(keys: SealKeys, kind: SealedKind, plain: Uint8Array, about: Uint8Array = NOTHING): Buffer {
  const seed = newSeed(keys, kind);
  return Buffer.concat([seed.head, ...sealWith(seed, NO_NONCE, Buffer.concat([seed.head, about]), plain)]);
}

/** Undefined for what was not sealed so. */
export function openBox(
  keys: SealKeys,
  kind: SealedKind,
  box: Buffer,
  about: Uint8Array = NOTHING,
): Buffer | undefined {
  const seed = seedOf(keys, kind, box.subarray(0, SEED_BYTES));
  return seed && openWith(seed, NO_NONCE, Buffer.concat([seed.head, about]), box.subarray(SEED_BYTES));
}

const NOTHING = new Uint8Array();
