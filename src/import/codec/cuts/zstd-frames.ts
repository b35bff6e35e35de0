// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The frames of a zstd file. Those of the seekable format have a table of them at their end. Of others the headers of all
// frames and blocks are read: each says how long it is.

import { FRAME_MAGIC } from '../../../store/codec/zstd-frame.js';
import {
  BLOCK_HEADER_BYTES,
  blockHeaderIn,
  blocksEnd,
  CHECKSUM_BYTES,
  frameHeader,
  HEADER_BYTES_MAX,
  headerBytes,
} from '../../../store/codec/zstd-header.js';
import { isSkippable, SKIPPABLE_HEADER_BYTES } from '../forms/skippable.js';
import type { Cut } from './cut.js';
import { seekTable } from './seek-table.js';
import type { Window } from './window.js';

/** The frames of a file, up to the first that is none, or that is cut off. */
export function* zstdFrames(file: Window): Generator<Cut, void> {
  const table = seekTable(file);
  if (table !== undefined) return yield* table;
  for (let offset = 0; offset < file.size; ) {
    const frame = frameAt(file, offset);
    if (frame === undefined || offset + frame.bytes > file.size) return;
    yield frame;
    offset += frame.bytes;
  }
}

function frameAt(file: Window, offset: number): Cut | undefined {
  const head = file.at(offset, HEADER_BYTES_MAX);
  if (head.byteLength < SKIPPABLE_HEADER_BYTES) return undefined;
  if (isSkippable(head.readUInt32LE())) {
    return { offset, bytes: SKIPPABLE_HEADER_BYTES + head.readUInt32LE(4), plainBytes: 0 };
  }
  const begin = FRAME_MAGIC.byteLength;
  const end = begin + headerBytes(head[begin]!);
  if (!FRAME_MAGIC.equals(head.subarray(0, begin)) || head.byteLength < end) return undefined;
  const header = frameHeader(head.subarray(begin, end));
  if (header === undefined) return undefined;
  const blockAt = (at: number) => blockHeaderIn(file.at(offset + at, BLOCK_HEADER_BYTES), 0);
  const blocks = blocksEnd(end, blockAt, file.size - offset);
  if (blocks === undefined) return undefined;
  return { offset, bytes: blocks + (header.hasChecksum ? CHECKSUM_BYTES : 0), plainBytes: header.plainBytes };
}
