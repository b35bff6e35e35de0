// What is known of numbers and strings: of one token, and of two sets of them together.

import { compareKeys, encodeKeyToken } from '../keys/encode.js';
import { formatsOf } from './formats.js';
import type { NumberFacts, StringFacts } from './types.js';

const SAFE_INTEGER_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** An integer with fewer characters is safe. */
const SAFE_CHARACTERS = String(SAFE_INTEGER_MAX).length;

/** @param token a number of JSON */
export function isInteger(token: string): boolean {
  return /^-?\d+$/.test(token);
}

/** @param token a number of JSON */
export function numberFacts(token: string): NumberFacts {
  const bytes = Buffer.from(token);
  const key = encodeKeyToken(bytes, 0, bytes.length);
  const hasKey = key instanceof Uint8Array;
  return {
    ...(hasKey && { least: key, greatest: key }),
    digits: significantDigits(token),
    beyondSafe: isInteger(token) && isBeyondSafe(token) ? 1 : 0,
    beyondKeys: hasKey ? 0 : 1,
  };
}

export function addNumbers(a: NumberFacts | undefined, b: NumberFacts | undefined): NumberFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [least, greatest] = [first(a.least, b.least, 1), first(a.greatest, b.greatest, -1)];
  return {
    ...(least && { least }),
    ...(greatest && { greatest }),
    digits: Math.max(a.digits, b.digits),
    beyondSafe: a.beyondSafe + b.beyondSafe,
    beyondKeys: a.beyondKeys + b.beyondKeys,
  };
}

/** Of two keys the one that comes first; `direction` -1: in descending order. */
function first(a: Uint8Array | undefined, b: Uint8Array | undefined, direction: number): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareKeys(a, b) * direction <= 0 ? a : b;
}

function isBeyondSafe(integer: string): boolean {
  if (integer.length < SAFE_CHARACTERS) return false;
  const digits = integer.replace('-', '');
  // Comparing digits, and not values: making a value of a million digits takes long.
  if (digits.length !== SAFE_CHARACTERS) return digits.length > SAFE_CHARACTERS;
  return BigInt(digits) > SAFE_INTEGER_MAX;
}

function significantDigits(number: string): number {
  const digits = number.replace(/[eE].*$/, '').replace(/[-.]/g, '');
  let first = 0;
  let end = digits.length;
  while (digits[first] === '0') first++;
  while (end > first && digits[end - 1] === '0') end--;
  return end - first;
}

/** @param token a string of JSON, with its quotes */
export function stringFacts(token: string): StringFacts {
  const length = codePoints(JSON.parse(token) as string);
  return { shortest: length, longest: length, formats: formatsOf(token) };
}

export function addStrings(a: StringFacts | undefined, b: StringFacts | undefined): StringFacts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    shortest: Math.min(a.shortest, b.shortest),
    longest: Math.max(a.longest, b.longest),
    formats: a.formats & b.formats,
  };
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
