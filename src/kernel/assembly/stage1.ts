// Stage 1: bytes to tokens. Turns 64 bytes at a time into bitmaps, one bit a byte, and those into token addresses.
//
//   text       {"a\"b": [1, "c"]}
//   quote      .1....1......1.1..     (escaped quotes removed)
//   in_string  .11111.......11...     (opening quote included, closing quote not)
//   operator   1......1.1.1....11
//   blank      ........1...1.....
//   scalar     ..........1.......
//   token      11.....1.111.1..11     operators, opening quotes, first bytes of scalars
//
// Sources: Langdale & Lemire, "Parsing Gigabytes of JSON per Second", VLDB J. 28 (2019), for the bitmaps and the
// escape arithmetic; Keiser & Lemire, "Validating UTF-8 in Less Than One Instruction per Byte", 2021, for UTF-8.
// What is inside a string is checked here (control characters, escapes, UTF-8); everything else by the grammar.

import { FRAMING_LINES } from './contract';
import { SIMPLE_ESCAPE, UNICODE_ESCAPE, escapeKind, isHexDigit } from './grammar';
import { LOOK_AHEAD_BYTES, SENTINELS, State, TILE_BYTES } from './state';

const ODD_BITS: u64 = 0xaaaaaaaaaaaaaaaa;

// Low nibble -> the one character with that nibble that is blank (or, with bit 0x20 set, an operator).
// @ts-ignore: decorator
@inline function blankTable(): v128 { return i8x16(0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x0a, 0, 0, 0x0d, 0, 0); }
// @ts-ignore: decorator
@inline function operatorTable(): v128 { return i8x16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3a, 0x7b, 0x2c, 0x7d, 0, 0); }

// @ts-ignore: decorator
@inline function bits64(a: v128, b: v128, c: v128, d: v128): u64 {
  return <u64><u32>i8x16.bitmask(a) | (<u64><u32>i8x16.bitmask(b) << 16) |
    (<u64>(<u32>i8x16.bitmask(c) | (<u32>i8x16.bitmask(d) << 16)) << 32);
}

// @ts-ignore: decorator
@inline function equal64(a: v128, b: v128, c: v128, d: v128, character: i8): u64 {
  const x = i8x16.splat(character);
  return bits64(i8x16.eq(a, x), i8x16.eq(b, x), i8x16.eq(c, x), i8x16.eq(d, x));
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

/** Keiser & Lemire: a non-zero byte where `input`, following `previous`, breaks UTF-8. */
function utf8Errors(input: v128, previous: v128): v128 {
  const prev1 = i8x16.shuffle(previous, input, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const low = i8x16.splat(0x0f);
  // Bits: 1 too short, 2 too long, 4 overlong (3 bytes), 8 too large, 16 surrogate, 32 overlong (2), 64 too large or
  // overlong (4), 128 two continuations.
  const byte1High = i8x16.swizzle(
    i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73), i8x16.shr_u(prev1, 4));
  const byte1Low = i8x16.swizzle(
    i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53), v128.and(prev1, low));
  const byte2High = i8x16.swizzle(
    i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1), i8x16.shr_u(input, 4));
  const special = v128.and(v128.and(byte1High, byte1Low), byte2High);
  const prev2 = i8x16.shuffle(previous, input, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const prev3 = i8x16.shuffle(previous, input, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const third = i8x16.sub_sat_u(prev2, i8x16.splat(<i8>(0xe0 - 0x80)));
  const fourth = i8x16.sub_sat_u(prev3, i8x16.splat(<i8>(0xf0 - 0x80)));
  const must23 = v128.and(v128.or(third, fourth), i8x16.splat(-128));
  return v128.xor(must23, special);
}

/** Whether the last bytes of a block begin a character that it does not finish. */
// @ts-ignore: decorator
@inline function utf8IsIncomplete(last: v128): bool {
  const limits = i8x16(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -17, -33, -65);
  return v128.any_true(i8x16.sub_sat_u(last, limits));
}

// @ts-ignore: decorator
@inline function noteError(address: u32): void {
  if (address < State.errorAt) State.errorAt = address;
}

/** The strings of a block hold bytes that are not plain ASCII: control characters are errors, the rest must be UTF-8. */
function checkText(block: u32, unusual: u64, previous: v128): void {
  const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
  const control = unusual & ~bits64(a, b, c, d);
  if (control) noteError(block + <u32>ctz(control));
  const errors = bits64(
    i8x16.ne(utf8Errors(a, previous), i8x16.splat(0)), i8x16.ne(utf8Errors(b, a), i8x16.splat(0)),
    i8x16.ne(utf8Errors(c, b), i8x16.splat(0)), i8x16.ne(utf8Errors(d, c), i8x16.splat(0)));
  if (errors) noteError(block + <u32>ctz(errors));
  State.utf8Incomplete = utf8IsIncomplete(d);
}

/** Each escaped character of a block must be one that may be, and `u` be followed by four hexadecimal digits. */
function checkEscapes(block: u32, escaped: u64): void {
  while (escaped) {
    const at = block + <u32>ctz(escaped);
    escaped &= escaped - 1;
    const kind = escapeKind(at);
    if (kind == SIMPLE_ESCAPE) continue;
    if (kind == UNICODE_ESCAPE) {
      const first = at + 1, end = min(first + 4, State.end);
      let digit = first;
      while (digit < end && isHexDigit(digit)) digit++;
      // Digits that are not loaded yet are no error.
      if (digit == end) continue;
    }
    noteError(at);
    return;
  }
}

/** Writes the address of each token of a block at `out`; returns the end. */
// @ts-ignore: decorator
@inline function putTokens(out: u32, block: u32, tokens: u64): u32 {
  const next = out + (<u32>popcnt(tokens) << 2);
  // Eight at a time without asking: what is written too much is overwritten by the next block.
  while (tokens) {
    store<u32>(out, block + <u32>ctz(tokens)); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 4); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 8); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 12); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 16); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 20); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 24); tokens &= tokens - 1;
    store<u32>(out, block + <u32>ctz(tokens), 28); tokens &= tokens - 1;
    out += 32;
  }
  return next;
}

