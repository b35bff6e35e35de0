// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Where a bad record ends, so that the good ones behind it are kept. Brackets are matched leniently from the record's
// first byte on:
// - Strings, and comments where there are any, are respected. A backslash skips the next byte, but a raw newline always closes the string, skipped or not: it
//   can never be inside a valid one, so it is where damage to a quote stops spreading.
// - A closer closes the nearest open bracket of its kind, and with it whatever was opened since. A closer with no such bracket
//   is the container's own, or a stray one that is ignored.
// Both functions answer -1 when the bytes end first. They take linear time: a bracket is pushed and popped at most once.

import { byteSet, CLOSE_ARRAY, type CLOSE_OBJECT, COMMA, isBlank, OPEN_ARRAY } from './bytes.js';
import type { Syntax } from './syntax.js';

const isOpener = byteSet('[{');
const isCloser = byteSet(']}');
const beginsValue = byteSet('[{"');

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
  syntax: Syntax,
): number {
  const nesting = new Nesting();
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const passed = syntax.passOver(bytes, at);
    if (passed > at) {
      at = passed - 1;
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
export function endOfBadValue(bytes: Uint8Array, start: number, syntax: Syntax): number {
  if (isOpener[bytes[start]!] === 0) return endOfBracketlessValue(bytes, start, syntax);
  const nesting = new Nesting();
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const passed = syntax.passOver(bytes, at);
    if (passed > at) {
      at = passed - 1;
    } else if (isOpener[byte] === 1) {
      nesting.open(byte);
    } else if (isCloser[byte] === 1 && nesting.close(byte) && nesting.depth === 0) {
      return at + 1;
    }
  }
  return -1;
}

function endOfBracketlessValue(bytes: Uint8Array, start: number, syntax: Syntax): number {
  for (let at = Math.max(syntax.passOver(bytes, start), start + 1); at < bytes.length; at++) {
    if (isBlank[bytes[at]!] === 1 || beginsValue[bytes[at]!] === 1 || syntax.passOver(bytes, at) > at) return at;
  }
  return -1;
}
