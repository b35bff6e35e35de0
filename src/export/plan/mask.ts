// [plan] > form > pack: which records of a shard an export leaves out: the dead ones, or all that were not chosen.

import { isDead } from '../../store/catalog/tombstones.js';
import type { ShardReader } from '../../store/shards/read.js';

/** A bit for each ordinal. */
export type Mask = { readonly leftOut: Uint8Array } | { readonly chosen: Uint8Array };

/** @param mask undefined where no record is left out */
export function isLeftOut(mask: Mask | undefined, ordinal: number): boolean {
  if (mask === undefined) return false;
  return 'leftOut' in mask ? isDead(mask.leftOut, ordinal) : !isDead(mask.chosen, ordinal);
}

/** Frames that follow each other. */
export interface FrameRun {
  readonly from: number;
  readonly to: number;
  /** A bit for each line that is left out, counted from the first one of `from`. Undefined where none is. */
  readonly dead: Uint8Array | undefined;
  /** Bytes of their text, dead lines included; of frames that are a run apart, their bytes in the file. */
  readonly bytes: number;
}

/**
 * The frames of a shard that have records of the export, as runs.
 * @param apart whether frames of which all records are exported have runs of their own
 * @param bytesMax of a run; one frame may have more
 */
export function* runsOf(
  reader: ShardReader,
  mask: Mask | undefined,
  apart: boolean,
  bytesMax: number,
): Generator<FrameRun> {
  let run: { from: number; to: number; bytes: number; isWhole: boolean } | undefined;
  const taken = (): FrameRun => {
    const { from, to, bytes, isWhole } = run!;
    run = undefined;
    return { from, to, dead: isWhole ? undefined : leftOutLines(reader, mask, from, to).bitmap, bytes };
  };
  for (let index = 0; index < reader.frames; index++) {
    const lines = reader.linesOf(index);
    const leftOut = mask === undefined ? 0 : leftOutLines(reader, mask, index, index + 1).count;
    const isWhole = leftOut === 0;
    const bytes = apart && isWhole ? reader.spanOf(index).storedBytes : reader.plainBytesOf(index);
    const isOther = leftOut === lines || (run !== undefined && apart && run.isWhole !== isWhole);
    if (run !== undefined && (isOther || run.bytes + bytes > bytesMax)) yield taken();
    if (leftOut === lines) continue;
    run ??= { from: index, to: index, bytes: 0, isWhole: true };
    run = { from: run.from, to: index + 1, bytes: run.bytes + bytes, isWhole: run.isWhole && isWhole };
  }
  if (run !== undefined) yield taken();
}

function leftOutLines(
  reader: ShardReader,
  mask: Mask | undefined,
  from: number,
  to: number,
): { readonly count: number; readonly bitmap: Uint8Array } {
  const first = reader.firstLine(from);
  const lines = reader.firstLine(to) - first;
  const ordinals = reader.holes?.ordinalsOf(first, lines);
  const bitmap = new Uint8Array(Math.ceil(lines / 8));
  let count = 0;
  for (let line = 0; line < lines; line++) {
    if (!isLeftOut(mask, ordinals?.[line] ?? first + line)) continue;
    bitmap[line >>> 3]! |= 1 << (line & 7);
    count++;
  }
  return { count, bitmap };
}
