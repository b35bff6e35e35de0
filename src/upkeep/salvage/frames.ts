// [repair]: [shards] > entries > pages > index in place
//
// The frames of a shard that can be read, in order, with the lines they hold. Where the tables lead to a frame, it is
// there. Where they do not, because a frame or the tables are damaged, frames are looked for: each begins with a magic
// number, says how long it is and carries a checksum. A frame found so is believed when its lines can be counted from the
// beginning of the gap or from its end; nothing is ever placed by guess while the number of lines is known.

import { GristmillError } from '../../base/errors.js';
import { FRAME_RECORDS_MAX, FRAME_STORED_BYTES_MAX, FRAME_TEXT_BYTES_MAX } from '../../base/limits.js';
import type { SharedProgress } from '../../parallel/shared-progress.js';
import { Cancelled } from '../../parallel/wire.js';
import type { FileWindow } from '../../store/files/file-window.js';
import type { SealedShard } from '../../store/sealed/frames.js';
import { SEALED_FRAME_PATTERN } from '../../store/sealed/shard-key.js';
import { SKIPPABLE_MAGIC } from '../../store/shards/format.js';
import type { ShardReader } from '../../store/shards/read.js';
import { TextRoom } from '../../store/shards/text-room.js';
import { type FrameForm, formOf } from './frame-form.js';

/** Bytes of work for each byte of a gap, and for each header that is read in it. */
const WORK_PER_BYTE = 64;

/** A frame that was read and is sound. */
export interface SoundFrame {
  readonly offset: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly firstLine: number;
  readonly lines: number;
}

/** Lines that cannot be read. */
export interface LostLines {
  readonly offset: number;
  readonly firstLine: number;
  /** Undefined where nothing says how many there were: the lines behind are counted as if there had been none. */
  readonly lines: number | undefined;
  readonly message: string;
}

export type Piece =
  | { readonly kind: 'frame'; readonly frame: SoundFrame }
  | { readonly kind: 'lost'; readonly lost: LostLines };

/** Bytes of a file, and the lines in them where they are known. */
interface Gap {
  readonly from: number;
  readonly to: number;
  readonly firstLine: number;
  readonly lines: number | undefined;
  /** Numbers of the frames that were there: from the first to before the last, where that is known. */
  readonly frames: { readonly from: number; readonly to?: number };
}

/** One for the thread: its memory stays. */
let room: TextRoom | undefined;

export class FrameSalvage {
  /** Whether the tables did not lead to every frame, so that the file has to be written again. */
  isDamaged = false;
  readonly #window: FileWindow;
  readonly #path: string;
  readonly #progress: SharedProgress;
  readonly #room: TextRoom;
  /** Told the bytes of each frame the tables lead to, as long as all are sound. */
  readonly #hash: { update(bytes: Uint8Array): void };
  readonly #form: FrameForm;
  #workLeft = 0;

  /** @param sealed what opens the frames of an encrypted store */
  constructor(
    window: FileWindow,
    path: string,
    progress: SharedProgress,
    hash: { update(bytes: Uint8Array): void },
    sealed?: SealedShard,
  ) {
    this.#window = window;
    this.#path = path;
    this.#progress = progress;
    this.#hash = hash;
    this.#form = formOf(sealed);
    room ??= new TextRoom();
    this.#room = room;
  }

  /** The text of the frame last given or read, until the next one is. */
  text({ plainBytes }: SoundFrame): Uint8Array {
    return this.#room.text(plainBytes);
  }

  /** Decompresses a frame once more. @throws GristmillError CHECKSUM_MISMATCH: it has changed since */
  read({ offset, storedBytes, plainBytes }: SoundFrame): Uint8Array {
    this.#linesOf(this.#window.at(offset, storedBytes), plainBytes, offset);
    return this.#room.text(plainBytes);
  }

  /** Along the tables, which are sound in themselves. */
  *byTables(reader: ShardReader): Generator<Piece> {
    for (let index = 0; index < reader.frames; ) {
      const frame = this.#frameOf(reader, index);
      if (typeof frame !== 'string') {
        index++;
        yield { kind: 'frame', frame };
        continue;
      }
      let next = index + 1;
      while (next < reader.frames && typeof this.#frameOf(reader, next) === 'string') next++;
      const from = reader.offsetOf(index);
      const to = next === reader.frames ? reader.tablesAt : reader.offsetOf(next);
      const firstLine = reader.firstLine(index);
      const lines = reader.firstLine(next) - firstLine;
      yield* this.searched({ from, to, firstLine, lines, frames: { from: index, to: next } }, frame);
      index = next;
    }
  }

  /** Frames found by their magic numbers. @param why what is wrong there */
  *searched(gap: Gap, why: string): Generator<Piece> {
    this.isDamaged = true;
    const { found, breaks, brokenAt } = this.#search(gap);
    const { lines } = gap;
    const total = countLines(found);
    // Nothing is missing when all lines are there, whatever else is between them.
    const isWhole = lines === undefined ? breaks.length === 0 : total === lines;
    const [head, tailAt] = isWhole
      ? [found.length, found.length]
      : [breaks[0] ?? found.length, breaks.at(-1) ?? found.length];
    const isCountable = lines === undefined || total <= lines;
    const first = isWhole || isCountable ? found.slice(0, head) : [];
    const last = isCountable && !isWhole ? found.slice(lines === undefined ? head : tailAt) : [];
    yield* this.#placed(first, gap.firstLine);
    if (isWhole) return;
    const begin = gap.firstLine + countLines(first);
    const missing = lines === undefined ? undefined : lines - countLines(first) - countLines(last);
    if (missing !== 0)
      yield { kind: 'lost', lost: { offset: brokenAt ?? gap.from, firstLine: begin, lines: missing, message: why } };
    yield* this.#placed(last, begin + (missing ?? 0));
  }

  *#placed(frames: readonly SoundFrame[], firstLine: number): Generator<Piece> {
    let line = firstLine;
    for (const found of frames) {
      const frame = { ...found, firstLine: line };
      this.read(frame);
      yield { kind: 'frame', frame };
      line += frame.lines;
    }
  }

