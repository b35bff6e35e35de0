// source > plan > map > [scan] > key > frame > shard > verify > merge > publish
//
// The grammar of one JSON value (RFC 8259), as an automaton over tokens with a stack of open brackets: no recursion, so
// depth costs no JavaScript stack. In strict JSON it accepts exactly what is valid UTF-8 and `JSON.parse` accepts, down to
// `depthMax`. How tokens are spelled is asked of the syntax (syntax.ts).

import type { BadReasonName } from '../contract.js';
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT } from './bytes.js';
import type { Syntax } from './syntax.js';
import { cutShort, type Fault, fault, type MORE, type Verdict, type View } from './view.js';

/** What may stand at the next token. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or closer';

const UNEXPECTED: BadReasonName = 'UNEXPECTED_CHARACTER';

/** Checks the value that begins at `start`; white space before it is allowed. */
export function checkValue(view: View, start: number, depthMax: number, syntax: Syntax): Verdict {
  const { bytes, limit } = view;
  const open: number[] = [];
  let expected: Expected = 'value';
  let at = start;
  for (;;) {
    const next = syntax.skip(view, at);
    if (typeof next !== 'number') return next;
    at = next;
    if (at === limit) return cutShort(view);
    const byte = bytes[at];

    if (expected === 'colon') {
      if (byte !== COLON) return fault(UNEXPECTED, at);
      at++;
      expected = 'value';
      continue;
    }
    if (expected === 'name' || (expected === 'name or }' && byte !== CLOSE_OBJECT)) {
      const end = syntax.name(view, at);
      if (typeof end !== 'number') return end;
      at = end;
      expected = 'colon';
      continue;
    }
    if (expected === 'comma or closer' && byte === COMMA) {
      at++;
      const [name, value] = syntax.hasTrailingCommas
        ? (['name or }', 'value or ]'] as const)
        : (['name', 'value'] as const);
      expected = open.at(-1) === OPEN_OBJECT ? name : value;
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
      const end = syntax.scalar(view, at);
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
export function checkMember(view: View, start: number, depthMax: number, syntax: Syntax): Member | Fault | typeof MORE {
  const nameEnd = syntax.name(view, start);
  if (typeof nameEnd !== 'number') return nameEnd;
  const colon = syntax.skip(view, nameEnd);
  if (typeof colon !== 'number') return colon;
  if (colon === view.limit) return cutShort(view);
  if (view.bytes[colon] !== COLON) return fault(UNEXPECTED, colon);
  const valueStart = syntax.skip(view, colon + 1);
  if (typeof valueStart !== 'number') return valueStart;
  const valueEnd = checkValue(view, valueStart, depthMax, syntax);
  return typeof valueEnd === 'number' ? { nameEnd, valueStart, valueEnd } : valueEnd;
}
