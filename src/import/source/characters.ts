// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The characters of one JSON string, a byte at a time: control characters, escapes, UTF-8 (Unicode 16, table 3-7).

import type { Spelling } from '../../kernel/plain/syntaxes.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
const LOWER_U = 0x75;

/** Whether the string continues, has ended with this byte, or is not valid. */
type CharacterVerdict = 'inside' | 'ended' | 'bad';

export class CharacterChecker {
  #isEscape = false;
  #hexDigitsLeft = 0;
  #continuationsLeft = 0;
  /** Bounds of the next continuation byte. */
  #low = 0x80;
  #high = 0xbf;

  /** An opening quote has been read. */
  begin(): void {
    this.#isEscape = false;
    this.#hexDigitsLeft = 0;
    this.#continuationsLeft = 0;
  }

  next(c: number): CharacterVerdict {
    if (this.#continuationsLeft > 0) return this.#continuation(c);
    if (this.#hexDigitsLeft > 0) {
      this.#hexDigitsLeft--;
      return (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) ? 'inside' : 'bad';
    }
    if (this.#isEscape) {
      this.#isEscape = false;
      if (c === LOWER_U) this.#hexDigitsLeft = 4;
      return c === LOWER_U || ESCAPES.has(c) ? 'inside' : 'bad';
    }
    if (c === QUOTE) return 'ended';
    if (c === BACKSLASH) this.#isEscape = true;
    if (c < 0x20) return 'bad';
    return c < 0x80 ? 'inside' : this.#lead(c);
  }

  #lead(c: number): CharacterVerdict {
    if (c < 0xc2 || c > 0xf4) return 'bad';
    this.#continuationsLeft = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    this.#low = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80;
    this.#high = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf;
    return 'inside';
  }

  #continuation(c: number): CharacterVerdict {
    if (c < this.#low || c > this.#high) return 'bad';
    this.#continuationsLeft--;
    this.#low = 0x80;
    this.#high = 0xbf;
    return 'inside';
  }
}

/** Whether a value, or a comment, may begin with this byte. */
export function beginsJson(byte: number, { dialect, nonfinite = 'reject' }: Spelling = {}): boolean {
  const first = String.fromCharCode(byte);
  return (dialect === 'json5' ? BEGINS_JSON5 : nonfinite === 'reject' ? BEGINS_JSON : BEGINS_NONFINITE).test(first);
}

const BEGINS_JSON = /[[{"\-0-9tfn]/;
const BEGINS_NONFINITE = /[[{"\-0-9tfnNI]/;
const BEGINS_JSON5 = /[[{"'\-+.0-9tfnNI/]/;
