// [repair]: [shards > entries] > pages > index in place
//
// The file of a shard, or its part of a joined file, from its first frame to its last: live lines go to the scan that finds their keys. Read once where
// it is sound; once more, to be written again, where it is not.

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { GristmillError } from '../../base/errors.js';
import { READ_WINDOW_BYTES, REFUSED_RECORDS_MAX } from '../../base/limits.js';
import { isMissing } from '../../base/system-errors.js';
import { SharedProgress } from '../../parallel/shared-progress.js';
import type { BlobReader, Blobs } from '../../store/files/blobs.js';
import { FileWindow } from '../../store/files/file-window.js';
import { formAlong } from '../../store/shards/forms.js';
import { Holes } from '../../store/shards/holes.js';
import type { LineForm } from '../../store/shards/line.js';
import type { ShardReader } from '../../store/shards/read.js';
import { type ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { RecordRange } from '../verify/faults.js';
import type { EntryScan, Lines } from './entries.js';
import { FrameSalvage, isDamage, type LostLines, type SoundFrame } from './frames.js';
import { IdentifiedShard } from './identified-shard.js';
import type { SalvageFault, SalvageResult, SalvageTask } from './task.js';

type FileTask = SalvageTask & { readonly path: string };

/** @throws GristmillError IO_ERROR, DISK_FULL, STORE_TOO_NEW; Cancelled */
export function salvageFile(
  task: FileTask,
  entries: EntryScan,
  blobs: Blobs,
): Pick<SalvageResult, 'faults' | 'file' | 'holes'> {
  let file: BlobReader;
  try {
    file = blobs.open(task.path, 'shard');
  } catch (error) {
    // A path that is no file is as good as none; what cannot be opened for other reasons may be sound.
    if (task.expected === undefined || !isGone(error)) throw error;
    return writeWithoutLines(task, blobs, (error as Error).message);
  }
  try {
    const shard = new IdentifiedShard(new FileWindow(file, task.region), task, blobs);
    try {
      return shard.stranger === undefined
        ? new ShardSalvage(task, shard, entries, blobs).run()
        : writeWithoutLines(task, blobs, shard.stranger);
    } finally {
      shard.close();
    }
  } finally {
    file.close();
  }
}

/** Nothing at the path is the shard's. */
function isGone(error: unknown): boolean {
  return isMissing(error) || isDamage(error);
}

/** The shard as a file without a line; only where the catalog says how many records there were. */
function writeWithoutLines(
  task: FileTask,
  blobs: Blobs,
  why: string,
): Pick<SalvageResult, 'faults' | 'file' | 'holes'> {
  if (task.expected === undefined) throw new GristmillError('CHECKSUM_MISMATCH', why, { file: task.path, offset: 0 });
  const { records } = task.expected;
  const holes = new Holes(records, new Uint8Array(Math.ceil(records / 8)).fill(0xff));
  const file = createAnew(task, blobs, () => {}, { holes, shape: task.expected.shape });
  const offset = task.region?.at ?? 0;
  return { faults: [{ offset, records: { from: 0, to: records }, message: why }], file, holes: holes.bitmap };
}

function createAnew(
  { rewrittenPath, setup, shard }: FileTask,
  blobs: Blobs,
  fill: (writer: ShardWriter) => void,
  { origin, holes, shape }: Pick<IdentifiedShard, 'holes' | 'shape'> & Partial<Pick<IdentifiedShard, 'origin'>>,
): ShardSummary & { readonly isRewritten: true } {
  rmSync(rewrittenPath, { force: true });
  const writer = ShardWriter.create(blobs, rewrittenPath, setup.packing, shard);
  try {
    fill(writer);
    return { ...writer.finish(origin, holes, shape), isRewritten: true };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

class ShardSalvage {
  readonly #task: FileTask;
  readonly #shard: IdentifiedShard;
  readonly #entries: EntryScan;
  readonly #form: LineForm;
  readonly #blobs: Blobs;
  readonly #progress: SharedProgress;
  readonly #hash = createHash('sha256');
  readonly #lost: LostLines[] = [];
  /** Records that have no newer shape. */
  readonly #old: SalvageFault[] = [];
  #lines = 0;

  constructor(task: FileTask, shard: IdentifiedShard, entries: EntryScan, blobs: Blobs) {
    this.#task = task;
    this.#shard = shard;
    this.#entries = entries;
    this.#form = formAlong({ named: task.named }, task.route);
    this.#blobs = blobs;
    this.#progress = new SharedProgress(task.shared);
  }

  run(): Pick<SalvageResult, 'faults' | 'file' | 'holes'> {
    const { window, damage, reader, sealed, holes, origin, shape } = this.#shard;
    const { path, expected, mustMove } = this.#task;
    if (reader !== undefined) this.#hash.update(window.at(window.begin, reader.offsetOf(0) - window.begin));
    const frames = new FrameSalvage(window, path, this.#progress, this.#hash, sealed);
    let told = 0;
    for (const piece of this.#shard.pieces(frames)) {
      if (piece.kind === 'lost') {
        this.#lost.push(piece.lost);
        continue;
      }
      const { storedBytes, lines } = piece.frame;
      this.#feed(piece.frame, frames.text(piece.frame));
      this.#progress.add(storedBytes, lines);
      told += storedBytes;
    }
    const sha256 = frames.isDamaged ? undefined : this.#hashRest();
    this.#progress.add(window.size - told, 0);
    const isSound =
      !mustMove &&
      damage === undefined &&
      sha256 !== undefined &&
      (expected === undefined || sha256 === expected.sha256);
    if (isSound && reader !== undefined && sha256 !== undefined) {
      return {
        faults: this.#old,
        file: { ...factsOf(reader), storedBytes: window.size, sha256, isRewritten: false },
        ...(holes && { holes: holes.bitmap }),
      };
    }
    const left = this.#holesNow();
    const fill = (writer: ShardWriter): void => {
      const again = new FrameSalvage(window, path, this.#progress, NO_HASH, sealed);
      for (const piece of this.#shard.pieces(again)) {
        if (piece.kind === 'frame') writer.append(again.text(piece.frame), piece.frame.lines);
      }
    };
    const file = createAnew(this.#task, this.#blobs, fill, { origin, holes: left, shape });
    const faults = this.#lost.map((lost) => this.#faultOf(lost));
    if (this.#lost.length === 0) {
      const why = damage ?? `bytes of ${path} outside its records are damaged`;
      faults.push({
        offset: window.begin,
        message: `${why}; the repair wrote the file again, and no record of it is lost`,
      });
    }
    return { faults: [...faults, ...this.#old], file, ...(left && { holes: left.bitmap }) };
  }

  /**
   * Without a catalog, records are back that were deleted before a migration: it may not be able to change them. With one, no
   * record is given up.
   */
  get #failed(): Lines['failed'] {
    if (this.#task.expected !== undefined) return undefined;
    return (ordinal, error) => {
      if (error.reason === 'NO_FUNCTION' || this.#old.length === REFUSED_RECORDS_MAX) throw error;
      const message = `record ${ordinal} of shard ${this.#task.shard} has no newer version: ${error.message}`;
      this.#old.push({ offset: 0, records: { from: ordinal, to: ordinal + 1 }, message });
    };
  }

  /** Gives the live lines of a frame to the scan. */
  #feed({ firstLine, lines }: SoundFrame, text: Uint8Array): void {
    const { dead } = this.#task;
    this.#lines += lines;
    const { holes } = this.#shard;
    this.#entries.addLive(text, { firstLine, lines, holes, dead, form: this.#form, failed: this.#failed });
  }

  /** The SHA-256 of the file, whose frames are hashed already. */
  #hashRest(): string {
    const { window, reader } = this.#shard;
    for (let at = reader?.offsetOf(reader.frames) ?? window.begin; at < window.end; at += READ_WINDOW_BYTES) {
      const bytes = window.at(at, READ_WINDOW_BYTES);
      this.#hash.update(bytes);
    }
    return this.#hash.digest('hex');
  }

  /** What the file has no line for, with what was lost. */
  #holesNow(): Holes | undefined {
    const { holes } = this.#shard;
    const ranges = this.#lost.flatMap((lost) => this.#rangeOf(lost) ?? []);
    const records = this.#shard.records ?? this.#lines;
    if (ranges.length === 0) return holes;
    const bitmap = new Uint8Array(Math.ceil(records / 8));
    if (holes) bitmap.set(holes.bitmap.subarray(0, bitmap.byteLength));
    for (const { from, to } of ranges) {
      for (let ordinal = from; ordinal < to; ordinal++) bitmap[ordinal >>> 3]! |= 1 << (ordinal & 7);
    }
    return new Holes(records, bitmap);
  }

  #faultOf(lost: LostLines): SalvageFault {
    const { offset, message } = lost;
    const records = this.#rangeOf(lost);
    return records === undefined ? { offset, message } : { offset, message, records };
  }

  /** Ordinals of lost lines, holes between them too. */
  #rangeOf({ firstLine, lines }: LostLines): RecordRange | undefined {
    if (lines === undefined) return undefined;
    const ordinalOf = (line: number): number => this.#shard.holes?.ordinalsOf(line, 1)[0] ?? line;
    return { from: ordinalOf(firstLine), to: ordinalOf(firstLine + lines - 1) + 1 };
  }
}

const NO_HASH = { update: (): void => {} };

function factsOf(reader: ShardReader): Pick<ShardSummary, 'records' | 'holes' | 'frames' | 'plainBytes'> {
  const { records, frames } = reader;
  let plainBytes = 0;
  for (let index = 0; index < frames; index++) plainBytes += reader.plainBytesOf(index);
  return { records, holes: records - reader.firstLine(frames), frames, plainBytes };
}
