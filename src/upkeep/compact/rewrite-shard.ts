// plan > [rewrite] > publish
//
// Writes the live records of a shard into a new file under a new number; nothing names it yet. What has to be unpacked and
// packed again is a frame at a time, so lookups of the same process have their turns in between. Several shards of one new
// file are joined there, one after another (store/shards/joined/joined.ts): those that need not be written anew are copied.

import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { FRAME_BYTES } from '../../base/limits.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import { reserveShards } from '../../store/publish/publisher.js';
import { Forms } from '../../store/shards/forms.js';
import { Holes } from '../../store/shards/holes.js';
import { JoinedWriter } from '../../store/shards/joined/join-write.js';
import { reshapedBytes } from '../../store/shards/line.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines, inlineLines } from '../../store/shards/shard-lines.js';
import { type ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { Catalog, CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';
import type { FilePlan, Move } from './plan.js';

const NEWLINE = Buffer.from('\n');
/** Of zstd. */
const LEVEL = 1;

/**
 * Writes a file that is planned.
 * @returns the entries of its shards as they are to be; durable, but not published.
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: no file is left then.
 */
export async function rewriteShards(
  catalog: Catalog,
  place: StorePlace,
  { manifest, moves }: FilePlan,
  signal: AbortSignal | undefined,
): Promise<readonly ShardEntry[]> {
  const first = await reserveShards(catalog, moves.length);
  const file = shardFileName(first, place.seal !== undefined);
  const snapshot = catalog.snapshot();
  const source = { ...place, manifest, snapshot, signal };
  try {
    const path = shardPath(place.directory, file);
    const [only, ...others] = moves;
    if (only === undefined || others.length > 0) return await joinShards(source, path, first, moves);
    return [{ ...(await rewriteAlone(source, path, only)), fileNumber: first, file }];
  } finally {
    snapshot.release();
  }
}

/** Where the shards of a collection are read from. */
interface ShardSource extends StorePlace {
  readonly manifest: CollectionManifest;
  readonly snapshot: CatalogRead;
  readonly signal: AbortSignal | undefined;
}

async function rewriteAlone(source: ShardSource, path: string, move: Move): Promise<Omit<ShardEntry, 'at'>> {
  const { blobs } = source;
  const { entry } = move;
  const { at: _, ...rest } = entry;
  const writer = ShardWriter.create(blobs, path, LEVEL, entry.shard);
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
        const summary = await writer.write(entry.shard, (part) => writeLive(source, move, part));
        joined.push({ ...entry, ...summary, ...place, ...shapeOf(move) });
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

/** Writes a shard anew, without the records that are dead by now. */
async function writeLive(
  { directory, blobs, manifest, snapshot, signal }: ShardSource,
  { entry, shape }: Move,
  writer: ShardWriter,
): Promise<ShardSummary> {
  const form = new Forms(snapshot.history(manifest.id), shape).of(entry);
  const reader = entry.fileNumber === 0 ? undefined : ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    const holes = holesOf(entry, snapshot);
    const packer = new FramePacker(writer);
    const lines = reader === undefined ? inlineLines(entry, snapshot) : fileLines(reader);
    for await (const { frame, ordinalOf } of lines) {
      throwIfCancelled(signal);
      for (let line = 0; line < frame.lines.length - 1; line++) {
        if (holes.has(ordinalOf(line))) continue;
        const text = frame.plain.subarray(frame.lines[line], frame.lines[line + 1]! - 1);
        packer.add(
          form.reshape === undefined
            ? frame.plain.subarray(frame.lines[line], frame.lines[line + 1])
            : Buffer.concat([reshapedBytes(text, form), NEWLINE]),
        );
      }
      await setImmediate();
    }
    packer.finish();
    const origin = reader === undefined ? inlineOrigin(manifest, entry) : (originOf(reader) ?? {});
    return writer.finish(origin, holes.lines < entry.records ? holes : undefined, shape);
  } finally {
    reader?.close();
  }
}

/** As the entry of the shard has it. */
function shapeOf({ shape }: Move): Pick<ShardEntry, 'shape'> {
  return { shape: shape === 0 ? undefined : shape };
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
