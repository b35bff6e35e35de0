// records > [form] > pack: where the file of a record is. Two records never have one file, and none leaves its folder.
//
// A key becomes a name of lower-case letters, digits, `-`, `_` and `.`; every other byte of it is `%` and two hexadecimal
// digits. So no key has a separator or a parent directory in it, and file systems that take `A` for `a`, or one spelling of `é`
// for another, keep all files apart. What else could clash, or is no name: see `escaped`.

import { createHash } from 'node:crypto';
import { keyText } from '../../keys/decode.js';
import type { KeyValue } from '../../keys/encode.js';

/** Replaced by the number of the record, which only the coordinator knows. */
export const NUMBER = '{n}';
/** Digits of a number: names in the order of their bytes are in the order of the records. */
const NUMBER_DIGITS = 12;
/** Bytes of an escaped key: with the rest of the name and `.json` it fits the 255 bytes that file systems allow. */
const NAME_BYTES_MAX = 180;
const HASH_DIGITS = 64;

const PART = /\{(?:(key)|(n)|hash:(\d+))\}/g;
const ESCAPED = /[^a-z0-9_.-]/gu;
/** Names of devices on Windows, with any ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/;
/** Strings that look like another key: JSON scalars, arrays, and strings in quotes. */
const LIKE_ANOTHER = /^(?:-?\d.*|true|false|null|["[].*)$/s;

/** @throws TypeError for a template that gives two records one name, or leaves the folder */
export function checkTemplate(template: string, hasKeys: boolean): void {
  const refuse = (why: string): never => {
    throw new TypeError(`the name of a file, ${JSON.stringify(template)}, ${why}`);
  };
  if (typeof template !== 'string' || template === '') refuse('must be a text such as {hash:2}/{key}.json');
  const parts = [...template.matchAll(PART)];
  const rest = template.replace(PART, '');
  if (/[{}]/.test(rest)) refuse('has other parts than {key}, {n} and {hash:1} to {hash:64}');
  if (parts.some(({ 3: digits }) => digits !== undefined && (Number(digits) < 1 || Number(digits) > HASH_DIGITS)))
    refuse(`has {hash:…} with more or fewer digits than 1 to ${HASH_DIGITS}`);
  if (!parts.some(({ 1: key, 2: n }) => key !== undefined || n !== undefined)) refuse('has neither {key} nor {n}');
  if (!hasKeys && parts.some(({ 2: n }) => n === undefined))
    refuse('has {key} or {hash:…}, but the collection has neither keys nor names: use {n}');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\\:*?"<>|]/.test(rest.replaceAll('/', '')))
    refuse('has a character that not all file systems allow');
  const names = template.replace(PART, 'x').split('/');
  if (names.some((name) => name === '' || name.startsWith('.') || name.endsWith('.')))
    refuse('must be a path of names that neither begin nor end with a dot');
}

/** The path of the file of a record. @param key its name or key; undefined where it has none */
export function fileName(template: string, key: KeyValue | undefined): string {
  if (key === undefined) return template;
  const text = textOf(key);
  let hash: string | undefined;
  return template.replace(PART, (part, isKey, isNumber, digits) => {
    if (isNumber !== undefined) return part;
    if (isKey !== undefined) return escaped(text);
    hash ??= sha256(text);
    return hash.slice(0, Number(digits));
  });
}

export function numbered(path: string, n: number): string {
  return path.replaceAll(NUMBER, String(n).padStart(NUMBER_DIGITS, '0'));
}

/** A text that no other key of the collection has: a string that looks like a number stands in quotes. */
function textOf(key: KeyValue): string {
  if (typeof key !== 'string') return keyText(key);
  return LIKE_ANOTHER.test(key) ? JSON.stringify(key) : key;
}

/**
 * A key as a name. The empty text is `%empty`; a first dot, which would hide the file, and the first letter of a device are
 * escaped. Of a key that is too long, its beginning is followed by `%-` and its SHA-256.
 */
function escaped(text: string): string {
  if (text === '') return '%empty';
  let name = text.replace(ESCAPED, percents);
  if (name.startsWith('.') || DEVICE.test(name)) name = percents(name[0]!) + name.slice(1);
  if (name.length <= NAME_BYTES_MAX) return name;
  const kept = name.slice(0, NAME_BYTES_MAX - HASH_DIGITS - 2).replace(/%[0-9a-f]?$/, '');
  return `${kept}%-${sha256(text)}`;
}

/** The bytes of a character in UTF-8. A surrogate without its other half gets three bytes, which no character has. */
function percents(character: string): string {
  const isWhole = character.length > 1 || !SURROGATE.test(character);
  const bytes = isWhole ? Buffer.from(character) : surrogateBytes(character.charCodeAt(0));
  let text = '';
  for (const byte of bytes) text += `%${byte.toString(16).padStart(2, '0')}`;
  return text;
}

const SURROGATE = /\p{Surrogate}/u;

function surrogateBytes(code: number): readonly number[] {
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}

/** Of the text in UTF-16: so lone surrogates count. */
function sha256(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex');
}
