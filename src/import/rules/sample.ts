// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Option `sample`: a share of the records. A hash of the record's text decides, white space left out. So the choice is the same
// each time, for whatever workers, spans, layouts and orders, and the records that a file gains do not change it. Records with
// the same text, and the same name where names are keys, are taken or left together.

import { isBlank, QUOTE } from '../../kernel/plain/bytes.js';
import { tokenEnd } from '../../kernel/plain/tokens.js';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Whether the record `bytes[start … end)` is one of this share.
 * @param name where the name of the record begins; 0: it has none
 */
export function isSampled(bytes: Uint8Array, name: number, start: number, end: number, share: number): boolean {
  const hash = name === 0 ? FNV_OFFSET : hashOf(FNV_OFFSET, bytes, name, tokenEnd(bytes, name));
  return mixed(hashOf(hash, bytes, start, end)) < share * 2 ** 32;
}

/** FNV-1a over all bytes but insignificant white space. */
function hashOf(begun: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = begun;
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (isBlank[byte] === 1) {
      at++;
      continue;
    }
    const stop = byte === QUOTE ? tokenEnd(bytes, at) : at + 1;
    while (at < stop) hash = Math.imul(hash ^ bytes[at++]!, FNV_PRIME);
  }
  return hash;
}

/** The last step of MurmurHash3: each bit of the hash decides about each bit of the result. */
function mixed(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
