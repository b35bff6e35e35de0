// store at rest: [shard]
//
// Whether the frames of a shard are compressed, and how hard. An import says it for its shards; whoever writes a shard anew
// keeps what it was, unless told otherwise.

import type { FrameCodec, FrameEncoder } from '../codec/frame-codec.js';
import { isRawFrame, RawEncoder } from '../codec/raw/raw-frame.js';
import type { StorePlace } from '../files/blobs.js';
import { shardPath } from '../files/layout.js';
import { zstdIn } from '../sealed/frames.js';
import type { ShardEntry } from '../types.js';
import { ShardReader } from './read.js';

export interface Packing {
  /** "none": the frames hold their text as it is (raw-frame.ts). */
  readonly compression: 'zstd' | 'none';
  /** Of zstd; without meaning for "none". */
  readonly level: number;
}

/** What is made of records that nobody said it for. */
export const PACKED: Packing = Object.freeze({ compression: 'zstd', level: 1 });

/** Whether the frames of a shard are not compressed. The first one tells. @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR */
export async function isRaw({ directory, blobs }: StorePlace, entry: ShardEntry): Promise<boolean> {
  // What is not compressed takes more than its text.
  if (entry.fileNumber === 0 || entry.storedBytes < entry.plainBytes) return false;
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    const { sealed, path } = reader;
    for await (const { index, plain, stored } of reader.readFrames()) {
      return isRawFrame(zstdIn(sealed, stored, plain.byteLength, path, reader.offsetOf(index), index));
    }
    return false;
  } finally {
    reader.close();
  }
}

export function encoderOf(codec: FrameCodec, { compression, level }: Packing): FrameEncoder {
  return compression === 'none' ? new RawEncoder() : codec.encoder(level);
}
