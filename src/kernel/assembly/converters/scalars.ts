// Cells that are numbers or booleans as JSON spells them. The twin is src/import/format/cell-types.ts.

const MINUS: u32 = 0x2d;
const PLUS: u32 = 0x2b;
const DOT: u32 = 0x2e;
const ZERO: u32 = 0x30;
const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const SMALL_E: u32 = 0x65;

/** Where the digits end that begin here. */
function digitsEnd(at: u32): u32 {
  while (<u32>load<u8>(at) - ZERO <= 9) at++;
  return at;
}

/** Where the longest number ends that begins here; 0 if none does. */
export function numberEnd(from: u32): u32 {
  let at = from;
  if (<u32>load<u8>(at) == MINUS) at++;
  if (<u32>load<u8>(at) == ZERO) at++;
  else {
    const end = digitsEnd(at);
    if (end == at) return 0;
    at = end;
  }
  if (<u32>load<u8>(at) == DOT) {
    const end = digitsEnd(at + 1);
    if (end == at + 1) return 0;
    at = end;
  }
  if ((<u32>load<u8>(at) | 0x20) == SMALL_E) {
    at++;
    const sign = <u32>load<u8>(at);
    if (sign == MINUS || sign == PLUS) at++;
    const end = digitsEnd(at);
    if (end == at) return 0;
    at = end;
  }
  return at;
}

/** Where `true` or `false` ends, if one of them is here; 0 otherwise. */
export function booleanEnd(from: u32): u32 {
  const word = load<u32>(from);
  if (word == TRUE) return from + 4;
  return word == FALS && <u32>load<u8>(from + 4) == SMALL_E ? from + 5 : 0;
}
