// source > [plan] > map > scan > key > frame > shard > verify > merge > publish
//
// Where a compressed file can be cut, so that its pieces are decoded side by side. Nothing is decompressed for it. Each piece
// is a file of the form by itself: its decoder verifies it, and that it ends where the piece ends.

import type { CodecName } from '../codec.js';
import { bgzfMembers } from './bgzf.js';
import type { Cut } from './cut.js';
import { type Read, Window } from './window.js';
import { zstdFrames } from './zstd-frames.js';

/**
 * The smallest pieces of a file, in order. They cover the whole file. What is no member of the form (zeros at the end, a member
 * that is cut off) belongs to the piece before it, whose decoder finds it. A file that cannot be cut is one piece.
 * @param size of the file in bytes
 */
export function* cutsOf(codec: CodecName, read: Read, size: number): Generator<Cut, void> {
  let piece: Cut = { offset: 0, bytes: 0, plainBytes: undefined };
  for (const member of membersOf(codec, new Window(read, size))) {
    if (piece.bytes > 0) yield piece;
    piece = member;
  }
  const bytes = size - piece.offset;
  yield bytes === piece.bytes ? piece : { offset: piece.offset, bytes, plainBytes: undefined };
}

function membersOf(codec: CodecName, file: Window): Iterable<Cut> {
  if (codec === 'zstd') return zstdFrames(file);
  if (codec === 'gzip') return bgzfMembers(file);
  return [];
}
