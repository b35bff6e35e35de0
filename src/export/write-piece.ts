// records > [form > pack], in a worker: a piece of an export, from frames of a shard or from lines to the bytes of the file.
//
// NDJSON is the text that frames have: whole frames are copied from where zstd put them, and where records are dead, the lines
// of the others. Other forms go over the lines as strings.

import { isDead } from '../store/catalog/tombstones.js';
import type { Blobs } from '../store/files/blobs.js';
import { formAlong } from '../store/shards/forms.js';
import { type Frame, frameOfText, lineText, openFrame, otherLines } from '../store/shards/frame.js';
import { type LineForm, reshapedLine } from '../store/shards/line.js';
import { ShardReader } from '../store/shards/read.js';
import { TextRoom } from '../store/shards/text-room.js';
import { betweenOf, FormWriter } from './forms/form.js';
import { type Piece, packText } from './pack/piece.js';
import { PieceText } from './piece-text.js';
import type { PieceSource, PieceTask } from './work/task.js';

/** A room that has grown beyond this is not kept. */
const KEPT_ROOM_BYTES = 8 << 20;

let room: TextRoom | undefined;

/** @throws GristmillError CHECKSUM_MISMATCH, IO_ERROR, COLLECTION_MISMATCH */
export function writePiece(task: PieceTask, blobs: Blobs): Piece {
  const { plainBytes: lineBytes, form } = task;
  // Other forms have a bit more.
  const text = new PieceText(form.kind === 'ndjson' ? lineBytes : lineBytes + Math.ceil(lineBytes / 8));
  addText(task, blobs, text);
  const plainBytes = text.bytes.byteLength;
  const { bytes, crc } = packText(text.bytes, task.packing);
  if (task.packing.codec !== 'none') text.keep();
  return { bytes, plainBytes, crc };
}

function addText(task: PieceTask, blobs: Blobs, text: PieceText): void {
  const { source, path, form } = task;
  if (form.kind === 'array' && !form.pretty) copyElements(task, blobs, text);
  else if (form.kind !== 'ndjson') text.addString(written(task, blobs));
  else if (source.kind === 'text') text.add(source.text);
  else if (source.dead === undefined && source.route === undefined) copyFrames(source, path, blobs, text);
  else for (const frame of framesOf(source, path, blobs)) copyOthers(frame, text);
}

/** Copies the lines as elements of an array. */
function copyElements({ source, path, form, isFirst }: PieceTask, blobs: Blobs, text: PieceText): void {
  const between = Buffer.from(betweenOf(form));
  let hasNone = isFirst;
  for (const { frame, isLeftOut } of framesOf(source, path, blobs)) {
    for (let line = 0; line < frame.lines.length - 1; line++) {
      if (isLeftOut(line)) continue;
      if (!hasNone) text.add(between);
      hasNone = false;
      text.add(frame.plain.subarray(frame.lines[line], frame.lines[line + 1]! - 1));
    }
  }
}

function copyFrames({ entry, from, to }: FrameSource, path: string, blobs: Blobs, text: PieceText): void {
  const reader = ShardReader.open(blobs, path, entry);
  try {
    for (const { index, plain, used } of decodedFrames(reader, from, to)) {
      if (used.lines(plain.byteLength) !== reader.linesOf(index)) throw otherLines(reader, index);
      text.add(plain);
    }
  } finally {
    reader.close();
  }
}

/** Copies the lines that are not left out, in stretches. */
function copyOthers({ frame, isLeftOut }: PieceFrame, text: PieceText): void {
  const { lines, plain } = frame;
  const count = lines.length - 1;
  for (let from = 0; from < count; ) {
    let to = from;
    while (to < count && !isLeftOut(to)) to++;
    if (to > from) text.add(plain.subarray(lines[from], lines[to]));
    from = to + 1;
  }
}

/** The records in the form of the export. */
function written({ source, path, form, isNamed, isFirst }: PieceTask, blobs: Blobs): string {
  const writer = new FormWriter(form, { isNamed }, isFirst);
  for (const { frame, isLeftOut } of framesOf(source, path, blobs)) {
    for (let line = 0; line < frame.lines.length - 1; line++) if (!isLeftOut(line)) writer.add(lineText(frame, line));
  }
  return writer.take();
}

type FrameSource = Extract<PieceSource, { kind: 'frames' }>;

interface PieceFrame {
  readonly frame: Frame;
  readonly isLeftOut: (line: number) => boolean;
}

function* framesOf(source: PieceSource, path: string, blobs: Blobs): Generator<PieceFrame> {
  if (source.kind === 'text') {
    yield { frame: frameOfText(Buffer.from(source.text)), isLeftOut: () => false };
    return;
  }
  const { entry, route, from, to, dead } = source;
  const form = formAlong(entry, route);
  const reader = ShardReader.open(blobs, path, entry);
  const first = reader.firstLine(from);
  try {
    for (const { index, plain } of decodedFrames(reader, from, to)) {
      const frame = openFrame(plain, reader, index);
      const before = reader.firstLine(index) - first;
      const isLeftOut = (line: number) => dead !== undefined && isDead(dead, before + line);
      yield form.reshape === undefined ? { frame, isLeftOut } : reshaped({ frame, isLeftOut }, form);
    }
  } finally {
    reader.close();
  }
}

interface DecodedFrame {
  readonly index: number;
  /** Valid until the next one. */
  readonly plain: Buffer;
  /** What the text is in. */
  readonly used: TextRoom;
}

/** Frames `from` … `to` − 1, from one read, one after another in the same room. */
function* decodedFrames(reader: ShardReader, from: number, to: number): Generator<DecodedFrame> {
  const stored = reader.storedFramesSync(from, to);
  const at = (index: number) => reader.offsetOf(index) - reader.offsetOf(from);
  for (let index = from; index < to; index++) {
    room ??= new TextRoom();
    const used = room;
    const plain = reader.decode(index, stored.subarray(at(index), at(index + 1)), (bytes) => used.room(bytes));
    yield { index, plain, used };
    if (plain.byteLength > KEPT_ROOM_BYTES) room = undefined;
  }
}

/** The lines that are not left out, in the shape of the form. */
function reshaped({ frame, isLeftOut }: PieceFrame, form: LineForm): PieceFrame {
  let text = '';
  for (let line = 0; line < frame.lines.length - 1; line++) {
    if (!isLeftOut(line)) text += `${reshapedLine(lineText(frame, line), form)}\n`;
  }
  return { frame: frameOfText(Buffer.from(text)), isLeftOut: () => false };
}
