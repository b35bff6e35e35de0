// key > index page > location > frame cache > [frame] > record
//
// A decompressed frame: its text, and where each line begins. Lines are found once, when the frame comes into memory;
// afterwards a record is a slice. Text that is all ASCII, as most is, becomes a string without being decoded.

import { isAscii } from 'node:buffer';
import { GristmillError } from '../../base/errors.js';
import type { ShardEntry } from '../types.js';
import type { ShardReader } from './read.js';

const NEWLINE = '\n'.charCodeAt(0);

/** The string methods of Buffer that skip the look-up of an encoding by its name. */
interface SlicingBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

export interface Frame {
  readonly plain: Buffer;
  /** Element i: where line i begins; the last is the end. One more than there are lines. */
  readonly lines: Uint32Array;
  readonly ascii: boolean;
}

/** A frame of an open shard. */
export interface FrameAt {
  readonly entry: ShardEntry;
  readonly reader: ShardReader;
  readonly index: number;
}

/**
 * Finds the lines of frame `index` of a shard.
 * @param lines room for one more than the frame has lines
 * @throws GristmillError CHECKSUM_MISMATCH unless there are exactly as many as the shard's table says (Invariant 3).
 */
export function openFrame(
  plain: Buffer,
  reader: Pick<ShardReader, 'path' | 'linesOf'>,
  index: number,
  lines = new Uint32Array(reader.linesOf(index) + 1),
): Frame {
  const records = lines.length - 1;
  let count = 0;
  lines[0] = 0;
  // One newline too many is enough to know.
  for (let at = plain.indexOf(NEWLINE); at !== -1 && count <= records; at = plain.indexOf(NEWLINE, at + 1)) {
    count++;
    if (count <= records) lines[count] = at + 1;
  }
  if (count !== records || lines[records] !== plain.byteLength) throw otherLines(reader, index);
  return frameOf(plain, lines, isAscii(plain));
}

/** The error about a frame with other lines than the table of its shard says. */
export function otherLines(reader: Pick<ShardReader, 'path' | 'linesOf'>, index: number): GristmillError {
  const message = `frame ${index} of ${reader.path} does not have the ${reader.linesOf(index)} lines its table says`;
  return new GristmillError('CHECKSUM_MISMATCH', message, { file: reader.path });
}

/** All frames are made here, so that they have one shape. */
export function frameOf(plain: Buffer, lines: Uint32Array, ascii: boolean): Frame {
  return { plain, lines, ascii };
}

/** A frame of lines that come one by one, without their newlines. */
export function frameOfLines(lines: readonly Uint8Array[]): Frame {
  const ends = new Uint32Array(lines.length + 1);
  for (let i = 0; i < lines.length; i++) ends[i + 1] = ends[i]! + lines[i]!.byteLength + 1;
  const plain = Buffer.alloc(ends[lines.length]!, NEWLINE);
  for (let i = 0; i < lines.length; i++) plain.set(lines[i]!, ends[i]);
  return frameOf(plain, ends, isAscii(plain));
}

/** A frame of whole lines in one text. */
export function frameOfText(plain: Buffer): Frame {
  const ends = [0];
  for (let at = plain.indexOf(NEWLINE); at !== -1; at = plain.indexOf(NEWLINE, at + 1)) ends.push(at + 1);
  return frameOf(plain, Uint32Array.from(ends), isAscii(plain));
}

/** The bytes of line `index` without its newline. */
export function lineBytes({ plain, lines }: Frame, index: number): Buffer {
  return plain.subarray(lines[index], lines[index + 1]! - 1);
}

/** Line `index` without its newline. */
export function lineText(frame: Frame, index: number): string {
  const start = frame.lines[index]!;
  const end = frame.lines[index + 1]! - 1;
  const plain = frame.plain as SlicingBuffer;
  return frame.ascii ? plain.latin1Slice(start, end) : plain.utf8Slice(start, end);
}
