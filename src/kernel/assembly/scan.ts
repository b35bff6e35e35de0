// Stage 2: tokens to records. Walks the tokens of one record after another with the grammar of RFC 8259, a member or
// element at a time, notes the values on the key paths, and hands each whole record to emit.
//
// It never decides that a record is bad: it stops at it (EVENT_SUSPECT), and the plain twin says whether and why. So this
// walk may be cautious, and only the twin has to be exact about reasons and offsets.

import {
  CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, EVENT_END, EVENT_FRAME, EVENT_MORE, EVENT_SPILL, EVENT_STOP, EVENT_SUSPECT,
  FRAMING_ARRAY, FRAMING_LINES, FRAMING_OBJECT, FRAMING_VALUES, LOWER_F, LOWER_N, LOWER_T, MINUS, NEWLINE,
  OPEN_BRACE, OPEN_BRACKET, QUOTE, STACK_ARRAY, STACK_IN_ARRAY, STACK_NODE_SHIFT, ZERO,
} from './contract';
import { emit, roomFor } from './emit';
import { literalEnd, numberEnd } from './grammar';
import { Captures, capture, childNamed, forget, siblingBit } from './paths';
import { refill, restart } from './stage1';
import { LEVEL_BYTES, State } from './state';

/** Tokens one turn of the grammar may use: name, colon, value, what follows it, and one more. */
const LOOK_AHEAD_BYTES: u32 = 5 * 4;

/** The closing quote of the string that begins at `at`, or `end` when it is not there. */
function stringEnd(at: u32, end: u32): u32 {
  for (at++; at < end; at++) {
    const c = <u32>load<u8>(at);
    if (c == 0x5c) at++;
    else if (c == QUOTE) return at;
  }
  return end;
}

/** Where the record stops being readable: out of bytes, or suspect. */
// @ts-ignore: decorator
@inline function giveUp(at: u32): i32 {
  State.tokensValid = false;
  return at >= State.end && !State.eof ? EVENT_MORE : EVENT_SUSPECT;
}

/**
 * Scans on from `pos` until something has to be done by the host; docs/kernel.md lists the events. `pos` is then the
 * boundary the scan stands at, and calling again goes on from there.
 */
