// Bytes as base64.

/** In static memory, two bytes a character. */
const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD: u32 = 0x3d;

@inline function put(to: u32, sixBits: u32): void {
  store<u8>(to, load<u8>(changetype<usize>(CHARACTERS) + 2 * (sixBits & 63)));
}

/** Writes bytes. @returns the end of the text */
export function base64(out: u32, from: u32, length: u32): u32 {
  let to = out;
  let at = from;
  const end = from + length;
  for (; at + 3 <= end; at += 3) {
    const bits = (<u32>load<u8>(at) << 16) | (<u32>load<u8>(at + 1) << 8) | <u32>load<u8>(at + 2);
    put(to, bits >> 18);
    put(to + 1, bits >> 12);
    put(to + 2, bits >> 6);
    put(to + 3, bits);
    to += 4;
  }
  if (at == end) return to;
  const isOne = at + 1 == end;
  const bits = (<u32>load<u8>(at) << 16) | (isOne ? 0 : <u32>load<u8>(at + 1) << 8);
  put(to, bits >> 18);
  put(to + 1, bits >> 12);
  if (isOne) store<u8>(to + 2, <u8>PAD);
  else put(to + 2, bits >> 6);
  store<u8>(to + 3, <u8>PAD);
  return to + 4;
}
