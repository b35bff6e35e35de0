// The end of the entry heap, where the keys of records are appended (their order is the work of entries.ts).

import { EVENT_SPILL, EVENT_SUSPECT, LOWER_F, LOWER_N, LOWER_T, NO_EVENT, QUOTE } from './contract';
import { copyWords } from './entries';
import { ENTRY_HEADER_BYTES, REF_BYTES, State } from './state';
import { putNumberKey, putStringKey } from './text';

export const KEY_BYTES_MAX: u32 = 1900;
const KEY_ROOM: u32 = ENTRY_HEADER_BYTES + 1 + KEY_BYTES_MAX + 64;

// @ts-ignore: decorator
@inline function isFull(): bool {
  return State.heapEnd + KEY_ROOM > State.heapLimit || State.refsEnd + REF_BYTES > State.refs + State.refsMax * REF_BYTES;
}

/** The index number and the key of an entry stand at `key`, up to `end`. */
// @ts-ignore: decorator
@inline function endEntry(key: u32, end: u32): void {
  store<u32>(State.heapEnd, State.shard);
  store<u32>(State.heapEnd, State.ordinal, 4);
  store<u16>(State.heapEnd, end - key, 8);
  store<u32>(State.refsEnd, State.heapEnd, 8);
  store<u32>(State.refsEnd, end - key, 12);
  State.refsEnd += REF_BYTES;
  State.heapEnd = max(end, key + State.keyRoom);
}

/** Adds the scalar at `at` to the heap under `index`; NO_EVENT, or what the host has to do instead. */
export function addKey(index: u32, at: u32): i32 {
  if (isFull()) return EVENT_SPILL;
  const key = State.heapEnd + ENTRY_HEADER_BYTES;
  store<u8>(key, index);
  const out = key + 1;
  const c = <u32>load<u8>(at);
  let end: u32 = out + 1;
  if (c == QUOTE) {
    store<u8>(out, 0x20);
    end = putStringKey(at, out + 1, out + KEY_BYTES_MAX);
  } else if (c == LOWER_N) store<u8>(out, 2);
  else if (c == LOWER_F) store<u8>(out, 3);
  else if (c == LOWER_T) store<u8>(out, 4);
  else end = putNumberKey(at, out, out + KEY_BYTES_MAX);
  if (end == 0) return EVENT_SUSPECT;
  endEntry(key, end);
  return NO_EVENT;
}

/** Adds a key that is encoded already. */
export function addEncoded(index: u32, from: u32, bytes: u32): i32 {
  if (bytes > KEY_BYTES_MAX) return EVENT_SUSPECT;
  if (isFull()) return EVENT_SPILL;
  const key = State.heapEnd + ENTRY_HEADER_BYTES;
  store<u8>(key, index);
  copyWords(key + 1, from, bytes);
  endEntry(key, key + 1 + bytes);
  return NO_EVENT;
}

/** Takes the last entry, which was added at `heapEnd`, back from the heap; its key goes to `to`. Returns the end of the key there. */
export function takeBackKey(heapEnd: u32, to: u32): u32 {
  const bytes = <u32>load<u16>(heapEnd, 8) - 1;
  copyWords(to, heapEnd + ENTRY_HEADER_BYTES + 1, bytes);
  State.heapEnd = heapEnd;
  State.refsEnd -= REF_BYTES;
  return to + bytes;
}
