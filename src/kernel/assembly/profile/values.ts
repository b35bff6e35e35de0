// The different values of a path: up to 64 with their counts, then the smallest hashes, and a few examples (src/profile/values.ts
// says the same readably).
//
//   counts: u32 capacity, u32 size, u8 index[2 × capacity] (0: free, else entry + 1), then entries:
//           u64 hash, u64 count, u32 bytes, u32 where the token is, or 24 bytes of it here
//   sketch: u64 greatest hash that is kept, u32 hashes, u32 examples, u32 whether the hash 0 is among them, u32 –,
//           examples: 5 × (u64 hash, u64 bytes, token), then a table of 512 hashes (0: free)

import { allocate, release, sameBytes } from './memory';
import { IS_SKETCH, THRESHOLD, VALUES } from './paths';

const VALUES_MAX: u32 = 64;
const TOKEN_BYTES_MAX: u32 = 128;
export const SKETCH_SIZE: u32 = 256;
const EXAMPLES_MAX: u32 = 5;
const CAPACITY_MIN: u32 = 4;

const INDEX: u32 = 8;
export const ENTRY_BYTES: u32 = 48;
const ENTRY_COUNT: usize = 8;
const ENTRY_TOKEN_BYTES: usize = 16;
const ENTRY_TOKEN: usize = 20;
const ENTRY_INLINE: u32 = 24;

const GREATEST: usize = 0;
const SIZE: usize = 8;
const EXAMPLES_SIZE: usize = 12;
const HAS_ZERO: usize = 16;
const EXAMPLES: u32 = 24;
const EXAMPLE_BYTES: u32 = 144;
const EXAMPLE_TOKEN: u32 = 16;
const TABLE: u32 = EXAMPLES + EXAMPLES_MAX * EXAMPLE_BYTES;
const SLOTS: u32 = 512;
/** A table that is fuller lets go of all hashes beyond about the 256th. */
const SIZE_MAX: u32 = 384;
const SKETCH_BYTES: u32 = TABLE + SLOTS * 8;

const LENGTH_FACTOR: u64 = 0x9e3779b97f4a7c15;
const WORD_FACTOR: u64 = 0xff51afd7ed558ccd;
const LAST_FACTOR: u64 = 0xc4ceb9fe1a85ec53;

// @ts-ignore: decorator
@inline function countsBytes(capacity: u32): u32 {
  return INDEX + 2 * capacity + capacity * ENTRY_BYTES;
}

// @ts-ignore: decorator
@inline function mix(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * WORD_FACTOR;
  return product ^ product >> 32;
}

/** The hash of the token at `at` (src/profile/sketch.ts). Up to 7 bytes after it are read. */
// @ts-ignore: decorator
@inline export function hashToken(at: u32, bytes: u32): u64 {
  let hash = <u64>bytes * LENGTH_FACTOR;
  let rest = bytes;
  if (bytes > TOKEN_BYTES_MAX) {
    for (let end = at + TOKEN_BYTES_MAX / 2; at < end; at += 8) hash = mix(hash, load<u64>(at));
    at += bytes - TOKEN_BYTES_MAX;
    rest = TOKEN_BYTES_MAX / 2;
  }
  for (; rest >= 8; rest -= 8) {
    hash = mix(hash, load<u64>(at));
    at += 8;
  }
  if (rest != 0) hash = mix(hash, load<u64>(at) & (<u64>1 << <u64>(rest << 3)) - 1);
  hash *= LAST_FACTOR;
  return hash ^ hash >> 32;
}

/** Counts a value whose hash is at most the path's threshold. */
export function noteValue(path: u32, hash: u64, at: u32, bytes: u32, count: u64): void {
  if (load<u32>(path, IS_SKETCH) == 0) {
    if (counted(path, hash, at, bytes, count)) return;
    toSketch(path);
  }
  addHashed(path, hash, at, bytes);
}

/** Whether a value could be counted: not if there are too many, or it is too long. */
function counted(path: u32, hash: u64, at: u32, bytes: u32, count: u64): bool {
  let counts = load<u32>(path, VALUES);
  if (counts == 0) {
    if (bytes > TOKEN_BYTES_MAX) return false;
    counts = newCounts(CAPACITY_MIN);
    store<u32>(path, counts, VALUES);
  }
  const capacity = load<u32>(counts);
  const index = counts + INDEX, entries = index + 2 * capacity, mask = 2 * capacity - 1;
  let slot = <u32>hash & mask;
  for (;;) {
    const number = <u32>load<u8>(index + slot);
    if (number == 0) break;
    const entry = entries + (number - 1) * ENTRY_BYTES;
    if (load<u64>(entry) == hash && load<u32>(entry, ENTRY_TOKEN_BYTES) == bytes && sameBytes(load<u32>(entry, ENTRY_TOKEN), at, bytes)) {
      store<u64>(entry, load<u64>(entry, ENTRY_COUNT) + count, ENTRY_COUNT);
      return true;
    }
    slot = slot + 1 & mask;
  }
  if (bytes > TOKEN_BYTES_MAX) return false;
  const size = load<u32>(counts, 4);
  if (size == capacity) {
    if (size == VALUES_MAX) return false;
    grow(path, counts);
    return counted(path, hash, at, bytes, count);
  }
  const entry = entries + size * ENTRY_BYTES;
  const token = bytes <= ENTRY_BYTES - ENTRY_INLINE ? entry + ENTRY_INLINE : allocate(bytes + 8);
  memory.copy(token, at, bytes);
  store<u64>(entry, hash);
  store<u64>(entry, count, ENTRY_COUNT);
  store<u32>(entry, bytes, ENTRY_TOKEN_BYTES);
  store<u32>(entry, token, ENTRY_TOKEN);
  store<u8>(index + slot, size + 1);
  store<u32>(counts, size + 1, 4);
  return true;
}

