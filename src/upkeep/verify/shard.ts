// [verify]: catalog > trees > shards
//
// One shard, in a worker, read once from beginning to end, a megabyte at a time. The SHA-256 over the compressed
// bytes proves that they are those that were written; decompressing them proves that what was written can be read, and
// tells which records a damaged frame costs.

import { createHash, type Hash } from 'node:crypto';
import type { GristmillError } from '../../base/errors.js';
import { READ_WINDOW_BYTES } from '../../base/limits.js';
import { ioError, isOfTheMoment } from '../../base/system-errors.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { BlobReader, Blobs } from '../../store/files/blobs.js';
import type { Sealed } from '../../store/seal/types.js';
import type { Route } from '../../store/shapes/tree.js';
import { formAlong } from '../../store/shards/forms.js';
import { lineText, openFrame } from '../../store/shards/frame.js';
import { originOf } from '../../store/shards/origin.js';
import { regionOf, ShardReader } from '../../store/shards/read.js';
import { TextRoom } from '../../store/shards/text-room.js';
import type { ShardEntry } from '../../store/types.js';
import type { RecordRange } from './faults.js';
import { type FailedRecords, Reshaped } from './shapes.js';

export interface VerifyTask extends Sealed {
  readonly path: string;
  readonly entry: ShardEntry;
  /** Tombstones, where the file has holes, each of which must be dead, or an older shape, which dead records need not have. */
  readonly dead?: Uint8Array;
  /** The migrations that make the collection's shape of the shard's. Undefined: it has that shape. */
  readonly route?: Route;
  /** See SharedProgress. */
  readonly shared: SharedArrayBuffer;
}

export interface ShardFault {
  readonly kind: 'shard' | 'frame';
  readonly offset?: number;
  /** Ordinals within the shard. */
  readonly records?: RecordRange;
  readonly message: string;
}

/** What is wrong with a shard, and which of its records have no newer shape. */
export interface VerifyResult {
  readonly faults: readonly ShardFault[];
  readonly failed: readonly FailedRecords[];
}

let room: TextRoom | undefined;
let buffer = Buffer.alloc(0);

/** @throws Cancelled; GristmillError IO_ERROR where there is no descriptor or memory to look; everything else is a fault in the list. */
export function verifyShard(task: VerifyTask, blobs: Blobs): VerifyResult {
  const faults: ShardFault[] = [];
  const reshaped = task.route && new Reshaped(formAlong(task.entry, task.route));
  const { path, entry } = task;
  let file: BlobReader | undefined;
  let reader: ShardReader | undefined;
  try {
    file = blobs.open(path, 'shard');
    reader = openReader(task, blobs, faults);
    const hash = createHash('sha256');
    const progress = new SharedProgress(task.shared);
    const { at: begin, bytes: size } = regionOf(entry) ?? { at: 0, bytes: file.size };
    const begun =
      reader === undefined ? begin : verifyFrames(task, reshaped, file, reader, begin, hash, progress, faults);
    const end = Math.min(file.size, begin + size);
    hashBytes(file, begun, end, hash, progress);
    const bytes = Math.max(0, end - begin);
    if (bytes !== entry.storedBytes) {
      faults.push({ kind: 'shard', message: `${path} has ${bytes} bytes, but the catalog says ${entry.storedBytes}` });
    }
    if (hash.digest('hex') !== entry.sha256) {
      const message = `${path} is damaged: its SHA-256 is not the one in the catalog`;
      faults.push({ kind: 'shard', message });
    }
  } catch (error) {
    if (error instanceof Cancelled || isOfTheMoment(error)) throw error;
    faults.push({ kind: 'shard', records: all(entry), message: ioError(error, 'read', path).message });
  } finally {
    reader?.close();
    file?.close();
  }
  return { faults, failed: reshaped?.found ?? [] };
}

/** Tables and sections; without them no frame can be found. */
function openReader({ path, entry, dead }: VerifyTask, blobs: Blobs, faults: ShardFault[]): ShardReader | undefined {
  let reader: ShardReader | undefined;
  try {
    reader = ShardReader.open(blobs, path, entry);
    originOf(reader);
    const { holes } = reader;
    if (holes !== undefined && dead !== undefined) {
      for (let from = 0, to: number; from < holes.records; from = to + 1) {
        to = from;
        while (to < holes.records && holes.has(to) && !isDead(dead, to)) to++;
        if (to === from) continue;
        const which = to - from === 1 ? `record ${from}, which is` : `records ${from} to ${to - 1}, which are`;
        faults.push({ kind: 'shard', records: { from, to }, message: `${path} has no line for ${which} not dead` });
      }
    }
  } catch (error) {
    if (isOfTheMoment(error)) throw error;
    const { message, offset } = error as GristmillError;
    const lost = reader === undefined ? { records: all(entry) } : {};
    faults.push({ kind: 'shard', message, ...lost, ...(offset !== undefined && { offset }) });
  }
  return reader;
}

