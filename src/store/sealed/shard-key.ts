// source > plan > map > scan > key > [frame] > shard; and back: location > [frame] > record
//
// How the parts of one shard of an encrypted store are sealed and opened: here and nowhere else. From a data key and the salt
// of the shard come a key, a base nonce and a commitment (docs/format.md, Sealed shards). Each part has a number: frames from 0,
// sections and tables beyond them. The nonce of a part is the base nonce xor its number.
//
// A frame begins with a header that `zstd` skips. It says how long the frame is, its number, whether it is the last, and the
// bytes of its text. So frames can be found where the tables are damaged. The header is authenticated with the frame, and so
// are store and shard: a frame opens only at its place in its shard.

import { GristmillError } from '../../base/errors.js';
import type { Room } from '../codec/frame-codec.js';
import { CHECKSUM_BYTES, checksumMatches, putChecksum } from '../files/checksum.js';
import { KEY_BYTES } from '../seal/derive.js';
import { NONCE_BYTES, openInto, sealInto, TAG_BYTES } from '../seal/gcm.js';
import type { SealKeys } from '../seal/types.js';
import { areEqual, newSalt, SALT_BYTES, SEAL_VERSION, secretOf } from './secrets.js';

/** The magic number of the section that a sealed shard begins with. */
export const SEAL_MAGIC = 0x184d2a54;
/** The magic number of a sealed frame. */
export const SEALED_FRAME_MAGIC = 0x184d2a5f;
export const SEALED_FRAME_PATTERN = Buffer.from('5f2a4d18', 'hex');

const PURPOSE = 'gristmill shard 1';
const COMMITMENT_BYTES = 32;
/** Parts that are no frames have numbers from here on. */
const BEYOND_FRAMES = 0x8000_0000;
/** In the number of a frame's header: it is the last one. */
const LAST = 0x8000_0000;

const MAGIC_BYTES = 4;
const SKIPPABLE_BYTES = MAGIC_BYTES + 4;
/** magic | size of the rest | number | bytes of text */
export const FRAME_HEADER_BYTES = SKIPPABLE_BYTES + 4 + 4;
/** What sealing adds to a frame. */
export const SEALED_FRAME_EXTRA = FRAME_HEADER_BYTES + TAG_BYTES;

const KEY_NUMBER_AT = SKIPPABLE_BYTES + 2;
const SHARD_AT = KEY_NUMBER_AT + 2;
const SALT_AT = SHARD_AT + 4;
const COMMITMENT_AT = SALT_AT + SALT_BYTES;
const CHECKSUM_AT = COMMITMENT_AT + COMMITMENT_BYTES;
/** Bytes of the section that a sealed shard begins with. */
export const SEAL_HEAD_BYTES = CHECKSUM_AT + CHECKSUM_BYTES;

/** What opens the parts of one shard: plain data, for other threads too. */
export interface ShardKey {
  readonly shard: number;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** What is authenticated with every part: version, store, shard. */
  readonly about: Uint8Array;
}

/** A new key for a shard, and the section that its file begins with. */
export function newShardKey(keys: SealKeys, shard: number): { readonly key: ShardKey; readonly head: Buffer } {
  const salt = newSalt();
  const made = keyOf(keys, keys.active, salt, shard);
  if (made === undefined) throw new Error('the key ring does not have its active data key');
  const head = Buffer.alloc(SEAL_HEAD_BYTES);
  head.writeUInt32LE(SEAL_MAGIC, 0);
  head.writeUInt32LE(SEAL_HEAD_BYTES - SKIPPABLE_BYTES, MAGIC_BYTES);
  head[SKIPPABLE_BYTES] = SEAL_VERSION;
  head.writeUInt16LE(keys.active, KEY_NUMBER_AT);
  head.writeUInt32LE(shard, SHARD_AT);
  head.set(salt, SALT_AT);
  head.set(made.commitment, COMMITMENT_AT);
  putChecksum(head, CHECKSUM_AT, head, SKIPPABLE_BYTES, CHECKSUM_AT);
  return { key: made.key, head };
}

/**
 * The key of a shard, from the section that it begins with.
 * @param expected the number of the shard, where it is known
 * @throws GristmillError CHECKSUM_MISMATCH, STORE_TOO_NEW
 */
