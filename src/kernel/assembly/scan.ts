// From boundary to boundary: one record after another is walked over, looked at for its limits and handed to emit.
//
// The kernel never decides that a record is bad: it stops at it (EVENT_SUSPECT), and the plain twin says whether and why.
// So it may be cautious, and only the twin has to be exact about reasons and offsets.

import {
  CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, EVENT_END, EVENT_FRAME, EVENT_MORE, EVENT_RECORD, EVENT_STOP, EVENT_SUSPECT,
  LAYOUT_ARRAY, LAYOUT_NDJSON, LAYOUT_OBJECT, LAYOUT_VALUES, NEWLINE, NO_EVENT, NO_ROOM, QUOTE, VERDICT_DOUBT, VERDICT_DROP, VERDICT_NONE,
} from './contract';
import { completeName, emit } from './emit';
import { isBlank } from './grammar';
import { forgetVerdict, Held } from './held';
import { Captures } from './paths';
import { restart } from './stage1';
import { State } from './state';
import { Walk, afterStart, nextStart, tokensAt, walk } from './walk';
import { canCompact, compact } from './window';

/**
 * Scans on from `pos` until the host has to do something; contract.ts lists the events. `pos` is then the boundary the
 * scan stands at, and calling again goes on from there.
 */
export function next(): i32 {
  if (!State.tokensValid) {
    Held.isHere = false;
    restart(State.pos);
  }
  while (true) {
    let event = Held.isHere ? NO_EVENT : approach();
    if (event != NO_EVENT) return event;
    event = record();
    if (event == NO_EVENT) continue;
    if (event == EVENT_RECORD) return event;
    Held.isHere = false;
    State.tokensValid = false;
    if (event != NO_ROOM) return event;
    if (!canCompact()) return EVENT_MORE;
    compact(0);
    restart(State.pos);
  }
}

/** From a boundary to the start of the record behind it (State.start), unless something else comes first. */
// @ts-ignore: decorator
@inline function approach(): i32 {
  const layout = State.layout;
  if (State.dst - State.frameStart >= State.frameBytes) return EVENT_FRAME;
  if (State.pos >= State.stop && !State.started && (State.afterComma || layout == LAYOUT_NDJSON)) return EVENT_STOP;
  let t = tokensAt(State.tokenAt);
  let at = load<u32>(t);
  let c = <u32>load<u8>(at);
  if (layout == LAYOUT_NDJSON) {
    // Blank lines.
    while (c == NEWLINE && at < State.end) {
      t += 4;
      State.pos = at + 1;
      State.started = false;
      State.tokenAt = t;
      if (State.pos >= State.stop) return EVENT_STOP;
      t = tokensAt(t);
      at = load<u32>(t);
      c = <u32>load<u8>(at);
    }
  }
  if (layout != LAYOUT_NDJSON) {
    at = nextStart(State.pos, t);
    c = <u32>load<u8>(at);
  }
  State.tokenAt = t;
  State.start = at;
  if (at >= State.end) return nothingLeft();
  if (layout == LAYOUT_VALUES) {
    // A boundary of this layout is the first byte of a value.
    State.pos = at;
    if (at >= State.stop) return EVENT_STOP;
  } else if (layout != LAYOUT_NDJSON && c == closer() && !State.afterComma) return containerEnd(at);
  return NO_EVENT;
}

/** Only blanks are left of what has been loaded. */
function nothingLeft(): i32 {
  State.tokensValid = false;
  if (!State.eof) {
    // Let go of them, or a gigabyte of them would have to fit the window.
    State.pos = State.end;
    State.started = true;
    return EVENT_MORE;
  }
  // An array or object that is not closed: the twin says so.
  if (State.layout == LAYOUT_ARRAY || State.layout == LAYOUT_OBJECT) return EVENT_SUSPECT;
  State.pos = State.end;
  return EVENT_END;
}

// @ts-ignore: decorator
@inline function closer(): u32 {
  return State.layout == LAYOUT_ARRAY ? CLOSE_BRACKET : CLOSE_BRACE;
}

function containerEnd(at: u32): i32 {
  State.pos = at + 1;
  State.tokensValid = false;
  return EVENT_END;
}

