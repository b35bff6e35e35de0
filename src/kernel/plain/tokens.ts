// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Going over a record that is known to be valid: no check is repeated here, so every function is a few lines.

import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, endsScalar, isBlank, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes.js';

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The end of the string, number or literal that begins at `at`. */
export function tokenEnd(bytes: Uint8Array, at: number): number {
  let here = at;
  if (bytes[at] !== QUOTE) {
    while (here < bytes.length && endsScalar[bytes[here]!] === 0) here++;
    return here;
  }
  for (here++; bytes[here] !== QUOTE; here++) if (bytes[here] === BACKSLASH) here++;
  return here + 1;
}

/** The end of the value that begins at `at`. */
export function valueEnd(bytes: Uint8Array, at: number): number {
  let depth = 0;
  let here = at;
  do {
    const byte = bytes[here]!;
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    here = byte === QUOTE || endsScalar[byte] === 0 ? tokenEnd(bytes, here) : here + 1;
  } while (depth > 0);
  return here;
}

/** The text a name means, its escapes resolved. */
export function nameOf(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(textDecoder.decode(bytes.subarray(start, end)));
}

/** The text of a value without insignificant white space, every token as spelled (Invariant 4). */
export function lineOf(bytes: Uint8Array, start: number, end: number): string {
  const line = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    if (isBlank[bytes[at]!] === 1) {
      at++;
      continue;
    }
    const stop = bytes[at] === QUOTE ? tokenEnd(bytes, at) : at + 1;
    while (at < stop) line[length++] = bytes[at++]!;
  }
  return textDecoder.decode(line.subarray(0, length));
}
