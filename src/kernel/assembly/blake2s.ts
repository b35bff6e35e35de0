// BLAKE2s (RFC 7693) with a key of 32 bytes and a digest of 16: the pseudonyms of keys in the indexes of an encrypted store
// (docs/format.md, Keys).
//
// A key is one block of its own before the message, so its state is made once for an index, and a key of a record of up to 64
// bytes takes one compression. The file compiles alone (src/keys/blake2s.ts holds that small module) and into the kernel, which
// hides the keys of a scan (hide.ts).

import { IV, part, rotate12, rotate16, rotate7, rotate8 } from './blake2s-words';

const DIGEST_BYTES: u32 = 16;
const KEY_BYTES: u32 = 32;
const BLOCK_BYTES: u32 = 64;
const ROUNDS: u32 = 10;
/** Where a word of a message stands in its block, in the order in which the rounds take them: 16 a round. */
const SCHEDULE: usize = memory.data<u8>([
  0, 8, 16, 24, 4, 12, 20, 28, 32, 40, 48, 56, 36, 44, 52, 60,
  56, 16, 36, 52, 40, 32, 60, 24, 4, 0, 44, 20, 48, 8, 28, 12,
  44, 48, 20, 60, 32, 0, 8, 52, 40, 12, 28, 36, 56, 24, 4, 16,
  28, 12, 52, 44, 36, 4, 48, 56, 8, 20, 16, 60, 24, 40, 0, 32,
  36, 20, 8, 40, 0, 28, 16, 60, 56, 44, 24, 12, 4, 48, 32, 52,
  8, 24, 0, 32, 48, 40, 44, 12, 16, 28, 60, 4, 52, 20, 56, 36,
  48, 4, 56, 16, 20, 60, 52, 40, 0, 24, 36, 32, 28, 12, 8, 44,
  52, 28, 48, 12, 44, 56, 4, 36, 20, 60, 32, 8, 0, 16, 24, 40,
  24, 56, 44, 0, 60, 36, 12, 32, 48, 52, 4, 40, 8, 28, 16, 20,
  40, 32, 28, 4, 8, 16, 24, 20, 60, 36, 12, 52, 44, 56, 48, 0,
]);
/** The last block of a message, filled up with zeros. */
const LAST_BLOCK: usize = memory.data(64, 16);
/** The state while a message is hashed. */
const WORKING: usize = memory.data(32, 16);
/** Four words of a block. */
// @ts-ignore: decorator
@inline function words(block: usize, schedule: usize): v128 {
  let four = v128.load32_zero(block + <usize>load<u8>(schedule));
  four = v128.load32_lane(block + <usize>load<u8>(schedule, 1), four, 1);
  four = v128.load32_lane(block + <usize>load<u8>(schedule, 2), four, 2);
  return v128.load32_lane(block + <usize>load<u8>(schedule, 3), four, 3);
}

/** Takes a block into the state; `bytes` counts all up to its end, the key too. The four columns, or diagonals, are the lanes. */
function compress(state: usize, block: usize, bytes: u32, isLast: bool): void {
  let a = v128.load(state), b = v128.load(state, 16);
  let c = v128.load(IV);
  let d = v128.xor(v128.load(IV, 16), i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(0), 0, bytes), 2, isLast ? -1 : 0));
  const end = SCHEDULE + 16 * ROUNDS;
  for (let schedule = SCHEDULE; schedule < end; schedule += 16) {
    a = i32x4.add(i32x4.add(a, b), words(block, schedule));
    d = rotate16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), words(block, schedule + 4));
    d = rotate8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate7(v128.xor(b, c));
    b = i32x4.shuffle(b, b, 1, 2, 3, 0);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 3, 0, 1, 2);
    a = i32x4.add(i32x4.add(a, b), words(block, schedule + 8));
    d = rotate16(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate12(v128.xor(b, c));
    a = i32x4.add(i32x4.add(a, b), words(block, schedule + 12));
    d = rotate8(v128.xor(d, a));
    c = i32x4.add(c, d);
    b = rotate7(v128.xor(b, c));
    b = i32x4.shuffle(b, b, 3, 0, 1, 2);
    c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    d = i32x4.shuffle(d, d, 1, 2, 3, 0);
  }
  v128.store(state, v128.xor(v128.load(state), v128.xor(a, c)));
  v128.store(state, v128.xor(v128.load(state, 16), v128.xor(b, d)), 16);
}

/** The last bytes of a message, up to 64 of them, as a block. It reads up to 64 bytes beyond `from`, whatever they are. */
function lastBlock(from: usize, bytes: u32): usize {
  for (let at: u32 = 0; at < BLOCK_BYTES; at += 16) {
    v128.store(LAST_BLOCK + at, part(from, bytes, at));
  }
  return LAST_BLOCK;
}

/** Stores what hashing begins with, 32 bytes, at `state`; the secret of 32 bytes stands at `secret`. */
export function beginDigest(secret: usize, state: usize): void {
  v128.store(state, v128.load(IV));
  v128.store(state, v128.load(IV, 16), 16);
  store<u32>(state, load<u32>(state) ^ 0x01010000 ^ (KEY_BYTES << 8) ^ DIGEST_BYTES);
  compress(state, lastBlock(secret, KEY_BYTES), BLOCK_BYTES, false);
}

/** Stores the digest of `bytes` bytes at `from`, at least one, at `to`; `begun` is what `beginDigest` stored. */
export function digestOf(begun: usize, from: usize, bytes: u32, to: usize): void {
  v128.store(WORKING, v128.load(begun));
  v128.store(WORKING, v128.load(begun, 16), 16);
  let done: u32 = 0;
  for (; bytes - done > BLOCK_BYTES; done += BLOCK_BYTES) {
    compress(WORKING, from + done, done + 2 * BLOCK_BYTES, false);
  }
  compress(WORKING, lastBlock(from + done, bytes - done), bytes + BLOCK_BYTES, true);
  v128.store(to, v128.load(WORKING));
}
