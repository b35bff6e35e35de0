// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Where a bad record ends, so that the good ones behind it are kept. Brackets are matched leniently from the record's
// first byte on:
// - Strings, and comments where there are any, are respected. A backslash skips the next byte, but a raw newline always closes the string, skipped or not: it
//   can never be inside a valid one, so it is where damage to a quote stops spreading.
// - A closer closes the nearest open bracket of its kind, and with it whatever was opened since. A closer with no such bracket
//   is the container's own, or a stray one that is ignored.
// All functions answer -1 when the bytes end first. They take linear time: a bracket is pushed and popped at most once.

import { byteSet, CLOSE_ARRAY, type CLOSE_OBJECT, COMMA, isBlank, OPEN_ARRAY, RECORD_SEPARATOR } from './bytes.js';
import type { Syntax } from './syntax.js';

const isOpener = byteSet('[{');
const isCloser = byteSet(']}');
const beginsValue = byteSet('[{"');

/** Bytes in which the end of a bad text is looked for first. */
const TEXT_BYTES = 1024;

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

/** Layout `array` and `object`: offset of the comma at depth 0 or of the container's own closer, whichever is first. */
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
 * Layout `values`: just after the bracket that closes the record. A record that does not begin with a bracket never
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

/** As `endOfBadValue`; a record separator (RFC 7464) ends every text. Looks at more and more: there may be a million bad ones. */
export function endOfBadText(bytes: Uint8Array, start: number, syntax: Syntax): number {
  // The most frequent ones are short, and no brackets: nothing is made for them.
  const end = isOpener[bytes[start]!] === 0 ? endOfBracketlessValue(bytes, start, syntax) : -1;
  if (end !== -1 && end - start < TEXT_BYTES) {
    for (let at = start; at < end; at++) if (bytes[at] === RECORD_SEPARATOR) return at;
    return end;
  }
  for (let looked = TEXT_BYTES; ; looked *= 4) {
    const part = bytes.subarray(0, start + looked);
    const separator = part.indexOf(RECORD_SEPARATOR, start);
    const resync = endOfBadValue(separator === -1 ? part : part.subarray(0, separator), start, syntax);
    if (resync !== -1) return resync;
    if (separator !== -1 || part.length === bytes.length) return separator;
  }
}

function endOfBracketlessValue(bytes: Uint8Array, start: number, syntax: Syntax): number {
  for (let at = Math.max(syntax.passOver(bytes, start), start + 1); at < bytes.length; at++) {
    if (isBlank[bytes[at]!] === 1 || beginsValue[bytes[at]!] === 1 || syntax.passOver(bytes, at) > at) return at;
  }
  return -1;
}
