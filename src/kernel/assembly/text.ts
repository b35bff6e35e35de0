// Strings and numbers of a record, read for keys. The kernel has validated them already.

import { BACKSLASH, LOWER_E, LOWER_U, MINUS, NINE, PLUS, POINT, QUOTE, ZERO } from './contract';
import { digitsAt, endsScalar } from './grammar';

// @ts-ignore: decorator
@inline function hexDigit(c: u32): u32 {
  return c <= NINE ? c - ZERO : (c | 0x20) - 0x61 + 10;
}

// @ts-ignore: decorator
@inline function hex4(at: u32): u32 {
  return (hexDigit(load<u8>(at)) << 12) | (hexDigit(load<u8>(at, 1)) << 8) |
    (hexDigit(load<u8>(at, 2)) << 4) | hexDigit(load<u8>(at, 3));
}

/** Writes a code point as (generalised) UTF-8 at `out`; returns its length. */
function putCodePoint(code: u32, out: u32): u32 {
  if (code < 0x80) {
    store<u8>(out, code);
    return 1;
  }
  if (code < 0x800) {
    store<u8>(out, 0xc0 | (code >> 6));
    store<u8>(out, 0x80 | (code & 0x3f), 1);
    return 2;
  }
  if (code < 0x10000) {
    store<u8>(out, 0xe0 | (code >> 12));
    store<u8>(out, 0x80 | ((code >> 6) & 0x3f), 1);
    store<u8>(out, 0x80 | (code & 0x3f), 2);
    return 3;
  }
  store<u8>(out, 0xf0 | (code >> 18));
  store<u8>(out, 0x80 | ((code >> 12) & 0x3f), 1);
  store<u8>(out, 0x80 | ((code >> 6) & 0x3f), 2);
  store<u8>(out, 0x80 | (code & 0x3f), 3);
  return 4;
}

export class Escape {
  /** The code point of the escape just read. */
  static code: u32 = 0;
}

/** Reads the escape at `at` (its backslash) into Escape.code; returns its length. Surrogate pairs are one code point. */
export function readEscape(at: u32): u32 {
  const c = <u32>load<u8>(at, 1);
  if (c == LOWER_U) {
    const high = hex4(at + 2);
    if ((high & 0xfc00) == 0xd800 && load<u16>(at, 6) == 0x755c /* \u */) {
      const low = hex4(at + 8);
      if ((low & 0xfc00) == 0xdc00) {
        Escape.code = 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
        return 12;
      }
    }
    Escape.code = high;
    return 6;
  }
  Escape.code = c == 0x62 ? 8 : c == 0x66 ? 12 : c == 0x6e ? 10 : c == 0x72 ? 13 : c == 0x74 ? 9 : c;
  return 2;
}

/** Writes what the string at `at` (after its quote) means to `out`, up to about `limit`; returns the bytes written. */
export function unescapeTo(at: u32, out: u32, limit: u32): u32 {
  const start = out;
  while (out < limit) {
    const c = <u32>load<u8>(at);
    if (c == QUOTE) break;
    if (c == BACKSLASH) {
      at += readEscape(at);
      out += putCodePoint(Escape.code, out);
    } else {
      store<u8>(out++, c);
      at++;
    }
  }
  return out - start;
}

/** Writes the string at `at` (its opening quote) as key bytes: U+0000 and U+0001 escaped, terminated. Returns the end, 0 beyond `limit`. */
export function putStringKey(at: u32, out: u32, limit: u32): u32 {
  const quote = i8x16.splat(<i8>QUOTE), backslash = i8x16.splat(<i8>BACKSLASH);
  at++;
  for (;;) {
    if (out > limit) return 0;
    const bytes = v128.load(at);
    const ends = <u32>i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    v128.store(out, bytes);
    if (ends == 0) {
      at += 16;
      out += 16;
      continue;
    }
    const plain = <u32>ctz(ends);
    at += plain;
    out += plain;
    if (<u32>load<u8>(at) == QUOTE) break;
    at += readEscape(at);
    if (Escape.code <= 1) {
      // 00 is left for the end of the string.
      store<u8>(out++, 1);
      store<u8>(out++, Escape.code + 1);
    } else out += putCodePoint(Escape.code, out);
  }
  store<u8>(out, 0);
  return out + 1 > limit ? 0 : out + 1;
}

