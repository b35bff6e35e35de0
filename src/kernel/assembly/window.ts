// The window: the text of the frame under way, and behind it the source bytes that are not yet scanned.
//
//   window = frameStart           dst              pos                           end
//      [ lines of the frame ......  | gap, free ..  | not yet scanned ..........  | padding | free ]
//
// Scanning moves `dst` and `pos` to the right; when the bytes run out, compact() moves all to the left again.

import { LAYOUT_OBJECT, LAYOUT_VALUES } from './contract';
import { PADDING_BYTES, State } from './state';

/** Bytes of a line beyond its source, at most: `{"key":` `,"value":` `}` and a newline; or the newline alone. */
const OBJECT_SLACK: u32 = 7 + 9 + 1 + 1;
const VALUES_SLACK: u32 = 1;
/** Of a name that is given: `#`, the digits of its number, and the quote behind them. */
const NUMBER_SLACK: u32 = 1 + 10 + 1;
/** No more memory than this is used: one address less than there are, in whole pages, so that no sum of addresses overflows. */
const MEMORY_BYTES_MAX: u64 = 0xffff_0000;

@inline export function align16(address: u64): u64 {
  return (address + 15) & ~15;
}

/** Makes memory at least `bytes` large; false when that is too much, or the system refuses. */
export function reserve(bytes: u64): bool {
  if (bytes > MEMORY_BYTES_MAX) return false;
  const pages = <i32>((bytes + 65_535) >> 16);
  const have = memory.size();
  return pages <= have || memory.grow(pages - have) >= 0;
}

/** Lays the window out at `window`, for so many bytes, with a bit for each behind it. Nothing changes when it fails. */
export function layWindow(window: u64, windowBytes: u32): bool {
  const blanks = align16(window + windowBytes + PADDING_BYTES);
  if (!reserve(blanks + (windowBytes >> 3) + 64)) return false;
  State.window = <u32>window;
  State.windowBytes = windowBytes;
  State.blanks = <u32>blanks;
  State.tokensValid = false;
  return true;
}

/** Makes the window larger, keeping what is in it. */
export function growWindow(windowBytes: u32): bool {
  return layWindow(State.window, windowBytes);
}

/** What lines need beyond their source: for records of this layout, and for the name they are given. */
export function makeSlack(layout: i32): void {
  State.slack = layout == LAYOUT_OBJECT ? OBJECT_SLACK : layout == LAYOUT_VALUES ? VALUES_SLACK : 0;
  if (State.nameBytes != 0) State.slack = OBJECT_SLACK + State.nameBytes + NUMBER_SLACK;
  State.gap = State.slack == 0 && !State.asks ? 0 : max(State.firstWindowBytes >> 2, State.slack);
}

/** Empties the window for a source of this layout. */
export function emptyWindow(layout: i32): void {
  makeSlack(layout);
  State.eof = false;
  State.frameStart = State.window;
  State.dst = State.window;
  State.pos = State.window + State.gap;
  State.end = State.pos;
  State.tokensValid = false;
  pad();
  standAt(0, Infinity);
}

/** `pos` stands at this offset of the source, and the first boundary at or after the offset `stop` ends the scan. */
export function standAt(offset: f64, stop: f64): void {
  State.shift = offset - State.pos;
  State.stopOffset = stop;
  placeStop();
}

function placeStop(): void {
  const stop = State.stopOffset - State.shift;
  // A stop that was passed within blanks may have left memory to the left: 0 is passed, too.
  State.stop = stop >= <f64>u32.MAX_VALUE ? u32.MAX_VALUE : stop <= 0 ? 0 : <u32>stop;
}

/** Blanks after the last byte: blocks are read whole, and a token always has something after it. */
function pad(): void {
  memory.fill(State.end, 0x20, PADDING_BYTES);
}

/** Whether all that is in the window still fits it with a gap before `pos`. */
export function canCompact(): bool {
  return <u64>(State.dst - State.frameStart) + State.gap + (State.end - State.pos) <= State.windowBytes;
}

/**
 * Moves the frame under way to the front of the window and the bytes not yet scanned behind it, at least `gapBytes` later.
 * The window must have the room.
 */
export function compact(gapBytes: u32): void {
  const frameBytes = State.dst - State.frameStart, rest = State.end - State.pos;
  const before = State.pos, after = State.window + frameBytes + max(State.gap, gapBytes);
  // Whichever moves towards the other's place goes last.
  if (after > before) memory.copy(after, before, rest);
  memory.copy(State.window, State.frameStart, frameBytes);
  if (after <= before) memory.copy(after, before, rest);
  State.frameStart = State.window;
  State.dst = State.window + frameBytes;
  State.pos = after;
  State.end = after + rest;
  State.tokensValid = false;
  State.shift -= <f64>after - <f64>before;
  placeStop();
  pad();
}

/** `bytes` more bytes have been written at `end`; `eof`: they are the last. */
export function loaded(bytes: u32, eof: bool): void {
  State.end += bytes;
  State.eof = eof;
  State.tokensValid = false;
  pad();
}
