// Blocks of bzip2. A block is undone in the reverse order of its making:
//
//   bits > Huffman codes > runs of the front byte, moves to front > [sorted block] > text with runs > plain bytes
//
// The compressed bytes stand in the input, and are read bit by bit, the highest first. A block is decoded when all of it is
// there: the caller gives at least `INPUT_BYTES / 2`, which no block exceeds, or all that the file has.

import { align16, reserve } from '../window';
import { Status, Tables, readTables } from './bzip2-tables';

const BLOCK_BYTES_MAX: u32 = 900_000;
const INPUT_BYTES: u32 = 5 * 1024 * 1024;
const OUTPUT_BYTES: u32 = 256 * 1024;
/** Symbols that share a table. */
const GROUP: u32 = 50;
const RUN_B: u32 = 1;
/** A run of 4 equal bytes is followed by the number of further ones. */
const RUN: u32 = 4;

const MOVED = memory.data(256, 16);
const STARTS = memory.data(256 * 4, 16);
const CHECKSUMS = memory.data(256 * 4, 16);

class Block {
  static input: u32 = 0;
  static output: u32 = 0;
  /** For each place of the block: its byte, and above it the next place. */
  static places: u32 = 0;
  /** Bits of the input: the next one, and the end. */
  static bit: u32 = 0;
  static bitEnd: u32 = 0;
  static left: u32 = 0;
  static place: u32 = 0;
  static last: u32 = 0;
  static run: u32 = 0;
  static repeats: u32 = 0;
  static checksum: u32 = 0;
}

/** Lays memory out. Call once, before anything else. False: the system refuses the memory. */
export function bzip2Layout(): bool {
  Block.input = <u32>align16(__heap_base);
  // Reading goes beyond the end by a word.
  Block.output = Block.input + INPUT_BYTES + 16;
  Block.places = Block.output + OUTPUT_BYTES;
  for (let i: u32 = 0; i < 256; i++) {
    let checksum = i << 24;
    for (let bit = 0; bit < 8; bit++) checksum = (checksum << 1) ^ (<i32>checksum < 0 ? 0x04c11db7 : 0);
    store<u32>(CHECKSUMS + i * 4, checksum);
  }
  return reserve(Block.places + BLOCK_BYTES_MAX * 4);
}

/** Where the caller puts compressed bytes. */
export function bzip2Input(): u32 {
  return Block.input;
}

/** How many it takes there. */
export function bzip2InputBytes(): u32 {
  return INPUT_BYTES;
}

/** Where plain bytes stand. */
export function bzip2Plain(): u32 {
  return Block.output;
}

/** Reading goes on at a bit of the input, which ends at another. */
export function bzip2Stand(bit: u32, bitEnd: u32): void {
  Block.bit = bit;
  Block.bitEnd = bitEnd;
}

/** The next bit of the input; beyond its end, if more was read than there is. */
export function bzip2Position(): u32 {
  return Block.bit;
}

/** The next bits, at most 32. */
export function bzip2Bits(count: u32): u32 {
  const word = bswap<u64>(load<u64>(Block.input + (Block.bit >> 3))) << (Block.bit & 7);
  Block.bit += count;
  return <u32>(word >> (64 - count));
}

/** Decodes a block of at most so many bytes, after its checksum. @returns a `Status` */
export function bzip2Block(blockBytes: u32): Status {
  Block.left = 0;
  Block.repeats = 0;
  if (bzip2Bits(1) != 0) return Status.randomised;
  const origin = bzip2Bits(24);
  Block.bit = readTables(Block.input, Block.bit, Block.bitEnd);
  if (Tables.status != Status.ok) return Tables.status;
  memory.copy(MOVED, Tables.BYTES, 256);
  memory.fill(STARTS, 0, 256 * 4);
  const bytes = readSymbols(blockBytes);
  if (Block.bit > Block.bitEnd) return Status.short;
  if (bytes < 0 || origin >= <u32>bytes) return Status.damaged;
  link(<u32>bytes);
  Block.left = bytes;
  Block.place = load<u32>(Block.places + origin * 4) >> 8;
  Block.run = 0;
  Block.last = 256;
  Block.checksum = 0xffffffff;
  return Status.ok;
}

