// Under which LMDB key a page is stored (docs/format.md, Pages): tree, then its first entry's key and location, integers
// big-endian, so that the order of bytes is the order of (tree, key, shard, ordinal).

import type { Entry } from '../types.js';
import { LOCATION_BYTES } from './write.js';

export const TREE_BYTES = 4;

export function pageKey(tree: number, key: Uint8Array, shard: number, ordinal: number): Buffer {
  const bytes = Buffer.allocUnsafe(TREE_BYTES + key.byteLength + LOCATION_BYTES);
  bytes.writeUInt32BE(tree, 0);
  bytes.set(key, TREE_BYTES);
  bytes.writeUInt32BE(shard, TREE_BYTES + key.byteLength);
  bytes.writeUInt32BE(ordinal, TREE_BYTES + key.byteLength + 4);
  return bytes;
}

/** Makes a page key one of another tree. */
export function putTree(pageKeyBytes: Buffer, tree: number): void {
  pageKeyBytes.writeUInt32BE(tree, 0);
}

/** At or before every page key of `key` in `tree`. */
export function lowestPageKey(tree: number, key: Uint8Array): Buffer {
  return pageKey(tree, key, 0, 0);
}

/** At or after every page key of `key` in `tree`, and before those of the next key. */
export function highestPageKey(tree: number, key: Uint8Array): Buffer {
  return pageKey(tree, key, 0xffff_ffff, 0xffff_ffff);
}

/** Before every page key of `tree`, and after all of `tree` − 1. */
export function treeStart(tree: number): Buffer {
  const bytes = Buffer.allocUnsafe(TREE_BYTES);
  bytes.writeUInt32BE(tree, 0);
  return bytes;
}

export function treeOf(pageKeyBytes: Uint8Array): number {
  const [a, b, c, d] = pageKeyBytes;
  return ((a! << 24) | (b! << 16) | (c! << 8) | d!) >>> 0;
}

/** Whether these bytes are a page key of `tree`: with a key of a byte at least in it. */
export function isPageKey(bytes: Uint8Array, tree: number): boolean {
  return bytes.byteLength > TREE_BYTES + LOCATION_BYTES && treeOf(bytes) === tree;
}

/** The entry's key inside a page key. */
export function keyOf(pageKeyBytes: Uint8Array): Uint8Array {
  return pageKeyBytes.subarray(TREE_BYTES, pageKeyBytes.byteLength - LOCATION_BYTES);
}

/** The first entry of the page stored under this key. */
export function firstEntryOf(pageKeyBytes: Uint8Array): Entry {
  const location = pageKeyBytes.byteLength - LOCATION_BYTES;
  const view = new DataView(pageKeyBytes.buffer, pageKeyBytes.byteOffset + location);
  return { key: keyOf(pageKeyBytes), shard: view.getUint32(0), ordinal: view.getUint32(4) };
}
