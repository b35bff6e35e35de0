// [compact] [share]: plan > [rewrite] > publish
//
// The live records of a shard, written anew: out of its file, or out of the catalog while it is inline. What has to be unpacked
// and packed again is a frame at a time, so lookups of the same process have their turns in between.

import { setImmediate } from 'node:timers/promises';
import { FRAME_BYTES } from '../../base/limits.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { evolvedOf } from '../../store/shapes/evolved.js';
import { Forms } from '../../store/shards/forms.js';
import type { Frame } from '../../store/shards/frame.js';
import { Holes } from '../../store/shards/holes.js';
import { type LineForm, reshapedBytes } from '../../store/shards/line.js';
import { originOf, type ShardOrigin } from '../../store/shards/origin.js';
import { ShardReader } from '../../store/shards/read.js';
import { fileLines, inlineLines } from '../../store/shards/shard-lines.js';
import type { ShardSummary, ShardWriter } from '../../store/shards/write.js';
import type { CatalogRead, CollectionManifest, ShardEntry } from '../../store/types.js';
import type { Move } from './plan.js';

const NEWLINE = Buffer.from('\n');

/** Where the shards of a collection are read from. */
export interface LiveSource extends StorePlace {
  readonly manifest: CollectionManifest;
  readonly snapshot: CatalogRead;
  readonly throwIfCancelled: () => void;
}

/** Writes a shard anew in this shape, without the records that are dead by now. */
export async function writeLive(
  { directory, blobs, manifest, snapshot, throwIfCancelled }: LiveSource,
  { entry, shape }: Pick<Move, 'entry' | 'shape'>,
  writer: ShardWriter,
): Promise<ShardSummary> {
  const form = new Forms(snapshot.history(manifest.id), shape).of(entry);
  const reader = entry.fileNumber === 0 ? undefined : ShardReader.open(blobs, shardPath(directory, entry.file), entry);
  try {
    const holes = holesOf(entry, snapshot);
    const packer = new FramePacker(writer);
    const lines = reader === undefined ? inlineLines(entry, snapshot) : fileLines(reader);
    for await (const { frame, ordinalOf } of lines) {
      throwIfCancelled();
      for (let line = 0; line < frame.lines.length - 1; line++) {
        if (!holes.has(ordinalOf(line))) packer.add(lineIn(frame, line, form));
      }
      await setImmediate();
    }
    packer.finish();
    const said = reader === undefined ? inlineOrigin(manifest, entry) : originOf(reader);
    const evolved = evolvedOf(snapshot, manifest);
    const origin = said && { ...said, ...(evolved && { evolved }) };
    return writer.finish(origin ?? {}, holes.lines < entry.records ? holes : undefined, shape);
  } finally {
    reader?.close();
  }
}

/** The line with its newline. */
function lineIn({ plain, lines }: Frame, line: number, form: LineForm): Uint8Array {
  const [from, to] = [lines[line] as number, lines[line + 1] as number];
  if (form.reshape === undefined) return plain.subarray(from, to);
  return Buffer.concat([reshapedBytes(plain.subarray(from, to - 1), form), NEWLINE]);
}

/** All that are dead by now, those removed before among them. */
export function holesOf(entry: ShardEntry, read: Pick<CatalogRead, 'tombstones'>): Holes {
  const { records } = entry;
  const bitmap = new Uint8Array(Math.ceil(records / 8));
  // The bitmap at rest ends with its last chunk, which may be behind the last record.
  bitmap.set(read.tombstones(entry).subarray(0, bitmap.byteLength));
  return new Holes(records, bitmap);
}

/** A rewritten file says what the first one said, and the versions of today; what transactions put says it here. */
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
