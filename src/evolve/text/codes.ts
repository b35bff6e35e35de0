// record > [character codes] > walk
//
// A text as an array of numbers, which is searched in less than half the time that the text takes (docs/decisions.md): the UTF-16 codes
// of a string, or a line of a frame as it is. What is searched for is that of keys/json-scan.ts.

import { longStringEnd, noEnd, SHORT_STRING } from '../../keys/json-scan.js';

const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);
const OPEN_ARRAY = '['.charCodeAt(0);
const OPEN_OBJECT = '{'.charCodeAt(0);
const CLOSE_OBJECT = '}'.charCodeAt(0);
/** The one bit in which a bracket differs from a brace: with it, one comparison finds both. */
const BRACE_BIT = 0x20;

type Codes = Uint16Array | Uint8Array;

/** A text that is walked over. */
export interface Coded {
  /** Its codes of UTF-16 or of UTF-8. Those behind its end are not of it. */
  readonly codes: Codes;
  readonly length: number;
  slice(from: number, to: number): string;
  /** One past the closing quote of the string that begins at `at`, which is a long one. */
  longStringEnd(at: number): number;
}

/** Bytes of UTF-8. */
export class CodedBytes implements Coded {
  readonly codes: Buffer;
  readonly length: number;

  constructor(codes: Buffer) {
    this.codes = codes;
    this.length = codes.length;
  }

  slice(from: number, to: number): string {
    return this.codes.toString('utf8', from, to);
  }

  longStringEnd(at: number): number {
    for (let quote = this.codes.indexOf(QUOTE, at + 1); quote !== -1; quote = this.codes.indexOf(QUOTE, quote + 1)) {
      let from = quote;
      while (this.codes[from - 1] === BACKSLASH) from--;
      if ((quote - from) % 2 === 0) return quote + 1;
    }
    return noEnd();
  }
}

/** Room for the codes of most records. After those of a text there are some of another: only a text without an end leads there. */
const ROOM_CODES = 1 << 15;
/** Larger rooms are not kept. */
const ROOM_CODES_MAX = 1 << 20;

/** Room for the codes of one string at a time. */
class Room implements Coded {
  #bytes = Buffer.from(new ArrayBuffer(2 * ROOM_CODES));
  codes = new Uint16Array(this.#bytes.buffer);
  length = 0;
  #text = '';

  hold(text: string): void {
    if (text.length > this.codes.length) {
      this.#bytes = Buffer.from(new ArrayBuffer(2 * text.length));
      this.codes = new Uint16Array(this.#bytes.buffer);
    }
    this.#bytes.write(text, 0, 'utf16le');
    this.#text = text;
    this.length = text.length;
  }

  slice(from: number, to: number): string {
    return this.#text.slice(from, to);
  }

  longStringEnd(at: number): number {
    return longStringEnd(this.#text, at);
  }

  get isLarge(): boolean {
    return this.codes.length > ROOM_CODES_MAX;
  }
}

/** More than one is in use only while a walk over elements is within a walk over their record. */
const free: Room[] = [];

/** Works on the codes of a string. They are valid while it works. */
export function withCodes<T>(text: string, work: (coded: Coded) => T): T {
  const room = free.pop() ?? new Room();
  try {
    room.hold(text);
    return work(room);
  } finally {
    if (!room.isLarge) {
      room.hold('');
      free.push(room);
    }
  }
}

/** One past the last character of the value that begins at `at`. After it there is another character. */
export function valueEndIn(codes: Codes, text: Coded, at: number): number {
  const first = codes[at]!;
  if (first === QUOTE) return stringEndIn(codes, text, at);
  if ((first | BRACE_BIT) === OPEN_OBJECT) return containerEndIn(codes, text, at);
  for (let end = at + 1; end < text.length; end++) {
    const code = codes[end]!;
    if (code === COMMA || (code | BRACE_BIT) === CLOSE_OBJECT) return end;
  }
  return noEnd();
}

function stringEndIn(codes: Codes, text: Coded, at: number): number {
  const shortEnd = at + SHORT_STRING;
  for (let end = at + 1; end < shortEnd; end++) {
    const code = codes[end]!;
    if (code === QUOTE) return end + 1;
    if (code === BACKSLASH) end++;
  }
  return text.longStringEnd(at);
}

function containerEndIn(codes: Codes, text: Coded, at: number): number {
  const { length } = text;
  let depth = 0;
  for (let end = at; end < length; ) {
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