export function next(): i32 {
  if (!State.tokensValid) restart(State.pos);
  const framing = State.framing, stack = State.stack, depthMax = State.depthMax;
  let t = State.tokenAt;

  while (true) {
    // ---- a boundary: is there anything to do before the next record? ----
    State.tokenAt = t;
    if (State.dst - State.frameStart >= State.frameBytes) return EVENT_FRAME;
    if (State.pos >= State.stop && !State.started && (State.afterComma || framing == FRAMING_LINES)) return EVENT_STOP;
    if (!roomFor()) return EVENT_SPILL;
    if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);

    let at = load<u32>(t);
    let c = <u32>load<u8>(at);
    t += 4;
    if (framing == FRAMING_LINES) {
      // Blank lines.
      while (c == NEWLINE && at < State.end) {
        State.pos = at + 1;
        State.started = false;
        if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);
        at = load<u32>(t);
        c = <u32>load<u8>(at);
        t += 4;
        if (State.pos >= State.stop) {
          State.tokenAt = t - 4;
          return EVENT_STOP;
        }
      }
    }
    if (at >= State.end) {
      State.tokensValid = false;
      if (!State.eof) {
        // Only blanks so far: let go of them, or a gigabyte of them would have to fit the window.
        State.pos = State.end;
        State.started = true;
        return EVENT_MORE;
      }
      if (framing == FRAMING_LINES || framing == FRAMING_VALUES) {
        State.pos = State.end;
        return EVENT_END;
      }
      return EVENT_SUSPECT;
    }
    if (framing == FRAMING_VALUES) {
      // A boundary of this framing is the first byte of a value.
      State.pos = at;
      if (at >= State.stop) {
        State.tokenAt = t - 4;
        return EVENT_STOP;
      }
    } else if (framing == FRAMING_ARRAY) {
      if (c == CLOSE_BRACKET && !State.afterComma) {
        State.pos = at + 1;
        State.tokensValid = false;
        return EVENT_END;
      }
    }

    Captures.end = State.captures;
    Captures.overflow = false;
    let name: u32 = 0;
    if (framing == FRAMING_OBJECT) {
      if (c == CLOSE_BRACE && !State.afterComma) {
        State.pos = at + 1;
        State.tokensValid = false;
        return EVENT_END;
      }
      name = at;
      if (c != QUOTE) return giveUp(at);
      at = load<u32>(t);
      if (<u32>load<u8>(at) != COLON || at >= State.end) return giveUp(at);
      at = load<u32>(t, 4);
      c = <u32>load<u8>(at);
      t += 8;
      if (at >= State.end) return giveUp(at);
    }

    // ---- one record: its value, down to its last bracket ----
    const start = at;
    let end: u32 = 0;
    let level = stack;
    const levelMax = stack + depthMax * LEVEL_BYTES;
    /** Stack bits of the container we are in; those of the record itself say "no container". */
    let top: u32 = 0;
    /** Node of the path trie that the value at hand stands for. */
    let node = State.rootNode;

    while (true) {
      // A value begins at `at` with `c`.
      if (c == QUOTE) {
        if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
      } else if (c == OPEN_BRACE) {
        if (level == levelMax) return giveUp(at);
        if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, true);
        store<u32>(level, top);
        level += LEVEL_BYTES;
        top = (node << STACK_NODE_SHIFT) | (top & STACK_IN_ARRAY);
        if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);
        at = load<u32>(t);
        c = <u32>load<u8>(at);
        if (c == QUOTE) {
          if (node != 0) {
            store<u32>(level, Captures.end, 4);
            store<u64>(level, 0, 8);
            const child = childNamed(node, at);
            if (child != 0) store<u64>(level, siblingBit(child), 8);
            node = child;
          }
          if (<u32>load<u8>(load<u32>(t, 4)) != COLON) return giveUp(load<u32>(t, 4));
          at = load<u32>(t, 8);
          c = <u32>load<u8>(at);
          t += 12;
          continue;
        }
        if (c != CLOSE_BRACE) return giveUp(at);
        t += 4;
        level -= LEVEL_BYTES;
        top = load<u32>(level);
        end = at + 1;
      } else if (c == OPEN_BRACKET) {
        if (level == levelMax) return giveUp(at);
        if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, true);
        store<u32>(level, top);
        level += LEVEL_BYTES;
        top = (node << STACK_NODE_SHIFT) | STACK_ARRAY | STACK_IN_ARRAY;
        if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);
        at = load<u32>(t);
        c = <u32>load<u8>(at);
        t += 4;
        if (c != CLOSE_BRACKET) continue;
        level -= LEVEL_BYTES;
        top = load<u32>(level);
        end = at + 1;
      } else if (c - ZERO < 10 || c == MINUS) {
        end = numberEnd(at, c);
        if (end == 0) return giveUp(load<u32>(t));
        if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
      } else if (c == LOWER_T || c == LOWER_F || c == LOWER_N) {
        end = literalEnd(at);
        if (end == 0) return giveUp(load<u32>(t));
        if (node != 0) capture(at, node, (top & STACK_IN_ARRAY) >> 1, false);
      } else return giveUp(at);

      // A value has ended: on to the next one, or out of the containers it closes.
      let another = false;
      for (;;) {
        if (level == stack) break;
        if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);
        at = load<u32>(t);
        c = <u32>load<u8>(at);
        if (top & STACK_ARRAY) {
          if (c == COMMA) {
            node = top >> STACK_NODE_SHIFT;
            at = load<u32>(t, 4);
            c = <u32>load<u8>(at);
            t += 8;
            another = true;
            break;
          }
          if (c != CLOSE_BRACKET) return giveUp(at);
        } else {
          if (c == COMMA) {
            at = load<u32>(t, 4);
            if (<u32>load<u8>(at) != QUOTE) return giveUp(at);
            node = top >> STACK_NODE_SHIFT;
            if (node != 0) {
              const child = childNamed(node, at);
              if (child != 0) {
                const seen = load<u64>(level, 8), bit = siblingBit(child);
                if (seen & bit) forget(child, load<u32>(level, 4));
                store<u64>(level, seen | bit, 8);
              }
              node = child;
            }
            if (<u32>load<u8>(load<u32>(t, 8)) != COLON) return giveUp(load<u32>(t, 8));
            at = load<u32>(t, 12);
            c = <u32>load<u8>(at);
            t += 16;
            another = true;
            break;
          }
          if (c != CLOSE_BRACE) return giveUp(at);
        }
        t += 4;
        end = at + 1;
        level -= LEVEL_BYTES;
        top = load<u32>(level);
      }
      if (!another) break;
    }

    // ---- what follows the record ----
    if (c == QUOTE && level == stack && start == at) end = stringEnd(at, State.end) + 1;
    if (t + LOOK_AHEAD_BYTES > State.tokenEnd) t = refill(t);
    at = load<u32>(t);
    c = <u32>load<u8>(at);
    // `until` is the byte that decides where the record ends: its extent is counted to there.
    let boundary: u32, until = at;
    if (framing == FRAMING_LINES) {
      if (at >= State.end) {
        if (!State.eof) return giveUp(at);
        boundary = State.end;
      } else {
        if (c != NEWLINE) return giveUp(at);
        t += 4;
        boundary = at + 1;
      }
    } else if (framing == FRAMING_VALUES) {
      // A scalar that touches the end of the window may go on after it.
      if (end >= State.end && !State.eof) return giveUp(State.end);
      boundary = end;
      until = end;
    } else {
      if (at >= State.end) return giveUp(at);
      if (c == COMMA) {
        t += 4;
        boundary = at + 1;
      } else if (c == (framing == FRAMING_ARRAY ? CLOSE_BRACKET : CLOSE_BRACE)) boundary = at;
      else return giveUp(at);
    }
    if (end > State.end) return giveUp(State.end);
    const first = name != 0 ? name : start;
    if (State.errorAt < boundary || Captures.overflow || until - first > State.recordBytesMax) return giveUp(0);
    const event = emit(name, start, end);
    if (event >= 0) {
      State.tokensValid = false;
      return event;
    }
    State.started = false;
    if ((framing == FRAMING_ARRAY || framing == FRAMING_OBJECT) && c != COMMA) {
      // The line's newline may stand where the closing bracket was: the container ends here and now.
      State.pos = boundary + 1;
      State.tokensValid = false;
      return EVENT_END;
    }
    State.afterComma = c == COMMA && at < boundary;
    State.pos = boundary;
  }
}
