// key > [index page] > location > frame cache > frame > record
//
// Reads a page; write.ts is its twin and draws the bytes. A search allocates nothing: it reads the page in place,
// comparing the shared prefix once and then only what follows it.

import { GristmillError } from '../../base/errors.js';
import { CHECKSUM_BYTES, checksumMatches } from '../files/checksum.js';
import type { Entry } from '../types.js';
import {
  COUNT_AT,
  FLAGS_AT,
  LOCATION_BYTES,
  OFFSET_BYTES,
  PAGE_VERSION,
  PREFIX_AT,
  PREFIX_BYTES_AT,
  VERSION_AT,
} from './write.js';

/** Flags a reader must understand (Invariant 9); version 1 knows none. */
const FLAGS_REFUSED = 0xf0;

/**
 * Checks a page before its first use; every function below relies on it. A page that somebody else made may have the right
 * checksum and lead anywhere. So its frame is checked as well, which is all that a search needs: it ends wherever entries
 * are, finds less, and nothing under a wrong key. Who takes entries as they come checks them before (`verifyEntries`).
 * @param tree and `file` name the page in an error.
 */
export function verifyPage(page: Uint8Array, tree: number, file: string): void {
  if (page.byteLength < PREFIX_AT || !checksumMatches(page, 0, CHECKSUM_BYTES, page.byteLength)) {
    throw damagedPage(tree, file, 'its checksum does not match');
  }
  if (page[VERSION_AT]! > PAGE_VERSION || (page[FLAGS_AT]! & FLAGS_REFUSED) !== 0) {
    const message = `an index page in ${file} has version ${page[VERSION_AT]}, flags ${page[FLAGS_AT]}; this gristmill reads version ${PAGE_VERSION}: upgrade gristmill`;
    throw new GristmillError('STORE_TOO_NEW', message, { file });
  }
  if (!isFramed(page)) throw damagedPage(tree, file, 'its entries do not fill it');
}

/** Whether a page has entries, whose offsets stand within it, and they fill it. */
function isFramed(page: Uint8Array): boolean {
  const count = u16(page, COUNT_AT);
  const offsets = PREFIX_AT + u16(page, PREFIX_BYTES_AT);
  const last = offsets + OFFSET_BYTES * count;
  const first = last + OFFSET_BYTES;
  return count > 0 && first <= page.byteLength && u16(page, offsets) === first && u16(page, last) === page.byteLength;
}

/** Checks of a page, as `verifyPage` has left it, that each entry follows the one before, in its place and in order (Invariant 6). */
export function verifyEntries(page: Uint8Array, tree: number, file: string): void {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const offsets = PREFIX_AT + prefixBytes;
  const count = u16(page, COUNT_AT);
  // A key has a byte at least.
  const entryBytesMin = LOCATION_BYTES + (prefixBytes > 0 ? 0 : 1);
  for (let i = 0, at = u16(page, offsets); i < count; i++) {
    const end = u16(page, offsets + OFFSET_BYTES * (i + 1));
    if (end < at + entryBytesMin || end > page.byteLength)
      throw damagedPage(tree, file, 'an entry is outside of the page');
    if (i > 0 && compareNeighbours(page, offsets + OFFSET_BYTES * (i - 1)) >= 0) {
      throw damagedPage(tree, file, 'its entries are out of order');
    }
    at = end;
  }
}

export function damagedPage(tree: number, file: string, why: string): GristmillError {
  const message = `an index page of tree ${tree} in ${file} is damaged: ${why}; import again`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file });
}

/** Compares the entry whose offset stands at `offsetAt` with the next one: key, shard, ordinal. */
function compareNeighbours(page: Uint8Array, offsetAt: number): number {
  let left = u16(page, offsetAt);
  let right = u16(page, offsetAt + OFFSET_BYTES);
  const leftEnd = right - LOCATION_BYTES;
  const rightEnd = u16(page, offsetAt + 2 * OFFSET_BYTES) - LOCATION_BYTES;
  for (; left < leftEnd && right < rightEnd; left++, right++) {
    const difference = page[left]! - page[right]!;
    if (difference !== 0) return difference;
  }
  return (
    leftEnd - left - (rightEnd - right) ||
    u32(page, leftEnd) - u32(page, rightEnd) ||
    u32(page, leftEnd + 4) - u32(page, rightEnd + 4)
  );
}

export function entryCount(page: Uint8Array): number {
  return u16(page, COUNT_AT);
}

