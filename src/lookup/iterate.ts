// key > index page > location > frame cache > frame > record: all records in source order
//
// Like a range (rows/reading.ts), a scan holds one generation and a snapshot of the catalog from beginning to end.

import { GristmillError } from '../base/errors.js';
import { isMissing } from '../base/system-errors.js';
import { isDead } from '../store/catalog/tombstones.js';
import { shardPath } from '../store/files/layout.js';
import { lineText } from '../store/shards/frame.js';
import type { LineForm } from '../store/shards/line.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines, inlineLines, type ShardLines } from '../store/shards/shard-lines.js';
import type { ShardEntry } from '../store/types.js';
import { noRecord, STALE } from './index/generation.js';
import { liveText } from './live-text.js';
import type { Lookup } from './lookup.js';

/** The read path to iterate on, asked for when an iteration begins. */
type LookupSource = () => Lookup;

/** One live record of a frame. */
interface ScannedLine {
  /** Position in the collection, dead records counted. */
  readonly ordinal: number;
  readonly line: string;
  readonly form: LineForm;
}

/** The lines of all live records, in source order. */
export async function* scanLines(source: LookupSource): AsyncGenerator<ScannedLine> {
  for await (const { entry, frame, dead, ordinalOf, form } of scanFrames(source())) {
    for (let i = 0; i < frame.lines.length - 1; i++) {
      const ordinal = ordinalOf(i);
      if (isDead(dead, ordinal)) continue;
      yield { ordinal: entry.firstOrdinal + ordinal, line: lineText(frame, i), form };
    }
  }
}

/** The same as texts of whole frames, for export. Of a frame with dead records, only the live lines. */
export async function* scanChunks(source: LookupSource): AsyncGenerator<Uint8Array> {
  for await (const { frame, dead, ordinalOf, form } of scanFrames(source())) {
    const live = [...liveText({ frame, ordinalOf }, dead, form)];
    if (live.length === 1) yield live[0]!;
    else if (live.length > 1) yield Buffer.concat(live);
  }
}

interface ScannedFrame extends ShardLines {
  readonly entry: ShardEntry;
  readonly dead: Uint8Array;
  readonly form: LineForm;
}

async function* scanFrames(lookup: Lookup): AsyncGenerator<ScannedFrame> {
  const { generation, snapshot } = lookup.hold();
  try {
    for (const entry of generation.shards) {
      const dead = generation.tombstones(entry, snapshot);
      const form = generation.forms.of(entry);
      const frames = entry.fileNumber === 0 ? inlineLines(entry, snapshot) : linesOfFile(entry, lookup);
      for await (const frame of frames) {
        yield { ...frame, entry, dead, form };
        snapshot.assertOpen();
      }
    }
  } catch (error) {
    throw replacedMeanwhile(error, lookup.name);
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** Of a file, through a reader of its own: the shared ones are closed when many shards are in use. */
async function* linesOfFile(entry: ShardEntry, lookup: Lookup): AsyncGenerator<ShardLines> {
  const { directory, blobs } = lookup.store;
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    yield* fileLines(reader);
  } finally {
    reader.close();
  }
}

/** A shard that is gone was replaced by another import: the rest of the old generation cannot be read any more. */
export function replacedMeanwhile(error: unknown, name: string): unknown {
  // What an iteration reads stays as it was: nothing newer explains it.
  if (error === STALE) return noRecord(name);
  if (!isMissing(error)) return error;
  const message = `collection ${name} was replaced while it was being read; start reading again`;
  return new GristmillError('STORE_BUSY', message, { cause: error });
}
