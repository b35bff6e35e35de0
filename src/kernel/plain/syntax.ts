// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// How the tokens of a source are spelled. The grammar, the layouts and the resync are the same for every spelling; what
// they ask of it is here. Strict JSON is one spelling, and the only one that the SIMD kernel knows.

import { BACKSLASH, NEWLINE, QUOTE, skipBlanks } from './bytes.js';
import { checkScalar, checkString } from './scalars.js';
import { fault, type Verdict, type View } from './view.js';

export interface Syntax {
  /** The end of the comment, or of the white space beyond that of JSON, that begins at `at`; `at` if there is none. Absent: no source has any. */
  pass?(view: View, at: number): Verdict;
  /** The first byte from `at` on that is neither white space nor in a comment; the limit if there is none. */
  skip(view: View, at: number): Verdict;
  /** The end of the member name that begins at `at`. */
  name(view: View, at: number): Verdict;
  /** The end of the string, number or literal that begins at `at`. */
  scalar(view: View, at: number): Verdict;
  /** In a bad record: the end of the string or comment that begins at `at`, or of the bytes; `at` if none begins there. */
  passOver(bytes: Uint8Array, at: number): number;
  /** Whether a comma may stand after the last element or member. */
  readonly hasTrailingCommas: boolean;
  /** Spells a token, known to be valid, as strict JSON. Absent: all tokens are strict. */
  readonly strict?: {
    name(token: Uint8Array): Uint8Array;
    scalar(token: Uint8Array): Uint8Array;
  };
}

export const STRICT: Syntax = {
  skip: ({ bytes, limit }, at) => skipBlanks(bytes, at, limit),
  name: (view, at) => (view.bytes[at] === QUOTE ? checkString(view, at) : fault('UNEXPECTED_CHARACTER', at)),
  scalar: (view, at) => (view.bytes[at] === QUOTE ? checkString(view, at) : checkScalar(view, at)),
  passOver: (bytes, at) => (bytes[at] === QUOTE ? endOfString(bytes, at) : at),
  hasTrailingCommas: false,
};

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
