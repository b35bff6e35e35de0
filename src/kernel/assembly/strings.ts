// Stage 1: what is inside the strings of a block. Control characters, escapes and UTF-8 are checked here, once; an error is
// remembered by its address. Most blocks have nothing of the kind and do not come here.
//
// Source: Keiser & Lemire, "Validating UTF-8 in Less Than One Instruction per Byte", 2021.

import { BACKSLASHES, BITMAPS, Lists, QUOTES, STRINGS, UNUSUAL, bits64, equal64 } from './bitmaps';
import { LOWER_U } from './contract';
import { isHexDigit } from './grammar';
import { State } from './state';

const ODD_BITS: u64 = 0xaaaaaaaaaaaaaaaa;

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

/** Control characters in strings are errors, and what is not ASCII must be UTF-8. */
function checkText(block: u32, strings: u64): void {
  const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
  const space = i8x16.splat(0x20);
  // Signed comparison: control characters, and every byte of a multi-byte character (negative).
  const unusual = strings & bits64(i8x16.lt_s(a, space), i8x16.lt_s(b, space), i8x16.lt_s(c, space), i8x16.lt_s(d, space));
  if (unusual == 0 && !State.utf8Incomplete) return;
  const control = unusual & ~bits64(a, b, c, d);
  if (control) noteError(block + <u32>ctz(control));
  // Lines may have been written over bytes before the tile: not over a character that is still open, nor anything but ASCII
  // just before it.
  const previous = State.utf8Incomplete ? v128.load(block - 16) : i8x16.splat(0);
  const errors = bits64(
    i8x16.ne(utf8Errors(a, previous), i8x16.splat(0)), i8x16.ne(utf8Errors(b, a), i8x16.splat(0)),
    i8x16.ne(utf8Errors(c, b), i8x16.splat(0)), i8x16.ne(utf8Errors(d, c), i8x16.splat(0)));
  if (errors) noteError(block + <u32>ctz(errors));
  State.utf8Incomplete = utf8IsIncomplete(d);
}

/** Low nibble -> the one character with that nibble that may stand behind a backslash; of nibble 2 there is `r`, too. */
// @ts-ignore: decorator
@inline function escapeTable(): v128 { return i8x16(-1, 0, 0x62, 0, 0x74, 0, 0x66, 0, 0, 0, 0, 0, 0x5c, 0, 0x6e, 0x2f); }

// @ts-ignore: decorator
@inline function isSimple16(bytes: v128): v128 {
  const candidates = i8x16.swizzle(escapeTable(), v128.and(bytes, i8x16.splat(0x0f)));
  return v128.or(i8x16.eq(candidates, bytes), i8x16.eq(bytes, i8x16.splat(0x72)));
}

/** Each of the escaped characters of a block must be `u` before four hexadecimal digits. */
function checkOthers(block: u32, others: u64): void {
  for (; others; others &= others - 1) {
    const at = block + <u32>ctz(others);
    if (<u32>load<u8>(at) == LOWER_U) {
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

/** Each escaped character of a block (but quotes) must be one that may be, or `u` and four hexadecimal digits. */
// @ts-ignore: decorator
@inline function checkEscapes(block: u32, escaped: u64): void {
  const simple = bits64(
    isSimple16(v128.load(block)), isSimple16(v128.load(block, 16)),
    isSimple16(v128.load(block, 32)), isSimple16(v128.load(block, 48)));
  const others = escaped & ~simple;
  if (others) checkOthers(block, others);
}

// @ts-ignore: decorator
@inline function bitmapsOf(block: u32, tile: u32): usize {
  return BITMAPS + (<usize>(block - tile) >> 3);
}

/** Settles which bytes of a block are escaped: a quote among these is taken from its bitmap, others are checked. */
// @ts-ignore: decorator
@inline function settleBlock(block: u32, tile: u32): void {
  const backslash = equal64(block, 0x5c), nextEscaped = State.nextEscaped;
  const starts = backslash & ~nextEscaped;
  const codes = (((starts << 1) | ODD_BITS) - starts) ^ ODD_BITS;
  State.nextEscaped = (codes & backslash) >> 63;
  const escaped = codes ^ (backslash | nextEscaped);
  const bitmaps = bitmapsOf(block, tile), quotes = load<u64>(bitmaps, QUOTES);
  store<u64>(bitmaps, quotes & ~escaped, QUOTES);
  if (escaped & ~quotes) checkEscapes(block, escaped & ~quotes);
}

/** The same in a call: for the rare block that follows one that ends with a backslash, and has none. */
function settleFollowing(block: u32, tile: u32): void {
  settleBlock(block, tile);
}

/** Settles the escapes of the tile [tile, end), in the blocks that have a backslash or follow one that ends with it. */
export function settleEscapes(tile: u32, end: u32): void {
  let following = tile;
  for (let at = BACKSLASHES; at < Lists.backslashesEnd; at += 4) {
    const block = load<u32>(at);
    if (State.nextEscaped && block != following) settleFollowing(following, tile);
    settleBlock(block, tile);
    following = block + 64;
    State.backslashEnd = following;
  }
  if (State.nextEscaped && following < end) settleFollowing(following, tile);
}

/** Checks the text of the tile [tile, end), in the blocks that are unusual or follow one that ends within a character. */
export function checkTexts(tile: u32, end: u32): void {
  let following = tile;
  for (let at = UNUSUAL; at < Lists.unusualEnd; at += 4) {
    const block = load<u32>(at);
    if (State.utf8Incomplete && block != following) checkText(following, load<u64>(bitmapsOf(following, tile), STRINGS));
    checkText(block, load<u64>(bitmapsOf(block, tile), STRINGS));
    following = block + 64;
  }
  if (State.utf8Incomplete && following < end) checkText(following, load<u64>(bitmapsOf(following, tile), STRINGS));
}
