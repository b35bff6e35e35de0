// Stage 1: bytes to tokens. Turns 64 bytes at a time into bitmaps, one bit a byte, and those into token addresses.
//
//   text       {"a\"b": [1, "c"]}
//   quote      .1....1......1.1..     (escaped quotes removed)
//   in_string  .11111.......11...     (opening quote included, closing quote not)
//   operator   1......1.1.1....11
//   blank      ........1...1.....
//   solid      1......1.111....11     operators, numbers, literals, and whatever is none of these
//   token      1......1.1.1.1..11     operators, and opening quotes and first solid bytes that do not directly follow a solid one
//
// Three passes over a tile, so that each has little to keep in mind and V8 keeps it in registers: bitmaps of all blocks (bitmaps.ts),
// from these what is in strings and what a token (two blocks at a time), then the tokens' addresses. The few blocks with a backslash, a control
// character or more than ASCII are looked at in between, from lists (strings.ts).
//
// Source: Langdale & Lemire, "Parsing Gigabytes of JSON per Second", VLDB J. 28 (2019), for the bitmaps and the escape
// arithmetic (strings.ts). What is inside a string is checked here; everything else by the grammar.

import {
  BITMAPS, LOW, OPERATORS, QUOTES, STRINGS, TOKENS, bits64, classify, equal64,
} from './bitmaps';
import { LAYOUT_NDJSON } from './contract';
import { LOOK_AHEAD_BYTES, SENTINELS, State, TILE_BYTES } from './state';
import { checkTexts, settleEscapes } from './strings';

/** Low nibble -> the one blank character with that nibble. */
// @ts-ignore: decorator
@inline function blankTable(): v128 { return i8x16(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0a, 0, 0, 0x0d, 0, 0); }

// @ts-ignore: decorator
@inline function isBlank16(bytes: v128): v128 {
  return i8x16.eq(i8x16.swizzle(blankTable(), v128.and(bytes, i8x16.splat(0x0f))), bytes);
}

/** Where a block has white space, be it in strings. */
// @ts-ignore: decorator
@inline function blanksIn(block: u32): u64 {
  return bits64(
    isBlank16(v128.load(block)), isBlank16(v128.load(block, 16)),
    isBlank16(v128.load(block, 32)), isBlank16(v128.load(block, 48)));
}

/** Bit i of each half is the xor of its bits 0…i: between an odd quote and the next, all ones. */
// @ts-ignore: decorator
@inline function prefixXor(bits: v128): v128 {
  bits = v128.xor(bits, i64x2.shl(bits, 1));
  bits = v128.xor(bits, i64x2.shl(bits, 2));
  bits = v128.xor(bits, i64x2.shl(bits, 4));
  bits = v128.xor(bits, i64x2.shl(bits, 8));
  bits = v128.xor(bits, i64x2.shl(bits, 16));
  return v128.xor(bits, i64x2.shl(bits, 32));
}

/** The bitmaps of two blocks. */
// @ts-ignore: decorator
@inline function pair(first: u64, second: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(first), 1, second);
}

