// [plan] > form > pack: all records in the order in which they were stored, or those of them that were chosen.
//
// Workers read the frames of shards in files. Lines that are not in a file, or that are not yet what a reader gets of them, the
// coordinator reads.

import { liveText } from '../../lookup/live-text.js';
import { shardPath } from '../../store/files/layout.js';
import { ShardReader } from '../../store/shards/read.js';
import { inlineLines } from '../../store/shards/shard-lines.js';
import type { ShardEntry } from '../../store/types.js';
import { LinePieces } from './lines.js';
import { isLeftOut, type Mask, runsOf } from './mask.js';
import { type HeldState, PIECE_BYTES, type PlannedPiece } from './planned.js';

/** By shard, a bit for each ordinal. */
export type Chosen = ReadonlyMap<number, Uint8Array>;

/**
 * @param chosen the records that are exported; undefined: all
 * @param copies whether frames may be copied as they are
 */
export async function* sourceOrder(
  held: HeldState,
  chosen: Chosen | undefined,
  copies: boolean,
): AsyncGenerator<PlannedPiece> {
  const { generation, snapshot, lookup } = held;
  const lines = new LinePieces(lookup.store.directory);
  for (const entry of generation.shards) {
    const mask = maskOf(held, entry, chosen);
    if (mask === 'all') continue;
    if (entry.fileNumber === 0) {
      yield* inlinePieces(held, entry, mask, lines);
    } else {
      yield* lines.rest();
      yield* filePieces(held, entry, mask, copies);
    }
    snapshot.assertOpen();
  }
  yield* lines.rest();
}

/** Which records of a shard are left out: some, all, or with undefined none. */
function maskOf(
  { generation, snapshot }: HeldState,
  entry: ShardEntry,
  chosen: Chosen | undefined,
): Mask | 'all' | undefined {
  if (chosen !== undefined) {
    const bits = chosen.get(entry.shard);
    return bits === undefined ? 'all' : { chosen: bits };
  }
  const leftOut = generation.tombstones(entry, snapshot);
  return leftOut.byteLength === 0 ? undefined : { leftOut };
}

async function* filePieces(
  { generation, lookup, snapshot }: HeldState,
  entry: ShardEntry,
  mask: Mask | undefined,
  copies: boolean,
): AsyncGenerator<PlannedPiece> {
  const path = shardPath(lookup.store.directory, entry.file);
  // One of its own: the shared ones are closed when many shards are in use.
  const reader = ShardReader.open(lookup.store.blobs, path, entry);
  try {
    const route = generation.forms.routeOf(entry);
    const mayCopy = copies && route === undefined;
    for (const { from, to, dead, bytes: plainBytes } of runsOf(reader, mask, mayCopy, PIECE_BYTES)) {
      snapshot.assertOpen();
      if (mayCopy && dead === undefined) {
        // The reader is closed when it has read what was begun.
        const frames = reader.storedFrames(from, to);
        frames.catch(() => {}); // told when the piece has its turn
        yield { kind: 'copied', bytes: frames };
        continue;
      }
      const source = { kind: 'frames', entry, route, from, to, dead } as const;
      yield { kind: 'written', task: { path, source, isNamed: entry.named, plainBytes } };
    }
  } finally {
    reader.close();
  }
}

function* inlinePieces(
  { generation, snapshot }: HeldState,
  entry: ShardEntry,
  mask: Mask | undefined,
  pieces: LinePieces,
): Generator<PlannedPiece> {
  const leftOut = new Uint8Array(Math.ceil(entry.records / 8));
  for (let i = 0; i < entry.records; i++) if (isLeftOut(mask, i)) leftOut[i >>> 3]! |= 1 << (i & 7);
  const form = generation.forms.of(entry);
  for (const lines of inlineLines(entry, snapshot)) {
    for (const text of liveText(lines, leftOut, form)) yield* pieces.add(text, entry.named);
  }
}
