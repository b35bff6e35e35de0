// Four digests of BLAKE2s at a time (blake2s.ts), each in one lane: the keys of a scan are hidden by millions, and a digest alone
// waits most of the time for its own last step.
//
// Every variable has one word of each of the four states; every word of the schedule one of each message. Only messages of one
// block come here.

import { IV, part, rotate12, rotate16, rotate7, rotate8 } from './blake2s-words';

const BLOCK_BYTES: u32 = 64;
/** Bytes of a word of all four lanes. */
const ROW_BYTES: usize = 16;
/** Where a word of the messages stands among the transposed ones, in the order in which the rounds take them: 16 a round. */
const SCHEDULE: usize = memory.data<u8>([
  0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
  224, 160, 64, 128, 144, 240, 208, 96, 16, 192, 0, 32, 176, 112, 80, 48,
  176, 128, 192, 0, 80, 32, 240, 208, 160, 224, 48, 96, 112, 16, 144, 64,
  112, 144, 48, 16, 208, 192, 176, 224, 32, 96, 80, 160, 64, 0, 240, 128,
  144, 0, 80, 112, 32, 64, 160, 240, 224, 16, 176, 192, 96, 128, 48, 208,
  32, 192, 96, 160, 0, 176, 128, 48, 64, 208, 112, 80, 240, 224, 16, 144,
  192, 80, 16, 240, 224, 208, 64, 160, 0, 112, 96, 48, 144, 32, 128, 176,
  208, 176, 112, 224, 192, 16, 48, 144, 80, 0, 240, 64, 128, 96, 32, 160,
  96, 240, 224, 144, 176, 48, 0, 128, 192, 32, 208, 112, 16, 64, 160, 80,
  160, 32, 128, 64, 112, 96, 16, 80, 240, 176, 144, 224, 48, 192, 208, 0,
]);
const ROUNDS_END: usize = SCHEDULE + 160;
/** The messages: word 0 of all four, word 1 of all four, … */
const WORDS: usize = memory.data(256, 16);

/** What is hashed: by lane, what `beginDigest` stored, where the message begins, its bytes, where the digest goes. */
export class Lanes {
  static readonly begun: usize = memory.data(16, 16);
  static readonly from: usize = memory.data(16, 16);
  static readonly bytes: usize = memory.data(16, 16);
  static readonly to: usize = memory.data(16, 16);
}

// @ts-ignore: decorator
@inline function word(schedule: usize, i: usize): v128 {
  return v128.load(WORDS + <usize>load<u8>(schedule + i));
}

/** Stores rows [a0…], [b0…], … as [a0 b0 c0 d0], [a1 …], …: four vectors at `to`. */
function transpose(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5), cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to, i64x2.shuffle(ab, cd, 1, 3), 16);
  const abHigh = i32x4.shuffle(a, b, 2, 6, 3, 7), cdHigh = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(abHigh, cdHigh, 0, 2), 32);
  v128.store(to, i64x2.shuffle(abHigh, cdHigh, 1, 3), 48);
}

// @ts-ignore: decorator
@inline function partOf(lane: usize, at: u32): v128 {
  return part(load<u32>(Lanes.from + lane), load<u32>(Lanes.bytes + lane), at);
}

// @ts-ignore: decorator
@inline function begun(lane: usize, at: usize): v128 {
  return v128.load(<usize>load<u32>(Lanes.begun + lane) + at);
}