/** @param begin where the shard begins. @returns where the frames end. */
function verifyFrames(
  { dead }: VerifyTask,
  reshaped: Reshaped | undefined,
  file: BlobReader,
  reader: ShardReader,
  begin: number,
  hash: Hash,
  progress: SharedProgress,
  faults: ShardFault[],
): number {
  room ??= new TextRoom();
  hashBytes(file, begin, reader.offsetOf(0), hash, progress);
  for (let index = 0; index < reader.frames; ) {
    if (progress.isCancelled) throw new Cancelled();
    const start = reader.offsetOf(index);
    let end = index + 1;
    while (end < reader.frames && reader.offsetOf(end + 1) - start <= READ_WINDOW_BYTES) end++;
    const length = reader.offsetOf(end) - start;
    const bytes = readInto(file, start, length);
    hash.update(bytes);
    const first = reader.firstLine(index);
    for (; index < end; index++) {
      const offset = reader.offsetOf(index);
      const frame = bytes.subarray(offset - start, reader.offsetOf(index + 1) - start);
      const why = frameFault(room, reader, index, frame, offset);
      if (why !== undefined) faults.push({ kind: 'frame', offset, records: ordinalsOf(reader, index), message: why });
      else if (reshaped) lookAt(reshaped, room.text(reader.plainBytesOf(index)), reader, index, dead);
    }
    progress.add(bytes.byteLength, reader.firstLine(end) - first);
  }
  return reader.offsetOf(reader.frames);
}

/** Looks at the live records of a frame. */
function lookAt(
  reshaped: Reshaped,
  text: Buffer,
  reader: ShardReader,
  index: number,
  dead: Uint8Array = new Uint8Array(),
): void {
  const frame = openFrame(text, reader, index);
  const count = frame.lines.length - 1;
  const first = reader.firstLine(index);
  const ordinals = reader.holes?.ordinalsOf(first, count);
  for (let line = 0; line < count; line++) {
    const ordinal = ordinals?.[line] ?? first + line;
    if (!isDead(dead, ordinal)) reshaped.look(lineText(frame, line), ordinal);
  }
}

function frameFault(room: TextRoom, reader: ShardReader, index: number, frame: Buffer, offset: number) {
  try {
    const lines = room.linesOf(reader.codec, frame, reader.plainBytesOf(index), reader.path, offset, index);
    if (lines === reader.linesOf(index)) return undefined;
    return `frame at byte ${offset} of ${reader.path} does not have the ${reader.linesOf(index)} lines its table says`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Ordinals from the first to the last record of a frame. */
function ordinalsOf(reader: ShardReader, index: number): RecordRange {
  const ordinalOf = (line: number): number => reader.holes?.ordinalsOf(line, 1)[0] ?? line;
  return { from: ordinalOf(reader.firstLine(index)), to: ordinalOf(reader.firstLine(index + 1) - 1) + 1 };
}

function hashBytes(file: BlobReader, from: number, to: number, hash: Hash, progress: SharedProgress): void {
  for (let at = from; at < to; ) {
    if (progress.isCancelled) throw new Cancelled();
    const bytes = readInto(file, at, Math.min(READ_WINDOW_BYTES, to - at));
    if (bytes.byteLength === 0) return;
    hash.update(bytes);
    progress.add(bytes.byteLength, 0);
    at += bytes.byteLength;
  }
}

/** Bytes of the file, fewer only at its end; valid until the next call. */
function readInto(file: BlobReader, offset: number, length: number): Buffer {
  if (buffer.byteLength < length) buffer = Buffer.allocUnsafeSlow(Math.max(length, READ_WINDOW_BYTES));
  return buffer.subarray(0, file.readSync(buffer.subarray(0, length), offset));
}

function all({ records }: ShardEntry): RecordRange {
  return { from: 0, to: records };
}

/** Who reads shards to verify them. */
export interface Verifiers {
  verify(task: VerifyTask): Promise<VerifyResult>;
  close(): Promise<void>;
}
