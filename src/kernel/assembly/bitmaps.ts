// Stage 1, first pass: the blocks of a tile become bitmaps, a bit for each byte, that say what the byte may be.
//
// Nothing but compares, so that the loop has no branch and all it needs stays in registers. Outside strings only some bytes
// are allowed: a class has to be exact for these, and everything else it may take in as well. The grammar looks at the byte.

import { TILE_BYTES } from './state';

/** Blocks of a tile: an even number, as the second pass takes two at a time. */
const BLOCKS = <i32>(TILE_BYTES / 64);
/**
 * Bitmaps of all blocks, one kind after another, eight bytes a block: quotes, operators, and bytes up to the space, by value (so of
 * other characters than ASCII, too).
 */
export const QUOTES: usize = 0, OPERATORS: usize = 8 * BLOCKS, LOW: usize = 16 * BLOCKS;
/** Those that the second pass adds: what is inside strings, and the tokens. */
export const STRINGS: usize = 24 * BLOCKS, TOKENS: usize = 32 * BLOCKS;
export const BITMAPS: usize = memory.data(40 * BLOCKS, 16);
/** Lists of blocks of the tile, by address: those that hold a backslash; control characters or more than ASCII. */
export const BACKSLASHES: usize = memory.data((BLOCKS + 1) * 4, 16);
export const UNUSUAL: usize = memory.data((BLOCKS + 1) * 4, 16);

/** Where the lists end. */
export class Lists {
  static backslashesEnd: usize = 0;
  static unusualEnd: usize = 0;
}

/** Compared with: loaded, since V8 would make a constant anew for each block. */
const OPERANDS: usize = memory.data<u8>([0x22, 0x5c, 0x2c, 0x1f, 0x19, 0x21, 0x20]);

// @ts-ignore: decorator
@inline export function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = <u32>i8x16.bitmask(a) | (<u32>i8x16.bitmask(b) << 16);
  const high = <u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16);
  return <u64>low | (<u64>high << 32);
}

/** Where a block has this character. */
// @ts-ignore: decorator
@inline export function equal64(block: u32, character: i8): u64 {
  const x = i8x16.splat(character);
  return bits64(
    i8x16.eq(v128.load(block), x), i8x16.eq(v128.load(block, 16), x),
    i8x16.eq(v128.load(block, 32), x), i8x16.eq(v128.load(block, 48), x));
}

/** A quarter of a block: 16 bits of each bitmap are written where they belong, so that none has to be put together. */
// @ts-ignore: decorator
@inline function classify16(bytes: v128, out: usize, quote: v128, comma: v128, lowFive: v128, below: v128, pastSpace: v128): void {
  store<u16>(out, i8x16.bitmask(i8x16.eq(bytes, quote)), QUOTES);
  store<u16>(out, i8x16.bitmask(i8x16.lt_s(bytes, pastSpace)), LOW);
  // The low five bits of { } [ ] and : are greater than those of any other byte allowed outside strings.
  const operators = v128.or(i8x16.gt_s(v128.and(bytes, lowFive), below), i8x16.eq(bytes, comma));
  store<u16>(out, i8x16.bitmask(operators), OPERATORS);
}

/** Makes the bitmaps of the blocks from `block` on, up to the one that reaches `end`. */
export function classify(block: u32, end: u32): void {
  const quote = v128.load_splat<u8>(OPERANDS), backslash = v128.load_splat<u8>(OPERANDS, 1);
  const comma = v128.load_splat<u8>(OPERANDS, 2), lowFive = v128.load_splat<u8>(OPERANDS, 3);
  const below = v128.load_splat<u8>(OPERANDS, 4), pastSpace = v128.load_splat<u8>(OPERANDS, 5);
  const space = v128.load_splat<u8>(OPERANDS, 6);
  let backslashesEnd = BACKSLASHES, unusualEnd = UNUSUAL;
  for (let out = BITMAPS; block < end; block += 64, out += 8) {
    const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
    classify16(a, out, quote, comma, lowFive, below, pastSpace);
    classify16(b, out + 2, quote, comma, lowFive, below, pastSpace);
    classify16(c, out + 4, quote, comma, lowFive, below, pastSpace);
    classify16(d, out + 6, quote, comma, lowFive, below, pastSpace);
    const least = i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d));
    const backslashes = v128.or(
      v128.or(i8x16.eq(a, backslash), i8x16.eq(b, backslash)), v128.or(i8x16.eq(c, backslash), i8x16.eq(d, backslash)));
    // Each block is written behind the list, and stays there if it belongs there.
    store<u32>(backslashesEnd, block);
    backslashesEnd += <usize>(i8x16.bitmask(backslashes) != 0) << 2;
    store<u32>(unusualEnd, block);
    unusualEnd += <usize>(i8x16.bitmask(i8x16.lt_s(least, space)) != 0) << 2;
  }
  Lists.backslashesEnd = backslashesEnd;
  Lists.unusualEnd = unusualEnd;
}
