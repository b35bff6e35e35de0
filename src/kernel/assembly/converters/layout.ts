// The memory of the converters: the names of columns, bytes to convert, and the text that comes of them.
//
//   | table: columns and their names | input | slack | text | slack |
//
// Loads and stores of 16 bytes may go beyond the end of the input and of the text by less than the slack.

import { align16, reserve } from '../window';

const SLACK: u32 = 64;

export class Layout {
  static table: u32 = 0;
  static input: u32 = 0;
  static text: u32 = 0;
  static textBytes: u32 = 0;
  /** Bytes of text written by the last call. */
  static written: u32 = 0;
}

/** Lays memory out for a table, for so many bytes to convert, and for their text. False: the system refuses the memory. */
export function layout(tableBytes: u32, inputBytes: u32, textBytes: u32): bool {
  Layout.table = <u32>align16(__heap_base);
  const input = align16(<u64>Layout.table + tableBytes);
  const text = align16(input + inputBytes + SLACK);
  if (!reserve(text + textBytes + SLACK)) return false;
  Layout.input = <u32>input;
  Layout.text = <u32>text;
  Layout.textBytes = textBytes;
  return true;
}

/** Where the caller puts the table. */
export function table(): u32 {
  return Layout.table;
}

/** Where the caller puts the bytes. */
export function input(): u32 {
  return Layout.input;
}

/** Where the text stands. */
export function text(): u32 {
  return Layout.text;
}

/** Bytes of text that the last call wrote. */
export function written(): u32 {
  return Layout.written;
}
