// Whether a string is a URI: as src/profile/formats.ts has it, and a short way for the commonest ones.

import { BACKSLASH, COLON, MINUS, PLUS, POINT } from '../contract';
import { COMMON_HOST, COMMON_PATH, DIGIT, HEX, LETTER, OF_URI_HOST, OF_URI_PATH, UPPER_BITS, is } from './classes';

/** Which of 16 bytes are of a kind. */
// @ts-ignore: decorator
@inline function ofKind(bytes: v128, table: usize): u32 {
  const lower = i8x16.swizzle(v128.load(table), v128.and(bytes, i8x16.splat(15)));
  const upper = i8x16.swizzle(v128.load(UPPER_BITS), i8x16.shr_u(bytes, 4));
  return <u32>i8x16.bitmask(i8x16.ne(v128.and(lower, upper), i8x16.splat(0)));
}

/**
 * Whether it is certainly a URI, of the commonest form: http or https, host, path and query without %. A slash may be
 * spelled with an escape.
 */
export function isCommonUri(at: u32, end: u32): bool {
  if (end - at < 16 || load<u32>(at) != 0x70747468 /* http */) return false;
  at += <u32>load<u8>(at, 4) == 0x73 /* s */ ? 5 : 4;
  const slashes = load<u64>(at);
  if ((slashes & 0xffffff) == 0x2f2f3a) at += 3;
  else if ((slashes & 0xff_ffff_ffff) == 0x2f5c_2f5c_3a) at += 5;
  else return false;
  // The host ends at a slash.
  let ofHost: u32;
  do {
    ofHost = <u32>ctz(~ofKind(v128.load(at), COMMON_HOST));
    at += ofHost;
    if (at >= end) return false;
  } while (ofHost == 16);
  const c = <u32>load<u8>(at);
  if (c != 0x2f && c != BACKSLASH) return false;
  let escapes: u32 = 0;
  while (at < end) {
    const bytes = v128.load(at), count = min(end - at, 16), inside = (1 << count) - 1;
    const backslashes = <u32>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(<i8>BACKSLASH))) & inside;
    const slashes = <u32>i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x2f)));
    escapes |= backslashes << 1;
    if ((ofKind(bytes, COMMON_PATH) | backslashes | ~inside) != ~0) return false;
    if (escapes & ~slashes & inside) return false;
    escapes >>= 16;
    at += 16;
  }
  return true;
}

export function isUri(at: u32, end: u32): bool {
  if (at == end || !is(at, LETTER)) return false;
  do at++; while (at < end && (is(at, LETTER | DIGIT) || isOfScheme(<u32>load<u8>(at))));
  if (end - at < 3 || <u32>load<u8>(at) != COLON || load<u16>(at, 1) != 0x2f2f) return false;
  at += 3;
  while (at < end && is(at, OF_URI_HOST)) at++;
  if (at < end && <u32>load<u8>(at) == COLON) {
    do at++; while (at < end && is(at, DIGIT));
  }
  // Path, query and fragment: each is left out, or begins with its character.
  let part: u32 = 0;
  while (at < end) {
    const c = <u32>load<u8>(at);
    if (part == 0 && c != 0x2f && c != 0x3f && c != 0x23) return false;
    if (c == 0x23 /* # */) {
      if (part == 3) return false;
      part = 3;
    } else if (c == 0x3f /* ? */) {
      if (part < 2) part = 2;
    } else if (c == 0x25 /* % */) {
      if (end - at < 3 || !is(at + 1, HEX) || !is(at + 2, HEX)) return false;
      at += 2;
    } else {
      if (!is(at, OF_URI_PATH)) return false;
      if (part == 0) part = 1;
    }
    at++;
  }
  return true;
}

// @ts-ignore: decorator
@inline function isOfScheme(c: u32): bool {
  return c == PLUS || c == MINUS || c == POINT;
}
