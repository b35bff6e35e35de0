// store at rest: [frame]
//
// Where a zstd frame ends, as the frame itself says (RFC 8878, 3.1.1). A shard whose tables are damaged is searched with it,
// and each frame that is decompressed is compared with it: an entry of the seek table is one frame and nothing else. Only
// headers are read, that of the frame and those of its blocks; its checksum tells whether the rest is sound.

import { FRAME_STORED_BYTES_MAX } from '../../base/limits.js';

/** The bytes that a frame begins with. */
export const FRAME_MAGIC = Buffer.from('28b52ffd', 'hex');

/** Bytes of a file, read as they are asked for. */
interface FrameWindow {
  at(offset: number, length: number): Buffer;
}

/** The longest header: magic number, descriptor, window, dictionary, content size. */
const HEADER_BYTES_MAX = 4 + 1 + 1 + 4 + 8;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const SINGLE_SEGMENT = 0x20;
const HAS_CHECKSUM = 0x04;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** The three bytes of a block's header, so far behind the beginning of the frame; -1 where there are none. */
type BlockHeaderAt = (at: number) => number;

/** Bytes of the frame at `offset` of a file; undefined as `frameBytes`. @param told is called for each header that is read */
export function frameBytesAt(window: FrameWindow, offset: number, told: () => void): number | undefined {
  return frameBytes(window.at(offset, HEADER_BYTES_MAX), (at) => {
    told();
    const block = window.at(offset + at, BLOCK_HEADER_BYTES);
    return block.byteLength < BLOCK_HEADER_BYTES ? -1 : block.readUIntLE(0, BLOCK_HEADER_BYTES);
  });
}

/** Whether all these bytes are one frame with a checksum. */
export function isOneFrame(bytes: Uint8Array): boolean {
  const length = frameBytes(bytes, (at) => {
    if (at + BLOCK_HEADER_BYTES > bytes.byteLength) return -1;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  });
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
  if ((descriptor & HAS_CHECKSUM) === 0) return undefined;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const size = descriptor >>> 6;
  const sizeBytes = size === 0 ? Number(isSingle) : 1 << size;
  const dictionary = descriptor & 3;
  const dictionaryBytes = dictionary === 3 ? 4 : dictionary;
  let at = FRAME_MAGIC.byteLength + 1 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const bits = at > FRAME_STORED_BYTES_MAX ? -1 : blockAt(at);
    const type = (bits >>> 1) & 3;
    if (bits === -1 || type === BLOCK_RESERVED) return undefined;
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : bits >>> 3);
    isLast = (bits & 1) !== 0;
  }
  return at + CHECKSUM_BYTES;
}
