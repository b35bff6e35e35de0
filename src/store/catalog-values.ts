// The keys and values of LMDB database `meta` (docs/format.md, Catalog), encode beside decode. LMDB checks nothing, so
// every value begins with its own XXH64.

import { GristmillError } from '../errors.js';
import { CHECKSUM_BYTES, checksumMatches, putChecksum } from './checksum.js';
import type { StoreHeader } from './types.js';

/** The format this gristmill writes, and the newest it reads (Invariant 9). */
export const FORMAT_VERSION = 1;

/** First byte of a key in `meta`. */
export const MetaKind = {
  store: 0x00,
  collection: 0x01,
  shard: 0x02,
  tombstones: 0x03,
  lock: 0x04,
  garbage: 0x05,
  resumable: 0x06,
  inline: 0x07,
  sources: 0x08,
} as const;

export const STORE_KEY = Buffer.of(MetaKind.store);
export const LOCK_KEY = Buffer.of(MetaKind.lock);
export const GARBAGE_KEY = Buffer.of(MetaKind.garbage);
export const RESUMABLE_KEY = Buffer.of(MetaKind.resumable);

export function collectionKey(name: string): Buffer {
  return Buffer.concat([Buffer.of(MetaKind.collection), Buffer.from(name)]);
}

export function shardKey(collectionId: number, shard: number): Buffer {
  return numbersKey(MetaKind.shard, collectionId, shard);
}

/** Where the state of a shard's tombstones is; the chunks follow it. */
export function tombstonesKey(shard: number): Buffer {
  return numbersKey(MetaKind.tombstones, shard);
}

export function tombstoneChunkKey(shard: number, chunk: number): Buffer {
  return numbersKey(MetaKind.tombstones, shard, chunk);
}

export function inlineKey(shard: number, ordinal: number): Buffer {
  return numbersKey(MetaKind.inline, shard, ordinal);
}

/** Where the source manifest of a collection is; its chunks of rows follow it. */
export function sourcesKey(collectionId: number): Buffer {
  return numbersKey(MetaKind.sources, collectionId);
}

export function sourceRowsKey(collectionId: number, chunk: number): Buffer {
  return numbersKey(MetaKind.sources, collectionId, chunk);
}

/** The last number of a key made of numbers. */
export function lastNumber(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset + key.byteLength - 4).getUint32(0);
}

/** All numbers of such a key. */
export function numbersOf(key: Uint8Array): number[] {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return Array.from({ length: (key.byteLength - 1) >>> 2 }, (_, i) => view.getUint32(1 + 4 * i));
}

/** Length of the key of a tombstone state; those of the chunks behind it are longer. */
export const TOMBSTONE_STATE_KEY_BYTES = 5;

function numbersKey(kind: number, ...numbers: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(1 + 4 * numbers.length);
  key[0] = kind;
  for (let i = 0; i < numbers.length; i++) key.writeUInt32BE(numbers[i], 1 + 4 * i);
  return key;
}

/** `bytes` behind their checksum. */
export function seal(bytes: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + bytes.byteLength);
  sealed.set(bytes, CHECKSUM_BYTES);
  putChecksum(sealed, 0, sealed, CHECKSUM_BYTES, sealed.byteLength);
  return sealed;
}

/** The bytes behind a checksum that matches. @param what names the value in an error. */
export function unseal(sealed: Uint8Array, what: string, file: string): Uint8Array {
  if (sealed.byteLength < CHECKSUM_BYTES || !checksumMatches(sealed, 0, CHECKSUM_BYTES, sealed.byteLength)) {
    const message = `the ${what} in ${file} is damaged: its checksum does not match; restore the store or import again`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file });
  }
  return sealed.subarray(CHECKSUM_BYTES);
}

export function encodeValue(value: object): Buffer {
  return seal(Buffer.from(JSON.stringify(value)));
}

export function decodeValue<T>(sealed: Uint8Array, what: string, file: string): T {
  const bytes = unseal(sealed, what, file);
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as T;
}

/** The header of an empty store. */
export function newHeader(): StoreHeader {
  return {
    format: FORMAT_VERSION,
    created: new Date().toISOString(),
    nextShard: 1,
    nextTree: 1,
    nextCollection: 1,
    generation: 0,
  };
}

/** @throws GristmillError STORE_TOO_NEW when a newer gristmill wrote the store. */
export function decodeHeader(bytes: Uint8Array, file: string): StoreHeader {
  const header = decodeValue<StoreHeader>(bytes, 'header', file);
  if (header.format > FORMAT_VERSION) {
    throw new GristmillError(
      'STORE_TOO_NEW',
      `the store of ${file} has format ${header.format}, this gristmill reads up to ${FORMAT_VERSION}: use a newer one`,
      { file },
    );
  }
  return header;
}
