// A whole record leaves the scan: its keys go to the entry heap, its line to the frame.
//
// Lines are made in place: the window's own bytes, from `frameStart` to `dst`, are the plain text of the frame under way.
// A line never needs more room than its source had (plus `slack`), so `dst` cannot overtake `pos`; a record of a compact
// source is not even moved: its separator becomes the newline.

import {
  BACKSLASH, EVENT_SPILL, EVENT_SUSPECT, LOWER_N, NEWLINE, NO_EVENT, NO_ROOM, OPEN_BRACE, OPEN_BRACKET, QUOTE, VERDICT_REPLACE,
} from './contract';
import { addKey } from './append';
import { dropBlanks, hasBlanks } from './blanks';
import { addComposites, Composites } from './composites';
import { CAPTURE_BYTES, State } from './state';
import { Captures, PRIMARY, SECONDARY, WHOLE_KEY } from './paths';

/** Adds all keys of the record at hand. */
function addKeys(name: u32): i32 {
  let primaries = 0;
  if (State.hasPrimary == false) {
    if (name != 0) {
      const event = addKey(0, name);
      if (event != NO_EVENT) return event;
    }
    primaries = 1;
  }
  for (let at = State.captures; at < Captures.end; at += CAPTURE_BYTES) {
    const value = load<u32>(at), bits = load<u32>(at, 4), node = bits & ~1;
    const c = <u32>load<u8>(value);
    const primary = load<u32>(node, PRIMARY);
    if (primary != 0) {
      if ((bits & 1) != 0 || c == OPEN_BRACE || c == OPEN_BRACKET || c == LOWER_N) return EVENT_SUSPECT;
      if (primary == WHOLE_KEY) {
        const event = addKey(0, value);
        if (event != NO_EVENT) return event;
        primaries++;
      }
    }
    const index = <u32>load<u16>(node, SECONDARY);
    if (index != 0 && c != OPEN_BRACE && c != OPEN_BRACKET) {
      const event = addKey(index, value);
      if (event != NO_EVENT) return event;
    }
  }
  if (Composites.count != 0) return addComposites(primaries, State.composites, 0);
  return primaries == 1 ? NO_EVENT : EVENT_SUSPECT;
}

// @ts-ignore: decorator
@inline function putLine(start: u32, end: u32): void {
  if (start < State.blankEnd && hasBlanks(start, end)) State.dst = dropBlanks(start, end, State.dst);
  else {
    if (State.dst != start) memory.copy(State.dst, start, end - start);
    State.dst += end - start;
  }
}

/** The line `{"key":<name>,"value":<value>}`. */
function putNamedLine(name: u32, start: u32, end: u32): void {
  let nameEnd = name + 1;
  while (<u32>load<u8>(nameEnd) != QUOTE) nameEnd += <u32>load<u8>(nameEnd) == BACKSLASH ? 2 : 1;
  nameEnd++;
  const dst = State.dst, nameBytes = nameEnd - name;
  memory.copy(dst + 7, name, nameBytes);
  store<u32>(dst, 0x656b227b /* {"ke */);
  store<u16>(dst, 0x2279 /* y" */, 4);
  store<u8>(dst, 0x3a, 6);
  const value = dst + 7 + nameBytes;
  store<u64>(value, 0x2265756c6176222c /* ,"value" */);
  store<u8>(value, 0x3a, 8);
  State.dst = value + 9;
  putLine(start, end);
  store<u8>(State.dst++, 0x7d);
}

/** Writes the number of the record at hand and the closing quote behind the name that records are given. */
export function completeName(): u32 {
  let at = State.name + State.nameBytes;
  if (State.nameIsNumbered) {
    store<u8>(at++, 0x23 /* # */);
    let number = State.ordinal + State.nameShift, digits: u32 = 1;
    for (let rest = number / 10; rest > 0; rest /= 10) digits++;
    for (let i = digits; i > 0; i--, number /= 10) store<u8>(at + i - 1, 0x30 + number % 10);
    at += digits;
  }
  store<u8>(at, QUOTE);
  return State.name;
}

/** Emits the record [start, end) (and its member name); NO_EVENT, or what has to be done before it is tried again. */
// @ts-ignore: decorator
@inline export function emit(ownName: u32, start: u32, end: u32): i32 {
  // The line of a record that the host has changed stands at `dst` already.
  const isReplaced = State.verdict == VERDICT_REPLACE;
  if (!isReplaced && State.dst + State.slack > (ownName != 0 ? ownName : start)) return NO_ROOM;
  const name = State.nameBytes != 0 ? completeName() : ownName;
  const heapMark = State.heapEnd, refsMark = State.refsEnd;
  if (name != 0 || Captures.end > State.captures || State.hasPrimary) {
    const event = addKeys(name);
    if (event != NO_EVENT) {
      State.heapEnd = heapMark;
      State.refsEnd = refsMark;
      // Keys that do not even fit an empty heap are added one by one, by the host.
      return event == EVENT_SPILL && heapMark == State.heap ? EVENT_SUSPECT : event;
    }
  }
  if (isReplaced) State.dst += State.lineBytes;
  else {
    if (name != 0) putNamedLine(name, start, end);
    else putLine(start, end);
    store<u8>(State.dst++, NEWLINE);
  }
  State.ordinal++;
  State.frameRecords++;
  return NO_EVENT;
}