/** Reads the sorted block into `places`, and counts its bytes in `STARTS`. @returns its bytes, or -1 if it is damaged */
function readSymbols(blockBytes: u32): i32 {
  const places = Block.places;
  const endSymbol = Tables.symbols - 1;
  const inputEnd = Block.input + ((Block.bitEnd + 7) >> 3) + 8;
  let at = Block.input + (Block.bit >> 3);
  let held: u32 = 8 - (Block.bit & 7);
  let bits: u64 = load<u8>(at++);
  let count: u32 = 0;
  let run: u32 = 0;
  let weight: u32 = 1;
  for (let group: u32 = 0; group < Tables.selectors; group++) {
    const table = <u32>load<u8>(Tables.SELECTORS + group);
    const fast = Tables.FAST + table * (2 << Tables.FAST_BITS);
    for (let i: u32 = 0; i < GROUP; i++) {
      if (held < Tables.CODE_BITS_MAX) {
        if (at > inputEnd) return fail(at, held);
        bits = (bits << 32) | bswap<u32>(load<u32>(at));
        at += 4;
        held += 32;
      }
      let entry = <u32>load<u16>(fast + ((<u32>(bits >> (held - Tables.FAST_BITS)) & ((1 << Tables.FAST_BITS) - 1)) << 1));
      if (entry == 0) entry = Tables.slow(table, <u32>(bits >> (held - Tables.CODE_BITS_MAX)) & ((1 << Tables.CODE_BITS_MAX) - 1));
      if (entry == 0) return fail(at, held);
      held -= entry & 31;
      const symbol = entry >> 5;

      if (symbol <= RUN_B) {
        // Runs are numbers of the digits 1 and 2.
        if (weight > blockBytes) return fail(at, held);
        run += weight << symbol;
        weight <<= 1;
        continue;
      }
      if (run != 0) {
        if (run > blockBytes - count) return fail(at, held);
        const byte = <u32>load<u8>(MOVED);
        store<u32>(STARTS + byte * 4, load<u32>(STARTS + byte * 4) + run);
        for (const end = count + run; count < end; count++) store<u32>(places + count * 4, byte);
        run = 0;
        weight = 1;
      }
      if (symbol == endSymbol) {
        Block.bit = ((at - Block.input) << 3) - held;
        return count;
      }
      if (count == blockBytes) return fail(at, held);
      const byte = moveToFront(symbol - 1);
      store<u32>(STARTS + byte * 4, load<u32>(STARTS + byte * 4) + 1);
      store<u32>(places + count * 4, byte);
      count++;
    }
  }
  return fail(at, held);
}

/** Sets the position at the end of the input, if what was read last may lie beyond it. @returns -1 */
function fail(at: u32, held: u32): i32 {
  const bit = ((at - Block.input) << 3) - held;
  if (bit + Tables.CODE_BITS_MAX > Block.bitEnd) Block.bit = Block.bitEnd + 1;
  return -1;
}

/** Moves the byte at a place of the list to its front. @returns the byte */
// @ts-ignore: decorator
@inline
function moveToFront(place: u32): u32 {
  let at = MOVED + place;
  const byte = <u32>load<u8>(at);
  for (; at >= MOVED + 8; at -= 8) store<u64>(at - 7, load<u64>(at - 8));
  for (; at > MOVED; at--) store<u8>(at, load<u8>(at - 1));
  store<u8>(MOVED, byte);
  return byte;
}

/** Links each place to the next one of the text: equal bytes keep their order. */
function link(bytes: u32): void {
  const places = Block.places;
  let start: u32 = 0;
  for (let byte: u32 = 0; byte < 256; byte++) {
    const count = load<u32>(STARTS + byte * 4);
    store<u32>(STARTS + byte * 4, start);
    start += count;
  }
  for (let place: u32 = 0; place < bytes; place++) {
    const byte = <u32>load<u8>(places + place * 4);
    const next = load<u32>(STARTS + byte * 4);
    store<u32>(STARTS + byte * 4, next + 1);
    const at = places + next * 4;
    store<u32>(at, load<u32>(at) | (place << 8));
  }
}

/** Puts the next plain bytes of the block at `bzip2Plain`. @returns how many; 0: the block has ended */
export function bzip2Output(): u32 {
  const places = Block.places;
  const output = Block.output;
  const end = output + OUTPUT_BYTES;
  let left = Block.left;
  let place = Block.place;
  let last = Block.last;
  let run = Block.run;
  let repeats = Block.repeats;
  let to = output;
  for (;;) {
    for (; repeats > 0 && to < end; repeats--) store<u8>(to++, last);
    if (left == 0 || to == end) break;
    const entry = load<u32>(places + place * 4);
    place = entry >> 8;
    left--;
    const byte = entry & 0xff;
    if (run == RUN) {
      repeats = byte;
      run = 0;
      continue;
    }
    run = byte == last ? run + 1 : 1;
    last = byte;
    store<u8>(to++, byte);
  }
  Block.left = left;
  Block.place = place;
  Block.last = last;
  Block.run = run;
  Block.repeats = repeats;
  let checksum = Block.checksum;
  for (let at = output; at < to; at++) {
    checksum = (checksum << 8) ^ load<u32>(CHECKSUMS + (((checksum >> 24) ^ load<u8>(at)) << 2));
  }
  Block.checksum = checksum;
  return to - output;
}

/** The checksum of the plain bytes of the block. */
export function bzip2Checksum(): u32 {
  return ~Block.checksum;
}
