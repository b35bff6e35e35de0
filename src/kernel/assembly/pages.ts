// Sorted entries to pages (docs/format.md, Pages). src/store/pages/write.ts is the readable twin; the bytes are the same.

import { copyWords, Entries } from './entries';
import { ENTRY_HEADER_BYTES, REF_BYTES, State } from './state';
import { xxh64 } from './checksum';

export const PAGE_BYTES: u32 = 8132;
const VERSION_AT: u32 = 8;
const FLAGS_AT: u32 = 9;
const COUNT_AT: u32 = 10;
const PREFIX_BYTES_AT: u32 = 12;
const RESERVED_AT: u32 = 14;
const PREFIX_AT: u32 = 16;
const LOCATION_BYTES: u32 = 8;
const PAGE_VERSION: u8 = 1;

function commonPrefix(a: u32, b: u32, limit: u32): u32 {
  let i: u32 = 0;
  while (i < limit && load<u8>(a + i) == load<u8>(b + i)) i++;
  return i;
}

// Keys in a page have no index number: they begin one byte later than in the heap.
// @ts-ignore: decorator
@inline function key(ref: u32): u32 {
  return load<u32>(ref, 8) + ENTRY_HEADER_BYTES + 1;
}

// @ts-ignore: decorator
@inline function keyLength(ref: u32): u32 {
  return load<u32>(ref, 12) - 1;
}

/** Builds one page at `page` from the entries of `index` at the cursor; returns its bytes. */
function buildPage(page: u32, index: u8): u32 {
  const from = Entries.cursor;
  const first = key(from);
  let prefix = keyLength(from), keysBytes: u32 = 0, count: u32 = 0;
  let ref = from;
  for (; ref < State.refsEnd && load<u8>(key(ref) - 1) == index; ref += REF_BYTES) {
    const length = keyLength(ref);
    const shared = count == 0 ? prefix : commonPrefix(first, key(ref), min(prefix, length));
    const bytes = PREFIX_AT + shared + 2 * (count + 2) + keysBytes + length - shared * (count + 1) + LOCATION_BYTES * (count + 1);
    if (count > 0 && bytes > PAGE_BYTES) break;
    prefix = shared;
    keysBytes += length;
    count++;
  }
  store<u64>(page, 0);
  store<u8>(page, PAGE_VERSION, VERSION_AT);
  store<u16>(page, count, COUNT_AT);
  store<u16>(page, prefix, PREFIX_BYTES_AT);
  memory.copy(page + PREFIX_AT, first, prefix);
  let slot = page + PREFIX_AT + prefix;
  let out = slot + 2 * (count + 1);
  store<u8>(page, 0, FLAGS_AT);
  store<u16>(page, 0, RESERVED_AT);
  for (let at = from; at < ref; at += REF_BYTES) {
    store<u16>(slot, out - page);
    slot += 2;
    const length = keyLength(at) - prefix;
    // What it writes too much, the location replaces.
    copyWords(out, key(at) + prefix, length);
    out += length;
    store<u64>(out, load<u64>(load<u32>(at, 8)));
    out += LOCATION_BYTES;
  }
  store<u16>(slot, out - page);
  const bytes = out - page;
  store<u64>(page, xxh64(page + 8, bytes - 8));
  Entries.cursor = ref;
  return bytes;
}

/** The index number of the entry at the cursor, or -1 when none is left. */
export function nextIndex(): i32 {
  return Entries.cursor < State.refsEnd ? <i32>load<u8>(key(Entries.cursor) - 1) : -1;
}

/** Builds the next page of this index at `out`; returns its bytes, 0 when the entry at the cursor is of another one. */
export function takePage(index: i32): u32 {
  return nextIndex() == index ? buildPage(State.out, <u8>index) : 0;
}

/** Entries of the page that was built last. */
export function pageEntries(): u32 {
  return load<u16>(State.out, COUNT_AT);
}
