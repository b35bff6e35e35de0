// source > plan > map > scan > [key] > frame > shard > verify > merge > publish      lookup: [key] > index page > …
//
// Key encoding (docs/format.md, "Keys"): bytes whose order is the order of the values, null < false < true < numbers <
// strings, numbers exact however long. Both ways in stand here: from a JavaScript value (lookups) and from a JSON token as
// spelled (imports), because a 30-digit integer never becomes a double. The way back is decode.ts.
//
// Invariant 5: comparing keys compares values, and no key is a prefix of another, so what stands behind a key never decides.

import { GristmillError } from '../base/errors.js';
import { COMPONENTS_MAX, KEY_BYTES_MAX } from '../base/limits.js';
import { joinParts } from './composite.js';
import { JsonNumber } from './json-number.js';
import { KeyBytes, KeyType, LOW_ESCAPE, type LongKeys, scratch } from './key-bytes.js';

/**
 * The type of a key that has no components. A number stands for the decimal that JavaScript writes for it: 0.1 is
 * exactly one tenth. For a number with more digits than a double has, use a bigint or a `JsonNumber`. The same value is
 * the same key in each of these types.
 */
export type KeyPart = string | number | bigint | JsonNumber | boolean | null;

/** The type of a key: a value, or the components of a composite key, in order. A bound of a range may have fewer components. */
export type KeyValue = KeyPart | readonly KeyPart[];

/** Why a token has no key: the names are those of `BadReason`. */
type KeyFault = 'KEY_TOO_LONG' | 'KEY_OUT_OF_RANGE';

/** The exponent E of 0.d₁d₂… × 10^E is stored as E + this, in two bytes. */
export const EXPONENT_BIAS = 32_768;
const EXPONENT_MIN = -EXPONENT_BIAS;
const EXPONENT_MAX = EXPONENT_BIAS - 1;
const KEY_END = 0x00;
/** Exponents in a number's spelling saturate here: far outside the range of E, far inside the safe integers. */
const SPELLED_EXPONENT_MAX = 1e14;

const code = (character: string): number => character.charCodeAt(0);
const isDigit = (byte: number): boolean => byte >= code('0') && byte <= code('9');

/** The text of a number, while it is encoded. */
const numberText = new Uint8Array(64);
/** Longest string that takes the short way: its key fits with room to spare. */
const ASCII_FAST_MAX = 256;

/**
 * The key of a value. A number stands for its shortest decimal text, the one `String` and `JSON.stringify` write.
 * @throws GristmillError KEY_TOO_LONG; TypeError for what is no key, NaN and Infinity among it
 */
