// Stage 2: the grammar of one value (RFC 8259), token by token, down to its last bracket. On the way it notes the values
// that the key paths lead to (keys/paths.ts).

import {
  BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, LOWER_F, LOWER_N, LOWER_T, MINUS, OPEN_BRACE, OPEN_BRACKET, QUOTE,
  SPACE, STACK_ARRAY, STACK_IN_ARRAY, STACK_NODE_SHIFT, ZERO,
} from './contract';
import { endsScalar, isBlank, literalEnd, mayBeOperator, numberEnd } from './grammar';
import {
  arraysAt, BOTH, capture, childNamed, enterObject, firstElement, isLastOnPath, meetMember, nextElement,
} from './paths';
import { Skip, skip } from './skip';
import { refill } from './stage1';
import { LEVEL_BYTES, LOOK_AHEAD_BYTES, State } from './state';

/** What `walk` found besides the token it came to. */
export class Walk {
  /** One past the value's last byte. */
  static end: u32 = 0;
  /** Where a walk that failed could not go on: at or beyond the last byte loaded, it was cut short. */
  static failedAt: u32 = 0;
}

const FAILED: u32 = 0;

// @ts-ignore: decorator
@inline function fail(at: u32): u32 {
  Walk.failedAt = at;
  return FAILED;
}

/** The tokens from `t` on, enough for one turn of the grammar; returns where they are now. */
// @ts-ignore: decorator
@inline export function tokensAt(t: u32): u32 {
  return t + LOOK_AHEAD_BYTES > State.tokenEnd ? refill(t) : t;
}

// Tokens are operators, and what begins anywhere but directly behind an operator. So what comes next after an operator begins
// in the next byte, or, if that is blank, at the next token.

/** Where begins what comes next, after an operator or at a boundary: at `at`, or behind the blanks there. `t`: the next token. */
// @ts-ignore: decorator
@inline export function nextStart(at: u32, t: u32): u32 {
  return isBlank(at) ? load<u32>(t) : at;
}

/** The first token after the start of what begins at `at`. An operator is left for the grammar to take. */
// @ts-ignore: decorator
@inline export function afterStart(at: u32, t: u32): u32 {
  return load<u32>(t) == at && !mayBeOperator(at) ? t + 4 : t;
}

/** One past the closing quote of the string that begins at `at`; beyond the last byte loaded when it is not there. */
function stringEnd(at: u32): u32 {
  const end = State.end;
  for (at++; at < end; at++) {
    const c = <u32>load<u8>(at);
    if (c == BACKSLASH) at++;
    else if (c == QUOTE) break;
  }
  return at + 1;
}

/** The end of the scalar at `at` that is no string and begins with `c`, or 0. */
// @ts-ignore: decorator
@inline function scalarEnd(at: u32, c: u32): u32 {
  return c - 0x61 < 26 ? literalEnd(at, c) : numberEnd(at, c);
}

/** Where a scalar went wrong: its run of bytes goes on to the next token, or, if there is none yet, it may be cut short. */
function failedScalar(at: u32, c: u32, t: u32): u32 {
  const mayBeCut = c - ZERO < 10 || c == MINUS || c == LOWER_T || c == LOWER_F || c == LOWER_N;
  return fail(mayBeCut ? load<u32>(t) : at);
}

/** A record that is a scalar. */
function walkScalar(at: u32, c: u32, t: u32): u32 {
  if (State.rootNode != 0) capture(at, State.rootNode, 0);
  if (c == QUOTE) {
    Walk.end = stringEnd(at);
    return t;
  }
  // Here no grammar looks at the next token: that it is one must not be enough.
  const end = scalarEnd(at, c);
  if (end == 0 || !endsScalar(end)) return failedScalar(at, c, t);
  Walk.end = end;
  return t;
}

/**
 * Walks over the value that begins at `at`, `t` being the next token after that (or its bracket). Returns the token after it, or
 * 0 (see Walk). What is inside strings has been looked at by stage 1: an error there shows in State.errorAt.
 */
