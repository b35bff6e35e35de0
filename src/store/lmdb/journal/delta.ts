// store at rest: [journal]
//
// One value as what makes it of another: most values of the catalog change in a few bytes at a time, such as a counter, or
// one bit of a bitmap. Encoding and decoding stand side by side.
//
//   checksum, 8 bytes | length of the rest | bytes that are copied of the old value, bytes of it that are left out,
//   length of new bytes, new bytes | …

import { CHECKSUM_BYTES } from '../../files/checksum.js';
import type { ByteReader, ByteWriter } from './bytes.js';

/** Values of other lengths are written whole. */
const BYTES_MIN = 32;
const BYTES_MAX = 4096;
/** Equal bytes after a difference that end it. */
const MATCH_BYTES = 6;
/** How far a difference of equal length is followed, such as that of two hashes; and one of different lengths. */
const REPLACED_MAX = 72;
const MOVED_MAX = 6;

/** Whether it is worth trying to make a value of another one. */
export function mayBeDelta(value: Uint8Array): boolean {
  return value.byteLength >= BYTES_MIN && value.byteLength <= BYTES_MAX;
}

/** Writes what makes `now` of `old`. @returns false where that is no shorter, and some of it may be written */
export function writeDelta(out: ByteWriter, old: Uint8Array, now: Uint8Array): boolean {
  if (old.byteLength < CHECKSUM_BYTES) return false;
  const longest = out.length + now.byteLength;
  out.some(now, 0, CHECKSUM_BYTES);
  out.number(now.byteLength - CHECKSUM_BYTES);
  const [oldEnd, end] = [old.byteLength, now.byteLength];
  let at = CHECKSUM_BYTES;
  let i = CHECKSUM_BYTES;
  while (i < end && out.length < longest) {
    const begun = i;
    while (i < end && at < oldEnd && old[at] === now[i]) {
      i++;
      at++;
    }
    out.number(i - begun);
    // How many bytes of each differ.
    const [left, added] = difference(old, at, now, i);
    out.number(left);
    out.number(added);
    out.some(now, i, i + added);
    at += left;
    i += added;
  }
  return out.length < longest;
}

/** How many bytes of each there are until they are equal again; all, where that is not soon. */
function difference(old: Uint8Array, at: number, now: Uint8Array, i: number): readonly [left: number, added: number] {
  const left = old.byteLength - at;
  const added = now.byteLength - i;
  if (left === 0 || added === 0) return [left, added];
  for (let n = 1; n <= REPLACED_MAX; n++) {
    if (isMatch(old, at + n, now, i + n)) return [n, n];
    if (n > MOVED_MAX) continue;
    for (let few = n - 1; few >= 0; few--) {
      if (isMatch(old, at + few, now, i + n)) return [few, n];
      if (isMatch(old, at + n, now, i + few)) return [n, few];
    }
  }
  return [left, added];
}

function isMatch(old: Uint8Array, at: number, now: Uint8Array, i: number): boolean {
  if (at + MATCH_BYTES > old.byteLength || i + MATCH_BYTES > now.byteLength) return false;
  for (let n = 0; n < MATCH_BYTES; n++) if (old[at + n] !== now[i + n]) return false;
  return true;
}

/**
 * An old value that is damaged gives one whose checksum does not match, so that who reads it says which value is damaged.
 * @throws RangeError for what `writeDelta` does not make
 */
export function readDelta(from: ByteReader, old: Uint8Array): Buffer {
  const checksum = from.some(CHECKSUM_BYTES);
  const length = from.number();
  if (length > BYTES_MAX) throw new RangeError('a changed value is too long');
  const now = Buffer.alloc(CHECKSUM_BYTES + length);
  now.set(checksum);
  let at = CHECKSUM_BYTES;
  for (let i = CHECKSUM_BYTES; i < now.byteLength; ) {
    const copied = from.number();
    const left = from.number();
    const added = from.number();
    const isPart = copied + added > 0 && i + copied + added <= now.byteLength;
    if (!isPart) throw new RangeError('a part is longer than its value');
    now.set(old.subarray(at, at + copied), i);
    now.set(from.some(added), i + copied);
    at += copied + left;
    i += copied + added;
  }
  return now;
}
