// source > plan > map > scan > key > [frame] > shard > verify > merge > publish; and back: location > [frame] > record
//
// Frames of zstd. They say how much text they hold and carry zstd's checksum (XXH64, its low half). A reader knows from the
// shard's seek table how much to expect, and compares before it allocates: a header may claim anything.

import { GristmillError } from '../../../base/errors.js';
import { FRAME_TEXT_BYTES_MAX } from '../../../base/limits.js';
import { FRAME_MAGIC, isOneFrame } from './frame.js';
import { frameHeader, headerBytes } from './header.js';
import { zstd } from './implementation.js';

/**
 * Decompresses one frame into the buffer that `room` returns for its size. It calls `room` after it has checked that the
 * frame claims that size.
 * @param plainBytes the bytes of text in the frame, as the seek table of the shard says.
 * @throws GristmillError CHECKSUM_MISMATCH for anything but exactly one sound frame of that size.
 */
export function decompressInto<Room extends Uint8Array>(
  room: (bytes: number) => Room,
  frame: Uint8Array,
  plainBytes: number,
  file: string,
  offset: number,
): Room {
  const damaged = (what: string, cause?: unknown): GristmillError =>
    new GristmillError('CHECKSUM_MISMATCH', `frame at byte ${offset} of ${file} is damaged: ${what}`, {
      file,
      offset,
      cause,
    });
  const header = headerOf(frame);
  if (header === undefined) throw damaged('not a zstd frame');
  const claimed = header.plainBytes ?? 'an unknown number of';
  if (claimed !== plainBytes)
    throw damaged(`it claims ${claimed} bytes of text, but the seek table says ${plainBytes}`);
  if (plainBytes > FRAME_TEXT_BYTES_MAX)
    throw damaged(`it claims ${plainBytes} bytes of text, but a frame cannot have that many`);
  // zstd would go on with whatever frames and skippable frames follow.
  if (!isOneFrame(frame)) throw damaged('it is not exactly one frame with a checksum');
  const implementation = zstd();
  const plain = room(plainBytes);
  let length: number;
  try {
    length = implementation.decompress(plain, frame);
  } catch (cause) {
    throw damaged((cause as Error).message, cause);
  }
  if (length !== plainBytes) throw damaged(`it has ${length} bytes of text instead of ${plainBytes}`);
  return plain;
}

/** Bytes of text that the header of a frame claims; undefined where it claims none, or is no header. */
export function claimedBytes(frame: Uint8Array): number | undefined {
  return headerOf(frame)?.plainBytes;
}

/** The header of the frame that begins these bytes; undefined if none does. */
function headerOf(frame: Uint8Array) {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const at = FRAME_MAGIC.byteLength;
  if (bytes.byteLength <= at || FRAME_MAGIC.compare(bytes, 0, at) !== 0) return undefined;
  const header = bytes.subarray(at, at + headerBytes(bytes[at]!));
  return header.byteLength < headerBytes(bytes[at]!) ? undefined : frameHeader(header);
}
