// Stage 2, the straight way: over values that no key path leads to, from the end of one to the end of another.
//
// The same grammar as in walk.ts, as far as nothing has to be done: `skip` stops in front of a name that may be on a path, of
// what may be wrong or unusual, of the end of the record or the tokens, and walk.ts deals with it. So it calls nothing, and all
// it needs stays in registers (V8 keeps in memory what lives across a call). That is also why it tests one thing at a time:
// `&&` and `||` would make numbers of their operands. Most bytes of a source are passed here.

import {
  CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE, SPACE, STACK_ARRAY, STACK_IN_ARRAY,
  STACK_NODE_SHIFT, ZERO,
} from './contract';
import { digitsAt, isBlank, literalEnd, numberEnd } from './grammar';
import { mayBeChild } from './paths';
import { LEVEL_BYTES, LOOK_AHEAD_BYTES, State } from './state';

/** A comma and a quote, as they lie in memory. */
const COMMA_QUOTE: u32 = (QUOTE << 8) | COMMA;

/** Where `skip` stopped, besides the next token. */
export class Skip {
  /** Where a value begins that has to be looked at; or 0: one has ended. */
  static at: u32 = 0;
  static level: u32 = 0;
  static top: u32 = 0;
}

// @ts-ignore: decorator
@inline function stop(t: u32, level: u32, top: u32, at: u32): u32 {
  Skip.at = at;
  Skip.level = level;
  Skip.top = top;
  return t;
}

/**
 * Goes on from a value that has ended, `level` and `top` saying where (see walk), `t` being the next token. Returns the token to
 * go on at; the rest is in Skip.
 */
export function skip(t: u32, level: u32, top: u32): u32 {
  const limit = State.tokenEnd - LOOK_AHEAD_BYTES, stack = State.stack, levelMax = stack + State.depth * LEVEL_BYTES;
  while (t <= limit) {
    let at = load<u32>(t);
    const pair = <u32>load<u16>(at);
    let c = pair & 0xff;
    if (c != COMMA) {
      // Out of the container; what follows directly is no token, unless it is an operator.
      if (c != (top & STACK_ARRAY ? CLOSE_BRACKET : CLOSE_BRACE)) break;
      if (load<u32>(t, 4) != at + 1) {
        if (!isBlank(at + 1)) break;
      }
      const outer = level - LEVEL_BYTES;
      if (outer == stack) break;
      level = outer;
      top = load<u32>(outer);
      t += 4;
      continue;
    }
    if (top & STACK_ARRAY) {
      if (top >> STACK_NODE_SHIFT != 0) break;
      at++;
      c = pair >> 8;
      t += 4;
    } else {
      let name = at + 1, next = t + 4;
      if (pair != COMMA_QUOTE) {
        if (!isBlank(name)) break;
        name = load<u32>(next);
        if (<u32>load<u8>(name) != QUOTE) break;
        next += 4;
      }
      const colon = load<u32>(next), node = top >> STACK_NODE_SHIFT;
      if (<u32>load<u8>(colon) != COLON) break;
      if (node != 0) {
        if (mayBeChild(node, name, colon)) break;
      }
      at = colon + 1;
      c = <u32>load<u8>(at);
      t = next + 4;
    }
    // A value begins at `at` with `c`, or behind the blanks there.
    while (c != QUOTE) {
      if ((c | 0x20) != OPEN_BRACE) {
        const end = load<u32>(t);
        if (c <= SPACE) {
          const start = <u32>load<u8>(end);
          if (start <= SPACE) return stop(t, level, top, at);
          if (!isBlank(at)) return stop(t, level, top, at);
          at = end;
          c = start;
          if ((c | 0x20) != OPEN_BRACE) t += 4;
          continue;
        }
        if (c - 0x61 < 26) {
          if (literalEnd(at, c) != 0) break;
        } else {
          // A whole number of up to 16 digits and an operator behind it: the commonest.
          if (c - ZERO - 1 < 9) {
            if (at + digitsAt(at) == end) break;
          }
          if (numberEnd(at, c) != 0) break;
        }
        return stop(t, level, top, at);
      }
      if (level == levelMax) return stop(t, level, top, at);
      if (t > limit) return stop(t, level, top, at);
      let inner = at + 1, next = t + 4;
      let first = <u32>load<u8>(inner);
      if (first == c + 2) {
        // Nothing in it.
        if (load<u32>(t, 8) != at + 2) {
          if (!isBlank(at + 2)) return stop(t, level, top, at);
        }
        t += 8;
        break;
      }
      if (first <= SPACE) {
        if (!isBlank(inner)) return stop(t, level, top, at);
        inner = load<u32>(next);
        first = <u32>load<u8>(inner);
        if (first <= SPACE) return stop(t, level, top, at);
        if (first == c + 2) return stop(t, level, top, at);
        if ((first | 0x20) != OPEN_BRACE) next += 4;
      }
      if (c == OPEN_BRACKET) {
        store<u32>(level, top);
        top = STACK_ARRAY | STACK_IN_ARRAY;
        at = inner;
        c = first;
        t = next;
      } else {
        const colon = load<u32>(next);
        if (first != QUOTE) return stop(t, level, top, at);
        if (<u32>load<u8>(colon) != COLON) return stop(t, level, top, at);
        store<u32>(level, top);
        top &= STACK_IN_ARRAY;
        at = colon + 1;
        c = <u32>load<u8>(at);
        t = next + 4;
      }
      level += LEVEL_BYTES;
    }
  }
  return stop(t, level, top, 0);
}
