// key > index page > location > frame cache > frame > record, for many records in order
//
// Iterations hold one generation and a snapshot of the catalog from beginning to end: they see exactly the records of one
// publication, however long they take and whatever is published meanwhile. While they last, LMDB cannot reuse the pages
// they may still read: an iteration that nobody goes on with should be ended (`break`, `return`).

import { GristmillError } from '../base/errors.js';
import { isMissing } from '../base/system-errors.js';
import type { Freshness } from '../options/freshness.js';
import { isDead } from '../store/catalog/tombstones.js';
import { shardPath } from '../store/files/layout.js';
import { lineText } from '../store/shards/frame.js';
import { type LineForm, lineForm } from '../store/shards/line.js';
import { ShardReader } from '../store/shards/read.js';
import { fileLines, inlineLines, type ShardLines } from '../store/shards/shard-lines.js';
import type { ShardEntry } from '../store/types.js';
import { type KeyText, textsInOrder } from './in-order.js';
import { noRecord, STALE } from './index/generation.js';
import { checkBoundsForm } from './index/key-form.js';
import { type RangeOptions, resolveBounds, resolveRangeOptions } from './index/range.js';
import type { Lookup } from './lookup.js';

/** The read path to iterate on, asked for when an iteration begins. */
type LookupSource = () => Lookup;

/** Keys and texts of the records in a range. @param method whose options these are, for messages */
export async function* rangeTexts(
  reading: (freshness?: Freshness) => Lookup,
  method: string,
  given: RangeOptions | undefined,
): AsyncGenerator<KeyText> {
  const options = resolveRangeOptions(method, given);
  const bounds = resolveBounds(options);
  const lookup = reading(options.freshness);
  const { generation, snapshot } = lookup.hold();
  try {
    checkBoundsForm(generation, options);
    let left = bounds.limit;
    if (left === 0) return;
    for await (const found of textsInOrder({ lookup, generation, snapshot, bounds, index: options.index })) {
      yield found;
      if (--left === 0) return;
    }
  } catch (error) {
    throw replacedMeanwhile(error, lookup.name);
  } finally {
    snapshot.release();
    generation.release();
  }
}

/** One live record of a frame. */
interface ScannedLine {
  /** Position in the collection, dead records counted. */
  readonly ordinal: number;
  readonly line: string;
  readonly form: LineForm;
}

/** The lines of all live records, in source order. */
export async function* scanLines(source: LookupSource): AsyncGenerator<ScannedLine> {
  for await (const { entry, frame, dead, ordinalOf } of scanFrames(source())) {
    for (let i = 0; i < frame.lines.length - 1; i++) {
      const ordinal = ordinalOf(i);
      if (isDead(dead, ordinal)) continue;
      yield { ordinal: entry.firstOrdinal + ordinal, line: lineText(frame, i), form: lineForm(entry) };
    }
  }
}

/** The same as texts of whole frames, for export. Of a frame with dead records, only the live lines. */
export async function* scanChunks(source: LookupSource): AsyncGenerator<Uint8Array> {
  for await (const { frame, dead, ordinalOf } of scanFrames(source())) {
    const live: Uint8Array[] = [];
    const count = frame.lines.length - 1;
    for (let from = 0; from < count; ) {
      let to = from;
      while (to < count && !isDead(dead, ordinalOf(to))) to++;
      if (to > from) live.push(frame.plain.subarray(frame.lines[from], frame.lines[to]));
      from = to + 1;
    }
    if (live.length === 1) yield live[0]!;
    else if (live.length > 1) yield Buffer.concat(live);
  }
}

interface ScannedFrame extends ShardLines {
  readonly entry: ShardEntry;
  readonly dead: Uint8Array;
}

async function* scanFrames(lookup: Lookup): AsyncGenerator<ScannedFrame> {
  const { generation, snapshot } = lookup.hold();
  try {
    for (const entry of generation.shards) {
      const dead = generation.tombstones(entry, snapshot);
      const frames = entry.fileNumber === 0 ? inlineLines(entry, snapshot) : linesOfFile(entry, lookup);
      for await (const frame of frames) {
        yield { ...frame, entry, dead };
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
function replacedMeanwhile(error: unknown, name: string): unknown {
  // What an iteration reads stays as it was: nothing newer explains it.
  if (error === STALE) return noRecord(name);
  if (!isMissing(error)) return error;
  const message = `collection ${name} was replaced while it was being read; start reading again`;
  return new GristmillError('STORE_BUSY', message, { cause: error });
}
