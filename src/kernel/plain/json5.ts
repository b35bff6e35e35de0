// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// JSON5 1.0 (spec.json5.org): comments, more white space, single quotes, bare names, more numbers and escapes. What comments
// hold is not looked at. Control characters may stand in strings, as JSON5 has it. json5-text.ts makes strict JSON of it.

import { BACKSLASH, byteSet, QUOTE, SLASH } from './bytes.js';
import { numberText, SINGLE_QUOTE, strictName, strictScalar } from './json5-text.js';
import { checkCharacter, checkEscape, checkScalar, nonfiniteIn } from './scalars.js';
import type { Syntax } from './syntax.js';
import { cutShort, fault, MORE, type Verdict, type View } from './view.js';

const STAR = '*'.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);
const CARRIAGE_RETURN = '\r'.charCodeAt(0);
const LOWER_U = 'u'.charCodeAt(0);
const LOWER_X = 'x'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

const isBlankByte = byteSet(' \t\n\r\v\f');
const endsRun = byteSet(' \t\n\r\v\f{}[]:,"\'/');
const isDigit = byteSet('0123456789');
const isHexDigit = byteSet('0123456789abcdefABCDEF');
const beginsNumber = byteSet('0123456789+-.');
const beginsWord = byteSet('tfnIN');
const ASCII_END = 0x80;

const ID_START = /^[$_\p{ID_Start}]$/u;
const ID_PART = /^(?:[$_\p{ID_Continue}]|\u200c|\u200d)$/u;
const WORDS: ReadonlySet<string> = new Set(['true', 'false', 'null']);
const ALL_WORDS = [...WORDS, 'NaN', 'Infinity'];

/** White space beyond ASCII: the byte order mark, U+2028, U+2029, and the spaces of Unicode, as they are in UTF-8. */
const WIDE_BLANKS: readonly (readonly number[])[] = [
  ...['\u00a0', '\ufeff', '\u2028', '\u2029', '\u1680', '\u202f', '\u205f', '\u3000'],
  ...Array.from({ length: 11 }, (_, i) => String.fromCharCode(0x2000 + i)),
].map((character) => [...Buffer.from(character)]);
const beginsWideBlank = new Uint8Array(256);
for (const [lead] of WIDE_BLANKS) beginsWideBlank[lead!] = 1;
/** The ends of a line that are not ASCII: U+2028 and U+2029. */
const WIDE_LINE_ENDS = WIDE_BLANKS.slice(2, 4);

/** Bytes of the white space at `at`: 0 if there is none. */
function blankWidth(bytes: Uint8Array, at: number, limit: number): number {
  if (bytes[at]! < ASCII_END) return isBlankByte[bytes[at]!]!;
  if (beginsWideBlank[bytes[at]!] === 0) return 0;
  return widthOf(WIDE_BLANKS, bytes, at, limit);
}

function widthOf(characters: typeof WIDE_BLANKS, bytes: Uint8Array, at: number, limit: number): number {
  const found = characters.find((one) => at + one.length <= limit && one.every((byte, i) => bytes[at + i] === byte));
  return found?.length ?? 0;
}

function pass(view: View, at: number): Verdict {
  const { bytes, limit, isFinal } = view;
  const width = blankWidth(bytes, at, limit);
  if (width > 0) return at + width;
  // A wide character that is not all there.
  if (!isFinal && beginsWideBlank[bytes[at]!] === 1 && limit - at < 3) return MORE;
  return bytes[at] === SLASH ? commentEnd(view, at) : at;
}

function skip(view: View, start: number): Verdict {
  for (let at = start; at < view.limit; ) {
    const end = pass(view, at);
    if (end === at || typeof end !== 'number') return end;
    at = end;
  }
  return view.limit;
}

/** The end of the comment that begins at `at`; `at` if none begins there. */
function commentEnd(view: View, at: number): Verdict {
  const { bytes, limit, isFinal } = view;
  if (at + 1 === limit) return isFinal ? at : MORE;
  const end = closeOfComment(bytes, at, limit);
  if (end !== -1) return end;
  return bytes[at + 1] === SLASH && isFinal ? limit : cutShort(view);
}

/** As `commentEnd`, in bytes that are there; -1 if it does not end in them. A line comment ends before the end of its line. */
function closeOfComment(bytes: Uint8Array, start: number, limit: number): number {
  if (bytes[start + 1] === STAR) {
    for (let at = bytes.indexOf(STAR, start + 2); at !== -1 && at + 1 < limit; at = bytes.indexOf(STAR, at + 1)) {
      if (bytes[at + 1] === SLASH) return at + 2;
    }
    return -1;
  }
  if (bytes[start + 1] !== SLASH) return start;
  for (let at = start + 2; at < limit; at++) {
    const byte = bytes[at];
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return at;
    if (byte! >= ASCII_END && widthOf(WIDE_LINE_ENDS, bytes, at, limit) > 0) return at;
  }
  return -1;
}

function isQuote(byte: number | undefined): boolean {
  return byte === QUOTE || byte === SINGLE_QUOTE;
}

function checkString(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  const quote = bytes[at];
  let here = at + 1;
  while (here < limit) {
    const byte = bytes[here]!;
    if (byte === quote) return here + 1;
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) return fault('CONTROL_CHARACTER', here);
    if (byte < ASCII_END && byte !== BACKSLASH) {
      here++;
      continue;
    }
    const verdict = byte === BACKSLASH ? checkJson5Escape(view, here) : checkCharacter(view, here);
    if (typeof verdict !== 'number') return verdict;
    here = verdict;
  }
  return cutShort(view);
}

