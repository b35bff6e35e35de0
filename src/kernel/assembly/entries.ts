// The entry heap: keys of records, sorted, freed of duplicates and written out as runs or pages.
//
// The scan appends entries in source order; `sort` orders references to them by key, keeping source order among equal
// keys. A reference carries eight bytes of its key, so most comparisons never touch the heap: a most-significant-first
// sort over groups of eight bytes, each by least-significant-digit radix passes (Knuth, TAOCP 3, 5.2.5), after skipping
// what all keys of a group have in common. Keys are prefix-free (Invariant 5), so bytes after a key's end never decide.

import { ENTRY_HEADER_BYTES, REF_BYTES, State } from './state';

const COUNTS: usize = memory.data(8 * 256 * 4);
const INSERTION_MAX: u32 = 24;

/** Which of equal primary keys stays. */
const KEEP_LAST: i32 = 0;

export class Entries {
  /** Next reference to be written out. */
  static cursor: u32 = 0;
  /** After dedupe: losers as u32 shard, u32 ordinal, in refsSpare. */
  static losers: u32 = 0;
  /** The first entry (in source order) that repeats a primary key, or 0. */
  static firstDuplicate: u32 = 0;
}

export function clearEntries(): void {
  State.heapEnd = State.heap;
  State.refsEnd = State.refs;
  Entries.cursor = State.refs;
}

// @ts-ignore: decorator
@inline function address(ref: u32): u32 {
  return load<u32>(ref, 8);
}

// @ts-ignore: decorator
@inline function keyBytes(ref: u32): u32 {
  return load<u32>(ref, 12);
}

