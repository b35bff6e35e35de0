// The kernel's exports, and nothing else: what src/kernel/simd.ts calls. Addresses are bytes in linear memory.

import { FRAMING_OBJECT, FRAMING_VALUES } from './contract';
import { fillPackTable } from './blanks';
import { Entries, addEntries, clearEntries, dedupeEntries, sortEntries, takeRun } from './entries';
import { fillTables } from './grammar';
import { Captures } from './paths';
import { CAPTURES_MAX, CAPTURE_BYTES, ENTRY_HEADER_BYTES, LEVEL_BYTES, OUT_BYTES, PADDING_BYTES, REF_BYTES, State, TILE_BYTES, align16, reserve } from './state';

export { addNode, endNode } from './paths';
export { next } from './scan';
export { addEntries, clearEntries, dedupeEntries, sortEntries, takeRun } from './entries';
export { nextIndex, takePages } from './pages';

const TRIE_BYTES: u32 = 1 << 20;

/** Lays memory out. Call once, before anything else; again (with nothing under way) to change sizes. */
export function layout(depthMax: u32, heapBytes: u32, windowBytes: u32): bool {
  fillTables();
  fillPackTable();
  State.depthMax = depthMax;
  State.trie = align16(<u32>__heap_base);
  State.trieEnd = State.trie;
  State.rootNode = 0;
  State.captures = State.trie + TRIE_BYTES;
  State.stack = State.captures + CAPTURES_MAX * CAPTURE_BYTES;
  State.tokens = align16(State.stack + (depthMax + 2) * LEVEL_BYTES);
  State.out = align16(State.tokens + (TILE_BYTES + 64) * 4 + 256);
  State.heap = State.out + OUT_BYTES + 64;
  State.heapLimit = State.heap + heapBytes;
  State.refs = align16(State.heapLimit + 64);
  // The smallest entry is a header, an index number and a one-byte key.
  State.refsMax = heapBytes / (ENTRY_HEADER_BYTES + 2);
  State.refsSpare = State.refs + State.refsMax * REF_BYTES;
  State.window = align16(State.refsSpare + State.refsMax * REF_BYTES + 64);
  if (!layWindow(windowBytes)) return false;
  clearEntries();
  return true;
}

function layWindow(windowBytes: u32): bool {
  State.windowBytes = windowBytes;
  State.blanks = align16(State.window + windowBytes + PADDING_BYTES);
  return reserve(State.blanks + (windowBytes >> 3) + 64);
}

/** Makes the window larger, keeping what is in it. */
export function growWindow(windowBytes: u32): bool {
  State.tokensValid = false;
  return layWindow(windowBytes);
}

/** Begins a source or span; its bytes are then filled in at `end`. */
export function begin(framing: i32, hasPrimary: bool, recordBytesMax: u32, frameBytes: u32, shard: u32, afterComma: bool): void {
  State.framing = framing;
  State.hasPrimary = hasPrimary;
  State.recordBytesMax = recordBytesMax;
  State.frameBytes = frameBytes;
  State.shard = shard;
  State.afterComma = afterComma;
  State.started = false;
  State.slack = framing == FRAMING_OBJECT ? 18 : framing == FRAMING_VALUES ? 1 : 0;
  State.ordinal = 0;
  State.frameRecords = 0;
  State.eof = false;
  State.frameStart = State.window;
  State.dst = State.window;
  State.pos = State.window + gap();
  State.end = State.pos;
  State.tokensValid = false;
  Captures.end = State.captures;
  clearEntries();
}

/** Free bytes kept before `pos` for lines that are longer than their source. */
function gap(): u32 {
  return State.slack == 0 ? 0 : State.windowBytes >> 2;
}

/**
 * Moves the frame under way to the front of the window and the bytes not yet scanned behind it, at least `gapBytes` later;
 * returns by how much `pos` moved. The window must have the room.
 */
export function compact(gapBytes: u32): i32 {
  const frameBytes = State.dst - State.frameStart, rest = State.end - State.pos;
  const before = State.pos;
  const pos = State.window + frameBytes + max(gap(), gapBytes);
  // Whichever moves towards the other's place goes last.
  if (pos > before) {
    memory.copy(pos, before, rest);
    memory.copy(State.window, State.frameStart, frameBytes);
  } else {
    memory.copy(State.window, State.frameStart, frameBytes);
    memory.copy(pos, before, rest);
  }
  State.frameStart = State.window;
  State.dst = State.window + frameBytes;
  State.pos = pos;
  State.end = pos + rest;
  State.tokensValid = false;
  return <i32>(pos - before);
}

/** `bytes` more bytes have been written at `end`; `eof`: they are the last. */
export function loaded(bytes: u32, eof: bool): void {
  State.end += bytes;
  State.eof = eof;
  State.tokensValid = false;
  memory.fill(State.end, 0x20, PADDING_BYTES);
}

/** The frame has been taken: the next one begins at `dst`. */
export function frameTaken(): void {
  State.frameStart = State.dst;
  State.frameRecords = 0;
}

/** After the twin has dealt with the record at `pos`: goes on at the boundary `pos`. */
export function resume(pos: u32, afterComma: bool): void {
  State.pos = pos;
  State.afterComma = afterComma;
  State.started = false;
  State.tokensValid = false;
}

/** The twin's record: its line of `bytes` bytes (newline included) has been written at `dst`. */
export function lineAdded(bytes: u32): void {
  State.dst += bytes;
  State.ordinal++;
  State.frameRecords++;
}

export function setStop(stop: u32): void { State.stop = stop; }
export function out(): u32 { return State.out; }
export function window(): u32 { return State.window; }
export function windowBytes(): u32 { return State.windowBytes; }
export function frameStart(): u32 { return State.frameStart; }
export function dst(): u32 { return State.dst; }
export function pos(): u32 { return State.pos; }
export function end(): u32 { return State.end; }
export function afterComma(): bool { return State.afterComma; }
export function ordinal(): u32 { return State.ordinal; }
export function frameRecords(): u32 { return State.frameRecords; }
export function entries(): u32 { return (State.refsEnd - State.refs) / REF_BYTES; }
export function heapBytes(): u32 { return State.heapEnd - State.heap; }
export function losers(): u32 { return Entries.losers; }
export function firstDuplicate(): u32 { return Entries.firstDuplicate; }
