// location > frame cache > [frame] > record
//
// The decoder of one sealed shard: a frame is authenticated and decrypted, and then it is one of zstd like any other.

import { type FrameDecoder, zstdFrames } from '../codec/frame-codec.js';
import { openFrame, type ShardKey } from './shard-key.js';

/** What reads the frames of a shard, as plain data for other threads. */
export interface SealedShard {
  readonly key: ShardKey;
  /** How many frames it has; undefined where nothing says so. */
  readonly frames: number | undefined;
}

/** Of a sealed shard; of a plain one without. */
export function decoderOf(sealed: SealedShard | undefined): FrameDecoder {
  if (sealed === undefined) return zstdFrames;
  const { key, frames } = sealed;
  return {
    decode(room, frame, plainBytes, file, offset, index) {
      const isLast = frames === undefined ? undefined : index === frames - 1;
      const zstd = openFrame(key, index, isLast, frame, plainBytes, file, offset);
      return zstdFrames.decode(room, zstd, plainBytes, file, offset, index);
    },
  };
}