export function encodeKey(value: KeyValue, long: LongKeys = 'refuse'): Uint8Array {
  if (value === null) return Uint8Array.of(KeyType.null);
  switch (typeof value) {
    case 'boolean':
      return Uint8Array.of(value ? KeyType.true : KeyType.false);
    case 'string':
      return orThrow(encodeStringValue(value, long));
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be a key: JSON has no such number`);
      return orThrow(encodeNumberText(String(value), long));
    case 'bigint':
      return orThrow(encodeNumberText(String(value), long));
    default:
      if (value instanceof JsonNumber) return orThrow(encodeNumberText(value.text, long));
      if (isParts(value)) return orThrow(joinParts(encodeParts(value), long));
      throw new TypeError(
        `a key must be a string, a number, a bigint, a JsonNumber, a boolean or null, or for a composite key an array of these, not ${typeof value}`,
      );
  }
}

/** Whether a key has components. */
export function isParts(key: KeyValue): key is readonly KeyPart[] {
  return Array.isArray(key);
}

/** The keys of some components, each whole. */
function encodeParts(parts: readonly KeyPart[]): Uint8Array[] {
  if (parts.length === 0 || parts.length > COMPONENTS_MAX) {
    throw new TypeError(`a composite key must have 1 to ${COMPONENTS_MAX} components, not ${parts.length}`);
  }
  if (parts.some(isParts)) throw new TypeError('a component of a composite key cannot be an array');
  return parts.map((part) => encodeKey(part, 'keep'));
}

/** The key of a JSON scalar as spelled, `bytes[start … end)`: a string with its quotes, a number or a literal. */
export function encodeKeyToken(
  bytes: Uint8Array,
  start: number,
  end: number,
  long: LongKeys = 'refuse',
): Uint8Array | KeyFault {
  switch (bytes[start]) {
    case code('n'):
      return Uint8Array.of(KeyType.null);
    case code('f'):
      return Uint8Array.of(KeyType.false);
    case code('t'):
      return Uint8Array.of(KeyType.true);
    case code('"'):
      return encodeStringToken(bytes, start + 1, end - 1, long);
    default:
      return encodeNumberToken(bytes, start, end, long);
  }
}

/**
 * Bounds of the keys of all strings that begin with `prefix`, or of all composite keys that begin with these components: from
 * `gte` on, up to but without `lt`.
 */
export function keyPrefixRange(
  prefix: string | readonly KeyPart[],
  long: LongKeys = 'refuse',
): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const key = encodeKey(prefix, long);
  const gte = key.slice(0, -1); // without the end of the string, or of the components
  const lt = isParts(prefix) ? key : gte.slice();
  // No component has the type FF, and no byte of a string is FF.
  lt[lt.length - 1] = isParts(prefix) ? 0xff : lt.at(-1)! + 1;
  return { gte, lt };
}

/** Whether it is the key of a number. */
export function isNumberKey(key: Uint8Array): boolean {
  return key[0]! >= KeyType.negative && key[0]! <= KeyType.positive;
}

/** So many bytes are compared sooner by a loop than by a call: most keys differ in one of them. */
const LOOP_MAX = 24;

/** The order of keys, and so of the values: that of their bytes. −1, 0 or 1. */
export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  const shorter = Math.min(left.length, right.length);
  const looked = Math.min(shorter, LOOP_MAX);
  for (let i = 0; i < looked; i++) {
    const difference = left[i]! - right[i]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return looked === shorter ? Math.sign(left.length - right.length) : Buffer.compare(left, right);
}

function encodeStringValue(value: string, long: LongKeys): Uint8Array | KeyFault {
  const ascii = encodeAsciiString(value);
  if (ascii !== undefined) return ascii;
  const key = new KeyBytes(long);
  key.put(KeyType.string);
  for (const character of value) key.putCodePoint(character.codePointAt(0)!);
  key.put(KEY_END);
  return key.finish();
}

/** Most keys are short and ASCII: their code units are their bytes, which a lookup should not have to spell out. */
function encodeAsciiString(value: string): Uint8Array | undefined {
  const length = value.length;
  if (length > ASCII_FAST_MAX) return undefined;
  scratch[0] = KeyType.string;
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit <= LOW_ESCAPE || unit >= 0x80) return undefined;
    scratch[i + 1] = unit;
  }
  scratch[length + 1] = KEY_END;
  return scratch.slice(0, length + 2);
}

const SIMPLE_ESCAPES: ReadonlyMap<number, number> = new Map(
  ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);

/** A string between its quotes. Only an escape can produce a surrogate, so two of them in a row may form a pair. */
function encodeStringToken(bytes: Uint8Array, start: number, end: number, long: LongKeys): Uint8Array | KeyFault {
  const key = new KeyBytes(long);
  key.put(KeyType.string);
  for (let at = start; at < end; ) {
    if (bytes[at] !== code('\\')) {
      key.putStringByte(bytes[at++]!);
    } else if (bytes[at + 1] !== code('u')) {
      key.putStringByte(SIMPLE_ESCAPES.get(bytes[at + 1]!)!);
      at += 2;
    } else {
      const unit = unicodeEscape(bytes, at);
      at += 6;
      const follower = unit >> 10 === 0xd800 >> 10 && at < end ? unicodeEscape(bytes, at) : -1;
      const isPair = follower >> 10 === 0xdc00 >> 10;
      key.putCodePoint(isPair ? 0x10000 + ((unit & 0x3ff) << 10) + (follower & 0x3ff) : unit);
      if (isPair) at += 6;
    }
  }
  key.put(KEY_END);
  return key.finish();
}

/** The code unit of the `\uXXXX` at `at`, or -1 when something else stands there. */
function unicodeEscape(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== code('\\') || bytes[at + 1] !== code('u')) return -1;
  return Number.parseInt(String.fromCharCode(...bytes.subarray(at + 2, at + 6)), 16);
}

function encodeNumberText(text: string, long: LongKeys): Uint8Array | KeyFault {
  // Digits, sign, point and exponent are all ASCII; TextEncoder would take longer than all the rest.
  const length = text.length;
  const bytes = length <= numberText.length ? numberText : new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = text.charCodeAt(i);
  return encodeNumberToken(bytes, 0, length, long);
}

/** A number as 0.d₁d₂d₃… × 10^E with d₁ ≠ 0 and no trailing zeros; the digits are read where they stand. */
function encodeNumberToken(bytes: Uint8Array, start: number, end: number, long: LongKeys): Uint8Array | KeyFault {
  const isNegative = bytes[start] === code('-');
  const wholeStart = isNegative ? start + 1 : start;
  const wholeEnd = skipDigits(bytes, wholeStart, end);
  const fractionStart = wholeEnd < end && bytes[wholeEnd] === code('.') ? wholeEnd + 1 : wholeEnd;
  const fractionEnd = skipDigits(bytes, fractionStart, end);

  const wholeDigits = wholeEnd - wholeStart;
  const digits = wholeDigits + (fractionEnd - fractionStart);
  const digit = (index: number): number =>
    bytes[index < wholeDigits ? wholeStart + index : fractionStart + index - wholeDigits]! - code('0');

  let first = 0;
  while (first < digits && digit(first) === 0) first++;
  if (first === digits) return Uint8Array.of(KeyType.zero);
  let last = digits - 1;
  while (digit(last) === 0) last--;

  const exponent = wholeDigits - first + spelledExponent(bytes, fractionEnd, end);
  if (exponent < EXPONENT_MIN || exponent > EXPONENT_MAX) return 'KEY_OUT_OF_RANGE';
  const complement = isNegative ? 0xff : 0;
  const key = new KeyBytes(long);
  key.put(isNegative ? KeyType.negative : KeyType.positive);
  key.put(((exponent + EXPONENT_BIAS) >> 8) ^ complement);
  key.put(((exponent + EXPONENT_BIAS) & 0xff) ^ complement);
  for (let index = first; index <= last; index += 2) {
    key.put((10 * digit(index) + (index < last ? digit(index + 1) : 0) + 1) ^ complement);
  }
  key.put(KEY_END ^ complement);
  return key.finish();
}

function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isDigit(bytes[at]!)) at++;
  return at;
}

/** The exponent part of a number's spelling, `e+5`; 0 when there is none. */
function spelledExponent(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return 0;
  const hasSign = !isDigit(bytes[at + 1]!);
  let exponent = 0;
  for (let index = hasSign ? at + 2 : at + 1; index < end; index++) {
    exponent = Math.min(exponent * 10 + bytes[index]! - code('0'), SPELLED_EXPONENT_MAX);
  }
  return hasSign && bytes[at + 1] === code('-') ? -exponent : exponent;
}

function orThrow(key: Uint8Array | KeyFault): Uint8Array {
  if (key instanceof Uint8Array) return key;
  const excess =
    key === 'KEY_TOO_LONG' ? `more than ${KEY_BYTES_MAX} bytes once encoded` : `an exponent beyond ±${EXPONENT_MAX}`;
  const message = `This key has ${excess}, so no record can have it. Choose another key path.`;
  throw new GristmillError('KEY_TOO_LONG', message, { reason: key });
}
