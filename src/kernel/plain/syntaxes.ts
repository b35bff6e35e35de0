// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// Which spelling a source has by its options, and the line of a record that is spelled otherwise than strict JSON. Numbers
// that JSON does not have (NaN, infinities) are a matter of their own: programs write them into strict JSON, too.

import type { ScanOptions } from '../contract.js';
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes.js';
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

const PUNCTUATION = new Set([OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, COLON]);

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
      if (next !== CLOSE_ARRAY && next !== CLOSE_OBJECT) text.put(bytes.subarray(at, at + 1));
      at++;
    } else if (PUNCTUATION.has(byte)) {
      text.put(bytes.subarray(at, at + 1));
      at++;
    } else {
      // Only a name is followed by a colon. A bare one may look like a value, and the reverse.
      const nameEnd = syntax.name(view, at);
      const isName = typeof nameEnd === 'number' && bytes[after(nameEnd)] === COLON && after(nameEnd) < end;
      const tokenStop = isName ? nameEnd : (syntax.scalar(view, at) as number);
      const token = bytes.subarray(at, tokenStop);
      text.put(isName ? strict.name(token) : strict.scalar(token));
      at = tokenStop;
    }
  }
  return text.bytes;
}

/** Bytes that grow. */
class Text {
  #bytes: Uint8Array;
  #length = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(bytes);
  }

  put(more: Uint8Array): void {
    if (this.#length + more.length > this.#bytes.length) {
      const longer = new Uint8Array(2 * (this.#length + more.length));
      longer.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = longer;
    }
    this.#bytes.set(more, this.#length);
    this.#length += more.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
