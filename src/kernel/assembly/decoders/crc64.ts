// CRC-64 as xz uses it (ECMA-182, reflected), eight bytes at a time: table k is what a byte does k bytes further on.

const POLYNOMIAL: u64 = 0xc96c5795d7870f42;
const TABLES = memory.data(8 * 256 * 8, 16);

export function fillCrc64(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = <u64>byte;
    for (let bit = 0; bit < 8; bit++) value = (value >> 1) ^ (POLYNOMIAL & (0 - (value & 1)));
    store<u64>(TABLES + (byte << 3), value);
  }
  for (let at = TABLES + 256 * 8; at < TABLES + 8 * 256 * 8; at += 8) {
    const value = load<u64>(at - 256 * 8);
    store<u64>(at, (value >> 8) ^ load<u64>(TABLES + ((<usize>value & 0xff) << 3)));
  }
}

// @ts-ignore: decorator
@inline
function step(table: u32, byte: u64): u64 {
  return load<u64>(TABLES + ((<usize>byte & 0xff) << 3) + table * 2048);
}

/** Goes on with a checksum, 0 at first, over `length` bytes at `pointer`. */
export function crc64(checksum: u64, pointer: usize, length: u32): u64 {
  const end = pointer + length;
  let crc = ~checksum;
  for (; pointer + 8 <= end; pointer += 8) {
    const word = crc ^ load<u64>(pointer);
    crc = step(7, word) ^ step(6, word >> 8) ^ step(5, word >> 16) ^ step(4, word >> 24);
    crc ^= step(3, word >> 32) ^ step(2, word >> 40) ^ step(1, word >> 48) ^ step(0, word >> 56);
  }
  for (; pointer < end; pointer++) crc = step(0, crc ^ load<u8>(pointer)) ^ (crc >> 8);
  return ~crc;
}
