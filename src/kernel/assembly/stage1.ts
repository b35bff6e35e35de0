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
// from these what is in strings and what a token, then the tokens' addresses. The few blocks with a backslash, a control
// character or more than ASCII are looked at in between, from lists (strings.ts).
//
// Source: Langdale & Lemire, "Parsing Gigabytes of JSON per Second", VLDB J. 28 (2019), for the bitmaps and the escape
// arithmetic (strings.ts). What is inside a string is checked here; everything else by the grammar.

import {
  BITMAPS, BLOCK_BITMAPS, LOW, OPERATORS, QUOTES, STRINGS, TOKENS, bits64, classify, equal64,
} from './bitmaps';
import { FRAMING_LINES } from './contract';
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

/** Bit i of the result is the xor of bits 0…i: between an odd quote and the next, all ones. */
// @ts-ignore: decorator
@inline function prefixXor(bits: u64): u64 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  bits ^= bits << 32;
  return bits;
}

/** Second pass: what is inside strings, the blanks, and the tokens of each block of a tile. */
function findTokens(block: u32, end: u32): void {
  const lines = State.framing == FRAMING_LINES;
  let inString = State.inString, prevSolid = State.prevSolid;
  let blanksOut = State.blanks + ((block - State.origin) >> 3);
  for (let bitmaps = BITMAPS; block < end; block += 64, bitmaps += BLOCK_BITMAPS, blanksOut += 8) {
    const quote = load<u64>(bitmaps, QUOTES);
    const strings = prefixXor(quote) ^ inString;
    inString = <u64>(<i64>strings >> 63);
    store<u64>(bitmaps, strings, STRINGS);
    let blank: u64 = 0, newline: u64 = 0;
    if (load<u64>(bitmaps, LOW) & ~strings) {
      blank = blanksIn(block) & ~strings;
      // One value a line: a newline ends a record, and so is a token and never one of its blanks.
      if (lines) newline = equal64(block, 0x0a) & ~strings;
      if (blank ^ newline) State.blankEnd = block + 64;
    }
    store<u64>(blanksOut, blank ^ newline);
    const solid = ~(strings | quote | blank);
    const operator = load<u64>(bitmaps, OPERATORS) & ~strings;
    const starts = (solid | (quote & strings)) & ~((solid << 1) | prevSolid);
    store<u64>(bitmaps, operator | newline | starts, TOKENS);
    prevSolid = solid >> 63;
  }
  State.inString = inString;
  State.prevSolid = prevSolid;
}

/** Third pass: writes the address of each token of a tile at `out`; returns the end. */
function putTokens(block: u32, end: u32, out: u32): u32 {
  for (let bitmaps = BITMAPS; block < end; block += 64, bitmaps += BLOCK_BITMAPS) {
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
    const tileEnd = min(tile + TILE_BYTES, end);
    classify(tile, tileEnd);
    settleEscapes(tile, tileEnd);
    findTokens(tile, tileEnd);
    checkTexts(tile, tileEnd);
    out = putTokens(tile, tileEnd, out);
    tile += (tileEnd - tile + 63) & ~63;
  } while (tile < end && out < enough);

  State.blockAt = tile;
  if (tile >= end) {
    for (let i: u32 = 0; i < SENTINELS; i++) store<u32>(out + (i << 2), end);
  }
  State.tokenEnd = out;
  return State.tokens;
}
