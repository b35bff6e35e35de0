// location > frame cache > [frame] > record
//
// The decoder of one sealed shard: a frame is authenticated and decrypted, and then it is one of zstd like any other.

import { type FrameDecoder, newBuffer, type Room, zstdFrames } from '../codec/frame-codec.js';
import { openFrame, type ShardKey } from './shard-key.js';

/** What reads the frames of a shard, as plain data for other threads. */
export interface SealedShard {
  readonly key: ShardKey;
  /** How many frames it has; undefined where nothing says so. */
  readonly frames: number | undefined;
}

/** The frame of zstd that a stored one is, or has in it. @throws GristmillError CHECKSUM_MISMATCH */
export function zstdIn(
  sealed: SealedShard | undefined,
  frame: Uint8Array,
  plainBytes: number,
  file: string,
  offset: number,
  index: number,
  room: Room = newBuffer,
): Uint8Array {
  if (sealed === undefined) return frame;
  const { key, frames } = sealed;
  const isLast = frames === undefined ? undefined : index === frames - 1;
  return openFrame(room, key, index, isLast, frame, plainBytes, file, offset);
}

/** Frames of zstd up to this size are put in memory of the thread, because zstd reads one at once. */
const KEPT_BYTES = 64 * 1024;
let kept: Buffer | undefined;
const keptRoom: Room = (bytes) => {
  if (bytes > KEPT_BYTES) return newBuffer(bytes);
  kept ??= newBuffer(KEPT_BYTES);
  return kept.subarray(0, bytes);
};

/** Of a sealed shard; of a plain one without. */
export function decoderOf(sealed: SealedShard | undefined): FrameDecoder {
  if (sealed === undefined) return zstdFrames;
  return {
    decode(room, frame, plainBytes, file, offset, index) {
      const zstd = zstdIn(sealed, frame, plainBytes, file, offset, index, keptRoom);
      return zstdFrames.decode(room, zstd, plainBytes, file, offset, index);
    },
  };
}
