// Where rows of CSV and TSV end, in bytes that come piece by piece. It reads them as the converter does (src/import/format/csv.ts):
// a quote opens a cell only at its beginning, and what follows a closing quote belongs to a bad row, up to the end of the line.

import { Layout } from './layout';
import { NEWLINE, QUOTE } from './strings';

const RETURN: u32 = 0x0d;
/** Where the bytes end, in the cell at hand. The driver begins with the first of them. */
const AT_START: u32 = 0;
const IN_BARE: u32 = 1;
const IN_QUOTES: u32 = 2;
const AFTER_QUOTE: u32 = 3;
const AFTER_RETURN: u32 = 4;
const IN_BAD: u32 = 5;

class Ends {
  static last: u32 = 0;
  static newlines: u32 = 0;
  static newlinesBefore: u32 = 0;
}

/** Bytes of the input up to the end of the last row that ends in it; 0 if none does. */
export function rowEnd(): u32 {
  return Ends.last;
}

/** Newlines in these bytes. */
export function rowEndNewlines(): u32 {
  return Ends.newlinesBefore;
}

/** Newlines in all of the input. */
export function allNewlines(): u32 {
  return Ends.newlines;
}

/** Reads the input. @param state in which the bytes before it ended. @returns the state in which it ends */
export function findRowEnds(state: u32, separator: u32, bytes: u32): u32 {
  Ends.last = 0;
  Ends.newlines = 0;
  Ends.newlinesBefore = 0;
  const end = Layout.input + bytes;
  const separators = i8x16.splat(<i8>separator);
  let at = Layout.input;
  while (at < end) {
    if (end - at >= 16 && (state == AT_START || state == IN_BARE || state == IN_QUOTES)) {
      const block = v128.load(at);
      if (i8x16.bitmask(i8x16.eq(block, i8x16.splat(<i8>QUOTE))) == 0) {
        const newlines = i8x16.bitmask(i8x16.eq(block, i8x16.splat(<i8>NEWLINE)));
        if (state != IN_QUOTES) {
          if (newlines != 0) note(at - Layout.input + 32 - clz(newlines), Ends.newlines + popcnt(newlines));
          const starts = newlines | i8x16.bitmask(i8x16.eq(block, separators));
          state = starts >> 15 == 1 ? AT_START : IN_BARE;
        }
        Ends.newlines += popcnt(newlines);
        at += 16;
        continue;
      }
    }
    const stop = min(at + 16, end);
    for (; at < stop; at++) state = step(state, separator, <u32>load<u8>(at), at);
  }
  return state;
}

/** @returns the state after a byte */
@inline function step(state: u32, separator: u32, byte: u32, at: u32): u32 {
  if (byte == NEWLINE) {
    Ends.newlines++;
    if (state == IN_QUOTES) return IN_QUOTES;
    note(at - Layout.input + 1, Ends.newlines);
    return AT_START;
  }
  switch (state) {
    case IN_QUOTES:
      return byte == QUOTE ? AFTER_QUOTE : IN_QUOTES;
    case AFTER_QUOTE:
      if (byte == QUOTE) return IN_QUOTES;
      if (byte == separator) return AT_START;
      return byte == RETURN ? AFTER_RETURN : IN_BAD;
    case AFTER_RETURN:
    case IN_BAD:
      return IN_BAD;
    case AT_START:
      if (byte == QUOTE) return IN_QUOTES;
  }
  return byte == separator ? AT_START : IN_BARE;
}

@inline function note(last: u32, newlines: u32): void {
  Ends.last = last;
  Ends.newlinesBefore = newlines;
}