/** Sixteen bytes FF, then sixteen bytes 00: loaded n bytes before the border, a mask of n bytes. */
const SLIDING: usize = memory.data<u64>([-1, -1, 0, 0]);

/** The short way for a whole number of up to 15 digits, the commonest key: all of its digits at once. Returns the end, or 0. */
function putShortKey(at: u32, out: u32, negative: bool): u32 {
  const count = digitsAt(at);
  if (count > 15 || <u32>load<u8>(at) == ZERO || !endsScalar(at + count)) return 0;
  const digits = v128.and(i8x16.sub(v128.load(at), i8x16.splat(<i8>ZERO)), v128.load(SLIDING + 16 - count));
  const significant = 32 - <u32>clz(<u32>i8x16.bitmask(i8x16.ne(digits, i8x16.splat(0))));
  // Two digits are 16 bits, the first of them the lower half.
  const tens = v128.and(digits, i16x8.splat(0xff));
  let pairs = i16x8.add(i16x8.add(i16x8.mul(tens, i16x8.splat(10)), i16x8.shr_u(digits, 8)), i16x8.splat(1));
  pairs = i8x16.narrow_i16x8_u(pairs, pairs);
  const flip: v128 = i8x16.splat(negative ? -1 : 0);
  store<u8>(out, negative ? 0x10 : 0x12);
  const exponent = <u16>(count + 32_768);
  store<u16>(out, bswap<u16>(negative ? ~exponent : exponent), 1);
  v128.store64_lane(out + 3, v128.xor(pairs, flip), 0);
  const end = out + 3 + ((significant + 1) >> 1);
  store<u8>(end, negative ? 0xff : 0);
  return end + 1;
}

/**
 * Writes the number at `at` as key bytes, type included. Returns the end; 0 when it has no key (exponent out of range,
 * longer than `limit`): the plain twin then says why.
 */
export function putNumberKey(at: u32, out: u32, limit: u32): u32 {
  const negative = <u32>load<u8>(at) == MINUS;
  if (negative) at++;
  const short = putShortKey(at, out, negative);
  if (short != 0) return short;
  // The digits, leading zeros aside, and the power of ten of the first one.
  let exponent: i64 = 0;
  let seen = false, point = false;
  const digits = out + 3;
  let count: u32 = 0, significant: u32 = 0;
  let pair: u32 = 0;
  for (;; at++) {
    const c = <u32>load<u8>(at);
    if (c == POINT) {
      point = true;
      continue;
    }
    const digit = c - ZERO;
    if (digit > 9) break;
    if (!seen) {
      if (digit == 0) {
        if (point) exponent--;
        continue;
      }
      seen = true;
    }
    if (!point) exponent++;
    if (digits + (count >> 1) + 1 >= limit) {
      // Zeros at the end of a long number cost nothing; anything else is too long.
      if (digit != 0) return 0;
      continue;
    }
    if (count & 1) store<u8>(digits + (count >> 1), pair + digit + 1);
    else {
      pair = digit * 10;
      store<u8>(digits + (count >> 1), pair + 1);
    }
    count++;
    if (digit != 0) significant = count;
  }
  if (!seen) {
    store<u8>(out, 0x11);
    return out + 1;
  }
  if ((<u32>load<u8>(at) | 0x20) == LOWER_E) {
    at++;
    let sign: i64 = 1;
    const c = <u32>load<u8>(at);
    if (c == MINUS || c == PLUS) {
      if (c == MINUS) sign = -1;
      at++;
    }
    let power: i64 = 0;
    for (;; at++) {
      const digit = <u32>load<u8>(at) - ZERO;
      if (digit > 9) break;
      if (power < 1_000_000_000_000) power = power * 10 + digit;
    }
    exponent += sign * power;
  }
  if (exponent < -32_768 || exponent > 32_767) return 0;
  const biased = <u32>(<i32>exponent + 32_768);
  store<u8>(out, negative ? 0x10 : 0x12);
  store<u8>(out, biased >> 8, 1);
  store<u8>(out, biased, 2);
  let end = digits + ((significant + 1) >> 1);
  store<u8>(end++, 0);
  if (end > limit) return 0;
  if (negative) for (let i = out + 1; i < end; i++) store<u8>(i, ~load<u8>(i));
  return end;
}
