// The different values of a path: up to 64 with their counts, then a sketch of them (src/profile/values.ts says the same readably).
//
//   counts: u32 capacity, u32 size, u8 index[2 × capacity] (0: free, else entry + 1), then entries:
//           u64 hash, u64 count, u32 bytes, u32 where the token is, 24 bytes for it if it is so short

import { TOKEN_BYTES_MAX, sameShortToken, sameToken } from './hash';
import { allocate, release } from './memory';
import { IS_SKETCH, THRESHOLD, VALUES } from './paths';
import { addHashed, addSketch, isKnown, newSketch, thresholdOf } from './sketch';

const VALUES_MAX: u32 = 64;
const CAPACITY_MIN: u32 = 4;

const INDEX: u32 = 8;
export const ENTRY_BYTES: u32 = 48;
const ENTRY_COUNT: usize = 8;
const ENTRY_TOKEN_BYTES: usize = 16;
const ENTRY_TOKEN: usize = 20;
const ENTRY_INLINE: u32 = 24;

// @ts-ignore: decorator
@inline function countsBytes(capacity: u32): u32 {
  return INDEX + 2 * capacity + capacity * ENTRY_BYTES;
}

/** Whether a value is a known one, found in its first place, and now counted. In most paths with few values nearly all are. */
// @ts-ignore: decorator
@inline export function isNoted(path: u32, hash: u64, at: u32, bytes: u32): bool {
  const values = load<u32>(path, VALUES);
  if (values == 0) return false;
  if (load<u32>(path, IS_SKETCH) != 0) return isKnown(values, hash);
  const capacity = load<u32>(values), index = values + INDEX;
  const number = <u32>load<u8>(index + (<u32>hash & 2 * capacity - 1));
  if (number == 0 || bytes > 16) return false;
  const entry = index + 2 * capacity + (number - 1) * ENTRY_BYTES;
  if (load<u64>(entry) != hash || load<u32>(entry, ENTRY_TOKEN_BYTES) != bytes) return false;
  if (!sameShortToken(entry + ENTRY_INLINE, at, bytes)) return false;
  store<u64>(entry, load<u64>(entry, ENTRY_COUNT) + 1, ENTRY_COUNT);
  return true;
}

/** Counts a value whose hash is at most the path's threshold. */
export function noteValue(path: u32, hash: u64, at: u32, bytes: u32, count: u64): void {
  if (load<u32>(path, IS_SKETCH) == 0) {
    if (counted(path, hash, at, bytes, count)) return;
    toSketch(path);
  }
  const sketch = load<u32>(path, VALUES);
  addHashed(sketch, hash, at, bytes);
  store<u64>(path, thresholdOf(sketch), THRESHOLD);
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
    if (load<u64>(entry) == hash && load<u32>(entry, ENTRY_TOKEN_BYTES) == bytes && sameToken(load<u32>(entry, ENTRY_TOKEN), at, bytes)) {
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
  store<u32>(path, newSketch(), VALUES);
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
    const sketch = load<u32>(path, VALUES);
    addSketch(sketch, values);
    store<u64>(path, thresholdOf(sketch), THRESHOLD);
  }
  store<u32>(other, 0, VALUES);
}
