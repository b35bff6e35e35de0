// source > plan > map > scan > [key] > frame > shard > verify > merge > publish
//
// Entries leave the kernel's heap as a sorted run at the end of the span's run file. A run is cut into chunks of whole
// entries; the first entry of each is its fence, by which a merge finds the part of a run it needs.

import { RUN_CHUNK_BYTES } from '../../base/limits.js';
import { entryBytes, renumberEntries } from '../../kernel/entry.js';
import type { Entries } from '../../kernel/simd/entries.js';
import type { Blobs, BlobWriter } from '../../store/files/blobs.js';
import type { Duplicate, Run } from '../tasks/span.js';

/**
 * The first chunk of a run is shorter by a share that differs from span to span (multiples of the golden ratio): else the
 * fences of runs of equal size lie at the same quantiles, and partitions cut by them are of very unequal sizes.
 */
function firstChunkBytes(shard: number): number {
  const share = (shard * 0.6180339887) % 1;
  return Math.floor(RUN_CHUNK_BYTES * (1 / 8 + (7 / 8) * share));
}

/** The ordinals of the lines that the kernel counts, where the two are not the same; they grow together. */
export interface Renumbering {
  /** Whether they are the same for the lines of this run. */
  readonly areLines: boolean;
  of(line: number): number;
}

export class RunWriter {
  readonly runs: Run[] = [];
  readonly losers: number[] = [];
  duplicate: Duplicate | undefined;
  readonly #blobs: Blobs;
  readonly #path: string;
  readonly #firstChunkBytes: number;
  readonly #ordinals: Renumbering | undefined;
  #file: BlobWriter | undefined;
  #offset = 0;

  /** @param ordinals absent: the ordinal of a record is the number of its line */
  constructor(blobs: Blobs, path: string, shard: number, ordinals?: Renumbering) {
    this.#blobs = blobs;
    this.#path = path;
    this.#firstChunkBytes = firstChunkBytes(shard);
    this.#ordinals = ordinals;
  }

  /** Sorts the kernel's entries, drops repeated primary keys, appends the rest as a run and empties the heap. */
  write(entries: Entries, keep: 'last' | 'first'): void {
    if (entries.count === 0) return;
    entries.hide();
    entries.sort();
    this.#noteLosers(entries, entries.dedupe(keep));
    const chunkBytes: number[] = [];
    const fences: Uint8Array[] = [];
    const offset = this.#offset;
    const ordinals = this.#ordinals?.areLines ? undefined : this.#ordinals;
    const ordinalOf = ordinals && ((line: number): number => ordinals.of(line));
    const take = () => entries.takeRun(chunkBytes.length === 0 ? this.#firstChunkBytes : RUN_CHUNK_BYTES);
    for (let chunk = take(); chunk.byteLength > 0; chunk = take()) {
      if (ordinalOf) renumberEntries(chunk, ordinalOf);
      fences.push(chunk.slice(0, entryBytes(chunk)));
      chunkBytes.push(chunk.byteLength);
      this.#append(chunk);
    }
    this.runs.push({ offset, chunkBytes: Uint32Array.from(chunkBytes), fences: Buffer.concat(fences) });
    entries.clear();
  }

  close(): void {
    this.#file?.close();
  }

  #append(chunk: Uint8Array): void {
    this.#file ??= this.#blobs.create(this.#path, 'run');
    this.#file.append(chunk);
    this.#offset += chunk.byteLength;
  }

  /** @param losers shard and ordinal of each, alternating. */
  #noteLosers(entries: Entries, losers: Uint32Array): void {
    if (losers.length === 0) return;
    for (let i = 1; i < losers.length; i += 2) {
      const line = losers[i]!;
      this.losers.push(this.#ordinals?.of(line) ?? line);
    }
    const found = entries.duplicate();
    if (found && (!this.duplicate || found.ordinal < this.duplicate.ordinal)) this.duplicate = found;
  }
}
