// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Where a bad record ends, so that the good ones behind it are kept. Brackets are matched leniently from the record's
// first byte on:
// - Strings are respected. A backslash skips the next byte, but a raw newline always closes the string, skipped or not: it
//   can never be inside a valid one, so it is where damage to a quote stops spreading.
// - A closer closes the nearest open bracket of its kind, and with it whatever was opened since. A closer with no such bracket
//   is the container's own, or a stray one that is ignored.
// Both functions answer -1 when the bytes end first. They take linear time: a bracket is pushed and popped at most once.

import {
  BACKSLASH,
  byteSet,
  CLOSE_ARRAY,
  type CLOSE_OBJECT,
  COMMA,
  isBlank,
  NEWLINE,
  OPEN_ARRAY,
  QUOTE,
} from './bytes.js';

const isOpener = byteSet('[{');
const isCloser = byteSet(']}');
const beginsValueAnywhere = byteSet('[{"');

/** The brackets that are open: a bit each (1 for an array), for a hostile source may open one with every byte. */
class Nesting {
  #bits = new Uint8Array(128);
  #depth = 0;
  #arrays = 0;

  get depth(): number {
    return this.#depth;
  }

  open(opener: number): void {
    const at = this.#depth >> 3;
    if (at === this.#bits.length) {
      const longer = new Uint8Array(2 * at);
      longer.set(this.#bits);
      this.#bits = longer;
    }
    const bit = 1 << (this.#depth & 7);
    if (opener === OPEN_ARRAY) {
      this.#bits[at]! |= bit;
      this.#arrays++;
    } else this.#bits[at]! &= ~bit;
    this.#depth++;
  }

  /** Closes up to the nearest matching opener; false when there is none. */
  close(closer: number): boolean {
    const isArray = closer === CLOSE_ARRAY;
    if ((isArray ? this.#arrays : this.#depth - this.#arrays) === 0) return false;
    for (;;) {
      this.#depth--;
      const wasArray = ((this.#bits[this.#depth >> 3]! >> (this.#depth & 7)) & 1) === 1;
      if (wasArray) this.#arrays--;
      if (wasArray === isArray) return true;
    }
  }
}

/** Framing `array` and `object`: offset of the comma at depth 0 or of the container's own closer, whichever is first. */
export function endOfBadElement(
  bytes: Uint8Array,
  start: number,
  ownCloser: typeof CLOSE_ARRAY | typeof CLOSE_OBJECT,
): number {
  const nesting = new Nesting();
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at) - 1;
    } else if (isOpener[byte] === 1) {
      nesting.open(byte);
    } else if (isCloser[byte] === 1) {
      if (!nesting.close(byte) && byte === ownCloser) return at;
    } else if (byte === COMMA && nesting.depth === 0) {
      return at;
    }
  }
  return -1;
}

/**
 * Framing `values`: just after the bracket that closes the record. A record that does not begin with a bracket never
 * opens one: it ends before white space, or before a byte that begins a value wherever it stands.
 */
export function endOfBadValue(bytes: Uint8Array, start: number): number {
  if (isOpener[bytes[start]!] === 0) return endOfBracketlessValue(bytes, start);
  const nesting = new Nesting();
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at) - 1;
    } else if (isOpener[byte] === 1) {
      nesting.open(byte);
    } else if (isCloser[byte] === 1 && nesting.close(byte) && nesting.depth === 0) {
      return at + 1;
    }
  }
  return -1;
}

function endOfBracketlessValue(bytes: Uint8Array, start: number): number {
  for (let at = bytes[start] === QUOTE ? endOfString(bytes, start) : start + 1; at < bytes.length; at++) {
    if (isBlank[bytes[at]!] === 1 || beginsValueAnywhere[bytes[at]!] === 1) return at;
  }
  return -1;
}

/** Just after the quote that closes the string, or at the raw newline that does, or the end of the bytes. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === NEWLINE) return at;
    if (byte === BACKSLASH && bytes[at + 1] !== NEWLINE) at++;
  }
  return bytes.length;
}
