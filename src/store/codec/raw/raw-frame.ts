// source > plan > map > scan > key > [frame] > shard > verify > merge > publish
//
// Frames of zstd that do not compress (RFC 8878, 3.1.1): every reader of zstd reads them, and their text is in the file as it
// is, but for three bytes before each 128 KiB of it.
//
//   28 b5 2f fd | descriptor 84 | window 38 | u32 plain bytes | (u24 block header | 128 KiB of text or the rest) × n | u32 checksum
//
// Descriptor 84: the size takes four bytes, and there is a checksum, the low half of XXH64. Window 38: 128 KiB. zstd itself
// writes this beginning for no frame: its windows are larger, or it names none. So the beginning tells how a frame was made.

import { xxh64Low } from '../../files/checksum.js';
import type { FrameEncoder } from '../frame-codec.js';
import { BLOCK_HEADER_BYTES, CHECKSUM_BYTES } from '../zstd/header.js';

const BEGINNING = Buffer.from('28b52ffd8438', 'hex');
const HEADER_BYTES = BEGINNING.byteLength + 4;
/** The largest block that zstd allows. */
const BLOCK_BYTES = 128 * 1024;

/** Makes such frames. */
export class RawEncoder implements FrameEncoder {
  #output = Buffer.alloc(0);

  encode(plain: Uint8Array): Uint8Array {
    const bytes = rawFrameBytes(plain.byteLength);
    if (this.#output.byteLength < bytes) this.#output = Buffer.allocUnsafeSlow(bytes);
    const output = this.#output;
    output.set(BEGINNING);
    output.writeUInt32LE(plain.byteLength, BEGINNING.byteLength);
    let at = HEADER_BYTES;
    for (let from = 0, isLast = false; !isLast; from += BLOCK_BYTES) {
      const to = Math.min(from + BLOCK_BYTES, plain.byteLength);
      isLast = to === plain.byteLength;
      // Bit 0: the last block; bits 1 and 2: its type, 0 for raw; the others: its size.
      output.writeUIntLE(((to - from) << 3) | Number(isLast), at, BLOCK_HEADER_BYTES);
      output.set(plain.subarray(from, to), at + BLOCK_HEADER_BYTES);
      at += BLOCK_HEADER_BYTES + (to - from);
    }
    output.writeUInt32LE(xxh64Low(plain), at);
    return output.subarray(0, bytes);
  }
}

/** Bytes of the frame for so many bytes of text. */
export function rawFrameBytes(plainBytes: number): number {
  const blocks = Math.max(1, Math.ceil(plainBytes / BLOCK_BYTES));
  return HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + plainBytes + CHECKSUM_BYTES;
}

/** Whether a frame of zstd was made here. */
export function isRawFrame(frame: Uint8Array): boolean {
  return BEGINNING.every((byte, i) => frame[i] === byte);
}
