// store at rest: [frame]
//
// Where a zstd frame ends, told from the frame itself (RFC 8878, 3.1.1): for a shard whose tables are damaged. Only headers
// are read, that of the frame and those of its blocks; whether what they enclose is sound its checksum tells.

import { FRAME_STORED_BYTES_MAX } from '../limits.js';
import type { FileWindow } from './file-window.js';

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

/** Bytes of the frame at `offset`; undefined where none begins, or its headers lead beyond what a frame may have. */
export function frameBytesAt(window: FileWindow, offset: number): number | undefined {
  const header = window.at(offset, HEADER_BYTES_MAX);
  if (header.byteLength <= FRAME_MAGIC.byteLength || !header.subarray(0, FRAME_MAGIC.byteLength).equals(FRAME_MAGIC)) {
    return undefined;
  }
  const descriptor = header[FRAME_MAGIC.byteLength] as number;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >>> 6] as number;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  let at = FRAME_MAGIC.byteLength + 1 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const block = window.at(offset + at, BLOCK_HEADER_BYTES);
    if (block.byteLength < BLOCK_HEADER_BYTES || at > FRAME_STORED_BYTES_MAX) return undefined;
    const bits = block.readUIntLE(0, BLOCK_HEADER_BYTES);
    const type = (bits >>> 1) & 3;
    if (type === BLOCK_RESERVED) return undefined;
    at += BLOCK_HEADER_BYTES + (type === BLOCK_RLE ? 1 : bits >>> 3);
    isLast = (bits & 1) !== 0;
  }
  return at + ((descriptor & HAS_CHECKSUM) !== 0 ? CHECKSUM_BYTES : 0);
}