/** An escape sequence whose backslash is at `at`. Any character may be escaped, but no digit except a lone zero. */
function checkJson5Escape(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  if (at + 1 === limit) return cutShort(view);
  const byte = bytes[at + 1]!;
  if (byte === LOWER_U) return checkEscape(view, at);
  if (byte >= ASCII_END) return checkCharacter(view, at + 1);
  if (byte === LOWER_X) return checkHexEscape(view, at);
  if (byte !== CARRIAGE_RETURN && isDigit[byte] === 0) return at + 2;
  if (byte !== CARRIAGE_RETURN && byte !== ZERO) return fault('BAD_ESCAPE', at + 1);
  // The byte after it decides: a line feed belongs to a carriage return, and no digit may follow a zero.
  if (at + 2 === limit) return cutShort(view);
  if (byte === ZERO) return isDigit[bytes[at + 2]!] === 1 ? fault('BAD_ESCAPE', at + 2) : at + 2;
  return bytes[at + 2] === LINE_FEED ? at + 3 : at + 2;
}

function checkHexEscape(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  for (let here = at + 2; here < at + 4; here++) {
    if (here === limit) return cutShort(view);
    if (isHexDigit[bytes[here]!] === 0) return fault('BAD_ESCAPE', here);
  }
  return at + 4;
}

/** A name that is an identifier of ECMAScript 5.1. It may be a reserved word. */
function checkName(view: View, at: number): Verdict {
  const { bytes, limit, isFinal } = view;
  if (isQuote(bytes[at])) return checkString(view, at);
  let here = at;
  while (here < limit) {
    const byte = bytes[here]!;
    if (byte < ASCII_END && byte !== BACKSLASH) {
      if (!isPart(String.fromCharCode(byte), here === at)) break;
      here++;
      continue;
    }
    const end = byte === BACKSLASH ? checkEscape(view, here) : checkCharacter(view, here);
    if (typeof end !== 'number') return end;
    if (byte === BACKSLASH && bytes[here + 1] !== LOWER_U) return fault('BAD_ESCAPE', here + 1);
    const text = Buffer.from(bytes.subarray(here, end)).toString('utf8');
    const character = byte === BACKSLASH ? String.fromCharCode(Number.parseInt(text.slice(2), 16)) : text;
    if (!isPart(character, here === at)) {
      if (byte === BACKSLASH) return fault('BAD_ESCAPE', here);
      break;
    }
    here = end;
  }
  if (here === limit && !isFinal) return MORE;
  return here === at ? fault('UNEXPECTED_CHARACTER', at) : here;
}

function isPart(character: string, isFirst: boolean): boolean {
  return (isFirst ? ID_START : ID_PART).test(character);
}

/** A number or a literal: the whole run up to white space, punctuation, a quote or a comment must be one. */
function checkWord(view: View, at: number, acceptsNonfinite: boolean): Verdict {
  const { bytes, limit, isFinal } = view;
  let end = at;
  while (end < limit && endsRun[bytes[end]!] === 0 && blankWidth(bytes, end, limit) === 0) end++;
  if (end === limit && !isFinal) return MORE;
  if (checkScalar(view, at) === end) return end;
  const run = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
  if (end === limit && isBeginning(run)) return cutShort(view);
  const nonfinite = nonfiniteIn(run, true);
  if (nonfinite !== undefined) return acceptsNonfinite ? end : fault('NOT_FINITE', at);
  if (beginsNumber[bytes[at]!] === 1) return numberText(run) === undefined ? fault('BAD_NUMBER', at) : end;
  if (WORDS.has(run.toString('latin1', 0, 6))) return end;
  return fault(beginsWord[bytes[at]!] === 1 ? 'BAD_LITERAL' : 'UNEXPECTED_CHARACTER', at);
}

/** Whether a run is no number or literal, but the beginning of one. */
function isBeginning(run: Buffer): boolean {
  const text = run.toString('latin1', 0, '-Infinity'.length);
  const word = text.replace(/^[-+]/, '');
  const isWord = text.length === run.length && ALL_WORDS.some((one) => one.startsWith(word) && one !== word);
  if (isWord && text !== '') return true;
  return numberText(run) === undefined && numberText(Buffer.concat([run, Buffer.from('0')])) !== undefined;
}

/** In a bad record a raw end of a line closes a string, unless it is escaped. */
function passOver(bytes: Uint8Array, start: number): number {
  if (bytes[start] === SLASH) {
    const end = closeOfComment(bytes, start, bytes.length);
    return end === -1 ? bytes.length : end;
  }
  if (!isQuote(bytes[start])) return start;
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === bytes[start]) return at + 1;
    if (bytes[at] === LINE_FEED) return at;
    if (bytes[at] === BACKSLASH) at++;
  }
  return bytes.length;
}

/** @param nonfinite what becomes of NaN and infinities; absent: they are faults */
export function json5With(nonfinite: 'null' | 'string' | undefined): Syntax {
  return {
    ...{ pass, skip },
    name: checkName,
    scalar: (view, at) =>
      isQuote(view.bytes[at]) ? checkString(view, at) : checkWord(view, at, nonfinite !== undefined),
    passOver,
    hasTrailingCommas: true,
    strict: { name: strictName, scalar: (token) => strictScalar(token, nonfinite) },
  };
}
