// store at rest: [catalog]
//
// Recent entries (docs/format.md, Recent entries): what transactions changed in an index, beside its pages, until many such
// changes are merged into the pages together. Each is a value of its own in `meta`, in the order of the index:
//
//   0x10 | u32 tree | key                  XXH64 | u32 shard | u32 ordinal   of a primary index; shard 0: the key is removed
//   0x10 | u32 tree | key | shard, ordinal XXH64                             of a secondary index
//
// In a primary index a key is there once, so a lookup is one `get`. The checksum covers the LMDB key and the value: an entry
// that is found under another key is not taken for an entry of that key.

import { CHECKSUM_BYTES, putChecksum } from '../files/checksum.js';
import { treeOf, treeStart } from '../pages/page-key.js';
import { LOCATION_BYTES } from '../pages/write.js';
import type { RecentEntry } from '../recent-types.js';
import type { ByteMap, ByteRange } from './byte-map.js';
import { damaged, firstNumber, MetaKind } from './values.js';

/** Bytes of the LMDB key before the entry: kind and tree. */
const HEAD_BYTES = 5;
/** More than any location. */
const AFTER_LOCATIONS = Buffer.alloc(LOCATION_BYTES + 1, 0xff);

const REMOVED = { shard: 0, ordinal: 0 };

/** After all recent entries. */
export const RECENT_END = Buffer.of(MetaKind.recent + 1);

/** Before all recent entries of a tree, and after those of the tree before it. */
export function recentStart(tree: number): Buffer {
  const start = Buffer.allocUnsafe(HEAD_BYTES);
  start[0] = MetaKind.recent;
  start.writeUInt32BE(tree, 1);
  return start;
}

/** The place of the recent entry of a primary index with this key; in any index, before those with this key. */
export function recentPlace(tree: number, key: Uint8Array): Buffer {
  const place = Buffer.allocUnsafe(HEAD_BYTES + key.byteLength);
  place[0] = MetaKind.recent;
  place.writeUInt32BE(tree, 1);
  place.set(key, HEAD_BYTES);
  return place;
}

/** Where a range of recent entries begins that has those with this key; without one, all of the tree. */
export function recentBound(tree: number, key: Uint8Array | undefined, reverse: boolean): Buffer {
  if (key === undefined) return recentStart(reverse ? tree + 1 : tree);
  const place = recentPlace(tree, key);
  return reverse ? Buffer.concat([place, AFTER_LOCATIONS]) : place;
}

/** The tree of a recent entry, from its LMDB key. */
export function recentTreeOf(at: Uint8Array): number {
  return firstNumber(at);
}

/** @param isKeyed whether the tree holds a key once: a primary index */
export function encodeRecent(
  tree: number,
  { key, shard, ordinal, isRemoval }: RecentEntry,
  isKeyed: boolean,
): { readonly at: Buffer; readonly value: Buffer } {
  if (isKeyed) {
    const at = recentPlace(tree, key);
    // Out of the pool: LMDB takes those sooner than ones with a memory of their own.
    const value = Buffer.allocUnsafe(CHECKSUM_BYTES + LOCATION_BYTES);
    const location = isRemoval ? REMOVED : { shard, ordinal };
    value.writeUInt32LE(location.ordinal, value.writeUInt32LE(location.shard, CHECKSUM_BYTES));
    putOwnChecksum(at, value);
    return { at, value };
  }
  if (isRemoval) throw new TypeError('a secondary index loses no entry by a transaction');
  const at = Buffer.allocUnsafe(HEAD_BYTES + key.byteLength + LOCATION_BYTES);
  at[0] = MetaKind.recent;
  at.writeUInt32BE(tree, 1);
  at.set(key, HEAD_BYTES);
  at.writeUInt32BE(ordinal, at.writeUInt32BE(shard, HEAD_BYTES + key.byteLength));
  const value = Buffer.allocUnsafe(CHECKSUM_BYTES);
  putOwnChecksum(at, value);
  return { at, value };
}

/** @throws GristmillError CHECKSUM_MISMATCH for everything that `encodeRecent` does not make */
export function decodeRecent(at: Uint8Array, value: Buffer, isKeyed: boolean, file: string): RecentEntry {
  const tailBytes = isKeyed ? 0 : LOCATION_BYTES;
  const keyBytes = at.byteLength - HEAD_BYTES - tailBytes;
  const isFramed = keyBytes > 0 && value.byteLength === CHECKSUM_BYTES + LOCATION_BYTES - tailBytes;
  if (!isFramed || !hasOwnChecksum(at, value)) {
    throw damaged(`recent entry of index tree ${recentTreeOf(at)}`, file, 'its checksum does not match');
  }
  const key = at.subarray(HEAD_BYTES, HEAD_BYTES + keyBytes);
  if (!isKeyed) {
    const location = new DataView(at.buffer, at.byteOffset + HEAD_BYTES + keyBytes);
    return { key, shard: location.getUint32(0), ordinal: location.getUint32(4) };
  }
  const shard = value.readUInt32LE(CHECKSUM_BYTES);
  const ordinal = value.readUInt32LE(CHECKSUM_BYTES + 4);
  return shard === 0 ? { key, shard, ordinal, isRemoval: true } : { key, shard, ordinal };
}

/** Both together, to be hashed: as long as a key of LMDB and a location at most. */
let both = Buffer.alloc(2048);

function join(at: Uint8Array, value: Buffer): number {
  const bytes = at.byteLength + value.byteLength - CHECKSUM_BYTES;
  if (CHECKSUM_BYTES + bytes > both.byteLength) both = Buffer.alloc(CHECKSUM_BYTES + bytes);
  both.set(at, CHECKSUM_BYTES);
  for (let i = CHECKSUM_BYTES, to = CHECKSUM_BYTES + at.byteLength; i < value.byteLength; i++) both[to++] = value[i]!;
  return CHECKSUM_BYTES + bytes;
}

function putOwnChecksum(at: Uint8Array, value: Buffer): void {
  putChecksum(value, 0, both, CHECKSUM_BYTES, join(at, value));
}

function hasOwnChecksum(at: Uint8Array, value: Buffer): boolean {
  putChecksum(both, 0, both, CHECKSUM_BYTES, join(at, value));
  for (let i = 0; i < CHECKSUM_BYTES; i++) if (both[i] !== value[i]) return false;
  return true;
}

/** Numbers of all trees that have pages or recent entries. */
export function treesIn(meta: ByteMap, pages: ByteMap): readonly number[] {
  const trees = new Set<number>();
  const next = (map: ByteMap, range: ByteRange): Uint8Array | undefined => map.keys({ ...range, limit: 1 })[0];
  for (let tree = 0, key = next(pages, { start: treeStart(tree) }); key !== undefined; ) {
    trees.add(treeOf(key));
    tree = treeOf(key) + 1;
    key = next(pages, { start: treeStart(tree) });
  }
  for (let tree = 0, key = next(meta, { start: recentStart(tree), end: RECENT_END }); key !== undefined; ) {
    trees.add(recentTreeOf(key));
    tree = recentTreeOf(key) + 1;
    key = next(meta, { start: recentStart(tree), end: RECENT_END });
  }
  return [...trees];
}
