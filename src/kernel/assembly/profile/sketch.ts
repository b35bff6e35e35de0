// The sketch of many values: the smallest of their hashes, and the tokens with the smallest.
//
//   u64 greatest hash that is kept, u64 greatest hash that an example may have, u32 hashes, u32 examples,
//   u32 whether the hash 0 is among them, u32 –, examples: 5 × (u64 hash, u64 bytes, token), then a table of 256 hashes (0: free)

import { TOKEN_BYTES_MAX } from './hash';
import { allocate, release } from './memory';

export const SKETCH_SIZE: u32 = 128;
const EXAMPLES_MAX: u32 = 5;

const GREATEST: usize = 0;
const GREATEST_EXAMPLE: usize = 8;
const SIZE: usize = 16;
const EXAMPLES_SIZE: usize = 20;
const HAS_ZERO: usize = 24;
const EXAMPLES: u32 = 32;
const EXAMPLE_BYTES: u32 = 144;
const EXAMPLE_TOKEN: u32 = 16;
const TABLE: u32 = EXAMPLES + EXAMPLES_MAX * EXAMPLE_BYTES;
const SLOTS: u32 = 256;
/** A table that is fuller lets go of all hashes beyond about the SKETCH_SIZEth. */
const SIZE_MAX: u32 = 192;
const SKETCH_BYTES: u32 = TABLE + SLOTS * 8;

export function newSketch(): u32 {
  const sketch = allocate(SKETCH_BYTES);
  memory.fill(sketch, 0, SKETCH_BYTES);
  store<u64>(sketch, ~0, GREATEST);
  store<u64>(sketch, ~0, GREATEST_EXAMPLE);
  return sketch;
}

/** Whether a value certainly changes nothing: its hash is there, in its first place, and is not one of an example. */
// @ts-ignore: decorator
@inline export function isKnown(sketch: u32, hash: u64): bool {
  return load<u64>(sketch + TABLE + ((<u32>hash & SLOTS - 1) << 3)) == hash && hash > load<u64>(sketch, GREATEST_EXAMPLE);
}

/** Adds a value. */
export function addHashed(sketch: u32, hash: u64, at: u32, bytes: u32): void {
  if (hash <= load<u64>(sketch, GREATEST_EXAMPLE)) {
    if (bytes <= TOKEN_BYTES_MAX) addExample(sketch, hash, at, bytes);
  }
  insert(sketch, hash);
}

/** The greatest hash of a value that may change anything. */
// @ts-ignore: decorator
@inline export function thresholdOf(sketch: u32): u64 {
  const example = load<u64>(sketch, GREATEST_EXAMPLE), greatest = load<u64>(sketch, GREATEST);
  return example > greatest ? example : greatest;
}

/** Adds what is in another sketch, and lets go of that. */
export function addSketch(sketch: u32, other: u32): void {
  const greatest = load<u64>(other, GREATEST);
  // Beyond it the other one has let go of hashes.
  if (greatest < load<u64>(sketch, GREATEST)) keepUpTo(sketch, greatest);
  if (load<u32>(other, HAS_ZERO) != 0) insert(sketch, 0);
  for (let at = other + TABLE, end = at + SLOTS * 8; at < end; at += 8) {
    const hash = load<u64>(at);
    if (hash != 0) insert(sketch, hash);
  }
  for (let i: u32 = 0; i < load<u32>(other, EXAMPLES_SIZE); i++) {
    const example = other + EXAMPLES + i * EXAMPLE_BYTES;
    addExample(sketch, load<u64>(example), example + EXAMPLE_TOKEN, load<u32>(example, 8));
  }
  release(other, SKETCH_BYTES);
}

function insert(sketch: u32, hash: u64): void {
  if (hash > load<u64>(sketch, GREATEST)) return;
  if (hash == 0) {
    store<u32>(sketch, 1, HAS_ZERO);
    return;
  }
  const table = sketch + TABLE;
  let slot = <u32>hash & SLOTS - 1;
  for (;;) {
    const other = load<u64>(table + slot * 8);
    if (other == hash) return;
    if (other == 0) break;
    slot = slot + 1 & SLOTS - 1;
  }
  store<u64>(table + slot * 8, hash);
  const size = load<u32>(sketch, SIZE) + 1;
  store<u32>(sketch, size, SIZE);
  if (size > SIZE_MAX) keepUpTo(sketch, borderOf(sketch));
}

