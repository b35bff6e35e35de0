// Kinds of characters that formats are made of: a table for one at a time, and tables for 16 at a time.

/** Kinds of characters, as bits of one byte each. */
export const CLASSES: usize = memory.data(256);
export const DIGIT: u32 = 1;
export const HEX: u32 = 2;
export const LETTER: u32 = 4;
export const OF_LOCAL: u32 = 8;
export const OF_BASE64: u32 = 16;
export const OF_URI_PATH: u32 = 32;
export const OF_URI_HOST: u32 = 64;

export function fillClasses(): void {
  memory.fill(CLASSES, 0, 256);
  addRange(0x30, 0x39, DIGIT | HEX | OF_LOCAL | OF_BASE64 | OF_URI_PATH | OF_URI_HOST);
  for (let c: u32 = 0; c <= 0x20; c += 0x20) {
    addRange(c + 0x41, c + 0x46, HEX);
    addRange(c + 0x41, c + 0x5a, LETTER | OF_LOCAL | OF_BASE64 | OF_URI_PATH | OF_URI_HOST);
  }
  addAll("_!#$%&'*+/=?^`{|}~-", OF_LOCAL);
  addAll('+/', OF_BASE64);
  addAll("_.~!$&'()*+,;=:@/-", OF_URI_PATH);
  addAll('_.~-', OF_URI_HOST);
  fillCommon(COMMON_HOST, OF_URI_HOST);
  fillCommon(COMMON_PATH, OF_URI_PATH);
  addCommon(COMMON_PATH, 0x3f /* ? */);
}

function addRange(first: u32, last: u32, bits: u32): void {
  for (let c = first; c <= last; c++) store<u8>(CLASSES + <usize>c, <u32>load<u8>(CLASSES + <usize>c) | bits);
}

function addAll(characters: string, bits: u32): void {
  for (let i = 0; i < characters.length; i++) addRange(characters.charCodeAt(i), characters.charCodeAt(i), bits);
}

// @ts-ignore: decorator
@inline export function is(at: u32, bits: u32): bool {
  return ((<u32>load<u8>(CLASSES + <usize>load<u8>(at))) & bits) != 0;
}

/** By the lower four bits of a character, a bit for each of the upper four with which it is of a kind. */
export const COMMON_HOST: usize = memory.data(16);
export const COMMON_PATH: usize = memory.data(16);
export const UPPER_BITS: usize = memory.data<u8>([0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0]);

function fillCommon(table: usize, bits: u32): void {
  memory.fill(table, 0, 16);
  for (let c: u32 = 0x20; c < 0x80; c++) {
    if (((<u32>load<u8>(CLASSES + <usize>c)) & bits) != 0) addCommon(table, c);
  }
}

function addCommon(table: usize, c: u32): void {
  const place = table + <usize>(c & 15);
  store<u8>(place, <u32>load<u8>(place) | 1 << (c >> 4) - 2);
}
