// store at rest: [catalog]
//
// Values of the catalog that are bound to their keys, decoded: header, manifests, shards, tombstones (values.ts has the keys).

import { GristmillError } from '../../base/errors.js';
import type { CollectionManifest, ShardEntry, StoreHeader } from '../types.js';
import { collectionCheck, headerCheck, shardCheck } from './schema.js';
import { TOMBSTONE_CHUNK_BYTES, tombstoneChunks } from './tombstones.js';
import {
  type CollectionNames,
  checked,
  collectionKey,
  damaged,
  decodeValue,
  FORMAT_VERSION,
  firstNumber,
  lastNumber,
  nameOf,
  olderCollectionKeys,
  parsed,
  SHARD_KEY_BYTES,
  TOMBSTONE_CHUNK_KEY_BYTES,
  unseal,
} from './values.js';

/** @throws GristmillError STORE_TOO_NEW when a newer gristmill wrote the store; CHECKSUM_MISMATCH */
export function decodeHeader(bytes: Uint8Array, file: string): StoreHeader {
  const value = parsed(unseal(bytes, 'header', file), 'header', file);
  // Of a newer format the other fields may be others.
  const format = (value as StoreHeader | null)?.format;
  if (Number.isSafeInteger(format) && (format as number) > FORMAT_VERSION) {
    throw new GristmillError(
      'STORE_TOO_NEW',
      `the store of ${file} has format ${format}, but this gristmill reads formats up to ${FORMAT_VERSION}: upgrade gristmill`,
      { file },
    );
  }
  return checked<StoreHeader>(headerCheck, value, 'header', file);
}

/** @param key under which it is kept */
export function decodeCollection(
  bytes: Uint8Array,
  key: Uint8Array,
  file: string,
  names: CollectionNames | undefined,
): CollectionManifest {
  const name = names === undefined ? nameOf(key) : `(${Buffer.from(key.subarray(1)).toString('hex')})`;
  const manifest = decodeValue<CollectionManifest>(collectionCheck, bytes, `manifest of collection ${name}`, file);
  if (collectionKey(manifest.name, names).equals(key)) return manifest;
  if (names && olderCollectionKeys(manifest.name, names).some((older) => older.equals(key))) return manifest;
  throw damaged(`manifest of collection ${manifest.name}`, file, `it is stored under the name ${name}`);
}

/** @param key under which it is kept */
export function decodeShard(bytes: Uint8Array, key: Uint8Array, file: string): ShardEntry {
  const shard = lastNumber(key);
  const entry = decodeValue<ShardEntry>(shardCheck, bytes, `entry of shard ${shard}`, file);
  if (entry.shard === shard && key.byteLength === SHARD_KEY_BYTES) return entry;
  throw damaged(`entry of shard ${entry.shard}`, file, `it is stored under the number ${shard}`);
}

/** A part of a tombstone bitmap. @param records of the shard */
export function decodeTombstones(sealed: Uint8Array, key: Uint8Array, records: number, file: string): Uint8Array {
  const what = `tombstones of shard ${firstNumber(key)}`;
  const chunk = unseal(sealed, what, file);
  const isRight = lastNumber(key) < tombstoneChunks(records) && chunk.byteLength <= TOMBSTONE_CHUNK_BYTES;
  if (isRight && key.byteLength === TOMBSTONE_CHUNK_KEY_BYTES) return chunk;
  throw damaged(what, file, 'they go beyond the last record of the shard');
}
