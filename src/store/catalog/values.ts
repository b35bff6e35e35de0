// The keys and values of LMDB database `meta` (docs/format.md, Catalog), encode beside decode. LMDB checks nothing, so
// every value begins with its own XXH64.

import { GristmillError } from '../../base/errors.js';
import { havePositions } from '../../keys/key-path.js';
import { CHECKSUM_BYTES, checksumMatches, putChecksum } from '../files/checksum.js';
import type { CollectionManifest, StoreHeader } from '../types.js';
import { type Check, describeFault } from './checks.js';

/** The newest format this gristmill reads and writes (Invariant 9): that of stores with a schema, or in which a migration was applied. */
export const FORMAT_VERSION = 6;
/** The format of any other store. Every gristmill reads it. */
const FIRST_FORMAT = 1;
/** The first format with composite keys, and with joined files. */
const COMPOSITE_FORMAT = 2;
export const JOINED_FORMAT = 2;
/** The first format in which numbers in paths are positions. */
const POSITIONS_FORMAT = 3;
/** The first format with unique indexes: an older gristmill would not keep them so. */
const UNIQUE_FORMAT = 4;

/** The first format with edits: an older gristmill would not know that they go with an import. */
const EDITS_FORMAT = 4;
/** The first format with recent entries: an older gristmill would read the pages without them. */
const RECENT_FORMAT = 5;
/** The first format with shapes: an older gristmill would give records as they were before the migrations. */
const SHAPES_FORMAT = 6;
/** The format of encrypted stores. */
const SEALED_FORMAT = 5;
/** The first format with schemas: an older gristmill would store records that are not valid. */
const SCHEMA_FORMAT = 6;

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
  edits: 0x09,
  profile: 0x0b,
  history: 0x0c,
  schema: 0x0d,
  recent: 0x10,
  /** After all others: each commit adds an entry, and writes one page for it and the head. */
  audit: 0x20,
  auditHead: 0x21,
} as const;

export const STORE_KEY = Buffer.of(MetaKind.store);
export const LOCK_KEY = Buffer.of(MetaKind.lock);
export const GARBAGE_KEY = Buffer.of(MetaKind.garbage);
export const RESUMABLE_KEY = Buffer.of(MetaKind.resumable);
export const AUDIT_HEAD_KEY = Buffer.of(MetaKind.auditHead);

/** What stands for the names of collections in keys, where that is not the names. */
export interface CollectionNames {
  pseudonymOf(name: string): Uint8Array;
  /** While data keys are exchanged, what stood for it before. */
  olderPseudonymsOf(name: string): readonly Uint8Array[];
}

export function collectionKey(name: string, names?: CollectionNames): Buffer {
  return keyOfName(names === undefined ? Buffer.from(name) : names.pseudonymOf(name));
}

/** Where a manifest may be that was written with another data key. */
export function olderCollectionKeys(name: string, names: CollectionNames): readonly Buffer[] {
  return names.olderPseudonymsOf(name).map(keyOfName);
}

function keyOfName(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(MetaKind.collection), bytes]);
}

/** The name of a collection, from its key. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset + 1, key.byteLength - 1).toString();
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
  const at = Buffer.allocUnsafe(INLINE_KEY_BYTES);
  at[0] = MetaKind.inline;
  at.writeUInt32BE(ordinal, at.writeUInt32BE(shard, 1));
  return at;
}

/** Where the source manifest of a collection is; its chunks of rows follow it. */
export function sourcesKey(collectionId: number): Buffer {
  return numbersKey(MetaKind.sources, collectionId);
}

export function sourceRowsKey(collectionId: number, chunk: number): Buffer {
  return numbersKey(MetaKind.sources, collectionId, chunk);
}

/** Where what is known of all records of a collection is. */
export function profileKey(collectionId: number): Buffer {
  return numbersKey(MetaKind.profile, collectionId);
}

/** Where the shapes of a collection are. */
export function historyKey(collectionId: number): Buffer {
  return numbersKey(MetaKind.history, collectionId);
}

/** Where the schema is that records of a collection are held to. */
export function schemaKey(collectionId: number): Buffer {
  return numbersKey(MetaKind.schema, collectionId);
}

const INLINE_KEY_BYTES = 9;

/** Bytes of the key of an edit before the key of its record. */
export const EDIT_KEY_BYTES = 5;

/** Where what transactions made of a key of a collection is. */
export function editKey(collectionId: number, key: Uint8Array): Buffer {
  const at = Buffer.allocUnsafe(EDIT_KEY_BYTES + key.byteLength);
  at[0] = MetaKind.edits;
  at.writeUInt32BE(collectionId, 1);
  at.set(key, EDIT_KEY_BYTES);
  return at;
}

/** Behind all edits of a collection. */
export function editsEnd(collectionId: number): Buffer {
  return numbersKey(MetaKind.edits, collectionId + 1);
}

/** The key of the record, from the key of its edit. */
export function editedKey(key: Uint8Array): Uint8Array {
  return key.subarray(EDIT_KEY_BYTES);
}

/** Where an entry of the audit log is: its sequence number as u64. */
export function auditKey(sequence: number): Buffer {
  return numbersKey(MetaKind.audit, Math.floor(sequence / 2 ** 32), sequence % 2 ** 32);
}

