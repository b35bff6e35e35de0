// The kernel's exports, and nothing else: what src/kernel/simd/ calls. Addresses are bytes in linear memory.

import { fillPackTable } from './blanks';
import { clearComposites, COMPOSITE_TABLES_BYTES, layComposites } from './composites';
import { Entries, clearEntries } from './entries';
import { forgetVerdict } from './held';
import { fillTables } from './grammar';
import { Captures, TRIE_BYTES, clearNodes } from './paths';
import { CAPTURES_MAX, CAPTURE_BYTES, ENTRY_HEADER_BYTES, LEVEL_BYTES, NAME_BYTES, OUT_BYTES, REF_BYTES, State, TILE_BYTES } from './state';
import { align16, emptyWindow, layWindow, loaded, makeSlack } from './window';

export { countNewlines } from './checksum';
export { addComposite, clearComposites } from './composites';
export { addEntries, clearEntries, dedupeEntries, sortEntries, takeRun } from './entries';
export { nextIndex, pageEntries, takePage } from './pages';
export { hide, hideEntries, setSecret } from './hide';
export { decide, heldEnd, heldName, heldStart, isHeld } from './held';
export { addNode, clearNodes, endNode, setPosition } from './paths';
export { next } from './scan';
export { compact, growWindow, loaded, standAt } from './window';

class Mark {
  static frameBytes: u32 = 0;
  static heapEnd: u32 = 0;
  static refsEnd: u32 = 0;
  static ordinal: u32 = 0;
  static frameRecords: u32 = 0;
}

/** Lays memory out. Call once, before anything else; again (with nothing under way) to change sizes. False: too much. */
export function layout(depthMax: u32, heapBytes: u32, windowBytes: u32): bool {
  // The smallest entry is a header, an index number and a one-byte key.
  const refsMax = heapBytes / (ENTRY_HEADER_BYTES + 2);
  const refsBytes = <u64>refsMax * REF_BYTES;
  const trie = align16(__heap_base);
  const captures = trie + TRIE_BYTES;
  const stack = captures + CAPTURES_MAX * CAPTURE_BYTES;
  const name = stack + <u64>(depthMax + 2) * LEVEL_BYTES;
  const composites = align16(name + NAME_BYTES);
  const tokens = composites + COMPOSITE_TABLES_BYTES;
  const out = align16(tokens + (TILE_BYTES + 64) * 4 + 256);
  const heap = out + OUT_BYTES + 64;
  const refs = align16(heap + heapBytes + 64);
  const refsSpare = refs + refsBytes;
  if (!layWindow(align16(refsSpare + refsBytes + 64), windowBytes)) return false;
  State.depth = depthMax;
  State.trie = <u32>trie;
  State.captures = <u32>captures;
  State.stack = <u32>stack;
  State.name = <u32>name;
  State.tokens = <u32>tokens;
  State.out = <u32>out;
  State.heap = <u32>heap;
  State.heapLimit = <u32>heap + heapBytes;
  State.refs = <u32>refs;
  State.refsMax = refsMax;
  State.refsSpare = <u32>refsSpare;
  State.firstWindowBytes = windowBytes;
  fillTables();
  fillPackTable();
  layComposites(<u32>composites);
  clearNodes(CAPTURES_MAX);
  clearComposites();
  clearEntries();
  return true;
}

/** Whether the host is asked about each record of the span that begins next. */
export function ask(asks: bool): void {
  State.asks = asks;
}

/** Begins a source or span; its bytes are then filled in at `end`. */
export function begin(layout: i32, hasPrimary: bool, recordBytesMax: u32, frameBytes: u32, shard: u32, afterComma: bool): void {
  State.layout = layout;
  State.hasPrimary = hasPrimary;
  State.recordBytesMax = recordBytesMax;
  State.frameBytes = frameBytes;
  State.shard = shard;
  State.afterComma = afterComma;
  State.started = false;
  State.ordinal = 0;
  State.frameRecords = 0;
  State.nameBytes = 0;
  forgetVerdict();
  Captures.end = State.captures;
  emptyWindow(layout);
  clearEntries();
}

/** Lets go of what is left of the source: another one may be loaded behind the lines there are. */
export function letGo(): void {
  // A last line without a newline was given one, which may stand behind the source: what is loaded next must not overwrite it.
  if (State.pos < State.dst) State.pos = State.dst;
  State.end = State.pos;
  loaded(0, false);
}

/**
 * Goes on with the source that has been loaded since, in the same span: lines, ordinals and entries stay. Its records are
 * given a name, `nameBytes` at `name`; 0 for none.
 */
export function beginNext(layout: i32, recordBytesMax: u32, nameBytes: u32, isNumbered: bool): void {
  State.layout = layout;
  State.recordBytesMax = recordBytesMax;
  State.nameBytes = nameBytes;
  State.nameIsNumbered = isNumbered;
  State.nameShift = 0 - State.ordinal;
  State.afterComma = false;
  State.started = false;
  State.tokensValid = false;
  forgetVerdict();
  makeSlack(layout);
}

/** A record was left out, or so many are counted elsewhere: the numbers in names go on behind them. */
export function skipNumbers(count: u32): void {
  State.nameShift += count;
}

/** Where to go back to with `takeBack`: all before has to be kept. */
export function mark(): void {
  Mark.frameBytes = State.dst - State.frameStart;
  Mark.heapEnd = State.heapEnd;
  Mark.refsEnd = State.refsEnd;
  Mark.ordinal = State.ordinal;
  Mark.frameRecords = State.frameRecords;
}

/** Takes back lines and entries since `mark`; neither a frame nor the entries may have been taken meanwhile. */
export function takeBack(): void {
  State.dst = State.frameStart + Mark.frameBytes;
  State.heapEnd = Mark.heapEnd;
  State.refsEnd = Mark.refsEnd;
  State.ordinal = Mark.ordinal;
  State.frameRecords = Mark.frameRecords;
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
  forgetVerdict();
}

/** The twin's record: its line of `bytes` bytes (newline included) has been written at `dst`. */
export function lineAdded(bytes: u32): void {
  State.dst += bytes;
  State.ordinal++;
  State.frameRecords++;
}

export function name(): u32 { return State.name; }
export function out(): u32 { return State.out; }
export function window(): u32 { return State.window; }
export function windowBytes(): u32 { return State.windowBytes; }
export function gap(): u32 { return State.gap; }
export function shift(): f64 { return State.shift; }
export function frameStart(): u32 { return State.frameStart; }
export function dst(): u32 { return State.dst; }
export function pos(): u32 { return State.pos; }
export function end(): u32 { return State.end; }
export function eof(): bool { return State.eof; }
export function recordBytesMax(): u32 { return State.recordBytesMax; }
export function afterComma(): bool { return State.afterComma; }
export function ordinal(): u32 { return State.ordinal; }
export function frameRecords(): u32 { return State.frameRecords; }
export function entries(): u32 { return (State.refsEnd - State.refs) / REF_BYTES; }
export function heapBytes(): u32 { return State.heapEnd - State.heap; }
export function losers(): u32 { return Entries.losers; }
export function firstDuplicate(): u32 { return Entries.firstDuplicate; }
