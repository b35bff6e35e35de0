// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// One condition of option `where`: `country=DE`, `age>=18`, `"a=b"!=1`, `email`, `!email`. Values are compared as keys are
// (keys/encode.ts): numbers exactly, texts by their code points, and never one type with another.

import { encodeKeyToken } from '../../keys/encode.js';
import { parsePath } from '../../keys/paths.js';

/** How a value is compared; `present` and `absent` ask only whether there is one. */
type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'present' | 'absent';

const CONDITION = /^(!?)("(?:[^"\\]|\\.)*"|[^=!<>]+?)\s*(?:(!=|<=|>=|=|<|>)(.*))?$/su;
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);
/** Digits of a whole number that a double holds exactly. */
const DIGITS_MAX = 15;

export class Condition {
  readonly names: readonly string[];
  /** Whether it holds for records without a matching value, and for no others: `!=` and `absent`. */
  readonly isInverted: boolean;
  /** Whether any value at the path matches. */
  readonly isAboutPresence: boolean;
  readonly #operator: Operator;
  /** The value as a token of JSON, and as a key. */
  readonly #token: Uint8Array;
  readonly #key: Uint8Array;
  /** The value, if it is a whole number of few digits. */
  readonly #whole: number;

  constructor(names: readonly string[], operator: Operator, token: Uint8Array, key: Uint8Array) {
    this.names = names;
    this.isInverted = operator === '!=' || operator === 'absent';
    this.isAboutPresence = operator === 'present' || operator === 'absent';
    this.#operator = operator;
    this.#token = token;
    this.#key = key;
    this.#whole = wholeNumber(token, 0, token.byteLength);
  }

  /** Whether the scalar `bytes[start … end)` matches. An inverted condition holds if no value matches. */
  matches(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isAboutPresence) return true;
    if (typeOf(bytes[start]!) !== typeOf(this.#token[0]!)) return false;
    if (this.#operator === '=' || this.#operator === '!=') {
      if (isSame(this.#token, bytes, start, end)) return true;
      // Spelled otherwise, it may be the same value only if it is a number, or has an escape.
      if (bytes[start] === QUOTE && !hasEscape(bytes, start, end) && !hasEscape(this.#token)) return false;
    }
    const whole = Number.isNaN(this.#whole) ? Number.NaN : wholeNumber(bytes, start, end);
    if (!Number.isNaN(whole)) return this.#holds(whole - this.#whole);
    const key = encodeKeyToken(bytes, start, end, 'keep');
    // A number whose exponent is beyond all limits matches nothing.
    return typeof key !== 'string' && this.#holds(Buffer.compare(key, this.#key));
  }

  #holds(order: number): boolean {
    switch (this.#operator) {
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
      default:
        return order === 0;
    }
  }
}

/** Reads a condition. @throws TypeError */
export function parseCondition(text: string): Condition {
  const parts = typeof text === 'string' ? CONDITION.exec(text.trim()) : null;
  if (parts === null) {
    throw new TypeError(
      `a condition must be such as "country=DE", "age>=18", "email" or "!email", not ${JSON.stringify(text)}`,
    );
  }
  const [, negation, place = '', operator, given = ''] = parts;
  const names = parsePath(pathIn(place));
  if (operator === undefined) {
    return new Condition(names, negation === '!' ? 'absent' : 'present', new Uint8Array(), new Uint8Array());
  }
  if (negation === '!')
    throw new TypeError(`the condition ${JSON.stringify(text)} begins with "!": write "!=" instead`);
  const token = Buffer.from(tokenOf(given.trim(), text));
  const key = encodeKeyToken(token, 0, token.byteLength, 'keep');
  if (typeof key === 'string')
    throw new TypeError(`the number in ${JSON.stringify(text)} has an exponent beyond the limit`);
  return new Condition(names, operator as Operator, token, key);
}

/** A path in quotes is a JSON string: so a name may have an operator in it. */
function pathIn(place: string): string {
  if (!place.startsWith('"')) return place;
  try {
    return JSON.parse(place) as string;
  } catch {
    throw new TypeError(`the path ${place} is not a valid JSON string`);
  }
}

/** The value as a token of JSON, as it is spelled. What is no JSON is text. @throws TypeError for an array or object */
function tokenOf(given: string, condition: string): string {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    return JSON.stringify(given);
  }
  if (typeof value === 'object' && value !== null) {
    throw new TypeError(`the condition ${JSON.stringify(condition)} compares with an array or object: give a scalar`);
  }
  return given;
}

type Type = 'text' | 'null' | 'boolean' | 'number';

function typeOf(first: number): Type {
  switch (first) {
    case QUOTE:
      return 'text';
    case 0x6e:
      return 'null';
    case 0x74:
    case 0x66:
      return 'boolean';
    default:
      return 'number';
  }
}

/** The value of a whole number of few digits; NaN for anything else. */
function wholeNumber(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (first === end || end - first > DIGITS_MAX) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = 10 * value + digit;
  }
  return first === start ? value : 0 - value;
}

function isSame(token: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (token.byteLength !== end - start) return false;
  for (let i = 0; i < token.byteLength; i++) if (token[i] !== bytes[start + i]) return false;
  return true;
}

function hasEscape(bytes: Uint8Array, start = 0, end = bytes.byteLength): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}
