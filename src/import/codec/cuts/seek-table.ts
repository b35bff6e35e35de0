// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// The seek table of the zstd seekable format, a skippable frame at the end of a file:
//
//   5e 2a 4d 18 | size 4 | for each frame: bytes 4, plain bytes 4, [checksum 4] | frames 4 | descriptor 1 | b1 ea 92 8f

import { SKIPPABLE_HEADER_BYTES } from '../forms/skippable.js';
import type { Cut } from './cut.js';
import type { Window } from './window.js';

const FRAME_MAGIC = 0x184d2a5e;
const FOOTER_MAGIC = 0x8f92eab1;
const FOOTER_BYTES = 9;
const DESCRIPTOR_AT = 4;
const MAGIC_AT = 5;
const HAS_CHECKSUMS = 0x80;
const RESERVED = 0x7c;

/** The frames of a file as its seek table says them; undefined if there is none that covers the file. */
export function seekTable(file: Window): Iterable<Cut> | undefined {
  const footer = file.at(Math.max(0, file.size - FOOTER_BYTES), FOOTER_BYTES);
  if (footer.byteLength < FOOTER_BYTES || footer.readUInt32LE(MAGIC_AT) !== FOOTER_MAGIC) return undefined;
  const descriptor = footer[DESCRIPTOR_AT]!;
  if ((descriptor & RESERVED) !== 0) return undefined;
  const frames = footer.readUInt32LE(0);
  const entryBytes = (descriptor & HAS_CHECKSUMS) === 0 ? 8 : 12;
  const contentBytes = frames * entryBytes + FOOTER_BYTES;
  const offset = file.size - contentBytes - SKIPPABLE_HEADER_BYTES;
  if (offset < 0) return undefined;
  const head = file.at(offset, SKIPPABLE_HEADER_BYTES);
  if (head.readUInt32LE(0) !== FRAME_MAGIC || head.readUInt32LE(4) !== contentBytes) return undefined;
  const listed = () => entries(file, offset, frames, entryBytes);
  // The table is read twice: whether its frames reach exactly to it is known at its end only.
  let end = 0;
  for (const frame of listed()) {
    if (frame.offset !== end || frame.bytes === 0) return undefined;
    end += frame.bytes;
  }
  return listed();
}

/** The frames that a table at `table` lists, and the frame of the table. */
function* entries(file: Window, table: number, frames: number, entryBytes: number): Generator<Cut, void> {
  let offset = 0;
  for (let i = 0; i < frames; i++) {
    const entry = file.at(table + SKIPPABLE_HEADER_BYTES + i * entryBytes, entryBytes);
    const frame = { offset, bytes: entry.readUInt32LE(0), plainBytes: entry.readUInt32LE(4) };
    yield frame;
    offset += frame.bytes;
  }
  yield { offset: table, bytes: file.size - table, plainBytes: 0 };
}