  /** All sound frames of a gap; `breaks`: which of them do not begin where the one before ended. */
  #search({ from, to, frames }: Gap) {
    // Damage costs about as much work as there are bytes. A shard that was made to cost more has frames within frames, each of
    // which claims to be as large as a frame may be: what is behind them is lost.
    this.#workLeft = FRAME_TEXT_BYTES_MAX + WORK_PER_BYTE * (to - from);
    const found: SoundFrame[] = [];
    const breaks: number[] = [];
    let brokenAt: number | undefined;
    let next = frames.from;
    for (let at = from, hasBroken = false; at < to; ) {
      this.#throwIfCancelled();
      const frame = this.#frameAt(at, to);
      // Sealed frames are numbered: one that was moved, or comes twice, is none.
      const index = (frame && this.#form.indexOf(this.#window.at(at, frame.storedBytes))) ?? next;
      if (frame !== undefined && index >= next && index < (frames.to ?? Number.POSITIVE_INFINITY)) {
        if (hasBroken || index > next) breaks.push(found.length);
        if (this.#form.isNumbered) next = index + 1;
        hasBroken = false;
        found.push(frame);
        at += frame.storedBytes;
        continue;
      }
      hasBroken ||= !this.#isBehindFrames(at);
      brokenAt ??= at;
      if (this.#workLeft < 0) {
        breaks.push(found.length);
        break;
      }
      at = this.#window.find(this.#form.beginning, at + 1, to);
      if (at === to && hasBroken) breaks.push(found.length);
    }
    return { found, breaks, brokenAt };
  }

  /** Whether a section or a table begins here, sound or not: then no frame is missing. */
  #isBehindFrames(at: number): boolean {
    const header = this.#window.at(at, 1 + SKIPPABLE_MAGIC.byteLength);
    const isSkippable = header.subarray(1).equals(SKIPPABLE_MAGIC) && (header[0]! & 0xf0) === 0x50;
    return isSkippable && !header.equals(SEALED_FRAME_PATTERN);
  }

  /** A frame of the tables; or what is wrong with it. */
  #frameOf(reader: ShardReader, index: number): SoundFrame | string {
    this.#throwIfCancelled();
    const offset = reader.offsetOf(index);
    try {
      const { storedBytes, plainBytes, records } = reader.spanOf(index);
      const bytes = this.#window.at(offset, storedBytes);
      this.#hash.update(bytes);
      const lines = this.#linesOf(bytes, plainBytes, offset, index);
      if (lines !== records) return `frame ${index} of ${this.#path} has ${lines} lines, but its table says ${records}`;
      return { offset, storedBytes, plainBytes, firstLine: reader.firstLine(index), lines };
    } catch (error) {
      return damageOf(error);
    }
  }

  /** The frame that begins at `offset`, by what it says itself; its lines are counted from 0. */
  #frameAt(offset: number, to: number): SoundFrame | undefined {
    const storedBytes = this.#form.bytesAt(this.#window, offset, () => {
      this.#workLeft -= WORK_PER_BYTE;
    });
    if (storedBytes === undefined || storedBytes > Math.min(FRAME_STORED_BYTES_MAX, to - offset)) return undefined;
    const bytes = this.#window.at(offset, storedBytes);
    const plainBytes = this.#form.plainBytes(bytes);
    this.#workLeft -= storedBytes;
    if (plainBytes === undefined || plainBytes === 0 || plainBytes > FRAME_TEXT_BYTES_MAX) return undefined;
    try {
      const lines = this.#linesOf(bytes, plainBytes, offset);
      const isFrame = lines > 0 && lines <= FRAME_RECORDS_MAX && plainBytes >= 2 * lines;
      if (isFrame) return { offset, storedBytes, plainBytes, firstLine: 0, lines };
      this.#workLeft -= plainBytes;
      return undefined;
    } catch (error) {
      this.#workLeft -= plainBytes;
      damageOf(error);
      return undefined;
    }
  }

  /** @param index of the frame, where the tables say it */
  #linesOf(bytes: Buffer, plainBytes: number, offset: number, index = this.#form.indexOf(bytes) ?? 0): number {
    return this.#room.linesOf(this.#form.codec, bytes, plainBytes, this.#path, offset, index);
  }

  #throwIfCancelled(): void {
    if (this.#progress.isCancelled) throw new Cancelled();
  }
}

function countLines(frames: readonly SoundFrame[]): number {
  return frames.reduce((sum, { lines }) => sum + lines, 0);
}

/** Whether an error says that what was read is not what was written. */
export function isDamage(error: unknown): error is GristmillError {
  return error instanceof GristmillError && error.code === 'CHECKSUM_MISMATCH';
}

/** What is wrong with what was read. @throws what is no damage */
export function damageOf(error: unknown): string {
  if (isDamage(error)) return error.message;
  throw error;
}