/** Second pass: what is inside strings, the blanks, and the tokens of each block of a tile. Two blocks at a time, one in each half. */
function findTokens(block: u32, end: u32): void {
  const lines = State.layout == LAYOUT_NDJSON, none = i64x2.splat(0);
  let inString = i64x2.splat(State.inString), prevSolid = i64x2.splat(State.prevSolid);
  let blanksOut = State.blanks + ((block - State.origin) >> 3);
  for (let bitmaps = BITMAPS; block < end; block += 128, bitmaps += 16, blanksOut += 16) {
    const quote = v128.load(bitmaps, QUOTES), odd = prefixXor(quote);
    // The last bit of the first block, spread over the second.
    const between = i8x16.shuffle(none, i32x4.shr_s(odd, 31), 0, 1, 2, 3, 4, 5, 6, 7, 20, 21, 22, 23, 20, 21, 22, 23);
    const strings = v128.xor(v128.xor(odd, between), inString);
    // That of the second, for the next two.
    const last = i32x4.shr_s(strings, 31);
    inString = i8x16.shuffle(last, last, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
    v128.store(bitmaps, strings, STRINGS);
    const low = v128.andnot(v128.load(bitmaps, LOW), strings);
    let blank = none, newline = none;
    if (v128.any_true(low)) {
      // One value a line: a newline ends a record, and so is a token and never one of its blanks.
      if (lines) newline = v128.andnot(pair(equal64(block, 0x0a), equal64(block + 64, 0x0a)), strings);
      blank = newline;
      // In a compact source there is nothing else.
      if (v128.any_true(v128.xor(low, newline))) {
        blank = v128.andnot(pair(blanksIn(block), blanksIn(block + 64)), strings);
        State.blankEnd = block + 128;
      }
    }
    v128.store(blanksOut, v128.xor(blank, newline));
    const solid = v128.not(v128.or(v128.or(strings, quote), blank));
    const operator = v128.andnot(v128.load(bitmaps, OPERATORS), strings);
    const lastSolid = i64x2.shr_u(solid, 63);
    const before = i8x16.shuffle(prevSolid, lastSolid, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    const starts = v128.andnot(v128.or(solid, v128.and(quote, strings)), v128.or(i64x2.shl(solid, 1), before));
    v128.store(bitmaps, v128.or(v128.or(operator, newline), starts), TOKENS);
    prevSolid = lastSolid;
  }
  State.inString = i64x2.extract_lane(inString, 0);
  State.prevSolid = i64x2.extract_lane(prevSolid, 1);
}

/** Third pass: writes the address of each token of a tile at `out`; returns the end. */
function putTokens(block: u32, end: u32, out: u32): u32 {
  for (let bitmaps = BITMAPS; block < end; block += 64, bitmaps += 8) {
    let tokens = load<u64>(bitmaps, TOKENS), at = out;
    const count = <u32>popcnt(tokens);
    out += count << 2;
    // Six without asking, as most blocks have no more: what is written too much is overwritten by the next block.
    store<u32>(at, block + <u32>ctz(tokens)); tokens &= tokens - 1;
    store<u32>(at, block + <u32>ctz(tokens), 4); tokens &= tokens - 1;
    store<u32>(at, block + <u32>ctz(tokens), 8); tokens &= tokens - 1;
    store<u32>(at, block + <u32>ctz(tokens), 12); tokens &= tokens - 1;
    store<u32>(at, block + <u32>ctz(tokens), 16); tokens &= tokens - 1;
    store<u32>(at, block + <u32>ctz(tokens), 20); tokens &= tokens - 1;
    if (count > 6) {
      store<u32>(at, block + <u32>ctz(tokens), 24); tokens &= tokens - 1;
      store<u32>(at, block + <u32>ctz(tokens), 28); tokens &= tokens - 1;
      store<u32>(at, block + <u32>ctz(tokens), 32); tokens &= tokens - 1;
      store<u32>(at, block + <u32>ctz(tokens), 36); tokens &= tokens - 1;
      for (at += 40; tokens; tokens &= tokens - 1, at += 4) store<u32>(at, block + <u32>ctz(tokens));
    }
  }
  return out;
}

/** Starts stage 1 afresh at `address`, where no string is open. */
export function restart(address: u32): void {
  State.origin = address;
  State.blockAt = address;
  State.inString = 0;
  State.nextEscaped = 0;
  State.prevSolid = 0;
  State.utf8Incomplete = false;
  State.errorAt = 0xffffffff;
  State.backslashEnd = 0;
  State.blankEnd = 0;
  State.tokenAt = State.tokens;
  State.tokenEnd = State.tokens;
  State.tokensValid = true;
}

/**
 * Keeps the tokens not yet used (from `at`), makes those of the next tile behind them (of more tiles, until the grammar can
 * look ahead), and returns where reading goes on.
 * When the window has no more bytes, sentinels that point at its blank end follow the last token.
 */
export function refill(at: u32): u32 {
  // The tokens kept are fewer than the grammar may look ahead.
  const kept = State.tokenEnd - at, first = v128.load(at), rest = load<u32>(at, 16);
  v128.store(State.tokens, first);
  store<u32>(State.tokens, rest, 16);
  let out = State.tokens + kept;
  let tile = State.blockAt;
  const end = State.end, enough = State.tokens + LOOK_AHEAD_BYTES;
  // A tile after another, if need be: within a long string there are no tokens.
  do {
    // Blocks come in pairs; behind the end there are blanks.
    const tileEnd = tile + min(TILE_BYTES, (end - tile + 127) & ~127);
    classify(tile, tileEnd);
    settleEscapes(tile, tileEnd);
    findTokens(tile, tileEnd);
    checkTexts(tile, tileEnd);
    out = putTokens(tile, tileEnd, out);
    tile = tileEnd;
  } while (tile < end && out < enough);

  State.blockAt = tile;
  if (tile >= end) {
    for (let i: u32 = 0; i < SENTINELS; i++) store<u32>(out + (i << 2), end);
  }
  State.tokenEnd = out;
  return State.tokens;
}
