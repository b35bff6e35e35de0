// Small checks of the grammar that need the bytes of a token.

import { MINUS, ZERO } from './contract';

/** 1 for bytes that end a scalar: blanks, operators, the quote. */
const ENDS: usize = memory.data(256);

export function fillTables(): void {
  memory.fill(ENDS, 0, 256);
  const ending = ' \t\n\r{}[]:,"';
  for (let i = 0; i < ending.length; i++) store<u8>(ENDS + <usize>ending.charCodeAt(i), 1);
}

// @ts-ignore: decorator
@inline export function endsScalar(at: u32): bool {
  return load<u8>(ENDS + <usize>load<u8>(at)) != 0;
}

// @ts-ignore: decorator
@inline function isDigit(c: u32): bool {
  return c - ZERO < 10;
}

/** The end of the number at `at` (`c` is its first byte), or 0 when it is not one. RFC 8259, section 6. */
// @ts-ignore: decorator
@inline export function numberEnd(at: u32, c: u32): u32 {
  if (c == MINUS) c = <u32>load<u8>(++at);
  if (c == ZERO) c = <u32>load<u8>(++at);
  else {
    if (!isDigit(c)) return 0;
    do c = <u32>load<u8>(++at); while (isDigit(c));
  }
  if (c == 0x2e) {
    c = <u32>load<u8>(++at);
    if (!isDigit(c)) return 0;
    do c = <u32>load<u8>(++at); while (isDigit(c));
  }
  if ((c | 0x20) == 0x65) {
    c = <u32>load<u8>(++at);
    if (c == 0x2b || c == MINUS) c = <u32>load<u8>(++at);
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
