// plan > [rewrite] > publish
//
// Writes the live records of a shard into a new file under a new number; nothing names it yet. What has to be unpacked and
// packed again is a frame at a time, so lookups of the same process have their turns in between. Several shards of one new
// file are joined there, one after another (store/shards/joined/joined.ts): those that need not be written anew are copied.

import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { FRAME_BYTES } from '../../base/limits.js';
import type { FrameEncoder } from '../../store/codec/frame-codec.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import { reserveShards } from '../../store/publish/publisher.js';
import { Holes } from '../../store/shards/holes.js';
import { JoinedWriter } from '../../store/shards/joined/join-write.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { encoderOf, isRaw } from '../../store/shards/packing.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines, inlineLines } from '../../store/shards/shard-lines.js';
import { type ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { Catalog, CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';
import type { FilePlan } from './plan.js';

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
  const source = { ...place, manifest, snapshot, signal, packed, raw };
  try {
    const path = shardPath(place.directory, file);
    const [only, ...others] = moves;
    if (only === undefined || others.length > 0) return await joinShards(source, path, first, moves);
    return [{ ...(await rewriteAlone(source, path, only.entry)), fileNumber: first, file }];
  } finally {
    snapshot.release();
  }
}

/** Where the shards of a collection are read from. */
interface ShardSource extends StorePlace {
  readonly manifest: CollectionManifest;
  readonly snapshot: CatalogRead;
  readonly signal: AbortSignal | undefined;
  /** What makes the frames of shards that are compressed, and of those that are not. */
  readonly packed: FrameEncoder;
  readonly raw: FrameEncoder;
}

async function rewriteAlone(source: ShardSource, path: string, entry: ShardEntry): Promise<Omit<ShardEntry, 'at'>> {
  const { blobs } = source;
  const { at: _, ...rest } = entry;
  const writer = ShardWriter.create(blobs, path, await encoderFor(source, entry), entry.shard);
  try {
    const summary = await writeLive(source, entry, writer);
    await blobs.sync(path);
    blobs.syncDirectory(dirname(path));
    return { ...rest, ...summary };
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
    for (const [i, { entry, isRewritten }] of moves.entries()) {
      const place = { at: writer.bytes, fileNumber: first + i, file };
      if (isRewritten) {
        const encoder = await encoderFor(source, entry);
        const summary = await writer.write(entry.shard, (part) => writeLive(source, entry, part), encoder);
        joined.push({ ...entry, ...summary, ...place });
      } else {
        throwIfCancelled(source.signal);
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

/** Writes a shard anew, without the records that are dead by now. */
async function writeLive(
  { directory, blobs, manifest, snapshot, signal }: ShardSource,
  entry: ShardEntry,
  writer: ShardWriter,
): Promise<ShardSummary> {
  const reader = entry.fileNumber === 0 ? undefined : ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    const holes = holesOf(entry, snapshot);
    const packer = new FramePacker(writer);
    const lines = reader === undefined ? inlineLines(entry, snapshot) : fileLines(reader);
    for await (const { frame, ordinalOf } of lines) {
      throwIfCancelled(signal);
      for (let line = 0; line < frame.lines.length - 1; line++) {
        if (!holes.has(ordinalOf(line))) packer.add(frame.plain.subarray(frame.lines[line], frame.lines[line + 1]));
      }
      await setImmediate();
    }
    packer.finish();
    const origin = reader === undefined ? inlineOrigin(manifest, entry) : (originOf(reader) ?? {});
    return writer.finish(origin, holes.lines < entry.records ? holes : undefined);
  } finally {
    reader?.close();
  }
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GristmillError('CANCELLED', 'The compaction was cancelled.', { cause: signal.reason });
}

/** All that are dead by now, those removed before among them. */
export function holesOf(entry: ShardEntry, read: Pick<CatalogRead, 'tombstones'>): Holes {
  const { records } = entry;
  const bitmap = new Uint8Array(Math.ceil(records / 8));
  // The bitmap at rest ends with its last chunk, which may be behind the last record.
  bitmap.set(read.tombstones(entry).subarray(0, bitmap.byteLength));
  return new Holes(records, bitmap);
}

/** A rewritten file says what the first one said; what transactions put says it here. */
function inlineOrigin(
  { name, framing, key, secondary, positions }: CollectionManifest,
  entry: ShardEntry,
): ShardOrigin {
  const unique = secondary.filter((index) => index.unique).map(({ path }) => path);
  const kept = secondary.filter((index) => index.kept).map(({ path }) => path);
  return {
    ...(unique.length > 0 && { unique }),
    ...(kept.length > 0 && { kept }),
    ...{ import: entry.shard, collection: name, mode: 'upsert', onDuplicate: 'last', framing, key },
    ...{ indexes: secondary.map(({ path }) => path), ...(positions && { positions }), shard: entry.shard },
    ...{ named: entry.named, source: entry.source, sourceNumber: 0, sources: 1, sourceFrom: 0, isLast: true },
  };
}

/** Fills frames with lines. */
class FramePacker {
  readonly #writer: ShardWriter;
  #lines: Uint8Array[] = [];
  #bytes = 0;

  constructor(writer: ShardWriter) {
    this.#writer = writer;
  }

  /** @param line with its newline; stays as it is until `finish`. */
  add(line: Uint8Array): void {
    if (this.#bytes > 0 && this.#bytes + line.byteLength > FRAME_BYTES) this.finish();
    this.#lines.push(line);
    this.#bytes += line.byteLength;
  }

  finish(): void {
    this.#writer.append(Buffer.concat(this.#lines), this.#lines.length);
    this.#lines = [];
    this.#bytes = 0;
  }
}
