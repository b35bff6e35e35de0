// store at rest: [frame]
//
// Where a zstd frame ends, as the frame itself says (RFC 8878, 3.1.1). A shard whose tables are damaged is searched with it,
// and each frame that is decompressed is compared with it: an entry of the seek table is one frame and nothing else. Only
// headers are read, that of the frame and those of its blocks; its checksum tells whether the rest is sound.

import { FRAME_STORED_BYTES_MAX } from '../limits.js';

/** What a frame begins with. */
export const FRAME_MAGIC = Buffer.from('28b52ffd', 'hex');

/** The longest header: magic number, descriptor, window, dictionary, content size. */
const HEADER_BYTES_MAX = 4 + 1 + 1 + 4 + 8;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const SINGLE_SEGMENT = 0x20;
const HAS_CHECKSUM = 0x04;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** Gives bytes from an offset: so many, or fewer where they end. */
type BytesAt = (offset: number, length: number) => Uint8Array;

/**
 * Bytes of the frame at `offset`; undefined where none begins, it has no checksum, or its headers lead beyond what a frame
 * may have.
 */
export function frameBytesAt(bytesAt: BytesAt, offset: number): number | undefined {
  const header = bytesAt(offset, HEADER_BYTES_MAX);
  if (header.byteLength <= FRAME_MAGIC.byteLength || FRAME_MAGIC.some((byte, i) => byte !== header[i]))
    return undefined;
  const descriptor = header[FRAME_MAGIC.byteLength] as number;
  if ((descriptor & HAS_CHECKSUM) === 0) return undefined;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  let at = FRAME_MAGIC.byteLength + 1 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const block = bytesAt(offset + at, BLOCK_HEADER_BYTES);
    if (block.byteLength < BLOCK_HEADER_BYTES || at > FRAME_STORED_BYTES_MAX) return undefined;
    const bits = (block[0] as number) | ((block[1] as number) << 8) | ((block[2] as number) << 16);
    const type = (bits >>> 1) & 3;
    if (type === BLOCK_RESERVED) return undefined;
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : bits >>> 3);
    isLast = (bits & 1) !== 0;
  }
  return at + CHECKSUM_BYTES;
}
