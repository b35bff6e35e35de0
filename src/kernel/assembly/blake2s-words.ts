// What both ways to make digests of BLAKE2s have in common: one at a time (blake2s.ts), and four (blake2s-lanes.ts).

export const IV: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
/** Sixteen bytes FF, then sixteen bytes 00: loaded n bytes before the border, a mask of n bytes. */
const SLIDING: usize = memory.data<u64>([-1, -1, 0, 0]);

// @ts-ignore: decorator
@inline export function rotate16(x: v128): v128 {
  return i8x16.shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorator
@inline export function rotate8(x: v128): v128 {
  return i8x16.shuffle(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

// @ts-ignore: decorator
@inline export function rotate12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

// @ts-ignore: decorator
@inline export function rotate7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

/** Sixteen bytes of a message of `bytes` bytes, from `at` on, with zeros after its end. It reads beyond that end. */
// @ts-ignore: decorator
@inline export function part(from: usize, bytes: u32, at: u32): v128 {
  const left = bytes > at ? min(bytes - at, 16) : 0;
  return v128.and(v128.load(from + at), v128.load(SLIDING + 16 - left));
}
