// Strings that are more than ASCII: their length in code points, and their formats without their escapes.

import { BACKSLASH, QUOTE } from '../contract';
import { readEscape, unescapeTo } from '../text';
import { URI, testFormats, testLongFormats } from './formats';
import { Memory, SCRATCH_BYTES } from './memory';
import { FORMATS } from './paths';
import { isCommonUri } from './uri';

/** As FORMAT_BYTES_MAX of src/profile/formats.ts: with the quotes. */
export const FORMAT_BYTES_MAX: u32 = 2048;

/** What `measure` found. */
export class Measured {
  static points: u32 = 0;
  static hasEscape: bool = false;
  static isAscii: bool = false;
}

/** Measures the string at `at`, its opening quote. Returns one past its closing quote. */
export function measure(at: u32): u32 {
  const quote = i8x16.splat(<i8>QUOTE), backslash = i8x16.splat(<i8>BACKSLASH), continues = i8x16.splat(-64);
  let points: u32 = 0, high: u32 = 0;
  let hasEscape = false;
  at++;
  for (;;) {
    const bytes = v128.load(at);
    const ends = <u32>i8x16.bitmask(v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash)));
    // Bytes 80 to BF continue a character.
    const begins = <u32>i8x16.bitmask(i8x16.ge_s(bytes, continues));
    if (ends == 0) {
      points += popcnt(begins);
      high |= <u32>i8x16.bitmask(bytes);
      at += 16;
      continue;
    }
    const before = (ends ^ (ends - 1)) >> 1;
    points += popcnt(begins & before);
    high |= <u32>i8x16.bitmask(bytes) & before;
    at += <u32>ctz(ends);
    if (<u32>load<u8>(at) == QUOTE) break;
    hasEscape = true;
    points++;
    at += readEscape(at);
  }
  Measured.points = points;
  Measured.hasEscape = hasEscape;
  Measured.isAscii = high == 0;
  return at + 1;
}

/** Tests the formats of a string that has been measured. */
export function testMeasured(path: u32, at: u32, end: u32): void {
  const bytes = end - at;
  if (!Measured.isAscii || (Measured.hasEscape && bytes > FORMAT_BYTES_MAX)) {
    store<u32>(path, 0, FORMATS);
  } else if (!Measured.hasEscape) {
    testAscii(path, at, end);
  } else if (load<u32>(path, FORMATS) != URI || !isCommonUri(at + 1, end - 1)) {
    const text = Memory.scratch;
    const textEnd = text + unescapeTo(at + 1, text, text + SCRATCH_BYTES);
    store<u8>(textEnd, QUOTE);
    testFormats(path, text, textEnd);
  }
}

/** Tests the formats of a string without escapes. */
export function testAscii(path: u32, at: u32, end: u32): void {
  if (end - at > FORMAT_BYTES_MAX) testLongFormats(path, at + 1, end - 1);
  else testFormats(path, at + 1, end - 1);
}