/** The sequence number, from the key of an entry. */
export function sequenceOf(key: Uint8Array): number {
  const [high = 0, low = 0] = numbersOf(key);
  return high * 2 ** 32 + low;
}

/** The last number of a key made of numbers. */
export function lastNumber(key: Uint8Array): number {
  const [a, b, c, d] = key.subarray(-4);
  return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0;
}

/** The first number of such a key. */
export function firstNumber(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(1);
}

/** All numbers of such a key. */
export function numbersOf(key: Uint8Array): number[] {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return Array.from({ length: (key.byteLength - 1) >>> 2 }, (_, i) => view.getUint32(1 + 4 * i));
}

/** Length of the key of a tombstone state, or a source manifest; those of the chunks behind it are longer. */
export const TOMBSTONE_STATE_KEY_BYTES = 5;
export const TOMBSTONE_CHUNK_KEY_BYTES = 9;
export const SHARD_KEY_BYTES = 9;

function numbersKey(kind: number, ...numbers: readonly number[]): Buffer {
  const key = Buffer.allocUnsafe(1 + 4 * numbers.length);
  key[0] = kind;
  let at = 1;
  for (const number of numbers) at = key.writeUInt32BE(number, at);
  return key;
}

/** Returns the checksum of `bytes`, followed by `bytes`. */
export function seal(bytes: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + bytes.byteLength);
  sealed.set(bytes, CHECKSUM_BYTES);
  putChecksum(sealed, 0, sealed, CHECKSUM_BYTES, sealed.byteLength);
  return sealed;
}

function sealText(text: string): Buffer {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + Buffer.byteLength(text));
  sealed.write(text, CHECKSUM_BYTES);
  putChecksum(sealed, 0, sealed, CHECKSUM_BYTES, sealed.byteLength);
  return sealed;
}

/** Returns the bytes after the checksum, if it matches. @param what the name of the value in an error. */
export function unseal(sealed: Uint8Array, what: string, file: string): Uint8Array {
  if (sealed.byteLength < CHECKSUM_BYTES || !checksumMatches(sealed, 0, CHECKSUM_BYTES, sealed.byteLength)) {
    throw damaged(what, file, 'its checksum does not match');
  }
  return sealed.subarray(CHECKSUM_BYTES);
}

/** The same as text, without a view of its bytes. */
export function unsealText(sealed: Buffer, what: string, file: string): string {
  if (sealed.byteLength < CHECKSUM_BYTES || !checksumMatches(sealed, 0, CHECKSUM_BYTES, sealed.byteLength)) {
    throw damaged(what, file, 'its checksum does not match');
  }
  return sealed.toString('utf8', CHECKSUM_BYTES);
}

/** @throws GristmillError CHECKSUM_MISMATCH for a value that could not be read again, such as a number that is too large */
export function encodeValue(check: Check, value: object, what: string, file: string): Buffer {
  try {
    const place = check(value);
    if (place !== undefined) throw new Error(describeFault(value, place));
    return sealText(JSON.stringify(value));
  } catch (cause) {
    const message = `the ${what} in ${file} cannot be changed: ${(cause as Error).message}; verify the store`;
    throw new GristmillError('CHECKSUM_MISMATCH', message, { file });
  }
}

/** @throws GristmillError CHECKSUM_MISMATCH for everything that gristmill does not write */
export function decodeValue<T>(check: Check, sealed: Uint8Array, what: string, file: string): T {
  return checked<T>(check, parsed(unseal(sealed, what, file), what, file), what, file);
}

export function checked<T>(check: Check, value: unknown, what: string, file: string): T {
  const place = check(value);
  if (place !== undefined) throw damaged(what, file, `${describeFault(value, place)}, and gristmill never writes that`);
  return value as T;
}

export function parsed(bytes: Uint8Array, what: string, file: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    throw damaged(what, file, 'it is not JSON');
  }
}

/** A value that is not as gristmill writes it. */
export function damaged(what: string, file: string, why: string): GristmillError {
  const message = `the ${what} in ${file} is damaged: ${why}; restore the store or import again`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file });
}

/** The header of an empty store. */
export function newHeader(isSealed = false): StoreHeader {
  return {
    format: isSealed ? SEALED_FORMAT : FIRST_FORMAT,
    created: new Date().toISOString(),
    nextShard: 1,
    nextTree: 1,
    nextCollection: 1,
    generation: 0,
  };
}

/** The format that a collection needs: a gristmill that does not know its kind of keys must not read it. */
export function formatOf({
  key,
  primary: tree,
  secondary,
  positions,
  edits,
  shape,
  schema,
}: CollectionManifest): number {
  if (shape !== undefined) return SHAPES_FORMAT;
  if (schema !== undefined) return SCHEMA_FORMAT;
  if (tree?.recent !== undefined || secondary.some(({ recent }) => recent !== undefined)) return RECENT_FORMAT;
  if (edits !== undefined) return EDITS_FORMAT;
  if (secondary.some(({ unique }) => unique)) return UNIQUE_FORMAT;
  const primary = key.kind === 'path' ? [key.path] : [];
  if (positions || havePositions(primary)) return POSITIONS_FORMAT;
  const isComposite = [...primary, ...secondary.map(({ path }) => path)].some((path) => typeof path !== 'string');
  return isComposite ? COMPOSITE_FORMAT : FIRST_FORMAT;
}
