// key > index page > location > frame cache > [frame] > record, for all records of a shard
//
// The lines of a shard in order, frame by frame, with the ordinal of each: from its file, or from the catalog while it is
// inline. For iterations, and for compaction.

import { GristmillError } from '../../base/errors.js';
import type { CatalogRead, ShardEntry } from '../types.js';
import { type Frame, frameOfLines, openFrame } from './frame.js';
import type { ShardReader } from './read.js';

/** Records of an inline shard taken together. */
const INLINE_BATCH = 256;

/** Lines that belong together. */
export interface ShardLines {
  readonly frame: Frame;
  /** Ordinal in the shard of a line of the frame. */
  readonly ordinalOf: (line: number) => number;
}

/** @param from frames whose records are all before this ordinal are not read */
export async function* fileLines(reader: ShardReader, from = 0): AsyncGenerator<ShardLines> {
  const line = reader.holes?.lineOf(Math.min(from, reader.records)) ?? from;
  for await (const { index, plain } of reader.readFrames(reader.frameOf(line))) {
    const first = reader.firstLine(index);
    const ordinals = reader.holes?.ordinalsOf(first, reader.linesOf(index));
    yield { frame: openFrame(plain, reader, index), ordinalOf: (line) => ordinals?.[line] ?? first + line };
  }
}

/** @throws GristmillError CHECKSUM_MISMATCH when records are missing */
export function* inlineLines({ shard, records }: ShardEntry, read: CatalogRead): Generator<ShardLines> {
  for (let first = 0; first < records; first += INLINE_BATCH) {
    const count = Math.min(INLINE_BATCH, records - first);
    const found = read.inlineRecords(shard, first, count);
    if (found.length < count) {
      throw new GristmillError(
        'CHECKSUM_MISMATCH',
        `records of inline shard ${shard} are missing, from record ${first} on`,
      );
    }
    yield { frame: frameOfLines(found.map(({ line }) => line)), ordinalOf: (line) => first + line };
  }
}
