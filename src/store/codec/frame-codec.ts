// source > plan > map > scan > key > [frame] > shard > verify > merge > publish; and back: location > [frame] > record
//
// How the frames of shards are stored: from text to bytes and back. It belongs to where a store is (files/blobs.ts), so
// whoever writes frames asks there. Whoever reads frames asks the shard (shards/read.ts): each sealed one has its own decoder.

import { zstd } from './zstd/implementation.js';
import { decompressInto } from './zstd/zstd.js';

/** Makes frames; the bytes of one are valid until the next. */
export interface FrameEncoder {
  encode(plain: Uint8Array): Uint8Array;
}

export interface FrameCodec extends FrameDecoder {
  /** One for each thread and level is enough: it is reused. */
  encoder(level: number): FrameEncoder;
}

export interface FrameDecoder {
  /**
   * Decompresses one frame into the buffer that `room` returns for its size.
   * @param plainBytes the bytes of text in the frame, as the seek table of the shard says
   * @param index of the frame in its shard
   * @throws GristmillError CHECKSUM_MISMATCH for anything but exactly one sound frame of that size
   */
  decode<Room extends Uint8Array>(
    room: (bytes: number) => Room,
    frame: Uint8Array,
    plainBytes: number,
    file: string,
    offset: number,
    index: number,
  ): Room;
}

/** Frames of zstd, which any tool reads. */
export const zstdFrames: FrameCodec = {
  encoder: (level) => zstd().encoder(level),
  decode: decompressInto,
};

/** Gives a buffer of so many bytes. */
export type Room = (bytes: number) => Buffer;

/** A buffer of its own. */
export const newBuffer: Room = (bytes) => Buffer.allocUnsafeSlow(bytes);
