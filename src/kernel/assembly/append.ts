// The end of the entry heap, where the keys of records are appended (their order is the work of entries.ts).

import { EVENT_SPILL, LOWER_F, LOWER_N, LOWER_T, NO_EVENT, QUOTE } from './contract';
import { ENTRY_HEADER_BYTES, REF_BYTES, State } from './state';
import { putNumberKey, putStringKey } from './text';

export const KEY_BYTES_MAX: u32 = 1900;
const KEY_ROOM: u32 = ENTRY_HEADER_BYTES + 1 + KEY_BYTES_MAX + 64;

/** NO_EVENT if another entry fits, whatever its key. */
// @ts-ignore: decorator
@inline export function roomForEntry(): i32 {
  const isFull = State.heapEnd + KEY_ROOM > State.heapLimit || State.refsEnd + REF_BYTES > State.refs + State.refsMax * REF_BYTES;
  return isFull ? EVENT_SPILL : NO_EVENT;
}

/** Where the index number and the key of the next entry go. */
// @ts-ignore: decorator
@inline export function nextKey(): u32 {
  return State.heapEnd + ENTRY_HEADER_BYTES;
}

/** The index number and the key of an entry, up to `end`, have been written: it is one. */
// @ts-ignore: decorator
@inline export function endEntry(end: u32): void {
  const key = nextKey();
  store<u32>(State.heapEnd, State.shard);
  store<u32>(State.heapEnd, State.ordinal, 4);
  store<u16>(State.heapEnd, end - key, 8);
  store<u32>(State.refsEnd, State.heapEnd, 8);
  store<u32>(State.refsEnd, end - key, 12);
  State.refsEnd += REF_BYTES;
  State.heapEnd = end;
}

/** Writes the key of the scalar at `at`, type included. Returns its end; 0 if the twin has to look at it: it may be beyond `limit`. */
// @ts-ignore: decorator
@inline export function putKey(at: u32, out: u32, limit: u32): u32 {
  const c = <u32>load<u8>(at);
  if (c == QUOTE) {
    store<u8>(out, 0x20);
    return putStringKey(at, out + 1, limit);
  }
  if (c == LOWER_N) store<u8>(out, 2);
  else if (c == LOWER_F) store<u8>(out, 3);
  else if (c == LOWER_T) store<u8>(out, 4);
  else return putNumberKey(at, out, limit);
  return out + 1;
}