/** Copies by words, up to seven bytes too many: for a few bytes `memory.copy`, a call into the engine, takes far longer. */
// @ts-ignore: decorator
@inline export function copyWords(to: u32, from: u32, bytes: u32): void {
  for (let i: u32 = 0; i < bytes; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** How many bytes from `depth` on two keys have in common, at most `limit`. */
function commonBytes(a: u32, b: u32, limit: u32): u32 {
  let i: u32 = 0;
  while (i + 8 <= limit) {
    const difference = load<u64>(a + i) ^ load<u64>(b + i);
    if (difference) return i + (<u32>ctz(difference) >> 3);
    i += 8;
  }
  while (i < limit && load<u8>(a + i) == load<u8>(b + i)) i++;
  return i;
}

/** Sorts references [from, to), whose keys agree in their first `depth` bytes. */
function sortFrom(from: u32, to: u32, depth: u32): void {
  const first = address(from) + ENTRY_HEADER_BYTES + depth;
  let common: u32 = keyBytes(from) - depth;
  for (let ref = from + REF_BYTES; ref < to && common > 0; ref += REF_BYTES) {
    common = commonBytes(first, address(ref) + ENTRY_HEADER_BYTES + depth, min(common, keyBytes(ref) - depth));
  }
  depth += common;
  let sorted = true;
  let before: u64 = 0;
  for (let ref = from; ref < to; ref += REF_BYTES) {
    const rest = keyBytes(ref) - depth;
    let digits = bswap(load<u64>(address(ref) + ENTRY_HEADER_BYTES + depth));
    if (rest < 8) digits = rest == 0 ? 0 : digits & (~(<u64>0) << <u64>((8 - rest) << 3));
    store<u64>(ref, digits);
    if (digits < before) sorted = false;
    before = digits;
  }
  if (!sorted) {
    if ((to - from) / REF_BYTES <= INSERTION_MAX) insertionSort(from, to);
    else radixSort(from, to);
  }
  // Groups that eight more bytes did not tell apart.
  depth += 8;
  for (let ref = from; ref < to; ) {
    const digits = load<u64>(ref);
    let end = ref + REF_BYTES;
    while (end < to && load<u64>(end) == digits) end += REF_BYTES;
    if (end - ref > REF_BYTES && keyBytes(ref) > depth) sortFrom(ref, end, depth);
    ref = end;
  }
}

function insertionSort(from: u32, to: u32): void {
  for (let ref = from + REF_BYTES; ref < to; ref += REF_BYTES) {
    const moving = v128.load(ref);
    const digits = load<u64>(ref);
    let at = ref;
    while (at > from && load<u64>(at - REF_BYTES) > digits) {
      v128.store(at, v128.load(at - REF_BYTES));
      at -= REF_BYTES;
    }
    v128.store(at, moving);
  }
}

function radixSort(from: u32, to: u32): void {
  memory.fill(COUNTS, 0, 8 * 256 * 4);
  for (let ref = from; ref < to; ref += REF_BYTES) {
    const digits = load<u64>(ref);
    for (let column: u32 = 0; column < 8; column++) {
      const slot = COUNTS + (<usize>column << 10) + ((<usize>(digits >> (column << 3)) & 0xff) << 2);
      store<u32>(slot, load<u32>(slot) + 1);
    }
  }
  const all = (to - from) / REF_BYTES;
  let source = from, target = State.refsSpare;
  for (let column: u32 = 0; column < 8; column++) {
    const counts = COUNTS + (<usize>column << 10);
    const shift = <u64>(column << 3);
    // A column in which all keys agree needs no pass.
    if (load<u32>(counts + ((<usize>(load<u64>(source) >> shift) & 0xff) << 2)) == all) continue;
    let place = target;
    for (let bucket: u32 = 0; bucket < 256; bucket++) {
      const slot = counts + (<usize>bucket << 2);
      const count = load<u32>(slot);
      store<u32>(slot, place);
      place += count * REF_BYTES;
    }
    const sourceEnd = source + (to - from);
    for (let ref = source; ref < sourceEnd; ref += REF_BYTES) {
      const slot = counts + ((<usize>(load<u64>(ref) >> shift) & 0xff) << 2);
      const at = load<u32>(slot);
      v128.store(at, v128.load(ref));
      store<u32>(slot, at + REF_BYTES);
    }
    const swap = source;
    source = target;
    target = swap;
  }
  if (source != from) memory.copy(from, source, to - from);
}

/** Sorts all entries of the heap by (index, key), source order among equals. */
export function sortEntries(): void {
  Entries.cursor = State.refs;
  if (State.refsEnd > State.refs + REF_BYTES) sortFrom(State.refs, State.refsEnd, 0);
}

// @ts-ignore: decorator
@inline function location(ref: u32): u64 {
  // Shard in the upper half: comparing locations compares source positions.
  return rotl(load<u64>(address(ref)), 32);
}

/**
 * After sortEntries: of equal primary keys keeps the last (`keep` 0) or first (1) in source order; the others become
 * losers. Within a secondary index an entry that is there twice is kept once. Returns the number of losers.
 */
export function dedupeEntries(keep: i32): u32 {
  Entries.firstDuplicate = 0;
  let loser = State.refsSpare;
  let kept = State.refs;
  for (let ref = State.refs; ref < State.refsEnd; ref += REF_BYTES) {
    const bytes = keyBytes(ref);
    if (ref > State.refs && keyBytes(kept - REF_BYTES) == bytes) {
      const last = kept - REF_BYTES;
      const key = address(ref) + ENTRY_HEADER_BYTES;
      if (commonBytes(address(last) + ENTRY_HEADER_BYTES, key, bytes) == bytes) {
        if (load<u8>(key) == 0) {
          if (Entries.firstDuplicate == 0 || location(ref) < rotl(load<u64>(Entries.firstDuplicate), 32)) {
            Entries.firstDuplicate = address(ref);
          }
          const lost = keep == KEEP_LAST ? last : ref;
          store<u64>(loser, load<u64>(address(lost)));
          loser += 8;
          if (keep == KEEP_LAST) v128.store(last, v128.load(ref));
          continue;
        }
        if (location(last) == location(ref)) continue;
      }
    }
    v128.store(kept, v128.load(ref));
    kept += REF_BYTES;
  }
  State.refsEnd = kept;
  Entries.losers = State.refsSpare;
  return (loser - State.refsSpare) >> 3;
}

/** Copies the next entries, in order, to `out`, at most `limit` bytes of them; returns the bytes (0: none left). */
export function takeRun(limit: u32): u32 {
  let out = State.out;
  const end = State.out + limit;
  while (Entries.cursor < State.refsEnd) {
    const bytes = keyBytes(Entries.cursor) + ENTRY_HEADER_BYTES;
    if (out + bytes > end) break;
    copyWords(out, address(Entries.cursor), bytes);
    out += bytes;
    Entries.cursor += REF_BYTES;
  }
  return out - State.out;
}

/** Compares the entries at two addresses by (key, shard, ordinal). */
function compareEntries(a: u32, b: u32): i32 {
  const aBytes = <u32>load<u16>(a, 8), bBytes = <u32>load<u16>(b, 8);
  const order = memory.compare(a + ENTRY_HEADER_BYTES, b + ENTRY_HEADER_BYTES, min(aBytes, bBytes));
  if (order != 0) return order;
  if (aBytes != bBytes) return aBytes < bBytes ? -1 : 1;
  const aAt = rotl(load<u64>(a), 32), bAt = rotl(load<u64>(b), 32);
  return aAt < bAt ? -1 : aAt > bAt ? 1 : 0;
}

/**
 * Appends those of the `bytes` bytes of entries in `out` that are ≥ the entry at `low` and < the one at `high` (0: no
 * bound) to the heap. With bounds, entries have to be in order. Returns false when the heap is too small.
 */
export function addEntries(bytes: u32, low: u32, high: u32): bool {
  const end = State.out + bytes;
  for (let at = State.out; at < end; ) {
    const size = <u32>load<u16>(at, 8) + ENTRY_HEADER_BYTES;
    if (high != 0 && compareEntries(at, high) >= 0) return true;
    // What follows the first entry within the bounds is not below them.
    if (low != 0 && compareEntries(at, low) >= 0) low = 0;
    if (low == 0) {
      if (State.heapEnd + size + 8 > State.heapLimit || State.refsEnd + REF_BYTES > State.refs + State.refsMax * REF_BYTES) return false;
      copyWords(State.heapEnd, at, size);
      store<u32>(State.refsEnd, State.heapEnd, 8);
      store<u32>(State.refsEnd, size - ENTRY_HEADER_BYTES, 12);
      State.refsEnd += REF_BYTES;
      State.heapEnd += size;
    }
    at += size;
  }
  return true;
}