export function openShardKey(
  keys: SealKeys,
  head: Buffer,
  expected: number | undefined,
  file: string,
  offset: number,
): ShardKey {
  const damaged = (why: string): GristmillError =>
    new GristmillError('CHECKSUM_MISMATCH', `shard ${file} is damaged at byte ${offset}: ${why}`, { file, offset });
  if (
    head.byteLength !== SEAL_HEAD_BYTES ||
    head.readUInt32LE(0) !== SEAL_MAGIC ||
    head.readUInt32LE(MAGIC_BYTES) !== SEAL_HEAD_BYTES - SKIPPABLE_BYTES
  ) {
    throw damaged('it does not begin with the seal of a shard');
  }
  if (!checksumMatches(head, CHECKSUM_AT, SKIPPABLE_BYTES, CHECKSUM_AT)) throw damaged('seal checksum');
  const version = head[SKIPPABLE_BYTES]!;
  if (version > SEAL_VERSION) {
    const message = `the seal of shard ${file} has version ${version}; this gristmill reads version ${SEAL_VERSION}: upgrade gristmill`;
    throw new GristmillError('STORE_TOO_NEW', message, { file });
  }
  const shard = head.readUInt32LE(SHARD_AT);
  if (version !== SEAL_VERSION || head[SKIPPABLE_BYTES + 1] !== 0) throw damaged('its seal has an unknown form');
  if (expected !== undefined && shard !== expected) throw damaged(`it is shard ${shard}, not shard ${expected}`);
  const number = head.readUInt16LE(KEY_NUMBER_AT);
  const found = keyOf(keys, number, head.subarray(SALT_AT, COMMITMENT_AT), shard);
  if (found === undefined) {
    throw damaged(`it is sealed with data key ${number}, which the key ring of the store does not have`);
  }
  if (areEqual(found.commitment, head.subarray(COMMITMENT_AT, CHECKSUM_AT))) return found.key;
  throw damaged('it was sealed with another key, or for another store');
}

/** The number of the data key of a shard, from the section that it begins with. */
export function dataKeyNumberIn(head: Buffer): number {
  return head.readUInt16LE(KEY_NUMBER_AT);
}

function keyOf(keys: SealKeys, number: number, salt: Uint8Array, shard: number) {
  const bytes = secretOf(keys, number, salt, PURPOSE, KEY_BYTES + NONCE_BYTES + COMMITMENT_BYTES);
  if (bytes === undefined) return undefined;
  const nonceEnd = KEY_BYTES + NONCE_BYTES;
  const about = Buffer.alloc(1 + keys.storeId.byteLength + 4);
  about[0] = SEAL_VERSION;
  about.set(keys.storeId, 1);
  about.writeUInt32LE(shard, 1 + keys.storeId.byteLength);
  const key: ShardKey = {
    shard,
    key: Uint8Array.prototype.slice.call(bytes, 0, KEY_BYTES),
    nonce: Uint8Array.prototype.slice.call(bytes, KEY_BYTES, nonceEnd),
    about: Uint8Array.from(about),
  };
  return { key, commitment: bytes.subarray(nonceEnd) };
}

/**
 * Seals a frame.
 * @param zstd the frame as a plain store has it
 * @param into for the sealed one, which is longer by `SEALED_FRAME_EXTRA`
 */
export function sealFrame(
  key: ShardKey,
  index: number,
  isLast: boolean,
  plainBytes: number,
  zstd: Uint8Array,
  into: Buffer,
): void {
  const header = into.subarray(0, FRAME_HEADER_BYTES);
  header.writeUInt32LE(SEALED_FRAME_MAGIC, 0);
  header.writeUInt32LE(FRAME_HEADER_BYTES - SKIPPABLE_BYTES + zstd.byteLength + TAG_BYTES, MAGIC_BYTES);
  header.writeUInt32LE((isLast ? LAST : 0) + index, SKIPPABLE_BYTES);
  header.writeUInt32LE(plainBytes, SKIPPABLE_BYTES + 4);
  sealInto(key.key, nonceOf(key, index), aboutOf(key, header), zstd, into.subarray(FRAME_HEADER_BYTES));
}

