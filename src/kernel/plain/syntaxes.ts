// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Which spelling a source has by its options, and the line of a record that is spelled otherwise than strict JSON. Numbers
// that JSON does not have (NaN, infinities) are a matter of their own: programs write them into strict JSON, too.

import type { ScanOptions } from '../contract.js';
import { byteSet, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, QUOTE } from './bytes.js';
import { json5With } from './json5.js';
import { nonfiniteIn, nonfiniteText } from './scalars.js';
import { STRICT, type Syntax } from './syntax.js';
import { tokenEnd } from './tokens.js';
import type { View } from './view.js';

/** How the tokens of a source are spelled. */
export type Spelling = Pick<ScanOptions, 'dialect' | 'nonfinite'>;

/** JSON with NaN, Infinity and -Infinity. */
function jsonWith(nonfinite: 'null' | 'string'): Syntax {
  return {
    ...STRICT,
    scalar: (view, at) => {
      const verdict = STRICT.scalar(view, at);
      const isNonfinite = typeof verdict === 'object' && verdict.reason === 'NOT_FINITE';
      return isNonfinite ? Math.min(tokenEnd(view.bytes, at), view.limit) : verdict;
    },
    strict: {
      name: (token) => token,
      scalar: (token) => {
        const name = token[0] === QUOTE ? undefined : nonfiniteIn(token, false);
        return name === undefined ? token : nonfiniteText(name, nonfinite);
      },
    },
  };
}

const SYNTAXES = {
  json: { reject: STRICT, null: jsonWith('null'), string: jsonWith('string') },
  json5: { reject: json5With(undefined), null: json5With('null'), string: json5With('string') },
} as const;

export function syntaxOf({ dialect = 'json', nonfinite = 'reject' }: Spelling): Syntax {
  return SYNTAXES[dialect][nonfinite];
}

const isPunctuation = byteSet('[]{}:');
/** Tokens that begin so are no bare names. */
const mayBeValue = byteSet('"\'+-.0123456789');

/** The value of a record, and its name if it is a member. */
export interface Extent {
  readonly start: number;
  readonly end: number;
  readonly name?: { readonly start: number; readonly end: number };
}

/** A record, known to be valid, in strict JSON: its bytes, and where in them the value and the name are. */
export function strictly(bytes: Uint8Array, { start, end, name }: Extent, syntax: Syntax) {
  const { strict } = syntax;
  if (strict === undefined) return { bytes, value: { start, end }, name };
  const value = strictText(bytes, start, end, { ...syntax, strict });
  if (name === undefined) return { bytes: value, value: { start: 0, end: value.length }, name };
  const named = strict.name(bytes.subarray(name.start, name.end));
  return {
    bytes: Buffer.concat([named, value]),
    value: { start: named.length, end: named.length + value.length },
    name: { start: 0, end: named.length },
  };
}

/**
 * The strict text of a value, which is known to be valid, without white space and comments.
 * @param start its first byte @param end one past its last
 */
function strictText(
  bytes: Uint8Array,
  start: number,
  end: number,
  { strict, ...syntax }: Syntax & Required<Pick<Syntax, 'strict'>>,
): Uint8Array {
  const view: View = { bytes, limit: end, isFinal: true, cutReason: 'UNEXPECTED_END' };
  const after = (at: number): number => syntax.skip(view, at) as number;
  const text = new Text(end - start);
  for (let at = after(start); at < end; at = after(at)) {
    const byte = bytes[at]!;
    if (byte === COMMA) {
      const next = bytes[after(at + 1)];
      if (next !== CLOSE_ARRAY && next !== CLOSE_OBJECT) text.put(bytes, at, at + 1);
      at++;
    } else if (isPunctuation[byte] === 1) text.put(bytes, at, ++at);
    else {
      const nameEnd = mayBeValue[byte] === 1 ? NO_NAME : endOfName(view, at, syntax);
      const stop = nameEnd === NO_NAME ? (syntax.scalar(view, at) as number) : nameEnd;
      if (nameEnd === NO_NAME && STRICT.scalar(view, at) === stop) text.put(bytes, at, stop);
      else {
        const token = bytes.subarray(at, stop);
        const spelled = nameEnd === NO_NAME ? strict.scalar(token) : strict.name(token);
        text.put(spelled, 0, spelled.length);
      }
      at = stop;
    }
  }
  return text.bytes;
}

const NO_NAME = -1;

/** The end of the bare name at `at`, or NO_NAME. A bare name may look like a value, but only a name is followed by a colon. */
function endOfName(view: View, at: number, syntax: Pick<Syntax, 'name' | 'skip'>): number {
  const end = syntax.name(view, at);
  if (typeof end !== 'number') return NO_NAME;
  const next = syntax.skip(view, end) as number;
  return next < view.limit && view.bytes[next] === COLON ? end : NO_NAME;
}

/** Bytes that grow. */
class Text {
  #bytes: Uint8Array;
  #length = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
  }

  put(from: Uint8Array, start: number, end: number): void {
    const after = this.#length + end - start;
    if (after > this.#bytes.length) {
      const longer = new Uint8Array(2 * after);
      longer.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = longer;
    }
    // Most tokens are short.
    for (let at = start; at < end; at++) this.#bytes[this.#length++] = from[at]!;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
