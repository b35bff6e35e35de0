// Small checks of the grammar that need the bytes of a token.

import { LOWER_U, MINUS, PLUS, POINT, ZERO } from './contract';

/** 1 for bytes that end a scalar: blanks, operators, the quote. */
const ENDS: usize = memory.data(256);
/** What a byte is behind a backslash: nothing that may be, one of `"\/bfnrt`, or `u`. */
const ESCAPES: usize = memory.data(256);
export const SIMPLE_ESCAPE: u32 = 1;
export const UNICODE_ESCAPE: u32 = 2;

export function fillTables(): void {
  fillTable(ENDS, ' \t\n\r{}[]:,"', 1);
  fillTable(ESCAPES, '"\\/bfnrt', SIMPLE_ESCAPE);
  store<u8>(ESCAPES + LOWER_U, UNICODE_ESCAPE);
}

function fillTable(table: usize, characters: string, value: u32): void {
  memory.fill(table, 0, 256);
  for (let i = 0; i < characters.length; i++) store<u8>(table + <usize>characters.charCodeAt(i), value);
}

// @ts-ignore: decorator
@inline export function escapeKind(at: u32): u32 {
  return <u32>load<u8>(ESCAPES + <usize>load<u8>(at));
}

// @ts-ignore: decorator
@inline export function isHexDigit(at: u32): bool {
  const c = <u32>load<u8>(at);
  return isDigit(c) || (c | 0x20) - 0x61 < 6;
}

// @ts-ignore: decorator
@inline export function endsScalar(at: u32): bool {
  return load<u8>(ENDS + <usize>load<u8>(at)) != 0;
}

// @ts-ignore: decorator
@inline function isDigit(c: u32): bool {
  return c - ZERO < 10;
}

/** How many of the 16 bytes at `at` are digits before the first that is none. */
// @ts-ignore: decorator
@inline export function digitsAt(at: u32): u32 {
  const fromZero = i8x16.sub(v128.load(at), i8x16.splat(<i8>ZERO));
  return <u32>ctz(~<u32>i8x16.bitmask(i8x16.lt_u(fromZero, i8x16.splat(10))));
}

/** The end of the number at `at` (`c` is its first byte), or 0 when it is not one. RFC 8259, section 6. */
// @ts-ignore: decorator
@inline export function numberEnd(at: u32, c: u32): u32 {
  if (c == MINUS) c = <u32>load<u8>(++at);
  // A whole number of up to 15 digits, the commonest, without asking digit by digit.
  const digits = digitsAt(at);
  if (digits - 1 < 15 && (c != ZERO || digits == 1) && endsScalar(at + digits)) return at + digits;
  return numberEndByDigit(at, c);
}

function numberEndByDigit(at: u32, c: u32): u32 {
  if (c == ZERO) c = <u32>load<u8>(++at);
  else {
    if (!isDigit(c)) return 0;
    do c = <u32>load<u8>(++at); while (isDigit(c));
  }
  if (c == POINT) {
    c = <u32>load<u8>(++at);
    if (!isDigit(c)) return 0;
    do c = <u32>load<u8>(++at); while (isDigit(c));
  }
  if ((c | 0x20) == 0x65) {
    c = <u32>load<u8>(++at);
    if (c == PLUS || c == MINUS) c = <u32>load<u8>(++at);
    if (!isDigit(c)) return 0;
    do c = <u32>load<u8>(++at); while (isDigit(c));
  }
  return endsScalar(at) ? at : 0;
}

/** The end of the literal at `at`, or 0 when it is none of true, false, null. */
// @ts-ignore: decorator
@inline export function literalEnd(at: u32): u32 {
  const word = load<u32>(at);
  let end: u32 = 0;
  if (word == 0x65757274 /* true */ || word == 0x6c6c756e /* null */) end = at + 4;
  else if (word == 0x736c6166 /* fals */ && load<u8>(at, 4) == 0x65) end = at + 5;
  return end != 0 && endsScalar(end) ? end : 0;
}
