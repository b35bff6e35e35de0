// XXH64 with seed 0: the checksum of pages, frame tables and catalog values (docs/format.md).
//
// AssemblyScript, because a 64-bit multiplication is one instruction here and an allocation in JavaScript. The file
// compiles alone (src/store/files/checksum.ts holds that small module) and into the kernel, whose page builder calls `xxh64`.

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;

// @ts-ignore: decorator
@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

// @ts-ignore: decorator
@inline
function mergeLane(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

/** Hash of `length` bytes at `pointer`, seed 0. */
export function xxh64(pointer: usize, length: usize): u64 {
  const end = pointer + length;
  let at = pointer;
  let hash: u64;
  if (length >= 32) {
    let lane1: u64 = PRIME_1 + PRIME_2;
    let lane2: u64 = PRIME_2;
    let lane3: u64 = 0;
    let lane4: u64 = 0 - PRIME_1;
    const lastStripe = end - 32;
    do {
      lane1 = round(lane1, load<u64>(at));
      lane2 = round(lane2, load<u64>(at, 8));
      lane3 = round(lane3, load<u64>(at, 16));
      lane4 = round(lane4, load<u64>(at, 24));
      at += 32;
    } while (at <= lastStripe);
    hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18);
    hash = mergeLane(hash, lane1);
    hash = mergeLane(hash, lane2);
    hash = mergeLane(hash, lane3);
    hash = mergeLane(hash, lane4);
  } else {
    hash = PRIME_5;
  }
  hash += <u64>length;
  for (; at + 8 <= end; at += 8) {
    hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * PRIME_1 + PRIME_4;
  }
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    at += 4;
  }
  for (; at < end; at++) {
    hash = rotl<u64>(hash ^ (<u64>load<u8>(at) * PRIME_5), 11) * PRIME_1;
  }
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

/** Stores the hash at `result`, so that JavaScript reads two u32 instead of allocating a bigint. */
export function xxh64Into(pointer: usize, length: usize, result: usize): void {
  store<u64>(result, xxh64(pointer, length));
}

/** Newlines among `length` bytes at `pointer`: what verifying a frame counts, sixteen bytes at a time. */
export function countNewlines(pointer: usize, length: usize): usize {
  const end = pointer + length;
  const newline = i8x16.splat(10);
  let at = pointer;
  let count: usize = 0;
  for (; at + 16 <= end; at += 16) {
    count += popcnt<u32>(i8x16.bitmask(i8x16.eq(v128.load(at), newline)));
  }
  for (; at < end; at++) count += <usize>(load<u8>(at) === 10);
  return count;
}
