// Stage 2: the grammar of one value (RFC 8259), token by token, down to its last bracket. On the way it notes the values
// that the key paths lead to (paths.ts).

import {
  BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, LOWER_F, LOWER_N, LOWER_T, MINUS, OPEN_BRACE, OPEN_BRACKET, QUOTE,
  STACK_ARRAY, STACK_IN_ARRAY, STACK_NODE_SHIFT, ZERO,
} from './contract';
import { literalEnd, numberEnd } from './grammar';
import { capture, childNamed, enterObject, meetMember } from './paths';
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

// @ts-ignore: decorator
@inline function byteAt(token: u32, ahead: usize): u32 {
  return <u32>load<u8>(load<u32>(token + <u32>ahead));
}

/** The tokens from `t` on, enough for one turn of the grammar; returns where they are now. */
// @ts-ignore: decorator
@inline export function tokensAt(t: u32): u32 {
  return t + LOOK_AHEAD_BYTES > State.tokenEnd ? refill(t) : t;
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

/**
 * Walks over the value that begins at `at`, whose token is the one before `t`. Returns the token after it, or 0 (see
 * Walk). What is inside strings has been looked at by stage 1: an error there shows in State.errorAt.
 */
export function walk(at: u32, t: u32): u32 {
  const stack = State.stack, levelMax = stack + State.depth * LEVEL_BYTES;
  let level = stack;
  /** Stack bits of the container we are in; those of the record itself say "no container". */
  let top: u32 = 0;
  /** Node of the path trie that the value at hand stands for. */
  let node = State.rootNode;
  let c = <u32>load<u8>(at);
  let end: u32 = 0;

  while (true) {
    // A value begins at `at` with `c`.
    if (c == QUOTE) {
      if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
      if (level == stack) end = stringEnd(at);
    } else if (c == OPEN_BRACE) {
      if (level == levelMax) return fail(at);
      if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, true);
      store<u32>(level, top);
      level += LEVEL_BYTES;
      top = (node << STACK_NODE_SHIFT) | (top & STACK_IN_ARRAY);
      t = tokensAt(t);
      at = load<u32>(t);
      c = <u32>load<u8>(at);
      if (c == QUOTE) {
        if (byteAt(t, 4) != COLON) return fail(load<u32>(t, 4));
        if (node != 0) node = enterObject(level, childNamed(node, at));
        at = load<u32>(t, 8);
        c = <u32>load<u8>(at);
        t += 12;
        continue;
      }
      if (c != CLOSE_BRACE) return fail(at);
      t += 4;
      level -= LEVEL_BYTES;
      top = load<u32>(level);
      end = at + 1;
    } else if (c == OPEN_BRACKET) {
      if (level == levelMax) return fail(at);
      if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, true);
      store<u32>(level, top);
      level += LEVEL_BYTES;
      top = (node << STACK_NODE_SHIFT) | STACK_ARRAY | STACK_IN_ARRAY;
      t = tokensAt(t);
      at = load<u32>(t);
      c = <u32>load<u8>(at);
      t += 4;
      if (c != CLOSE_BRACKET) continue;
      level -= LEVEL_BYTES;
      top = load<u32>(level);
      end = at + 1;
    } else if (c - ZERO < 10 || c == MINUS) {
      end = numberEnd(at, c);
      // Its run of bytes goes on to the next token, or, if there is none yet, it may be cut short.
      if (end == 0) return fail(load<u32>(t));
      if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
    } else if (c == LOWER_T || c == LOWER_F || c == LOWER_N) {
      end = literalEnd(at);
      if (end == 0) return fail(load<u32>(t));
      if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
    } else return fail(at);

    // A value has ended: on to the next one, or out of the containers it closes.
    while (true) {
      if (level == stack) {
        Walk.end = end;
        return t;
      }
      t = tokensAt(t);
      at = load<u32>(t);
      c = <u32>load<u8>(at);
      if (c == COMMA) {
        node = top >> STACK_NODE_SHIFT;
        if (top & STACK_ARRAY) {
          at = load<u32>(t, 4);
          t += 8;
        } else {
          at = load<u32>(t, 4);
          if (<u32>load<u8>(at) != QUOTE) return fail(at);
          if (byteAt(t, 8) != COLON) return fail(load<u32>(t, 8));
          if (node != 0) {
            node = childNamed(node, at);
            if (node != 0 && !meetMember(level, node)) return fail(at);
          }
          at = load<u32>(t, 12);
          t += 16;
        }
        c = <u32>load<u8>(at);
        break;
      }
      if (c != (top & STACK_ARRAY ? CLOSE_BRACKET : CLOSE_BRACE)) return fail(at);
      t += 4;
      end = at + 1;
      level -= LEVEL_BYTES;
      top = load<u32>(level);
    }
  }
}
