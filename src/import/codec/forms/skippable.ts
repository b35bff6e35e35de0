// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// Frames that decoders leave out; zstd and LZ4 share them (RFC 8878, 3.1.2): 5x 2a 4d 18 | size 4 | anything

import type { Compressed, Step } from '../compressed.js';

const MAGIC = 0x184d2a50;
const MASK = 0xfffffff0;
const SIZE_BYTES = 4;

export const SKIPPABLE_HEADER_BYTES = 4 + SIZE_BYTES;

/** Whether a frame that begins with these four bytes, little-endian, is left out. */
export function isSkippable(magic: number): boolean {
  return (magic & MASK) >>> 0 === MAGIC;
}

/** Whether such a frame may begin with this byte. */
export function mayBeSkippable(first: number): boolean {
  return (first & (MASK & 0xff)) === (MAGIC & 0xff);
}

/** Reads over the frame, after its magic number. */
export function* skipFrame(compressed: Compressed): Step {
  yield* compressed.skip((yield* compressed.take(SIZE_BYTES)).readUInt32LE());
}
