// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// A few changes to a page made on its bytes: what does not change is copied in stretches. Making objects of its hundreds
// of entries and a page of those is what a transaction of one put would mostly wait for.

import { CHECKSUM_BYTES, putChecksum } from '../files/checksum.js';
import type { Entry } from '../types.js';
import type { Change, Resolve } from './change.js';
import { entryCount, entryHasKey, entryOrdinal, entryShard, lowerBound, upperBound } from './read.js';
import { COUNT_AT, LOCATION_BYTES, OFFSET_BYTES, PAGE_BYTES, PREFIX_AT, PREFIX_BYTES_AT } from './write.js';

/** An entry to write in front of entry `at`, or in its place. */
interface Edit {
  readonly change: Change;
  readonly at: number;
  readonly replaces: boolean;
  /** Undefined: the entry goes. */
  entry: Entry | undefined;
}

/**
 * The page with changes merged in, given in order; no page when no entry is left. Undefined, and `resolve` was not asked,
 * where the page must be built anew: the result may not fit, or the keys have less in common than those of the page.
 */
export function splicePage(
  page: Uint8Array,
  changes: readonly Change[],
  resolve: Resolve | undefined,
): readonly Uint8Array[] | undefined {
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const edits: Edit[] = [];
  let bytesMost = page.byteLength;
  for (const change of changes) {
    const { key } = change;
    const at = resolve === undefined ? placeOf(page, change) : lowerBound(page, key);
    const replaces = resolve !== undefined && at < entryCount(page) && entryHasKey(page, at, key);
    if (!replaces && change.isRemoval) continue;
    if (!replaces) {
      if (!hasPrefix(page, prefixBytes, key)) return undefined;
      bytesMost += OFFSET_BYTES + key.byteLength - prefixBytes + LOCATION_BYTES;
    }
    edits.push({ change, at, replaces, entry: change });
  }
  if (bytesMost > PAGE_BYTES) return undefined;
  for (const edit of edits) {
    const { change, at } = edit;
    if (!edit.replaces) continue;
    edit.entry = resolve!({ key: change.key, shard: entryShard(page, at), ordinal: entryOrdinal(page, at) }, change);
  }
  return apply(page, edits);
}

/** The entry in front of which a new one belongs: new locations are greater than most, so from behind. */
function placeOf(page: Uint8Array, { key, shard, ordinal }: Entry): number {
  let at = upperBound(page, key);
  const first = at > 0 && entryHasKey(page, at - 1, key) ? lowerBound(page, key) : at;
  while (at > first && (entryShard(page, at - 1) - shard || entryOrdinal(page, at - 1) - ordinal) > 0) at--;
  return at;
}

function hasPrefix(page: Uint8Array, prefixBytes: number, key: Uint8Array): boolean {
  if (key.byteLength < prefixBytes) return false;
  for (let i = 0; i < prefixBytes; i++) if (page[PREFIX_AT + i] !== key[i]) return false;
  return true;
}

function apply(page: Uint8Array, edits: readonly Edit[]): readonly Uint8Array[] {
  const oldCount = entryCount(page);
  const prefixBytes = u16(page, PREFIX_BYTES_AT);
  const offsetsAt = PREFIX_AT + prefixBytes;
  const offset = (index: number): number => u16(page, offsetsAt + OFFSET_BYTES * index);
  let count = oldCount;
  let bytes = page.byteLength;
  for (const { at, replaces, entry } of edits) {
    if (replaces) bytes -= OFFSET_BYTES + offset(at + 1) - offset(at);
    if (entry) bytes += OFFSET_BYTES + entry.key.byteLength - prefixBytes + LOCATION_BYTES;
    count += (entry ? 1 : 0) - (replaces ? 1 : 0);
  }
  if (count === 0) return [];
  const result = Buffer.allocUnsafe(bytes);
  result.set(page.subarray(0, offsetsAt));
  result.writeUInt16LE(count, COUNT_AT);
  let offsetAt = offsetsAt;
  let end = offsetsAt + OFFSET_BYTES * (count + 1);
  let next = 0;
  const copyTo = (to: number): void => {
    if (next >= to) return;
    const from = offset(next);
    result.set(page.subarray(from, offset(to)), end);
    for (let i = next; i < to; i++) offsetAt = result.writeUInt16LE(end + offset(i) - from, offsetAt);
    end += offset(to) - from;
    next = to;
  };
  for (const { at, replaces, entry } of edits) {
    copyTo(at);
    if (entry) {
      offsetAt = result.writeUInt16LE(end, offsetAt);
      result.set(entry.key.subarray(prefixBytes), end);
      end = result.writeUInt32LE(entry.shard, end + entry.key.byteLength - prefixBytes);
      end = result.writeUInt32LE(entry.ordinal, end);
    }
    if (replaces) next = at + 1;
  }
  copyTo(oldCount);
  result.writeUInt16LE(end, offsetAt);
  putChecksum(result, 0, result, CHECKSUM_BYTES, result.byteLength);
  return [result];
}

function u16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}
