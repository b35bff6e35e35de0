// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The grammar of one JSON value (RFC 8259), as an automaton over tokens with a stack of open brackets: no recursion, so
// depth costs no JavaScript stack. It accepts exactly what is valid UTF-8 and `JSON.parse` accepts, down to `depthMax`.

import type { BadReasonName } from '../contract.js';
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipBlanks } from './bytes.js';
import { checkScalar, checkString } from './scalars.js';
import { cutShort, type Fault, fault, type MORE, type Verdict, type View } from './view.js';

/** What may stand at the next token. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or closer';

const UNEXPECTED: BadReasonName = 'UNEXPECTED_CHARACTER';

/** Checks the value that begins at `start`; white space before it is allowed. */
export function checkValue(view: View, start: number, depthMax: number): Verdict {
  const { bytes, limit } = view;
  const open: number[] = [];
  let expected: Expected = 'value';
  let at = start;
  for (;;) {
    at = skipBlanks(bytes, at, limit);
    if (at === limit) return cutShort(view);
    const byte = bytes[at];

    if (expected === 'colon') {
      if (byte !== COLON) return fault(UNEXPECTED, at);
      at++;
      expected = 'value';
      continue;
    }
    if (expected === 'name' || (expected === 'name or }' && byte !== CLOSE_OBJECT)) {
      const end = byte === QUOTE ? checkString(view, at) : fault(UNEXPECTED, at);
      if (typeof end !== 'number') return end;
      at = end;
      expected = 'colon';
      continue;
    }
    if (expected === 'comma or closer' && byte === COMMA) {
      at++;
      expected = open.at(-1) === OPEN_OBJECT ? 'name' : 'value';
      continue;
    }
    const expectsValue = expected === 'value' || expected === 'value or ]';
    if (expectsValue && (byte === OPEN_ARRAY || byte === OPEN_OBJECT)) {
      if (open.length === depthMax) return fault('TOO_DEEP', at);
      open.push(byte);
      at++;
      expected = byte === OPEN_ARRAY ? 'value or ]' : 'name or }';
      continue;
    }

    // Only tokens that complete a value are left: a closer, a string, a number, a literal.
    if (expected !== 'value' && byte === closerOf(open.at(-1))) {
      open.pop();
      at++;
    } else {
      if (!expectsValue) return fault(UNEXPECTED, at);
      const end = byte === QUOTE ? checkString(view, at) : checkScalar(view, at);
      if (typeof end !== 'number') return end;
      at = end;
    }
    if (open.length === 0) return at;
    expected = 'comma or closer';
  }
}

function closerOf(opener: number | undefined): number {
  return opener === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
}

/** A member of an object: where its name ends, its value begins, and its value ends. */
export interface Member {
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** Checks the member that begins at `start`. */
export function checkMember(view: View, start: number, depthMax: number): Member | Fault | typeof MORE {
  const { bytes, limit } = view;
  if (bytes[start] !== QUOTE) return fault(UNEXPECTED, start);
  const nameEnd = checkString(view, start);
  if (typeof nameEnd !== 'number') return nameEnd;
  const colon = skipBlanks(bytes, nameEnd, limit);
  if (colon === limit) return cutShort(view);
  if (bytes[colon] !== COLON) return fault(UNEXPECTED, colon);
  const valueStart = skipBlanks(bytes, colon + 1, limit);
  const valueEnd = checkValue(view, valueStart, depthMax);
  return typeof valueEnd === 'number' ? { nameEnd, valueStart, valueEnd } : valueEnd;
}
