// The memory of the profiler: what lies where, and pieces of it for paths, names and values.
//
//   [ tables | levels | scratch | free pieces | names | arena | lines | slack, or a long name ]
//
// The arena is as large as paths can become between two places at which one may fold (fold.ts); of that, only what is used is
// ever touched. Lines come last: they alone grow, for a record that is larger than a frame.

import { align16, reserve } from '../window';

/** As PROFILE_DEPTH_MAX says it: containers nested deeper are only measured. */
export const DEPTH_MAX: u32 = 64;
/** As PROFILE_BYTES says it: beyond it an object folds. */
export const PROFILE_BYTES: u32 = 16_777_216;
const ARENA_BYTES: u32 = 67_108_864;
/** Folding leaves pieces of sizes that nobody may need again: an object folds too if the arena is used so far. */
const ARENA_USED_MAX: u32 = 41_943_040;
/** A level of the stack: u32 container, u32 members or elements so far, u64 stamp of the object, 0 of an array. */
export const LEVEL_BYTES: u32 = 16;
/** Room for the longest key, and for a string whose format is tested without its escapes. */
export const SCRATCH_BYTES: u32 = 8192;
/** Eight times as many as there can be paths in the memory that is used before an object folds. */
export const NAME_SLOTS: u32 = 524_288;
const SLACK: u32 = 64;
const PIECE_SHIFT: u32 = 4;
/** Sizes of pieces: so many multiples of 16, then powers of two. */
const SIZES: u32 = 512;
const POWERS: u32 = 32;

export class Memory {
  static levels: u32 = 0;
  static scratch: u32 = 0;
  static free: u32 = 0;
  static names: u32 = 0;
  static arena: u32 = 0;
  static arenaEnd: u32 = 0;
  /** One past what has been given out of the arena. */
  static top: u32 = 0;
  /** Bytes in use. */
  static used: u32 = 0;
  /** Whether that is more than there should be. */
  static isLow: bool = false;
  /** Slots of the table of names that are taken. */
  static namesUsed: u32 = 0;
  static input: u32 = 0;
  static inputEnd: u32 = 0;
}

/** Lays memory out for lines of so many bytes; again to change that. False: the system refuses the memory. */
export function layMemory(inputBytes: u32): bool {
  const levels = align16(__heap_base);
  const scratch = levels + (DEPTH_MAX + 2) * LEVEL_BYTES;
  const free = scratch + SCRATCH_BYTES;
  const names = free + (SIZES + POWERS) * 4;
  const arena = align16(names + NAME_SLOTS * 4);
  const input = arena + ARENA_BYTES;
  if (!reserve(input + inputBytes + SLACK)) return false;
  Memory.levels = <u32>levels;
  Memory.scratch = <u32>scratch;
  Memory.free = <u32>free;
  Memory.names = <u32>names;
  Memory.arena = <u32>arena;
  Memory.arenaEnd = <u32>input;
  Memory.input = <u32>input;
  Memory.inputEnd = <u32>input + inputBytes;
  return true;
}

export function clearArena(): void {
  memory.fill(Memory.free, 0, (SIZES + POWERS) * 4);
  clearNames();
  Memory.top = Memory.arena;
  Memory.used = 0;
  Memory.isLow = false;
}

export function clearNames(): void {
  memory.fill(Memory.names, 0, NAME_SLOTS * 4);
  Memory.namesUsed = 0;
}

/** Whether pieces of sizes that nobody needs have used up the arena. */
export function isScattered(): bool {
  return Memory.top - Memory.arena > ARENA_USED_MAX;
}

/** Room for so many bytes behind the lines; 0: the system refuses it. */
export function longScratch(bytes: u32): u32 {
  const at = Memory.inputEnd + SLACK;
  return reserve(<u64>at + bytes + SLACK) ? at : 0;
}

/** Which list a piece belongs to, and the bytes it takes. */
class Size {
  static list: u32 = 0;
  static bytes: u32 = 0;
}

function sizeOf(bytes: u32): void {
  const pieces = (bytes + 15) >> PIECE_SHIFT;
  if (pieces < SIZES) {
    Size.list = Memory.free + pieces * 4;
    Size.bytes = pieces << PIECE_SHIFT;
  } else {
    const power = 32 - <u32>clz(bytes - 1);
    Size.list = Memory.free + (SIZES + power) * 4;
    Size.bytes = 1 << power;
  }
}

/** Gives out memory with any bytes in it; its address is a multiple of 16. */
export function allocate(bytes: u32): u32 {
  sizeOf(bytes);
  Memory.used += Size.bytes;
  let piece = load<u32>(Size.list);
  if (piece != 0) store<u32>(Size.list, load<u32>(piece));
  else {
    piece = Memory.top;
    Memory.top += Size.bytes;
    // fold.ts has seen to it that this does not happen.
    if (Memory.top > Memory.arenaEnd) unreachable();
  }
  if (Memory.used > PROFILE_BYTES || isScattered()) Memory.isLow = true;
  return piece;
}

/** Takes memory back that was allocated with the same number of bytes. */
export function release(piece: u32, bytes: u32): void {
  sizeOf(bytes);
  Memory.used -= Size.bytes;
  store<u32>(piece, load<u32>(Size.list));
  store<u32>(Size.list, piece);
}

/** Whether two stretches of memory have the same bytes. Up to 7 bytes after each are read. */
export function sameBytes(a: u32, b: u32, bytes: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= bytes; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  const rest = bytes - i;
  return rest == 0 || ((load<u64>(a + i) ^ load<u64>(b + i)) << <u64>((8 - rest) << 3)) == 0;
}
