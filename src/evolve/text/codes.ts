// record > [character codes] > walk
//
// The UTF-16 codes of a text in an array, which is searched in less than half the time that the text takes (docs/decisions.md).
// What is searched for is that of keys/json-scan.ts.

import { longStringEnd, noEnd, SHORT_STRING } from '../../keys/json-scan.js';

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const OPEN_ARRAY = '['.charCodeAt(0);
const OPEN_OBJECT = '{'.charCodeAt(0);
const CLOSE_OBJECT = '}'.charCodeAt(0);
/** The one bit in which a bracket differs from a brace: with it, one comparison finds both. */
const BRACE_BIT = 0x20;

/** Room for the codes of most records. After those of a text there are some of another: only a text without an end leads there. */
const ROOM_CODES = 1 << 15;
/** Larger rooms are not kept. */
const ROOM_CODES_MAX = 1 << 20;

/** Room for the codes of one text at a time. */
class Room {
  #bytes = Buffer.from(new ArrayBuffer(2 * ROOM_CODES));
  #codes = new Uint16Array(this.#bytes.buffer);

  /** The codes of a text. They are valid until the next call. */
  codesOf(text: string): Uint16Array {
    if (text.length > this.#codes.length) {
      this.#bytes = Buffer.from(new ArrayBuffer(2 * text.length));
      this.#codes = new Uint16Array(this.#bytes.buffer);
    }
    this.#bytes.write(text, 0, 'utf16le');
    return this.#codes;
  }

  get isLarge(): boolean {
    return this.#codes.length > ROOM_CODES_MAX;
  }
}

/** More than one is in use only while a walk over elements is within a walk over their record. */
const free: Room[] = [];

/** Works on the codes of a text. They are valid while it works. */
export function withCodes<T>(text: string, work: (codes: Uint16Array) => T): T {
  const room = free.pop() ?? new Room();
  try {
    return work(room.codesOf(text));
  } finally {
    if (!room.isLarge) free.push(room);
  }
}

/** One past the last character of the value that begins at `at`. After it there is another character. */
export function valueEndIn(codes: Uint16Array, text: string, at: number): number {
  const first = codes[at]!;
  if (first === QUOTE) return stringEndIn(codes, text, at);
  if ((first | BRACE_BIT) === OPEN_OBJECT) return containerEndIn(codes, text, at);
  for (let end = at + 1; end < text.length; end++) {
    const code = codes[end]!;
    if (code === COMMA || (code | BRACE_BIT) === CLOSE_OBJECT) return end;
  }
  return noEnd();
}

function stringEndIn(codes: Uint16Array, text: string, at: number): number {
  const shortEnd = at + SHORT_STRING;
  for (let end = at + 1; end < shortEnd; end++) {
    const code = codes[end]!;
    if (code === QUOTE) return end + 1;
    if (code === BACKSLASH) end++;
  }
  return longStringEnd(text, at);
}

function containerEndIn(codes: Uint16Array, text: string, at: number): number {
  let depth = 0;
  for (let end = at; end < text.length; ) {
    const code = codes[end]!;
    if (code === QUOTE) {
      end = stringEndIn(codes, text, end);
      continue;
    }
    end++;
    // Most characters are below all brackets.
    if (code < OPEN_ARRAY) continue;
    const brace = code | BRACE_BIT;
    if (brace === OPEN_OBJECT) depth++;
    else if (brace === CLOSE_OBJECT && --depth === 0) return end;
  }
  return noEnd();
}
