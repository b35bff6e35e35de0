// Blocks of LZ4 (its "Block Format Description"). A block is a row of sequences:
//
//   token: literals 4 bits, match 4 bits | [more literals] | literals | distance 2 | [more match]
//
// The plain bytes stand in a window. Blocks that depend on those before need the last 64 KiB of them:
//
//   window = output of old blocks ...  | history 64 KiB | this block  |  free            | slack
//                                                       plain

import { align16, reserve } from '../window';
import { xxh32Digest, xxh32Reset, xxh32Update } from './xxh32';

const HISTORY: u32 = 65_536;
/** Copies go beyond their end by less than this. */
const SLACK: u32 = 32;
const MATCH_MIN: u32 = 4;
const LONG: u32 = 15;

/** Checksums in progress: of all plain bytes of the frame, and of some bytes. */
const FRAME = memory.data(44, 16);
const PART = memory.data(44, 16);

class Lz4 {
  static input: u32 = 0;
  static blockBytes: u32 = 0;
  static window: u32 = 0;
  static windowEnd: u32 = 0;
  /** Where the bytes begin that a block may copy. */
  static history: u32 = 0;
  static plain: u32 = 0;
  static plainEnd: u32 = 0;
}

/** Lays memory out for a frame with blocks of at most so many bytes. False: the system refuses the memory. */
export function lz4Layout(blockBytes: u32): bool {
  Lz4.input = <u32>align16(__heap_base);
  Lz4.blockBytes = blockBytes;
  Lz4.window = Lz4.input + blockBytes + SLACK;
  Lz4.windowEnd = Lz4.window + HISTORY + max(blockBytes, 4 * HISTORY);
  Lz4.history = Lz4.window;
  Lz4.plainEnd = Lz4.window;
  xxh32Reset(FRAME);
  return reserve(Lz4.windowEnd + SLACK);
}

/** Where the caller puts a block. */
export function lz4Input(): u32 {
  return Lz4.input;
}

/** Where the plain bytes of the last block stand, until the next one. */
export function lz4Plain(): u32 {
  return Lz4.plain;
}

/** How many they are. */
export function lz4Output(): u32 {
  return Lz4.plainEnd - Lz4.plain;
}

/** The checksum of the first bytes of the input. */
export function lz4Checksum(bytes: u32): u32 {
  xxh32Reset(PART);
  xxh32Update(PART, Lz4.input, bytes);
  return xxh32Digest(PART);
}

/** Adds the last block to the checksum of the frame. */
export function lz4Add(): void {
  xxh32Update(FRAME, Lz4.plain, Lz4.plainEnd - Lz4.plain);
}

/** The checksum of the blocks of the frame that were added. */
export function lz4FrameChecksum(): u32 {
  return xxh32Digest(FRAME);
}

/** Makes room for a block after those before. */
function begin(isLinked: bool): void {
  if (Lz4.plainEnd + Lz4.blockBytes > Lz4.windowEnd) {
    const kept = min(HISTORY, Lz4.plainEnd - Lz4.history);
    memory.copy(Lz4.window, Lz4.plainEnd - kept, kept);
    Lz4.history = Lz4.window;
    Lz4.plainEnd = Lz4.window + kept;
  }
  Lz4.plain = Lz4.plainEnd;
  if (!isLinked) Lz4.history = Lz4.plain;
}

/** Takes a block that is not compressed. */
export function lz4Stored(inputBytes: u32, isLinked: bool): void {
  begin(isLinked);
  memory.copy(Lz4.plain, Lz4.input, inputBytes);
  Lz4.plainEnd = Lz4.plain + inputBytes;
}

/** Decodes a block. False: it is damaged. */
export function lz4Block(inputBytes: u32, isLinked: bool): bool {
  begin(isLinked);
  const end = Lz4.input + inputBytes;
  const room = Lz4.plain + Lz4.blockBytes;
  const history = Lz4.history;
  let at = Lz4.input;
  let to = Lz4.plain;
  while (at < end) {
    const token = <u32>load<u8>(at++);
    let length = token >> 4;
    if (length == LONG) {
      let more: u32;
      do {
        if (at >= end) return false;
        more = load<u8>(at++);
        length += more;
      } while (more == 255);
    }
    if (length > end - at || length > room - to) return false;
    copyLiterals(to, at, length);
    at += length;
    to += length;
    if (at == end) {
      // The last sequence has literals only.
      Lz4.plainEnd = to;
      return true;
    }
    if (end - at < 2) return false;
    const distance = <u32>load<u16>(at);
    at += 2;
    if (distance == 0 || distance > to - history) return false;
    length = token & LONG;
    if (length == LONG) {
      let more: u32;
      do {
        if (at >= end) return false;
        more = load<u8>(at++);
        length += more;
      } while (more == 255);
    }
    length += MATCH_MIN;
    if (length > room - to) return false;
    copyMatch(to, distance, length);
    to += length;
  }
  return false;
}

// @ts-ignore: decorator
@inline
function copyLiterals(to: u32, from: u32, length: u32): void {
  const end = to + length;
  do {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  } while (to < end);
}

/** Copies bytes from so far before `to`; where the two overlap, the bytes repeat. */
// @ts-ignore: decorator
@inline
function copyMatch(to: u32, distance: u32, length: u32): void {
  const end = to + length;
  if (distance >= 16) {
    do {
      v128.store(to, v128.load(to - distance));
      to += 16;
    } while (to < end);
    return;
  }
  if (distance < 8) {
    // After eight single bytes, the same bytes are found at a multiple of the distance, eight at a time.
    for (let i: u32 = 0; i < 8; i++) store<u8>(to + i, load<u8>(to + i - distance));
    to += 8;
    distance *= (7 + distance) / distance;
  }
  while (to < end) {
    store<u64>(to, load<u64>(to - distance));
    to += 8;
  }
}