function newCounts(capacity: u32): u32 {
  const counts = allocate(countsBytes(capacity) + 8);
  memory.fill(counts, 0, INDEX + 2 * capacity);
  store<u32>(counts, capacity);
  return counts;
}

function grow(path: u32, old: u32): void {
  const size = load<u32>(old);
  const capacity = 4 * size;
  const counts = newCounts(capacity);
  const index = counts + INDEX, entries = index + 2 * capacity, mask = 2 * capacity - 1;
  memory.copy(entries, old + INDEX + 2 * size, size * ENTRY_BYTES);
  store<u32>(counts, size, 4);
  for (let number: u32 = 0; number < size; number++) {
    const entry = entries + number * ENTRY_BYTES;
    if (load<u32>(entry, ENTRY_TOKEN_BYTES) <= ENTRY_BYTES - ENTRY_INLINE) store<u32>(entry, entry + ENTRY_INLINE, ENTRY_TOKEN);
    let slot = load<u32>(entry) & mask;
    while (load<u8>(index + slot) != 0) slot = slot + 1 & mask;
    store<u8>(index + slot, number + 1);
  }
  release(old, countsBytes(size) + 8);
  store<u32>(path, counts, VALUES);
}

function toSketch(path: u32): void {
  const counts = load<u32>(path, VALUES);
  const sketch = allocate(SKETCH_BYTES);
  memory.fill(sketch, 0, SKETCH_BYTES);
  store<u64>(sketch, ~0, GREATEST);
  store<u32>(path, sketch, VALUES);
  store<u32>(path, 1, IS_SKETCH);
  if (counts != 0) addCounts(path, counts);
}

/** Adds the values of `counts` to a path, and lets go of them. */
function addCounts(path: u32, counts: u32): void {
  const capacity = load<u32>(counts), size = load<u32>(counts, 4);
  let entry = counts + INDEX + 2 * capacity;
  for (let number: u32 = 0; number < size; number++, entry += ENTRY_BYTES) {
    const bytes = load<u32>(entry, ENTRY_TOKEN_BYTES), token = load<u32>(entry, ENTRY_TOKEN);
    noteValue(path, load<u64>(entry), token, bytes, load<u64>(entry, ENTRY_COUNT));
    if (bytes > ENTRY_BYTES - ENTRY_INLINE) release(token, bytes + 8);
  }
  release(counts, countsBytes(capacity) + 8);
}

/** Adds the values of another path, which has none afterwards. */
export function addValues(path: u32, other: u32): void {
  const values = load<u32>(other, VALUES);
  if (values == 0) return;
  if (load<u32>(other, IS_SKETCH) == 0) addCounts(path, values);
  else {
    if (load<u32>(path, IS_SKETCH) == 0) toSketch(path);
    const sketch = load<u32>(path, VALUES), greatest = load<u64>(values, GREATEST);
    // Beyond it the other one has let go of hashes.
    if (greatest < load<u64>(sketch, GREATEST)) keepUpTo(sketch, greatest);
    if (load<u32>(values, HAS_ZERO) != 0) insert(sketch, 0);
    for (let at = values + TABLE, end = at + SLOTS * 8; at < end; at += 8) {
      const hash = load<u64>(at);
      if (hash != 0) insert(sketch, hash);
    }
    for (let i: u32 = 0; i < load<u32>(values, EXAMPLES_SIZE); i++) {
      const example = values + EXAMPLES + i * EXAMPLE_BYTES;
      addExample(sketch, load<u64>(example), example + EXAMPLE_TOKEN, load<u32>(example, 8));
    }
    setThreshold(path, sketch);
    release(values, SKETCH_BYTES);
  }
  store<u32>(other, 0, VALUES);
}

function addHashed(path: u32, hash: u64, at: u32, bytes: u32): void {
  const sketch = load<u32>(path, VALUES);
  if (bytes <= TOKEN_BYTES_MAX) addExample(sketch, hash, at, bytes);
  insert(sketch, hash);
  setThreshold(path, sketch);
}

/** The greatest hash that is kept, or of an example: any hash if there may be more examples. */
function setThreshold(path: u32, sketch: u32): void {
  const isFull = load<u32>(sketch, EXAMPLES_SIZE) == EXAMPLES_MAX;
  const example = isFull ? load<u64>(sketch + EXAMPLES + (EXAMPLES_MAX - 1) * EXAMPLE_BYTES) : ~0;
  const greatest = load<u64>(sketch, GREATEST);
  store<u64>(path, example > greatest ? example : greatest, THRESHOLD);
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
    if (size >= SKETCH_SIZE) return size < SIZE_MAX - 32 ? (<u64>(i + 1) << shift) - 1 : exactBorder(sketch);
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

const KEPT: usize = memory.data(512 * 8, 16);

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
