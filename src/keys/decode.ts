// lookup, for many records: key > index page > location > frame > record, and [the key itself]
//
// From an encoded key back to the value, the other direction of encode.ts (docs/format.md, "Keys").

import { COMPONENTS_MAX, KEY_BYTES_MAX } from '../base/limits.js';
import { shownText } from '../base/snippet.js';
import { mapParts, NUMBER_HEAD_BYTES } from './composite.js';
import { compareKeys, EXPONENT_BIAS, encodeKey, isParts, type KeyPart, type KeyValue } from './encode.js';
import { PLAIN_EXPONENT_MAX, sameNumber } from './json-number.js';
import { KeyType, LOW_ESCAPE, type LongKeys } from './key-bytes.js';
import { isHidden } from './pseudonyms.js';

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The value of a key, in the one form that all spellings of it have in common. `encodeKey` makes the same key of it. A number
 * comes back as
 * - a `number` if it is a safe integer; or if it has a fraction, or is not below 10^21, and JavaScript writes exactly this
 *   decimal for a double: 0.1 is the number 0.1, though the double differs from a tenth by 5.6e-18;
 * - a `bigint` if it is any other integer;
 * - a `JsonNumber` if it is any other decimal.
 */
export function decodeKey(key: Uint8Array): KeyValue {
  if (key[0] !== KeyType.composite) return decodePart(key);
  return Object.freeze(mapParts(key, (from, to) => decodePart(key.subarray(from, to))));
}

function decodePart(key: Uint8Array): KeyPart {
  switch (key[0]) {
    case KeyType.null:
      return null;
    case KeyType.false:
      return false;
    case KeyType.true:
      return true;
    case KeyType.zero:
      return 0;
    case KeyType.negative:
    case KeyType.positive:
      return decodeNumber(key);
    case KeyType.string:
      return decodeString(key);
    default:
      throw new TypeError(`not a key that can be decoded: its type byte is ${key[0]}`);
  }
}

/** The same for bytes that somebody else may have written. @throws TypeError where they are not what `encodeKey` makes */
export function decodeStoredKey(bytes: Uint8Array): KeyValue {
  if (bytes[0] !== KeyType.composite) return decodeStoredPart(bytes, 0, bytes.byteLength);
  const parts = mapParts(bytes, (from, to) => decodeStoredPart(bytes, from, to));
  const isKey = bytes.byteLength <= KEY_BYTES_MAX && parts.length > 0 && parts.length <= COMPONENTS_MAX;
  if (!isKey) throw new TypeError(`not a key: ${parts.length} components in ${bytes.byteLength} bytes`);
  return Object.freeze(parts);
}

/** Of most keys, in place: cutting out their bytes, and encoding them again to compare, takes longer than all the rest. */
function decodeStoredPart(bytes: Uint8Array, from: number, to: number): KeyPart {
  const short = decodeShortNumber(bytes, from, to) ?? decodeShortText(bytes, from, to);
  if (short !== undefined) return short;
  const part = bytes.subarray(from, to);
  const key = decodePart(part);
  if (compareKeys(encodeKey(key), part) !== 0) throw new TypeError('not a key: no value is encoded so');
  return key;
}

/**
 * The form in which `decodeKey` gives a key, so that a cache finds it in whatever form it is asked for: 7, 7n and 7.00 are 7.
 * Small numbers and strings, which most keys are, have that form already.
 * @throws as `encodeKey`
 */
export function canonicalKey(key: KeyValue, long: LongKeys = 'refuse'): KeyValue {
  return typeof key === 'string' || Number.isSafeInteger(key) ? key : canonicalRareKey(key, long);
}

function canonicalRareKey(key: KeyValue, long: LongKeys): KeyValue {
  const isFraction = typeof key === 'number' && Number.isFinite(key) && !Number.isInteger(key);
  return key === null || typeof key === 'boolean' || isFraction ? key : decodeKey(encodeKey(key, long));
}

/**
 * A canonical key as a Map finds it again: of a composite key its bytes as a text. A string that begins as such a text does
 * is given another beginning.
 */
export function keyId(key: KeyValue): KeyPart {
  if (typeof key === 'string') return key.charCodeAt(0) === 0 ? `\0${key}` : key;
  return isParts(key) ? `\0${Buffer.from(encodeKey(key)).toString('latin1')}` : key;
}

/** The key of what `keyId` returned. */
export function keyOfId(id: KeyPart): KeyValue {
  if (typeof id !== 'string' || id.charCodeAt(0) !== 0) return id;
  return id.charCodeAt(1) === KeyType.composite ? decodeKey(Buffer.from(id.slice(1), 'latin1')) : id.slice(1);
}

