// Rows of CSV and TSV to lines of JSON. It converts rows that end in the bytes at hand and fit their header. It stops before
// any other row, and leaves it to the twin (src/import/format/csv.ts), which decides about it: it never calls a row bad.
//
// The table has for each column: where its lead stands and how long it is (`,"name":`), and what its cells are.

import { Layout } from './layout';
import { booleanEnd, numberEnd } from './scalars';
import { BACKSLASH, NEWLINE, QUOTE, copy, escape, unfit } from './strings';

const RETURN: u32 = 0x0d;
/** Of a column in the table: address and length of its lead, its type, nothing. */
const COLUMN_BYTES: u32 = 16;
/** Types of cells, as the driver numbers them. */
const STRING: u32 = 0;
const NUMBER: u32 = 1;
const BOOLEAN: u32 = 2;
const AUTO: u32 = 3;
/** No address. */
const NOT_SIMPLE: u32 = 0;

class Row {
  /** Where the bytes end, and the next byte of text goes. */
  static end: u32 = 0;
  static out: u32 = 0;
  static separator: u32 = 0;
  static newlines: u32 = 0;
}

/** Newlines in the rows that the last call converted. */
export function rowsNewlines(): u32 {
  return Row.newlines;
}

/** Converts rows. @returns how many of the bytes they are */
export function rowsConvert(columns: u32, separator: u32, bytes: u32): u32 {
  const begin = Layout.input;
  Row.end = begin + bytes;
  Row.out = Layout.text;
  Row.separator = separator;
  Row.newlines = 0;
  let at = begin;
  while (at < Row.end) {
    const out = Row.out;
    const newlines = Row.newlines;
    const next = row(columns, at);
    if (next == NOT_SIMPLE) {
      Row.out = out;
      Row.newlines = newlines;
      break;
    }
    at = next;
  }
  Layout.written = Row.out - Layout.text;
  return at - begin;
}

/** @returns where the next row begins */
function row(columns: u32, start: u32): u32 {
  const separator = Row.separator;
  const last = Layout.table + COLUMN_BYTES * (columns - 1);
  let at = start;
  for (let column = Layout.table; ; column += COLUMN_BYTES) {
    const lead = load<u32>(column + 4);
    copy(Row.out, load<u32>(column), lead);
    Row.out += lead;
    const type = load<u32>(column + 8);
    const end = <u32>load<u8>(at) == QUOTE ? quoted(at, type) : bare(at, type);
    // At the end of the bytes, what follows decides what it is.
    if (end == NOT_SIMPLE || end >= Row.end) return NOT_SIMPLE;
    const byte = <u32>load<u8>(end);
    at = end + 1;
    if (byte == separator) {
      if (column == last) return NOT_SIMPLE;
      continue;
    }
    if (byte == RETURN) {
      if (at >= Row.end || <u32>load<u8>(at) != NEWLINE) return NOT_SIMPLE;
      at++;
    } else if (byte != NEWLINE) return NOT_SIMPLE;
    if (column != last) return NOT_SIMPLE;
    Row.newlines++;
    store<u16>(Row.out, 0x0a7d);
    Row.out += 2;
    return at;
  }
}

/** Whether a cell may end here: then a number that ends here is all of it. */
@inline function isCellEnd(at: u32): bool {
  const byte = <u32>load<u8>(at);
  return byte == Row.separator || byte == NEWLINE || (byte == RETURN && <u32>load<u8>(at + 1) == NEWLINE);
}

/** Where a number or boolean ends that a cell of this type may be. */
function scalarEnd(at: u32, type: u32): u32 {
  if (type != BOOLEAN) {
    const end = numberEnd(at);
    if (end != 0) return end;
  }
  return type != NUMBER ? booleanEnd(at) : 0;
}

/** Writes a cell without quotes. @returns where it ends: at a separator or the end of a line */
function bare(from: u32, type: u32): u32 {
  if (type != STRING) {
    const end = scalarEnd(from, type);
    if (end != 0 && end < Row.end && isCellEnd(end)) {
      copy(Row.out, from, end - from);
      Row.out += end - from;
      return end;
    }
  }
  const separators = i8x16.splat(<i8>Row.separator);
  let at = from;
  let out = Row.out;
  store<u8>(out++, <u8>QUOTE);
  while (at < Row.end) {
    const block = v128.load(at);
    v128.store(out, block);
    const stops = unfit(block) | i8x16.bitmask(i8x16.eq(block, separators));
    if (stops == 0) {
      at += 16;
      out += 16;
      continue;
    }
    const step = ctz(stops);
    at += step;
    out += step;
    if (at >= Row.end) return NOT_SIMPLE;
    const byte = <u32>load<u8>(at);
    if (byte == Row.separator || byte == NEWLINE) break;
    if (byte == RETURN) {
      if (at + 1 >= Row.end) return NOT_SIMPLE;
      if (<u32>load<u8>(at + 1) == NEWLINE) break;
    }
    out = escape(out, byte);
    at++;
  }
  store<u8>(out, <u8>QUOTE);
  Row.out = out + 1;
  return at;
}

/** Writes a cell in quotes. @returns as `bare` */
function quoted(from: u32, type: u32): u32 {
  if (type == NUMBER || type == BOOLEAN) {
    const end = scalarEnd(from + 1, type);
    if (end != 0 && end + 1 < Row.end && <u32>load<u8>(end) == QUOTE && isCellEnd(end + 1)) {
      copy(Row.out, from + 1, end - from - 1);
      Row.out += end - from - 1;
      return end + 1;
    }
  }
  let at = from + 1;
  let out = Row.out;
  store<u8>(out++, <u8>QUOTE);
  for (;;) {
    if (at >= Row.end) return NOT_SIMPLE;
    const block = v128.load(at);
    v128.store(out, block);
    const stops = unfit(block);
    if (stops == 0) {
      at += 16;
      out += 16;
      continue;
    }
    const step = ctz(stops);
    at += step;
    out += step;
    if (at + 1 >= Row.end) return NOT_SIMPLE;
    const byte = <u32>load<u8>(at++);
    if (byte == QUOTE) {
      if (<u32>load<u8>(at) != QUOTE) break;
      at++;
    } else if (byte == NEWLINE) Row.newlines++;
    out = escape(out, byte);
  }
  store<u8>(out, <u8>QUOTE);
  Row.out = out + 1;
  return at;
}
