// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Strings, numbers and literals, checked byte by byte against RFC 8259 and the table of well-formed UTF-8 (Unicode 16,
// table 3-7). The first byte that cannot go on is the one a fault names.

import { BACKSLASH, byteSet, endsScalar, FIRST_PRINTABLE, QUOTE } from './bytes.js';
import { cutShort, fault, type Verdict, type View } from './view.js';

const isSimpleEscape = byteSet('"\\/bfnrt');
const isHexDigit = byteSet('0123456789abcdefABCDEF');
const isDigit = byteSet('0123456789');
const beginsNumber = byteSet('-0123456789');
const isSign = byteSet('+-');
const isExponentMark = byteSet('eE');
const UNICODE_ESCAPE = 'u'.charCodeAt(0);
const UNICODE_ESCAPE_DIGITS = 4;
const MINUS = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);

const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]));

/** A string whose opening quote is at `at`. */
export function checkString(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  let here = at + 1;
  while (here < limit) {
    const byte = bytes[here]!;
    if (byte === QUOTE) return here + 1;
    if (byte < FIRST_PRINTABLE) return fault('CONTROL_CHARACTER', here);
    if (byte < 0x80 && byte !== BACKSLASH) {
      here++;
      continue;
    }
    const verdict = byte === BACKSLASH ? checkEscape(view, here) : checkCharacter(view, here);
    if (typeof verdict !== 'number') return verdict;
    here = verdict;
  }
  return cutShort(view);
}

/** An escape sequence whose backslash is at `at`. Surrogates need no partner: `"\ud800"` is JSON. */
export function checkEscape(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  if (at + 1 === limit) return cutShort(view);
  if (isSimpleEscape[bytes[at + 1]!] === 1) return at + 2;
  if (bytes[at + 1] !== UNICODE_ESCAPE) return fault('BAD_ESCAPE', at + 1);
  const end = at + 2 + UNICODE_ESCAPE_DIGITS;
  for (let here = at + 2; here < end; here++) {
    if (here === limit) return cutShort(view);
    if (isHexDigit[bytes[here]!] === 0) return fault('BAD_ESCAPE', here);
  }
  return end;
}

/** A character of two to four bytes: no overlong form, no surrogate, nothing above U+10FFFF. */
export function checkCharacter(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  const lead = bytes[at]!;
  if (lead < 0xc2 || lead > 0xf4) return fault('BAD_UTF8', at);
  const end = at + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
  // Only the second byte is ever bounded more tightly than 80…BF.
  let lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  let highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let here = at + 1; here < end; here++) {
    if (here === limit) return cutShort(view);
    if (bytes[here]! < lowest || bytes[here]! > highest) return fault('BAD_UTF8', here);
    lowest = 0x80;
    highest = 0xbf;
  }
  return end;
}

const beginsNonfinite = byteSet('+-NI');
const NONFINITE = ['NaN', 'Infinity', '-Infinity'] as const;
type Nonfinite = (typeof NONFINITE)[number];

/** Whether the run `bytes[at … end)` is how this name begins. A minus alone is how numbers begin. */
function beginsAs(name: Nonfinite, bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at > name.length || (end - at === 1 && bytes[at] === MINUS)) return false;
  for (let here = at; here < end; here++) if (bytes[here] !== name.charCodeAt(here - at)) return false;
  return end > at;
}

/** Which number that JSON does not have a token is. @param isJson5 whether any of them may have a sign */
export function nonfiniteIn(token: Uint8Array, isJson5: boolean): Nonfinite | undefined {
  if (token.length > NONFINITE[2].length || beginsNonfinite[token[0]!] === 0) return undefined;
  const text = String.fromCharCode(...token);
  const name = isJson5 ? text.replace(/^(?:\+|-(?=NaN))/, '') : text;
  return NONFINITE.find((one) => one === name);
}

/** What is stored of such a number. */
export function nonfiniteText(name: Nonfinite, as: 'null' | 'string'): Uint8Array {
  return Buffer.from(as === 'null' ? 'null' : `"${name}"`);
}

/** A number or a literal: the whole run up to white space, punctuation or the limit must be one. */
export function checkScalar(view: View, at: number): Verdict {
  const { bytes, limit } = view;
  let end = at;
  while (end < limit && endsScalar[bytes[end]!] === 0) end++;
  const isNumber = beginsNumber[bytes[at]!] === 1;
  const word = LITERALS.get(bytes[at]!);
  if (beginsNonfinite[bytes[at]!] === 1 && NONFINITE.some((name) => beginsAs(name, bytes, at, end))) {
    if (end === limit && !view.isFinal) return cutShort(view);
    // The minus may begin a number.
    if (nonfiniteIn(bytes.subarray(at, end), false)) return fault('NOT_FINITE', isNumber ? at + 1 : at);
  }
  if (!isNumber && word === undefined) return fault('UNEXPECTED_CHARACTER', at);

  const misfit = word === undefined ? numberMisfit(bytes, at, end) : literalMisfit(bytes, at, end, word);
  const mayGoOn = end === limit && !view.isFinal;
  if (mayGoOn && (misfit === NONE || misfit === end)) return cutShort(view);
  return misfit === NONE ? end : fault(isNumber ? 'BAD_NUMBER' : 'BAD_LITERAL', misfit);
}

/** No byte of the run is out of place. */
const NONE = -1;

/** The first offset of the run at which it is no number any more (`end`: it stops too early), or NONE. */
function numberMisfit(bytes: Uint8Array, at: number, end: number): number {
  let here = bytes[at] === MINUS ? at + 1 : at;
  const wholeEnd = here < end && bytes[here] === ZERO ? here + 1 : skipDigits(bytes, here, end);
  if (wholeEnd === here) return here;
  here = wholeEnd;
  if (here < end && bytes[here] === POINT) {
    const fraction = here + 1;
    here = skipDigits(bytes, fraction, end);
    if (here === fraction) return here;
  }
  if (here < end && isExponentMark[bytes[here]!] === 1) {
    const exponent = here + 1 < end && isSign[bytes[here + 1]!] === 1 ? here + 2 : here + 1;
    here = skipDigits(bytes, exponent, end);
    if (here === exponent) return here;
  }
  return here === end ? NONE : here;
}

function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isDigit[bytes[at]!] === 1) at++;
  return at;
}

function literalMisfit(bytes: Uint8Array, at: number, end: number, word: string): number {
  for (let index = 0; index < word.length; index++) {
    if (at + index === end || bytes[at + index] !== word.charCodeAt(index)) return at + index;
  }
  return at + word.length === end ? NONE : at + word.length;
}
