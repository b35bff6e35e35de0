// Small checks of the grammar that need the bytes of a token.

import { COMMA, LOWER_A, LOWER_E, LOWER_F, LOWER_N, LOWER_T, MINUS, PLUS, POINT, SPACE, ZERO } from './contract';

/** 1 for bytes that end a scalar that is no string: blanks, operators. A quote there would be no token. */
const ENDS: usize = memory.data(256);

export function fillTables(): void {
  const characters = ' \t\n\r{}[]:,';
  memory.fill(ENDS, 0, 256);
  for (let i = 0; i < characters.length; i++) store<u8>(ENDS + <usize>characters.charCodeAt(i), 1);
  addLiteral(LOWER_T, 0x65757274 /* true */, 4);
  addLiteral(LOWER_F, 0x65736c61 /* alse */, 5);
  addLiteral(LOWER_N, 0x6c6c756e /* null */, 4);
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

/** Space, tab, newline, carriage return. */
// @ts-ignore: decorator
@inline export function isBlank(at: u32): bool {
  const c = <u64>load<u8>(at);
  return c <= SPACE && (<u64>0x1_0000_2600 >> c) & 1;
}

/** Whether stage 1 takes this byte for an operator (bitmaps.ts). */
// @ts-ignore: decorator
@inline export function mayBeOperator(at: u32): bool {
  const c = <u32>load<u8>(at);
  return (c & 0x1f) > 0x19 || c == COMMA;
}

/** Added to each byte, and compared with: loaded, since V8 would make a constant anew for each number. */
const TO_LOWEST: usize = memory.data<u8>([0x80 - 0x30]);
const PAST_DIGITS: usize = memory.data<u8>([0x80 + 10]);

/** How many of the 16 bytes at `at` are digits before the first that is none. */
// @ts-ignore: decorator
@inline export function digitsAt(at: u32): u32 {
  // Moved so that the ten digits are the lowest of all signed bytes.
  const moved = i8x16.add(v128.load(at), v128.load_splat<u8>(TO_LOWEST));
  return <u32>ctz(~<u32>i8x16.bitmask(i8x16.lt_s(moved, v128.load_splat<u8>(PAST_DIGITS))));
}

/** One past the last of the digits at `at`. */
// @ts-ignore: decorator
@inline function digitsEnd(at: u32): u32 {
  let digits = digitsAt(at);
  while (digits == 16) digits = digitsAt(at += 16);
  return at + digits;
}

/** The end of the number at `at` (`c` is its first byte), or 0 when it is not one. RFC 8259, section 6. */
// @ts-ignore: decorator
@inline export function numberEnd(at: u32, c: u32): u32 {
  if (c == MINUS) c = <u32>load<u8>(++at);
  if (!isDigit(c)) return 0;
  at = c == ZERO ? at + 1 : digitsEnd(at);
  if (<u32>load<u8>(at) == POINT) {
    const digits = at + 1;
    at = digitsEnd(digits);
    if (at == digits) return 0;
  }
  if ((<u32>load<u8>(at) | 0x20) == LOWER_E) {
    c = <u32>load<u8>(++at);
    if (c == PLUS || c == MINUS) at++;
    const digits = at;
    at = digitsEnd(digits);
    if (at == digits) return 0;
  }
  return endsScalar(at) ? at : 0;
}

/** For each letter that a literal may begin with: its last four bytes, and its length; zeros for others. Eight bytes a letter. */
const LITERALS: usize = memory.data(26 * 8);

function addLiteral(first: u32, lastBytes: u32, bytes: u32): void {
  store<u64>(LITERALS + <usize>((first - LOWER_A) << 3), (<u64>bytes << 32) | lastBytes);
}

/** The end of the literal at `at` (`c`, a small letter, is its first byte), or 0 when it is none of true, false, null. */
// @ts-ignore: decorator
@inline export function literalEnd(at: u32, c: u32): u32 {
  const literal = LITERALS + <usize>((c - LOWER_A) << 3);
  const end = at + load<u32>(literal, 4);
  if (load<u32>(end - 4) != load<u32>(literal)) return 0;
  return endsScalar(end) ? end : 0;
}
