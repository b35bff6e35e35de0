// plan > [rewrite] > publish
//
// Writes the live records of a shard into a new file under a new number; nothing names it yet. Several shards of one new file
// are joined there, one after another (store/shards/joined/joined.ts): those that need not be written anew are copied.

import { dirname } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import type { FrameEncoder } from '../../store/codec/frame-codec.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import { reserveShards } from '../../store/publish/publisher.js';
import { JoinedWriter } from '../../store/shards/joined/join-write.js';
import { encoderOf, isRaw } from '../../store/shards/packing.js';
import { ShardReader } from '../../store/shards/read.js';
import { ShardWriter } from '../../store/shards/write.js';
import type { Catalog, ShardEntry } from '../../store/types.js';
import { type LiveSource, writeLive } from './live-shard.js';
import type { FilePlan, Move } from './plan.js';

/** How shards are written anew. */
export interface Rewriting {
  /** Whether shards that are not compressed become compressed. */
  readonly recompress: boolean;
  /** Of zstd. */
  readonly level: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes a file that is planned.
 * @returns the entries of its shards as they are to be; durable, but not published.
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: no file is left then.
 */
export async function rewriteShards(
  catalog: Catalog,
  place: StorePlace,
  { manifest, moves }: FilePlan,
  { recompress, level, signal }: Rewriting,
): Promise<readonly ShardEntry[]> {
  const first = await reserveShards(catalog, moves.length);
  const file = shardFileName(first, place.seal !== undefined);
  const snapshot = catalog.snapshot();
  const { codec } = place.blobs;
  const packed = encoderOf(codec, { compression: 'zstd', level });
  const raw = recompress ? packed : encoderOf(codec, { compression: 'none', level });
  const source = { ...place, manifest, snapshot, throwIfCancelled: () => throwIfCancelled(signal), packed, raw };
  try {
    const path = shardPath(place.directory, file);
    const [only, ...others] = moves;
    if (only === undefined || others.length > 0) return await joinShards(source, path, first, moves);
    return [{ ...(await rewriteAlone(source, path, only)), fileNumber: first, file }];
  } finally {
    snapshot.release();
  }
}

/** What shards are made of. */
interface ShardSource extends LiveSource {
  /** What makes the frames of shards that are compressed, and of those that are not. */
  readonly packed: FrameEncoder;
  readonly raw: FrameEncoder;
}

async function rewriteAlone(source: ShardSource, path: string, move: Move): Promise<Omit<ShardEntry, 'at'>> {
  const { blobs } = source;
  const { entry } = move;
  const { at: _, ...rest } = entry;
  const writer = ShardWriter.create(blobs, path, await encoderFor(source, entry), entry.shard);
  try {
    const summary = await writeLive(source, move, writer);
    await blobs.sync(path);
    blobs.syncDirectory(dirname(path));
    return { ...rest, ...summary, ...shapeOf(move) };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

async function joinShards(
  source: ShardSource,
  path: string,
  first: number,
  moves: FilePlan['moves'],
): Promise<readonly ShardEntry[]> {
  const { directory, blobs, seal } = source;
  const file = shardFileName(first, seal !== undefined);
  const writer = new JoinedWriter(blobs, path);
  try {
    const joined: ShardEntry[] = [];
    for (const [i, move] of moves.entries()) {
      const { entry, isRewritten } = move;
      const place = { at: writer.bytes, fileNumber: first + i, file };
      if (isRewritten) {
        const encoder = await encoderFor(source, entry);
        const summary = await writer.write(entry.shard, (part) => writeLive(source, move, part), encoder);
        joined.push({ ...entry, ...summary, ...place, ...shapeOf(move) });
      } else {
        source.throwIfCancelled();
        const reader = ShardReader.open(blobs, shardPath(directory, entry.file), entry);
        try {
          await writer.copy(entry.shard, reader, entry.sha256);
        } finally {
          reader.close();
        }
        joined.push({ ...entry, ...place });
      }
    }
    await writer.finish();
    return joined;
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** A shard that is written anew keeps what it was. */
async function encoderFor(source: ShardSource, entry: ShardEntry): Promise<FrameEncoder> {
  return (await isRaw(source, entry)) ? source.raw : source.packed;
}

/** As the entry of the shard has it. */
function shapeOf({ shape }: Move): Pick<ShardEntry, 'shape'> {
  return { shape: shape === 0 ? undefined : shape };
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GristmillError('CANCELLED', 'The compaction was cancelled.', { cause: signal.reason });
}