export function walk(at: u32, t: u32): u32 {
  let c = <u32>load<u8>(at);
  if ((c | 0x20) != OPEN_BRACE) return walkScalar(at, c, t);
  const stack = State.stack, levelMax = stack + State.depth * LEVEL_BYTES;
  let level = stack;
  /** Stack bits of the container we are in; those of the record itself say "no container". */
  let top: u32 = 0;
  /** Node of the path trie that the value at hand stands for. */
  let node = State.rootNode;

  while (true) {
    // A value begins at `at` with `c`, or behind the blanks there.
    if (c <= SPACE) {
      at = nextStart(at, t);
      t = afterStart(at, t);
      c = <u32>load<u8>(at);
    }
    if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1);
    if (c != QUOTE) {
      if ((c | 0x20) == OPEN_BRACE) {
        if (level == levelMax) return fail(at);
        store<u32>(level, top);
        level += LEVEL_BYTES;
        t = tokensAt(t + 4);
        const isArray = c == OPEN_BRACKET, closer = c + 2;
        top = (node << STACK_NODE_SHIFT) | (isArray ? STACK_ARRAY | STACK_IN_ARRAY : top & STACK_IN_ARRAY);
        c = <u32>load<u8>(++at);
        if (c <= SPACE) {
          at = nextStart(at, t);
          t = afterStart(at, t);
          c = <u32>load<u8>(at);
          // A newline that ends the record, or nothing.
          if (c <= SPACE) return fail(at);
        }
        if (c != closer) {
          if (isArray) {
            if (node == 0 || arraysAt(node) == 0) continue;
            if (arraysAt(node) == BOTH) return fail(at);
            const row = node;
            node = firstElement(level, row);
            top = STACK_ARRAY | (load<u32>(level - LEVEL_BYTES) & STACK_IN_ARRAY);
            // Where no path leads to a later element, skip goes over them.
            if (!isLastOnPath(level, row)) top |= row << STACK_NODE_SHIFT;
            continue;
          }
          if (c != QUOTE) return fail(at);
          const colon = load<u32>(t);
          if (<u32>load<u8>(colon) != COLON) return fail(colon);
          if (node != 0) node = enterObject(level, childNamed(node, at, colon));
          t += 4;
          at = colon + 1;
          c = <u32>load<u8>(at);
          continue;
        }
      } else if (scalarEnd(at, c) == 0) return failedScalar(at, c, t);
    }

    // A value has ended, or a container has nothing in it. Over what no path leads to, perhaps to a value that skip leaves to us.
    t = skip(t, level, top);
    level = Skip.level;
    top = Skip.top;
    if (Skip.at != 0) {
      at = Skip.at;
      c = <u32>load<u8>(at);
      node = 0;
      continue;
    }
    // Out of the containers that end here, and on to the next value.
    t = tokensAt(t);
    at = load<u32>(t);
    c = <u32>load<u8>(at);
    t += 4;
    while (c != COMMA) {
      if (c != (top & STACK_ARRAY ? CLOSE_BRACKET : CLOSE_BRACE)) return fail(at);
      const end = at + 1;
      level -= LEVEL_BYTES;
      top = load<u32>(level);
      if (level == stack) {
        Walk.end = end;
        return t;
      }
      t = tokensAt(t);
      at = load<u32>(t);
      c = <u32>load<u8>(at);
      t += 4;
      // What directly follows a bracket is no token, unless it is an operator.
      if (at != end && !isBlank(end)) return fail(end);
    }
    node = top >> STACK_NODE_SHIFT;
    c = <u32>load<u8>(++at);
    if ((top & STACK_ARRAY) == 0) {
      if (c != QUOTE) {
        at = nextStart(at, t);
        t = afterStart(at, t);
        if (<u32>load<u8>(at) != QUOTE) return fail(at);
      }
      const colon = load<u32>(t);
      if (<u32>load<u8>(colon) != COLON) return fail(colon);
      if (node != 0) {
        node = childNamed(node, at, colon);
        if (node != 0 && !meetMember(level, node)) return fail(at);
      }
      t += 4;
      at = colon + 1;
      c = <u32>load<u8>(at);
    } else if (node != 0 && arraysAt(node) != 0) {
      const row = node;
      node = nextElement(level, row);
      if (isLastOnPath(level, row)) top &= STACK_ARRAY | STACK_IN_ARRAY;
    }
  }
}
