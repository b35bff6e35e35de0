// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Packs sorted entries into pages; read.ts is its twin. The kernel holds a faster one for whole imports: both must
// give the same bytes for the same entries. A page:
//
//    0 u64 XXH64 of bytes 8 … end | 8 u8 version | 9 u8 flags | 10 u16 count | 12 u16 prefix bytes | 14 u16 reserved
//   16 prefix, what all keys of the page begin with
//      u16 × (count + 1): where each entry begins, from the start of the page; the last is the end of the page
//      entries: key without the prefix | u32 shard | u32 ordinal
//
// Greedy: an entry joins the page while all fits in PAGE_BYTES. Keys are sorted, so the prefix all share is the one that
// the first and the newest share; it can only shrink as entries join, and the size is computed anew each time.

import { CHECKSUM_BYTES, putChecksum } from '../files/checksum.js';
import { SEAL_BYTES } from '../seal/index-seal.js';
import type { Entry } from '../types.js';

/** Largest page: two LMDB overflow pages less their header, sealed or not. */
export const PAGE_BYTES = 2 * 4096 - 16 - SEAL_BYTES;
export const PAGE_VERSION = 1;
export const VERSION_AT = CHECKSUM_BYTES;
export const FLAGS_AT = VERSION_AT + 1;
export const COUNT_AT = FLAGS_AT + 1;
export const PREFIX_BYTES_AT = COUNT_AT + 2;
export const PREFIX_AT = PREFIX_BYTES_AT + 2 + 2;
export const OFFSET_BYTES = 2;
export const LOCATION_BYTES = 4 + 4;

/** Builds pages from entries given in order (Invariant 6). */
export class PageBuilder {
  readonly #pageBytes: number;
  #entries: Entry[] = [];
  /** Bytes of all keys, whole. */
  #keyBytes = 0;
  #prefixBytes = 0;

  /** @param pageBytes a page is closed before it grows beyond this; smaller than PAGE_BYTES leaves room for inserts. */
  constructor(pageBytes: number = PAGE_BYTES) {
    this.#pageBytes = Math.min(pageBytes, PAGE_BYTES);
  }

  /** Adds an entry, whose key bytes must stay as they are; returns the page before it when that is full. */
  add(entry: Entry): Uint8Array | undefined {
    const first = this.#entries[0];
    if (first !== undefined) {
      const prefixBytes = sharedPrefix(first.key, entry.key, this.#prefixBytes);
      const count = this.#entries.length + 1;
      const keyBytes = this.#keyBytes + entry.key.byteLength;
      if (pageSize(count, prefixBytes, keyBytes) <= this.#pageBytes) {
        this.#entries.push(entry);
        this.#keyBytes = keyBytes;
        this.#prefixBytes = prefixBytes;
        return undefined;
      }
    }
    const page = this.finish();
    this.#entries = [entry];
    this.#keyBytes = entry.key.byteLength;
    this.#prefixBytes = entry.key.byteLength;
    return page;
  }

  /** Bytes of the page as it stands. */
  get byteLength(): number {
    return this.#entries.length === 0 ? 0 : pageSize(this.#entries.length, this.#prefixBytes, this.#keyBytes);
  }

  /** The page of what has been added since the last one; undefined when nothing was. */
  finish(): Uint8Array | undefined {
    const count = this.#entries.length;
    if (count === 0) return undefined;
    const page = Buffer.alloc(pageSize(count, this.#prefixBytes, this.#keyBytes));
    page[VERSION_AT] = PAGE_VERSION;
    page.writeUInt16LE(count, COUNT_AT);
    page.writeUInt16LE(this.#prefixBytes, PREFIX_BYTES_AT);
    page.set(this.#entries[0]!.key.subarray(0, this.#prefixBytes), PREFIX_AT);
    let offsetAt = PREFIX_AT + this.#prefixBytes;
    let at = offsetAt + OFFSET_BYTES * (count + 1);
    // Byte by byte: suffixes are so short that a view of each would cost more than copying it.
    for (const { key, shard, ordinal } of this.#entries) {
      page[offsetAt++] = at;
      page[offsetAt++] = at >>> 8;
      for (let i = this.#prefixBytes; i < key.byteLength; i++) page[at++] = key[i]!;
      for (let shift = 0; shift < 32; shift += 8) page[at++] = shard >>> shift;
      for (let shift = 0; shift < 32; shift += 8) page[at++] = ordinal >>> shift;
    }
    page.writeUInt16LE(at, offsetAt);
    putChecksum(page, 0, page, CHECKSUM_BYTES, page.byteLength);
    this.#entries = [];
    return page;
  }
}

/** All pages of sorted entries. */
export function buildPages(entries: Iterable<Entry>, pageBytes: number = PAGE_BYTES): Uint8Array[] {
  const builder = new PageBuilder(pageBytes);
  const pages: Uint8Array[] = [];
  for (const entry of entries) {
    const page = builder.add(entry);
    if (page !== undefined) pages.push(page);
  }
  const last = builder.finish();
  if (last !== undefined) pages.push(last);
  return pages;
}

function pageSize(count: number, prefixBytes: number, keyBytes: number): number {
  const suffixBytes = keyBytes - count * prefixBytes;
  return PREFIX_AT + prefixBytes + OFFSET_BYTES * (count + 1) + suffixBytes + LOCATION_BYTES * count;
}

/** How many bytes two keys begin with in common, at most `max`. */
function sharedPrefix(left: Uint8Array, right: Uint8Array, max: number): number {
  const end = Math.min(max, left.byteLength, right.byteLength);
  let at = 0;
  while (at < end && left[at] === right[at]) at++;
  return at;
}