/** Starts stage 1 afresh at `address`, where no string is open. */
export function restart(address: u32): void {
  State.origin = address;
  State.blockAt = address;
  State.inString = 0;
  State.nextEscaped = 0;
  State.prevScalar = 0;
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
  const kept = State.tokenEnd - at;
  memory.copy(State.tokens, at, kept);
  let out = State.tokens + kept;
  let block = State.blockAt;
  const end = State.end, enough = State.tokens + LOOK_AHEAD_BYTES;
  let inString = State.inString, nextEscaped = State.nextEscaped, prevScalar = State.prevScalar;
  let blanksOut = State.blanks + ((block - State.origin) >> 3);
  const lines = State.framing == FRAMING_LINES;
  const low = i8x16.splat(0x0f), bit5 = i8x16.splat(0x20);
  // Lines may have been written over bytes before the tile: not over a character that is still open, nor anything but ASCII
  // just before it.
  let previous = State.utf8Incomplete ? v128.load(block - 16) : i8x16.splat(0);

  // A tile after another, if need be: within a long string there are no tokens.
  for (let tileEnd = block + TILE_BYTES; block < end && (block < tileEnd || out < enough); ) {
    const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);

    const aLow = v128.and(a, low), bLow = v128.and(b, low), cLow = v128.and(c, low), dLow = v128.and(d, low);
    let table = blankTable();
    const blank = bits64(
      i8x16.eq(i8x16.swizzle(table, aLow), a), i8x16.eq(i8x16.swizzle(table, bLow), b),
      i8x16.eq(i8x16.swizzle(table, cLow), c), i8x16.eq(i8x16.swizzle(table, dLow), d));
    table = operatorTable();
    const operator = bits64(
      i8x16.eq(i8x16.swizzle(table, aLow), v128.or(a, bit5)), i8x16.eq(i8x16.swizzle(table, bLow), v128.or(b, bit5)),
      i8x16.eq(i8x16.swizzle(table, cLow), v128.or(c, bit5)), i8x16.eq(i8x16.swizzle(table, dLow), v128.or(d, bit5)));

    let quote = equal64(a, b, c, d, 0x22);
    const backslash = equal64(a, b, c, d, 0x5c);
    let escaped: u64 = 0;
    if (backslash | nextEscaped) {
      const starts = backslash & ~nextEscaped;
      const codes = (((starts << 1) | ODD_BITS) - starts) ^ ODD_BITS;
      escaped = codes ^ (backslash | nextEscaped);
      nextEscaped = (codes & backslash) >> 63;
      quote &= ~escaped;
      State.backslashEnd = block + 64;
    }

    const strings = prefixXor(quote) ^ inString;
    inString = <u64>(<i64>strings >> 63);
    if (escaped & strings) checkEscapes(block, escaped & strings);

    // Signed comparison: control characters, and every byte of a multi-byte character (negative). Most blocks have none.
    const least = i8x16.min_s(i8x16.min_s(a, b), i8x16.min_s(c, d));
    let newline: u64 = 0;
    if (v128.any_true(i8x16.lt_s(least, bit5)) || State.utf8Incomplete) {
      const unusual = strings & bits64(i8x16.lt_s(a, bit5), i8x16.lt_s(b, bit5), i8x16.lt_s(c, bit5), i8x16.lt_s(d, bit5));
      if (unusual != 0 || State.utf8Incomplete) checkText(block, unusual, previous);
      if (lines) newline = equal64(a, b, c, d, 0x0a) & ~strings;
    }
    previous = d;

    // One value a line: a newline ends a record, and so is a token and never one of its blanks.
    const blanks = (blank & ~strings) ^ newline;
    store<u64>(blanksOut, blanks);
    blanksOut += 8;
    if (blanks) State.blankEnd = block + 64;

    const scalar = ~(operator | blank | strings | quote);
    const firsts = scalar & ~((scalar << 1) | prevScalar);
    prevScalar = scalar >> 63;
    const tokens = (operator & ~strings) | (quote & strings) | firsts | newline;
    out = putTokens(out, block, tokens);
    block += 64;
  }

  State.blockAt = block;
  State.inString = inString;
  State.nextEscaped = nextEscaped;
  State.prevScalar = prevScalar;
  if (block >= end) {
    for (let i: u32 = 0; i < SENTINELS; i++) store<u32>(out + (i << 2), end);
  }
  State.tokenEnd = out;
  return State.tokens;
}
