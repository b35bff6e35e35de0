// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Strict JSON of JSON5 tokens that are known to be valid. A token that is strict already keeps its spelling; of any other
// one, as much as strict JSON allows: an escape stays where it can, and a decimal number keeps its digits.

import { BACKSLASH, FIRST_PRINTABLE, QUOTE } from './bytes.js';
import { checkScalar, checkString, nonfiniteIn, nonfiniteText } from './scalars.js';
import type { View } from './view.js';

export const SINGLE_QUOTE = "'".charCodeAt(0);
/** A hexadecimal number has no more digits than this: with more, it would be beyond every number that programs know. */
const HEX_DIGITS_MAX = 1024;

const viewOf = (bytes: Uint8Array): View => ({
  bytes,
  limit: bytes.length,
  isFinal: true,
  cutReason: 'UNEXPECTED_END',
});

function isStrictString(token: Uint8Array): boolean {
  return token[0] === QUOTE && checkString(viewOf(token), 0) === token.length;
}

export function strictName(token: Uint8Array): Uint8Array {
  if (token[0] === QUOTE || token[0] === SINGLE_QUOTE) return strictString(token);
  // What an identifier is made of stands in a string as it is, escapes too.
  return Buffer.concat([Buffer.from('"'), token, Buffer.from('"')]);
}

export function strictScalar(token: Uint8Array, nonfinite: 'null' | 'string' | undefined): Uint8Array {
  if (token[0] === QUOTE || token[0] === SINGLE_QUOTE) return strictString(token);
  const name = nonfiniteIn(token, true);
  if (name !== undefined && nonfinite !== undefined) return nonfiniteText(name, nonfinite);
  const text = numberText(token);
  return text === undefined ? token : Buffer.from(text, 'latin1');
}

/** The text in strict JSON of a number of JSON5. Undefined if it is no number. */
export function numberText(token: Uint8Array): string | undefined {
  const run = Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('latin1');
  const sign = run[0] === '-' ? '-' : '';
  const text = `${sign}${digitsOf(run[0] === '-' || run[0] === '+' ? run.slice(1) : run)}`;
  // A second sign would be taken for the first one.
  if (text[sign.length] === '-') return undefined;
  const bytes = Buffer.from(text, 'latin1');
  return /[-0-9]/.test(text[0] ?? '') && checkScalar(viewOf(bytes), 0) === bytes.length ? text : undefined;
}

/** A number without its sign. What is no number comes out as none. */
function digitsOf(text: string): string {
  if (/^0x/i.test(text)) return decimalOf(text.slice(2));
  if (text[0] === '.') return `0${text}`;
  const point = text.indexOf('.');
  return point > 0 && /^(?:[eE]|$)/.test(text.slice(point + 1, point + 2))
    ? text.slice(0, point) + text.slice(point + 1)
    : text;
}

function decimalOf(hexadecimal: string): string {
  const digits = hexadecimal.replace(/^0+(?=.)/, '');
  return digits.length <= HEX_DIGITS_MAX && /^[0-9a-f]+$/i.test(digits) ? BigInt(`0x${digits}`).toString() : '';
}

/** Escapes that JSON has too. */
const KEPT = new Set(Array.from('"\\/bfnrtu', (character) => character.charCodeAt(0)));
const ESCAPES: Readonly<Record<number, string>> = { 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' };

function strictString(token: Uint8Array): Uint8Array {
  if (isStrictString(token)) return token;
  let special = 0;
  for (const byte of token) if (byte === QUOTE || byte === BACKSLASH || byte < FIRST_PRINTABLE) special++;
  // The longest that a byte becomes is \u0000.
  const text = new Uint8Array(token.length + 5 * special);
  let length = 0;
  const put = (characters: string): void => {
    for (let i = 0; i < characters.length; i++) text[length++] = characters.charCodeAt(i);
  };
  const putByte = (byte: number): void => {
    if (byte === QUOTE) put('\\"');
    else if (byte < FIRST_PRINTABLE) put(ESCAPES[byte] ?? `\\u${byte.toString(16).padStart(4, '0')}`);
    else text[length++] = byte;
  };
  put('"');
  for (let at = 1; at < token.length - 1; ) {
    if (token[at] !== BACKSLASH) {
      putByte(token[at++]!);
      continue;
    }
    const byte = token[at + 1]!;
    const character = String.fromCharCode(byte);
    at += 2;
    if (KEPT.has(byte)) put(`\\${character}`);
    else if (character === 'x') {
      put(`\\u00${String.fromCharCode(token[at]!, token[at + 1]!)}`);
      at += 2;
    } else if (character === 'v') put('\\u000b');
    else if (character === '0') put('\\u0000');
    else if (character === '\n') continue;
    else if (character === '\r') at += token[at] === 0x0a ? 1 : 0;
    else if (isLineSeparator(token, at - 1)) at += 2;
    else putByte(byte);
  }
  put('"');
  return text.slice(0, length);
}

/** U+2028 or U+2029: escaped, such an end of a line is no character of the string. */
function isLineSeparator(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && (bytes[at + 2] === 0xa8 || bytes[at + 2] === 0xa9);
}
