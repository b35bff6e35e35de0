// store at rest: [frame]
//
// Where a zstd frame ends, as the frame itself says (RFC 8878, 3.1.1). A shard whose tables are damaged is searched with it,
// and each frame that is decompressed is compared with it: an entry of the seek table is one frame and nothing else. Only
// headers are read, that of the frame and those of its blocks; its checksum tells whether the rest is sound.

import { FRAME_STORED_BYTES_MAX } from '../../../base/limits.js';
import {
  BLOCK_HEADER_BYTES,
  type BlockHeaderAt,
  blockHeaderIn,
  blocksEnd,
  CHECKSUM_BYTES,
  HEADER_BYTES_MAX,
  hasChecksum,
  headerBytes,
} from './header.js';

/** The bytes that a frame begins with. */
export const FRAME_MAGIC = Buffer.from('28b52ffd', 'hex');

/** Bytes of a file, read as they are asked for. */
interface FrameWindow {
  at(offset: number, length: number): Buffer;
}

/** Bytes of the frame at `offset` of a file; undefined as `frameBytes`. @param told is called for each header that is read */
export function frameBytesAt(window: FrameWindow, offset: number, told: () => void): number | undefined {
  return frameBytes(window.at(offset, HEADER_BYTES_MAX), (at) => {
    told();
    return blockHeaderIn(window.at(offset + at, BLOCK_HEADER_BYTES), 0);
  });
}

/** Whether all these bytes are one frame with a checksum. */
export function isOneFrame(bytes: Uint8Array): boolean {
  const length = frameBytes(bytes, (at) => blockHeaderIn(bytes, at));
  return length === bytes.byteLength;
}

/**
 * The size in bytes of the frame that begins with `header`. Undefined if no frame begins there, if it has no checksum, or if
 * its headers make it larger than a frame may be.
 */
function frameBytes(header: Uint8Array, blockAt: BlockHeaderAt): number | undefined {
  if (header.byteLength <= FRAME_MAGIC.byteLength) return undefined;
  for (let i = 0; i < FRAME_MAGIC.byteLength; i++) if (header[i] !== FRAME_MAGIC[i]) return undefined;
  const descriptor = header[FRAME_MAGIC.byteLength]!;
  if (!hasChecksum(descriptor)) return undefined;
  const end = blocksEnd(FRAME_MAGIC.byteLength + headerBytes(descriptor), blockAt, FRAME_STORED_BYTES_MAX);
  return end === undefined ? undefined : end + CHECKSUM_BYTES;
}