/** What the header of a frame says; undefined where none begins. */
export function sealedFrameFacts(header: Buffer) {
  if (header.byteLength < FRAME_HEADER_BYTES || header.readUInt32LE(0) !== SEALED_FRAME_MAGIC) return undefined;
  const number = header.readUInt32LE(SKIPPABLE_BYTES);
  const isLast = number >= LAST;
  const plainBytes = header.readUInt32LE(SKIPPABLE_BYTES + 4);
  const storedBytes = SKIPPABLE_BYTES + header.readUInt32LE(MAGIC_BYTES);
  return { index: isLast ? number - LAST : number, isLast, plainBytes, storedBytes };
}

/**
 * The frame of zstd in a sealed one. Nothing of it is given before all of it is authenticated.
 * @param room for the frame
 * @param isLast undefined where nothing says whether it is the last: then its header is believed
 * @throws GristmillError CHECKSUM_MISMATCH
 */
export function openFrame(
  room: Room,
  key: ShardKey,
  index: number,
  isLast: boolean | undefined,
  frame: Uint8Array,
  plainBytes: number,
  file: string,
  offset: number,
): Buffer {
  const header = Buffer.from(frame.buffer, frame.byteOffset, Math.min(frame.byteLength, FRAME_HEADER_BYTES));
  const facts = frame.byteLength < SEALED_FRAME_EXTRA ? undefined : sealedFrameFacts(header);
  if (
    facts !== undefined &&
    facts.index === index &&
    facts.storedBytes === frame.byteLength &&
    facts.plainBytes === plainBytes &&
    (isLast ?? facts.isLast) === facts.isLast
  ) {
    const zstd = room(frame.byteLength - SEALED_FRAME_EXTRA);
    const sealed = frame.subarray(FRAME_HEADER_BYTES);
    if (openInto(key.key, nonceOf(key, index), aboutOf(key, header), sealed, zstd)) return zstd;
  }
  const message = `frame at byte ${offset} of ${file} is damaged: it is not sealed as frame ${index} of shard ${key.shard} of this store`;
  throw new GristmillError('CHECKSUM_MISMATCH', message, { file, offset });
}

/** The body of a section, sealed. @param magic of the section */
export function sealSection(key: ShardKey, magic: number, body: Uint8Array): Buffer {
  return sealedSection(key, magic, sectionHeader(magic), body);
}

/** Undefined for one that is not sealed so. */
export function openSection(key: ShardKey, magic: number, sealed: Uint8Array): Buffer | undefined {
  const plain = Buffer.alloc(Math.max(0, sealed.byteLength - TAG_BYTES));
  const about = aboutOf(key, sectionHeader(magic));
  return openInto(key.key, nonceOf(key, BEYOND_FRAMES + magic), about, sealed, plain) ? plain : undefined;
}

/** The tag over what follows the frames: without it, a section or the tables could be those of an older state, or none. */
export function tagOf(key: ShardKey, magic: number, parts: readonly Uint8Array[]): Buffer {
  return sealedSection(key, magic, Buffer.concat([sectionHeader(magic), ...parts]), new Uint8Array());
}

export function tagMatches(key: ShardKey, magic: number, parts: readonly Uint8Array[], tag: Uint8Array): boolean {
  return areEqual(tagOf(key, magic, parts), tag);
}

function sectionHeader(magic: number): Buffer {
  const header = Buffer.alloc(MAGIC_BYTES);
  header.writeUInt32LE(magic, 0);
  return header;
}

function nonceOf({ nonce }: ShardKey, number: number): Buffer {
  const bytes = Buffer.allocUnsafe(NONCE_BYTES);
  bytes.set(nonce);
  bytes.writeUInt32BE((bytes.readUInt32BE(NONCE_BYTES - 4) ^ number) >>> 0, NONCE_BYTES - 4);
  return bytes;
}

function sealedSection(key: ShardKey, magic: number, header: Uint8Array, plain: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(plain.byteLength + TAG_BYTES);
  sealInto(key.key, nonceOf(key, BEYOND_FRAMES + magic), aboutOf(key, header), plain, sealed);
  return sealed;
}

function aboutOf({ about }: ShardKey, header: Uint8Array): Buffer {
  const all = Buffer.allocUnsafe(about.byteLength + header.byteLength);
  all.set(about);
  all.set(header, about.byteLength);
  return all;
}
