// Insignificant white space leaves a record. Stage 1 has left a bit for every blank byte outside strings.
//
// Eight bytes at a time are packed to the left by a table look-up (Lemire, "How quickly can you remove spaces from a
// string?", 2017): entry m lists the positions of the zero bits of m.

import { State } from './state';

const PACK: usize = memory.data(2048);

export function fillPackTable(): void {
  for (let mask: u32 = 0; mask < 256; mask++) {
    let out: usize = 0;
    for (let bit: u32 = 0; bit < 8; bit++) {
      if (!(mask & (1 << bit))) store<u8>(PACK + (<usize>mask << 3) + out++, bit);
    }
    for (; out < 8; out++) store<u8>(PACK + (<usize>mask << 3) + out, 0x80);
  }
}

// @ts-ignore: decorator
@inline function word(block: u32): u64 {
  return load<u64>(State.blanks + (block << 3));
}

/** Whether any byte of [start, end) is insignificant. */
// @ts-ignore: decorator
@inline export function hasBlanks(start: u32, end: u32): bool {
  const from = start - State.origin, last = end - 1 - State.origin;
  let block = from >> 6;
  const lastBlock = last >> 6;
  const firstMask = ~(<u64>0) << <u64>(from & 63), lastMask = ~(<u64>0) >> <u64>(63 - (last & 63));
  if (block == lastBlock) return (word(block) & firstMask & lastMask) != 0;
  let any = (word(block) & firstMask) | (word(lastBlock) & lastMask);
  while (++block < lastBlock) any |= word(block);
  return any != 0;
}

/** Copies [start, end) without its blanks to `dst` ≤ start; returns the end of the copy. */
export function dropBlanks(start: u32, end: u32, dst: u32): u32 {
  let at = start;
  // A store is eight bytes wide: the last few bytes go one by one, or they would overwrite what follows the record.
  while (at + 8 <= end) {
    const mask = blankBits(at);
    if (mask != 0xff) {
      const packed = i8x16.swizzle(v128.load64_zero(at), v128.load64_zero(PACK + (<usize>mask << 3)));
      v128.store64_lane(dst, packed, 0);
      dst += 8 - <u32>popcnt(mask);
    }
    at += 8;
  }
  for (let mask = blankBits(at); at < end; at++, mask >>= 1) {
    if (mask & 1) continue;
    store<u8>(dst++, load<u8>(at));
  }
  return dst;
}

/** The blank bits of the eight bytes at `at`, from at most two words. */
// @ts-ignore: decorator
@inline function blankBits(at: u32): u32 {
  const offset = at - State.origin, shift = <u64>(offset & 63);
  let bits = word(offset >> 6) >> shift;
  if (shift > 56) bits |= word((offset >> 6) + 1) << (64 - shift);
  return <u32>bits & 0xff;
}