/** The record cannot be read to its end, `at` being where that showed: more bytes may help, or the twin has to look. */
function giveUp(at: u32): i32 {
  const isCut = at >= State.end && !State.eof;
  // Bytes are only worth waiting for while the record may still be good.
  const isHopeless = State.errorAt < State.end || State.end - State.pos > State.recordBytesMax;
  return isCut && !isHopeless ? EVENT_MORE : EVENT_SUSPECT;
}

/** Keeps what is known of the record that the host is asked about. */
function hold(name: u32, start: u32, end: u32, t: u32, at: u32, boundary: u32): i32 {
  Held.isHere = true;
  Held.ownName = name;
  Held.name = State.nameBytes != 0 ? completeName() : name;
  Held.start = start;
  Held.end = end;
  Held.token = t;
  Held.at = at;
  Held.boundary = boundary;
  return EVENT_RECORD;
}

/** Reads the record that begins at State.start, or its name; or continues with it, when the host has answered. */
// @ts-ignore: decorator
@inline function record(): i32 {
  const layout = State.layout;
  let start = State.start, name: u32 = 0, end: u32 = 0, at: u32 = 0, boundary: u32 = 0, t: u32 = 0, c: u32 = 0;
  if (Held.isHere) {
    if (State.verdict == VERDICT_NONE) return EVENT_RECORD;
    name = Held.ownName;
    start = Held.start;
    end = Held.end;
    at = Held.at;
    boundary = Held.boundary;
    t = Held.token;
    c = <u32>load<u8>(at);
  } else {
    t = afterStart(start, State.tokenAt);
    if (layout == LAYOUT_OBJECT) {
      name = start;
      if (<u32>load<u8>(name) != QUOTE) return giveUp(name);
      const colon = load<u32>(t);
      if (<u32>load<u8>(colon) != COLON) return giveUp(colon);
      t += 4;
      start = nextStart(colon + 1, t);
      t = afterStart(start, t);
    }
    Captures.end = State.captures;
    Captures.overflow = false;
    t = walk(start, t);
    if (t == 0) return giveUp(Walk.failedAt);

    t = tokensAt(t);
    end = Walk.end;
    at = load<u32>(t);
    c = <u32>load<u8>(at);
    // What directly follows a bracket is no token, unless it is an operator: only values may stand so close.
    if (at != end && layout != LAYOUT_VALUES && !isBlank(end)) return giveUp(end);
    /** Where the next record may begin. */
    boundary = at + 1;
    /** The byte that decides where the record ends: its extent is counted to there. */
    let until = at;
    if (layout == LAYOUT_NDJSON) {
      if (at >= State.end) {
        if (!State.eof) return giveUp(at);
        boundary = State.end;
      } else if (c != NEWLINE) return giveUp(at);
      else t += 4;
    } else if (layout == LAYOUT_VALUES) {
      // A scalar that touches the end of what is loaded may go on after it.
      if (end >= State.end && !State.eof) return giveUp(State.end);
      boundary = end;
      until = end;
    } else if (at >= State.end) return giveUp(at);
    else if (c == COMMA) t += 4;
    else if (c != closer()) return giveUp(at);

    // A top-level string that is not closed ends beyond what is loaded.
    if (end > State.end) return giveUp(end);
    const first = name != 0 ? name : start;
    if (State.errorAt < boundary || Captures.overflow || until - first > State.recordBytesMax) return EVENT_SUSPECT;
    if (State.asks && State.verdict == VERDICT_NONE) return hold(name, start, end, t, at, boundary);
  }
  if (State.verdict < VERDICT_DROP) {
    const event = emit(name, start, end);
    if (event != NO_EVENT) return event;
  } else if (State.verdict == VERDICT_DOUBT) return EVENT_SUSPECT;
  if (State.asks) forgetVerdict();

  State.tokenAt = t;
  State.started = false;
  if (layout == LAYOUT_ARRAY || layout == LAYOUT_OBJECT) {
    // The line's newline may stand where the closing bracket was: the container ends here and now.
    if (c != COMMA) return containerEnd(at);
    State.afterComma = true;
  }
  State.pos = boundary;
  return NO_EVENT;
}
