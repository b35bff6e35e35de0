// store at rest: [journal]
//
// One value as what makes it of another: most values of the catalog change in a few bytes at a time, such as a counter, or
// one bit of a bitmap. Encoding and decoding stand side by side.
//
//   count | bytes that are copied, bytes of the old value that are left out, length of new bytes, new bytes | …
//
// All numbers are varints. What is left of the old value after the last part is left out.

import { readVarint, type Varints, writeVarint } from './varint.js';

/** Values are compared as far as this; longer ones are written whole. */
export const DELTA_BYTES_MAX = 4096;
/** Equal bytes after a difference that end it. */
const MATCH_BYTES = 6;
/** How far a difference of equal length is followed, such as that of two hashes; and one of different lengths. */
const REPLACED_MAX = 96;
const MOVED_MAX = 12;

interface Part {
  readonly copied: number;
  readonly left: number;
  /** Where new bytes begin, and end, in the new value. */
  readonly from: number;
  readonly to: number;
}

/** Appends what makes `now` of `old`. */
export function writeDelta(out: number[], old: Uint8Array, now: Uint8Array): void {
  const parts = partsOf(old, now);
  writeVarint(out, parts.length);
  for (const { copied, left, from, to } of parts) {
    writeVarint(out, copied);
    writeVarint(out, left);
    writeVarint(out, to - from);
    for (let i = from; i < to; i++) out.push(now[i]!);
  }
}

function partsOf(old: Uint8Array, now: Uint8Array): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (let i = 0; i < now.byteLength; ) {
    const begun = i;
    while (i < now.byteLength && at < old.byteLength && old[at] === now[i]) {
      i++;
      at++;
    }
    const copied = i - begun;
    const { left, added } = difference(old, at, now, i);
    parts.push({ copied, left, from: i, to: i + added });
    at += left;
    i += added;
  }
  return parts;
}

/** How many bytes of each differ, until they are equal again; all, where that is not soon. */
function difference(old: Uint8Array, at: number, now: Uint8Array, i: number): { left: number; added: number } {
  const rest = { left: old.byteLength - at, added: now.byteLength - i };
  if (rest.added === 0 || rest.left === 0) return rest;
  for (let n = 1; n <= REPLACED_MAX; n++) {
    if (isMatch(old, at + n, now, i + n)) return { left: n, added: n };
    for (let few = n - 1; n <= MOVED_MAX && few >= 0; few--) {
      if (isMatch(old, at + few, now, i + n)) return { left: few, added: n };
      if (isMatch(old, at + n, now, i + few)) return { left: n, added: few };
    }
  }
  return rest;
}

function isMatch(old: Uint8Array, at: number, now: Uint8Array, i: number): boolean {
  if (at + MATCH_BYTES > old.byteLength || i + MATCH_BYTES > now.byteLength) return false;
  for (let n = 0; n < MATCH_BYTES; n++) if (old[at + n] !== now[i + n]) return false;
  return true;
}

/** @throws RangeError for what `writeDelta` does not make */
export function readDelta(from: Varints, old: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (let count = readVarint(from); count > 0; count--) {
    const copied = readVarint(from);
    const left = readVarint(from);
    const added = readVarint(from);
    if (at + copied + left > old.byteLength) throw new RangeError('a part is longer than the value that it is of');
    pieces.push(old.subarray(at, at + copied), from.take(added));
    at += copied + left;
  }
  return Buffer.concat(pieces);
}