/** The JSON text of a key, for messages. */
export function keyText(key: KeyValue): string {
  if (isParts(key)) return `[${key.map(keyText).join(',')}]`;
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

/** The same for an error: errors about encrypted stores say no keys. */
export function shownKey(key: KeyValue): string {
  return shownText(() => keyText(key));
}

/** The same for the key of an entry, which may be hidden. */
export function shownEntryKey(key: Uint8Array): string {
  return isHidden(key) ? shownText(() => '(hidden)') : shownKey(decodeKey(key));
}

/** Two digits in a byte: with so many bytes a double is one decimal of at most 15 digits, and is written as that decimal. */
const SHORT_PAIRS_MAX = 7;
const SHORT_TEXT_BYTES_MAX = 64;
/** The powers of ten that are doubles exactly: one division or multiplication by them rounds as reading the text does. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** The number of a short key, for most numbers are short; undefined for any other, and for bytes that no value is encoded as. */
function decodeShortNumber(key: Uint8Array, from: number, to: number): number | undefined {
  const type = key[from];
  if (type !== KeyType.negative && type !== KeyType.positive) return undefined;
  const complement = type === KeyType.negative ? 0xff : 0;
  const first = from + NUMBER_HEAD_BYTES;
  const end = to - 1;
  const pairs = end - first;
  if (pairs < 1 || pairs > SHORT_PAIRS_MAX || key[end] !== complement) return undefined;
  let digits = 0;
  let pair = 0;
  for (let at = first; at < end; at++) {
    pair = (key[at]! ^ complement) - 1;
    // No zero before the first digit.
    if (pair > 99 || pair < (at === first ? 10 : 0)) return undefined;
    digits = digits * 100 + pair;
  }
  const exponent = ((key[from + 1]! ^ complement) << 8) + (key[from + 2]! ^ complement) - EXPONENT_BIAS - 2 * pairs;
  if (pair === 0 || Math.abs(exponent) >= POWERS_OF_TEN.length) return undefined;
  const size = exponent < 0 ? digits / POWERS_OF_TEN[-exponent]! : digits * POWERS_OF_TEN[exponent]!;
  // Beyond, an integer is a bigint.
  if (size > Number.MAX_SAFE_INTEGER) return undefined;
  return complement === 0 ? size : -size;
}

/** The text of a short key in ASCII without escapes; undefined for any other, and for bytes that no value is encoded as. */
function decodeShortText(key: Uint8Array, from: number, to: number): string | undefined {
  const end = to - 1;
  const isShort = key[from] === KeyType.string && end > from && end - from <= SHORT_TEXT_BYTES_MAX && key[end] === 0;
  if (!isShort) return undefined;
  for (let at = from + 1; at < end; at++) if (key[at]! <= LOW_ESCAPE || key[at]! >= 0x80) return undefined;
  return Buffer.prototype.latin1Slice.call(key, from + 1, end);
}

function decodeNumber(key: Uint8Array): KeyPart {
  return decodeShortNumber(key, 0, key.byteLength) ?? decodeLongNumber(key);
}

function decodeLongNumber(key: Uint8Array): KeyPart {
  const isNegative = key[0] === KeyType.negative;
  const plain = isNegative ? key.map((byte) => byte ^ 0xff) : key;
  const exponent = plain[1]! * 0x100 + plain[2]! - EXPONENT_BIAS;
  const pairs = Array.from(plain.subarray(3, -1), (pair) => String(pair - 1).padStart(2, '0'));
  const digits = pairs.join('').replace(/0$/, '');
  const sign = isNegative ? '-' : '';

  const isInteger = exponent >= digits.length;
  const integer = (): bigint => BigInt(sign + digits.padEnd(exponent, '0'));
  if (isInteger && exponent <= PLAIN_EXPONENT_MAX) {
    const exact = integer();
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  const double = Number(`${sign}0.${digits}e${exponent}`);
  if (Number.isFinite(double) && compareKeys(encodeKey(double), key) === 0) return double;
  return isInteger ? integer() : sameNumber(`${sign}0.${digits}e${exponent}`);
}

function unescapeLow(escaped: Uint8Array): Uint8Array {
  const plain: number[] = [];
  for (let at = 0; at < escaped.length; at++) {
    plain.push(escaped[at] === LOW_ESCAPE ? escaped[++at]! - 1 : escaped[at]!);
  }
  return Uint8Array.from(plain);
}

/** First byte of a surrogate in generalised UTF-8, and of U+D000 … U+D7FF in any. */
const SURROGATE_LEAD = 0xed;

function decodeString(key: Uint8Array): string {
  const escaped = key.subarray(1, -1);
  const plain = escaped.includes(LOW_ESCAPE) ? unescapeLow(escaped) : escaped;
  if (!plain.includes(SURROGATE_LEAD)) return textDecoder.decode(plain);
  // Surrogates (ED A0…BF xx) are no UTF-8: they are cut out and put back as code units.
  let text = '';
  let from = 0;
  for (let at = 0; at + 2 < plain.length; at++) {
    if (plain[at] !== SURROGATE_LEAD || plain[at + 1]! < 0xa0) continue;
    text += textDecoder.decode(plain.subarray(from, at));
    text += String.fromCharCode(0xd000 | ((plain[at + 1]! & 0x3f) << 6) | (plain[at + 2]! & 0x3f));
    from = at + 3;
  }
  return text + textDecoder.decode(plain.subarray(from));
}
