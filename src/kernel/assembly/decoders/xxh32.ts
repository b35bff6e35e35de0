// XXH32 with seed 0: the checksums of LZ4 frames. A hash in progress is a state in memory, so that there may be several:
//
//   lane 4 x 4 | length 8 | held 4 | bytes that are held 16                   44 bytes

const PRIME_1: u32 = 0x9e3779b1;
const PRIME_2: u32 = 0x85ebca77;
const PRIME_3: u32 = 0xc2b2ae3d;
const PRIME_4: u32 = 0x27d4eb2f;
const PRIME_5: u32 = 0x165667b1;
const STRIPE: u32 = 16;

// Offsets in the state.
const LENGTH: usize = 16;
const HELD: usize = 24;
const BYTES: usize = 28;

// @ts-ignore: decorator
@inline
function round(lane: u32, input: u32): u32 {
  return rotl<u32>(lane + input * PRIME_2, 13) * PRIME_1;
}

export function xxh32Reset(state: usize): void {
  store<u32>(state, PRIME_1 + PRIME_2);
  store<u32>(state, PRIME_2, 4);
  store<u32>(state, 0, 8);
  store<u32>(state, 0 - PRIME_1, 12);
  store<u64>(state, 0, LENGTH);
  store<u32>(state, 0, HELD);
}

export function xxh32Update(state: usize, pointer: usize, length: u32): void {
  store<u64>(state, load<u64>(state, LENGTH) + length, LENGTH);
  const held = load<u32>(state, HELD);
  if (held + length < STRIPE) {
    memory.copy(state + BYTES + held, pointer, length);
    store<u32>(state, held + length, HELD);
    return;
  }
  const end = pointer + length;
  if (held != 0) {
    memory.copy(state + BYTES + held, pointer, STRIPE - held);
    stripes(state, state + BYTES, state + BYTES + STRIPE);
    pointer += STRIPE - held;
  }
  const rest = (end - pointer) % STRIPE;
  stripes(state, pointer, end - rest);
  memory.copy(state + BYTES, end - rest, rest);
  store<u32>(state, <u32>rest, HELD);
}

function stripes(state: usize, at: usize, end: usize): void {
  let lane1 = load<u32>(state);
  let lane2 = load<u32>(state, 4);
  let lane3 = load<u32>(state, 8);
  let lane4 = load<u32>(state, 12);
  for (; at < end; at += STRIPE) {
    lane1 = round(lane1, load<u32>(at));
    lane2 = round(lane2, load<u32>(at, 4));
    lane3 = round(lane3, load<u32>(at, 8));
    lane4 = round(lane4, load<u32>(at, 12));
  }
  store<u32>(state, lane1);
  store<u32>(state, lane2, 4);
  store<u32>(state, lane3, 8);
  store<u32>(state, lane4, 12);
}

export function xxh32Digest(state: usize): u32 {
  const length = load<u64>(state, LENGTH);
  let hash = PRIME_5;
  if (length >= STRIPE) {
    hash = rotl<u32>(load<u32>(state), 1) + rotl<u32>(load<u32>(state, 4), 7);
    hash += rotl<u32>(load<u32>(state, 8), 12) + rotl<u32>(load<u32>(state, 12), 18);
  }
  hash += <u32>length;
  let at = state + BYTES;
  const end = at + load<u32>(state, HELD);
  for (; at + 4 <= end; at += 4) hash = rotl<u32>(hash + load<u32>(at) * PRIME_3, 17) * PRIME_4;
  for (; at < end; at++) hash = rotl<u32>(hash + load<u8>(at) * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ (hash >> 15)) * PRIME_2;
  hash = (hash ^ (hash >> 13)) * PRIME_3;
  return hash ^ (hash >> 16);
}