/** The first entry whose key is `key` or greater; the count of entries when there is none. */
export function lowerBound(page: Uint8Array, key: Uint8Array): number {
  return partition(page, key, -1);
}

/** The first entry whose key is greater than `key`; the count of entries when there is none. */
export function upperBound(page: Uint8Array, key: Uint8Array): number {
  return partition(page, key, 0);
}

/** The first entry that compares with `key` as more than `order`: −1 smaller, 0 equal. */
function partition(page: Uint8Array, key: Uint8Array, order: number): number {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const count = u16(page, COUNT_AT);
  const keyBytes = key.byteLength;
  for (let i = 0; i < prefixBytes; i++) {
    // A key that ends inside the prefix is smaller than all that go on.
    if (i === keyBytes) return 0;
    const difference = page[PREFIX_AT + i]! - key[i]!;
    if (difference !== 0) return difference > 0 ? 0 : count;
  }
  const offsets = PREFIX_AT + prefixBytes;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    // compareSuffix by hand: this loop is where a lookup spends its time.
    const offsetAt = offsets + OFFSET_BYTES * middle;
    let at = u16(page, offsetAt);
    const end = u16(page, offsetAt + OFFSET_BYTES) - LOCATION_BYTES;
    let i = prefixBytes;
    while (i < keyBytes && at < end && page[at] === key[i]) {
      at++;
      i++;
    }
    const difference = i < keyBytes && at < end ? page[at]! - key[i]! : end - at - (keyBytes - i);
    if (difference < 0 || (difference === 0 && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether entry `index` has exactly this key. */
export function entryHasKey(page: Uint8Array, index: number, key: Uint8Array): boolean {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  if (key.byteLength < prefixBytes) return false;
  for (let i = 0; i < prefixBytes; i++) if (page[PREFIX_AT + i] !== key[i]) return false;
  return compareSuffix(page, PREFIX_AT + prefixBytes + OFFSET_BYTES * index, key, prefixBytes) === 0;
}

export function entryShard(page: Uint8Array, index: number): number {
  return u32(page, entryEnd(page, index) - LOCATION_BYTES);
}

export function entryOrdinal(page: Uint8Array, index: number): number {
  return u32(page, entryEnd(page, index) - 4);
}

/** A copy of an entry's whole key. */
export function entryKey(page: Uint8Array, index: number): Uint8Array {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const offsetAt = PREFIX_AT + prefixBytes + OFFSET_BYTES * index;
  const from = u16(page, offsetAt);
  const to = u16(page, offsetAt + OFFSET_BYTES) - LOCATION_BYTES;
  const key = new Uint8Array(prefixBytes + to - from);
  for (let i = 0; i < prefixBytes; i++) key[i] = page[PREFIX_AT + i]!;
  for (let i = from, at = prefixBytes; i < to; i++, at++) key[at] = page[i]!;
  return key;
}

/** The length of an entry's whole key. */
export function entryKeyBytes(page: Uint8Array, index: number): number {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const offsetAt = PREFIX_AT + prefixBytes + OFFSET_BYTES * index;
  return prefixBytes + u16(page, offsetAt + OFFSET_BYTES) - u16(page, offsetAt) - LOCATION_BYTES;
}

/** Entry `index` with a copy of its key. */
export function entryAt(page: Uint8Array, index: number): Entry {
  return { key: entryKey(page, index), shard: entryShard(page, index), ordinal: entryOrdinal(page, index) };
}

/** All entries in order. */
export function* entriesOf(page: Uint8Array): Generator<Entry> {
  const count = entryCount(page);
  for (let i = 0; i < count; i++) yield entryAt(page, i);
}

/** Compares the key of the entry whose offset stands at `offsetAt`, from the prefix on, with that of `key`. */
function compareSuffix(page: Uint8Array, offsetAt: number, key: Uint8Array, prefixBytes: number): number {
  let at = u16(page, offsetAt);
  const end = u16(page, offsetAt + OFFSET_BYTES) - LOCATION_BYTES;
  const length = key.byteLength;
  for (let i = prefixBytes; i < length; i++, at++) {
    if (at === end) return -1;
    const difference = page[at]! - key[i]!;
    if (difference !== 0) return difference;
  }
  return end - at;
}

function entryEnd(page: Uint8Array, index: number): number {
  return u16(page, PREFIX_AT + u16(page, PREFIX_BYTES_AT) + OFFSET_BYTES * (index + 1));
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0;
}