/** Hashes per 64th of the range up to the greatest one. */
const HISTOGRAM: usize = memory.data(65 * 4);

/** A hash up to which there are at least SKETCH_SIZE, and if they are spread evenly not many more; else the greatest of those. */
function borderOf(sketch: u32): u64 {
  const table = sketch + TABLE, end = table + SLOTS * 8;
  let most: u64 = 0;
  for (let at = table; at < end; at += 8) {
    const hash = load<u64>(at);
    if (hash > most) most = hash;
  }
  const shift = <u64>(most < 64 ? 0 : 58 - clz(most));
  memory.fill(HISTOGRAM, 0, 65 * 4);
  for (let at = table; at < end; at += 8) {
    const hash = load<u64>(at);
    if (hash == 0) continue;
    const bar = HISTOGRAM + (<usize>(hash >> shift) << 2);
    store<u32>(bar, load<u32>(bar) + 1);
  }
  let size: u32 = 0;
  for (let i: u32 = 0; i < 64; i++) {
    size += load<u32>(HISTOGRAM + <usize>(i << 2));
    if (size >= SKETCH_SIZE) return size < SIZE_MAX - 16 ? (<u64>(i + 1) << shift) - 1 : exactBorder(sketch);
  }
  return most;
}

/** The hash that is the SKETCH_SIZEth: bit by bit from the highest. */
function exactBorder(sketch: u32): u64 {
  const table = sketch + TABLE, end = table + SLOTS * 8;
  let border: u64 = 0;
  for (let bit: u64 = 64; bit-- > 0; ) {
    const tried = border | <u64>1 << bit;
    let below: u32 = 0;
    for (let at = table; at < end; at += 8) {
      const hash = load<u64>(at);
      if (hash != 0 && hash < tried) below++;
    }
    if (below < SKETCH_SIZE) border = tried;
  }
  return border;
}

const KEPT: usize = memory.data(256 * 8, 16);

/** Lets go of all hashes above `greatest`. */
function keepUpTo(sketch: u32, greatest: u64): void {
  const table = sketch + TABLE;
  memory.copy(KEPT, table, SLOTS * 8);
  memory.fill(table, 0, SLOTS * 8);
  store<u64>(sketch, greatest, GREATEST);
  store<u32>(sketch, 0, SIZE);
  for (let i: usize = 0; i < <usize>SLOTS; i++) {
    const hash = load<u64>(KEPT + (i << 3));
    if (hash != 0) insert(sketch, hash);
  }
}

/** Keeps a token if it is among those with the smallest hashes. Of two with one hash, the lesser is kept. */
function addExample(sketch: u32, hash: u64, at: u32, bytes: u32): void {
  const size = load<u32>(sketch, EXAMPLES_SIZE);
  let place = size;
  for (; place > 0; place--) {
    const example = sketch + EXAMPLES + (place - 1) * EXAMPLE_BYTES;
    const other = load<u64>(example);
    if (other < hash) break;
    if (other == hash) {
      if (isLess(at, bytes, example + EXAMPLE_TOKEN, load<u32>(example, 8))) putExample(example, hash, at, bytes);
      return;
    }
  }
  if (place == EXAMPLES_MAX) return;
  const example = sketch + EXAMPLES + place * EXAMPLE_BYTES;
  const later = (size == EXAMPLES_MAX ? EXAMPLES_MAX - 1 : size) - place;
  memory.copy(example + EXAMPLE_BYTES, example, later * EXAMPLE_BYTES);
  putExample(example, hash, at, bytes);
  if (size < EXAMPLES_MAX) store<u32>(sketch, size + 1, EXAMPLES_SIZE);
  if (size >= EXAMPLES_MAX - 1) {
    store<u64>(sketch, load<u64>(sketch + EXAMPLES + (EXAMPLES_MAX - 1) * EXAMPLE_BYTES), GREATEST_EXAMPLE);
  }
}

function putExample(example: u32, hash: u64, at: u32, bytes: u32): void {
  store<u64>(example, hash);
  store<u64>(example, <u64>bytes, 8);
  memory.copy(example + EXAMPLE_TOKEN, at, bytes);
}

function isLess(a: u32, aBytes: u32, b: u32, bBytes: u32): bool {
  const order = memory.compare(a, b, aBytes < bBytes ? aBytes : bBytes);
  return order != 0 ? order < 0 : aBytes < bBytes;
}
