// plan > [rewrite] > publish
//
// Writes the live records of a shard into a new file under a new number; nothing names it yet. What has to be unpacked and
// packed again is a frame at a time, so lookups of the same process have their turns in between.

import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { FRAME_BYTES } from '../../base/limits.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardFileName, shardPath } from '../../store/files/layout.js';
import { reserveShards } from '../../store/publish/publisher.js';
import { Holes } from '../../store/shards/holes.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines, inlineLines } from '../../store/shards/shard-lines.js';
import { ShardWriter } from '../../store/shards/write.js';
import type { Catalog, CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';

/**
 * @returns the entry as it is to be; durable, but not published.
 * @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR, CANCELLED: no file is left then.
 */
export async function rewriteShard(
  catalog: Catalog,
  { directory, blobs }: StorePlace,
  manifest: CollectionManifest,
  entry: ShardEntry,
  signal: AbortSignal | undefined,
): Promise<ShardEntry> {
  const fileNumber = await reserveShards(catalog, 1);
  const file = shardFileName(fileNumber);
  const path = shardPath(directory, file);
  const snapshot = catalog.snapshot();
  const reader = entry.fileNumber === 0 ? undefined : ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  const writer = ShardWriter.create(blobs, path);
  try {
    const holes = holesOf(entry, snapshot);
    const packer = new FramePacker(writer);
    const lines = reader === undefined ? inlineLines(entry, snapshot) : fileLines(reader);
    for await (const { frame, ordinalOf } of lines) {
      if (signal?.aborted)
        throw new GristmillError('CANCELLED', 'The compaction was cancelled.', { cause: signal.reason });
      for (let line = 0; line < frame.lines.length - 1; line++) {
        if (!holes.has(ordinalOf(line))) packer.add(frame.plain.subarray(frame.lines[line], frame.lines[line + 1]));
      }
      await setImmediate();
    }
    packer.finish();
    const origin = reader === undefined ? inlineOrigin(manifest, entry) : (originOf(reader) ?? {});
    const summary = writer.finish(origin, holes.lines < entry.records ? holes : undefined);
    await blobs.sync(path);
    blobs.syncDirectory(dirname(path));
    return { ...entry, ...summary, fileNumber, file };
  } catch (error) {
    writer.abort();
    throw error;
  } finally {
    reader?.close();
    snapshot.release();
  }
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
function inlineOrigin({ name, framing, key, secondary }: CollectionManifest, entry: ShardEntry): ShardOrigin {
  return {
    ...{ import: entry.shard, collection: name, mode: 'upsert', onDuplicate: 'last', framing, key },
    ...{ indexes: secondary.map(({ path }) => path), shard: entry.shard },
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
