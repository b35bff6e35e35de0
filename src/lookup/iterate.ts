// key > index page > location > frame cache > frame > record: all records in source order
//
// Like a range (rows/reading.ts), a scan holds one generation and a snapshot of the catalog from beginning to end.

import { GristmillError } from '../base/errors.js';
import { isMissing } from '../base/system-errors.js';
import { isDead } from '../store/catalog/tombstones.js';
import { shardPath } from '../store/files/layout.js';
import { lineText } from '../store/shards/frame.js';
import type { LineForm } from '../store/shards/line.js';
import type { Place } from '../store/shards/place.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines, inlineLines, type ShardLines } from '../store/shards/shard-lines.js';
import type { CatalogSnapshot, Location, ShardEntry } from '../store/types.js';
import { type Generation, noRecord, STALE } from './index/generation.js';
import { liveText } from './live-text.js';
import type { Lookup } from './lookup.js';

/** Says after which record an iteration begins: one in a shard of the state that is read. Undefined: with the first one. */
export type Start = (generation: Generation, snapshot: CatalogSnapshot) => Location | undefined;

/** One live record of a frame. */
interface ScannedLine {
  readonly place: Place;
  readonly line: string;
}

/** The lines of all live records, or of those after one, in source order. */
export async function* scanLines(lookup: Lookup, start: Start): AsyncGenerator<ScannedLine> {
  for await (const { entry, frame, dead, from, ordinalOf, form } of scanFrames(lookup, start)) {
    for (let i = 0; i < frame.lines.length - 1; i++) {
      const ordinal = ordinalOf(i);
      if (ordinal < from || isDead(dead, ordinal)) continue;
      yield { place: { entry, ordinal, form }, line: lineText(frame, i) };
    }
  }
}

/**
 * The same as texts of whole frames, for export. Of a frame with dead records, only the live lines.
 * @param source the read path to iterate on, asked for when the iteration begins
 */
export async function* scanChunks(source: () => Lookup): AsyncGenerator<Uint8Array> {
  for await (const { frame, dead, ordinalOf, form } of scanFrames(source(), () => undefined)) {
    const live = [...liveText({ frame, ordinalOf }, dead, form)];
    if (live.length === 1) yield live[0]!;
    else if (live.length > 1) yield Buffer.concat(live);
  }
}

interface ScannedFrame extends ShardLines {
  readonly entry: ShardEntry;
  readonly dead: Uint8Array;
  readonly form: LineForm;
  /** The first ordinal in the shard that is read. */
  readonly from: number;
}

async function* scanFrames(lookup: Lookup, start: Start): AsyncGenerator<ScannedFrame> {
  const { generation, snapshot } = lookup.hold();
  try {
    const after = start(generation, snapshot);
    // Their order is that of the source. Their numbers may be in another order.
    const first = after === undefined ? 0 : generation.shards.findIndex(({ shard }) => shard === after.shard);
    for (const entry of generation.shards.slice(first)) {
      const from = after?.shard === entry.shard ? after.ordinal + 1 : 0;
      const dead = generation.tombstones(entry, snapshot);
      const form = generation.forms.of(entry);
      const frames = entry.fileNumber === 0 ? inlineLines(entry, snapshot) : linesOfFile(entry, lookup, from);
      for await (const frame of frames) {
        yield { ...frame, entry, dead, form, from };
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
async function* linesOfFile(entry: ShardEntry, lookup: Lookup, from: number): AsyncGenerator<ShardLines> {
  const { directory, blobs } = lookup.store;
  const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    yield* fileLines(reader, from);
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
