// The keys of a scan become pseudonyms, in an encrypted store that hides them (docs/format.md, Keys). That is done in the heap,
// all at once, before its entries are sorted: so scanning knows nothing of it, but that it leaves room for a pseudonym behind
// each key. Keys that the twin has added are pseudonyms already. src/keys/pseudonyms.ts is the same for single keys.

import { beginDigest, digestOf } from './blake2s';
import { digestFour, Lanes } from './blake2s-lanes';
import { ENTRY_HEADER_BYTES, REF_BYTES, State } from './state';

const INDEXES_MAX: u32 = 250;
const STATE_BYTES: u32 = 32;
/** By index, what hashing its keys begins with. */
const STATES: usize = memory.data(250 * 32, 16);
/** An index number, a type, and the digest. */
const HIDDEN_BYTES: u32 = 18;
/** Keys up to this length are hidden four at a time. A lane is four bytes of each table of `Lanes`. */
const BLOCK_BYTES: u32 = 64;
const LANES_END: u32 = 16;
const PSEUDONYM_OF_NULL: u32 = 0, PSEUDONYM: u32 = 1;
const NULL: u32 = 0x02, TRUE: u32 = 0x04, NEGATIVE: u32 = 0x10, ZERO: u32 = 0x11, STRING: u32 = 0x20, COMPOSITE: u32 = 0x30;
const NEGATIVE_END: u32 = 0xff, END: u32 = 0x00;
/** Type and exponent of a number. */
const NUMBER_HEAD_BYTES: u32 = 3;

/** Whether the keys of the span that begins next are hidden. */
export function hide(isHidden: bool): void {
  State.keyRoom = isHidden ? HIDDEN_BYTES : 0;
}

/** The secret of an index: 32 bytes wait in `out`. */
export function setSecret(index: u32): void {
  if (index < INDEXES_MAX) beginDigest(State.out, STATES + index * STATE_BYTES);
}

/** Hides all keys of the heap that are not hidden yet. */
export function hideEntries(): void {
  if (State.keyRoom == 0) return;
  let lane: u32 = 0;
  for (let ref = State.refs; ref < State.refsEnd; ref += REF_BYTES) {
    const entry = load<u32>(ref, 8);
    const index = entry + ENTRY_HEADER_BYTES, key = index + 1;
    if (load<u8>(key) <= <u8>PSEUDONYM) continue;
    const states = STATES + <u32>load<u8>(index) * STATE_BYTES;
    const bytes = load<u32>(ref, 12) - 1;
    store<u16>(entry, HIDDEN_BYTES, 8);
    store<u32>(ref, HIDDEN_BYTES, 12);
    if (bytes > BLOCK_BYTES) {
      const type = typeOf(key);
      digestOf(states, key, bytes, key + 1);
      store<u8>(key, type);
      continue;
    }
    store<u32>(Lanes.begun + lane, states);
    store<u32>(Lanes.from + lane, key);
    store<u32>(Lanes.bytes + lane, bytes);
    store<u32>(Lanes.to + lane, key + 1);
    lane += 4;
    if (lane < LANES_END) continue;
    hideLanes(LANES_END);
    lane = 0;
  }
  if (lane > 0) {
    // Nothing may be read or written for the lanes that are left: they do what the first does.
    for (let other = lane; other < LANES_END; other += 4) copyLane(other);
    hideLanes(lane);
  }
}

/** Hides the keys of the lanes, of which those up to `end` are different ones. */
function hideLanes(end: u32): void {
  let types: u32 = 0;
  for (let lane: u32 = 0; lane < end; lane += 4) types |= typeOf(load<u32>(Lanes.from + lane)) << lane;
  digestFour();
  for (let lane: u32 = 0; lane < end; lane += 4) store<u8>(load<u32>(Lanes.from + lane), (types >> lane) & 1);
}

function copyLane(lane: u32): void {
  store<u32>(Lanes.begun + lane, load<u32>(Lanes.begun));
  store<u32>(Lanes.from + lane, load<u32>(Lanes.from));
  store<u32>(Lanes.bytes + lane, load<u32>(Lanes.bytes));
  store<u32>(Lanes.to + lane, load<u32>(Lanes.to));
}

/** The first byte of the pseudonym of a key. */
// @ts-ignore: decorator
@inline function typeOf(key: u32): u32 {
  return hasNull(key) ? PSEUDONYM_OF_NULL : PSEUDONYM;
}

/** Whether a key is null, or a component of it. */
function hasNull(key: u32): bool {
  const type = <u32>load<u8>(key);
  if (type != COMPOSITE) return type == NULL;
  let at = key + 1;
  for (let part = <u32>load<u8>(at); part != END; part = <u32>load<u8>(at)) {
    if (part == NULL) return true;
    if (part <= TRUE || part == ZERO) at++;
    else {
      const end = part == NEGATIVE ? NEGATIVE_END : END;
      at += part == STRING ? 1 : NUMBER_HEAD_BYTES;
      while (<u32>load<u8>(at) != end) at++;
      at++;
    }
  }
  return false;
}
