// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The JSON that a converter writes, as bytes. What is written since a mark can be taken back: a row that does not end in
// the bytes at hand is converted again when more of them have come.

import { BACKSLASH, QUOTE } from '../../kernel/plain/bytes.js';

/** Bytes of a character in a string at most: `\u001f` for one byte. */
const ESCAPE_BYTES = 6;
const HEX = Buffer.from('0123456789abcdef');
const [SMALL_B, SMALL_F, SMALL_N, SMALL_R, SMALL_T, SMALL_U, ZERO] = Buffer.from('bfnrtu0');
const SHORT_ESCAPES = new Map([
  [8, SMALL_B],
  [9, SMALL_T],
  [10, SMALL_N],
  [12, SMALL_F],
  [13, SMALL_R],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
]);
/** 1 for a byte that cannot stand in a string as it is. */
const NEEDS_ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 0x20 || byte === QUOTE || byte === BACKSLASH),
);
/** A longer piece is copied by the system. */
const COPIED_BYTES_MIN = 64;

export class TextOutput {
  #bytes = Buffer.allocUnsafe(64 * 1024);
  /** Bytes written; may be set back to an earlier value of itself. */
  length = 0;

  /** What is written; valid until more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = byte;
  }

  /** Writes ASCII. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    if (length >= COPIED_BYTES_MIN) this.#bytes.write(text, this.length, 'latin1');
    else for (let i = 0; i < length; i++) this.#bytes[this.length + i] = text.charCodeAt(i);
    this.length += length;
  }

  /** Writes text as UTF-8. */
  utf8(text: string): void {
    this.raw(Buffer.from(text), 0);
  }

  /** Writes bytes as they are. */
  raw(bytes: Uint8Array, from: number, to = bytes.byteLength): void {
    const count = to - from;
    this.#reserve(count);
    if (count >= COPIED_BYTES_MIN) this.#bytes.set(bytes.subarray(from, to), this.length);
    else for (let at = from, end = this.length; at < to; at++) this.#bytes[end++] = bytes[at]!;
    this.length += count;
  }

  /** Writes bytes as the inside of a string, without its quotes. UTF-8 that is not valid is left to the scan to refuse. */
  inString(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    const first = this.#bytes;
    let clean = from;
    let written = this.length;
    for (; clean < to && NEEDS_ESCAPE[bytes[clean]!] === 0; clean++) first[written++] = bytes[clean]!;
    this.length = written;
    if (clean === to) return;
    this.#reserve(ESCAPE_BYTES * (to - clean));
    const target = this.#bytes;
    let end = this.length;
    for (let at = clean; at < to; at++) {
      const byte = bytes[at]!;
      if (NEEDS_ESCAPE[byte] === 0) {
        target[end++] = byte;
        continue;
      }
      target[end++] = BACKSLASH;
      const short = SHORT_ESCAPES.get(byte);
      if (short !== undefined) target[end++] = short;
      else {
        target[end++] = SMALL_U!;
        target[end++] = ZERO!;
        target[end++] = ZERO!;
        target[end++] = HEX[byte >> 4]!;
        target[end++] = HEX[byte & 15]!;
      }
    }
    this.length = end;
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.#bytes.byteLength) return;
    const longer = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.byteLength));
    longer.set(this.written);
    this.#bytes = longer;
  }
}