/** Stores the four digests, when all four messages have been read. They have 1 to 64 bytes. */
export function digestFour(): void {
  transpose(begun(0, 0), begun(4, 0), begun(8, 0), begun(12, 0), WORDS);
  transpose(begun(0, 16), begun(4, 16), begun(8, 16), begun(12, 16), WORDS + 64);
  let v0 = v128.load(WORDS), v1 = v128.load(WORDS, 16), v2 = v128.load(WORDS, 32), v3 = v128.load(WORDS, 48);
  let v4 = v128.load(WORDS, 64), v5 = v128.load(WORDS, 80), v6 = v128.load(WORDS, 96), v7 = v128.load(WORDS, 112);
  const h0 = v0, h1 = v1, h2 = v2, h3 = v3;
  let v8 = v128.load32_splat(IV), v9 = v128.load32_splat(IV, 4), v10 = v128.load32_splat(IV, 8);
  let v11 = v128.load32_splat(IV, 12), v12 = v128.load32_splat(IV, 16), v13 = v128.load32_splat(IV, 20);
  let v14 = v128.not(v128.load32_splat(IV, 24)), v15 = v128.load32_splat(IV, 28);
  // Bytes up to the end of the message, and before it the key, which is a block; it is the last block.
  v12 = v128.xor(v12, i32x4.add(v128.load(Lanes.bytes), i32x4.splat(BLOCK_BYTES)));
  for (let at: u32 = 0; at < BLOCK_BYTES; at += 16) {
    transpose(partOf(0, at), partOf(4, at), partOf(8, at), partOf(12, at), WORDS + ROW_BYTES * (at / 4));
  }
  for (let schedule = SCHEDULE; schedule < ROUNDS_END; schedule += 16) {
    // Columns, then diagonals, as the standard has them.
    v0 = i32x4.add(i32x4.add(v0, v4), word(schedule, 0));
    v12 = rotate16(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate12(v128.xor(v4, v8));
    v0 = i32x4.add(i32x4.add(v0, v4), word(schedule, 1));
    v12 = rotate8(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate7(v128.xor(v4, v8));
    v1 = i32x4.add(i32x4.add(v1, v5), word(schedule, 2));
    v13 = rotate16(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate12(v128.xor(v5, v9));
    v1 = i32x4.add(i32x4.add(v1, v5), word(schedule, 3));
    v13 = rotate8(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate7(v128.xor(v5, v9));
    v2 = i32x4.add(i32x4.add(v2, v6), word(schedule, 4));
    v14 = rotate16(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate12(v128.xor(v6, v10));
    v2 = i32x4.add(i32x4.add(v2, v6), word(schedule, 5));
    v14 = rotate8(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate7(v128.xor(v6, v10));
    v3 = i32x4.add(i32x4.add(v3, v7), word(schedule, 6));
    v15 = rotate16(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate12(v128.xor(v7, v11));
    v3 = i32x4.add(i32x4.add(v3, v7), word(schedule, 7));
    v15 = rotate8(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate7(v128.xor(v7, v11));
    v0 = i32x4.add(i32x4.add(v0, v5), word(schedule, 8));
    v15 = rotate16(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate12(v128.xor(v5, v10));
    v0 = i32x4.add(i32x4.add(v0, v5), word(schedule, 9));
    v15 = rotate8(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate7(v128.xor(v5, v10));
    v1 = i32x4.add(i32x4.add(v1, v6), word(schedule, 10));
    v12 = rotate16(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate12(v128.xor(v6, v11));
    v1 = i32x4.add(i32x4.add(v1, v6), word(schedule, 11));
    v12 = rotate8(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate7(v128.xor(v6, v11));
    v2 = i32x4.add(i32x4.add(v2, v7), word(schedule, 12));
    v13 = rotate16(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate12(v128.xor(v7, v8));
    v2 = i32x4.add(i32x4.add(v2, v7), word(schedule, 13));
    v13 = rotate8(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate7(v128.xor(v7, v8));
    v3 = i32x4.add(i32x4.add(v3, v4), word(schedule, 14));
    v14 = rotate16(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate12(v128.xor(v4, v9));
    v3 = i32x4.add(i32x4.add(v3, v4), word(schedule, 15));
    v14 = rotate8(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate7(v128.xor(v4, v9));
  }
  transpose(
    v128.xor(h0, v128.xor(v0, v8)),
    v128.xor(h1, v128.xor(v1, v9)),
    v128.xor(h2, v128.xor(v2, v10)),
    v128.xor(h3, v128.xor(v3, v11)),
    WORDS,
  );
  for (let lane: usize = 0; lane < 16; lane += 4) {
    v128.store(<usize>load<u32>(Lanes.to + lane), v128.load(WORDS + 4 * lane));
  }
}
