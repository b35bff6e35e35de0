// The hash of a value as it is spelled: src/profile/sketch.ts says the same readably.

import { sameBytes } from './memory';

/** As VALUE_BYTES_MAX says it: longer tokens are not kept, and hashed in part. */
export const TOKEN_BYTES_MAX: u32 = 128;
const LENGTH_FACTOR: u64 = 0x9e3779b97f4a7c15;
const LOW_FACTOR: u64 = 0xff51afd7ed558ccd;
const HIGH_FACTOR: u64 = 0xbf58476d1ce4e5b9;
const BLOCK_FACTOR: u64 = 0x94d049bb133111eb;
const LAST_FACTOR: u64 = 0xc4ceb9fe1a85ec53;

// @ts-ignore: decorator
@inline function mixed(hash: u64): u64 {
  return hash ^ hash >> 32;
}

// @ts-ignore: decorator
@inline function mixedBlock(hash: u64, block: v128): u64 {
  const low = mixed(<u64>i64x2.extract_lane(block, 0) * LOW_FACTOR);
  const high = mixed(<u64>i64x2.extract_lane(block, 1) * HIGH_FACTOR);
  return (hash ^ low) * BLOCK_FACTOR + high;
}

/** Sixteen bytes FF, then sixteen bytes 00: loaded n bytes before the border, a mask of n bytes. */
const SLIDING: usize = memory.data<u64>([-1, -1, 0, 0]);

/** Whether two tokens of so many bytes are the same. Up to 15 bytes after each are read. */
// @ts-ignore: decorator
@inline export function sameToken(a: u32, b: u32, bytes: u32): bool {
  return bytes > 16 ? sameBytes(a, b, bytes) : sameShortToken(a, b, bytes);
}

/** The same for up to 16 bytes. */
// @ts-ignore: decorator
@inline export function sameShortToken(a: u32, b: u32, bytes: u32): bool {
  return !v128.any_true(v128.and(v128.xor(v128.load(a), v128.load(b)), v128.load(SLIDING + 16 - bytes)));
}

/** The hash of the token at `at` (src/profile/sketch.ts). Up to 15 bytes after it are read. */
// @ts-ignore: decorator
@inline export function hashToken(at: u32, bytes: u32): u64 {
  let hash = <u64>bytes * LENGTH_FACTOR;
  let rest = bytes;
  if (bytes > 16) {
    if (bytes > TOKEN_BYTES_MAX) {
      for (let end = at + TOKEN_BYTES_MAX / 2; at < end; at += 16) hash = mixedBlock(hash, v128.load(at));
      at += bytes - TOKEN_BYTES_MAX;
      rest = TOKEN_BYTES_MAX / 2;
    }
    for (; rest > 16; rest -= 16) {
      hash = mixedBlock(hash, v128.load(at));
      at += 16;
    }
  }
  hash = mixedBlock(hash, v128.and(v128.load(at), v128.load(SLIDING + 16 - rest)));
  return mixed(mixed(hash) * LAST_FACTOR);
}
