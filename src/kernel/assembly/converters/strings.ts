// What stands in strings of JSON. Bytes are copied 16 at a time, up to the first that cannot stand there as it is; those that
// are copied too much are written over.

export const QUOTE: u32 = 0x22;
export const BACKSLASH: u32 = 0x5c;
export const NEWLINE: u32 = 0x0a;
const CONTROLS_END: u32 = 0x20;
const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);

/** Bits for those of 16 bytes that cannot stand in a string as they are. */
@inline export function unfit(block: v128): u32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(block, i8x16.splat(<i8>QUOTE)), i8x16.eq(block, i8x16.splat(<i8>BACKSLASH))),
      i8x16.lt_u(block, i8x16.splat(<i8>CONTROLS_END)),
    ),
  );
}

/** Copies bytes, and some after them. */
@inline export function copy(to: u32, from: u32, length: u32): void {
  let done: u32 = 0;
  do {
    v128.store(to + done, v128.load(from + done));
    done += 16;
  } while (done < length);
}

/** Writes a byte that cannot stand in a string as it is, as its escape. @returns the end of the text */
export function escape(to: u32, byte: u32): u32 {
  let short: u32 = 0;
  switch (byte) {
    case 8:
      short = 0x62; // b
      break;
    case 9:
      short = 0x74; // t
      break;
    case 10:
      short = 0x6e; // n
      break;
    case 12:
      short = 0x66; // f
      break;
    case 13:
      short = 0x72; // r
      break;
    case QUOTE:
    case BACKSLASH:
      short = byte;
      break;
  }
  if (short != 0) {
    store<u16>(to, <u16>(BACKSLASH | (short << 8)));
    return to + 2;
  }
  store<u32>(to, 0x3030755c); // \u00
  store<u8>(to + 4, load<u8>(HEX + (byte >> 4)));
  store<u8>(to + 5, load<u8>(HEX + (byte & 15)));
  return to + 6;
}

/** Two hexadecimal digits. */
@inline export function hex(to: u32, byte: u32): void {
  store<u8>(to, load<u8>(HEX + (byte >> 4)));
  store<u8>(to + 1, load<u8>(HEX + (byte & 15)));
}
