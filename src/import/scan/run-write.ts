// source > plan > map > scan > [key] > frame > shard > verify > merge > publish
//
// Entries leave the kernel's heap as a sorted run at the end of the span's run file. A run is cut into chunks of whole
// entries; the first entry of each is its fence, by which a merge finds the part of a run it needs.

import { RUN_CHUNK_BYTES } from '../../base/limits.js';
import type { ScannedRecord } from '../../kernel/contract.js';
import { decodeEntry, entryBytes, renumberEntries } from '../../kernel/entry.js';
import type { SimdKernel } from '../../kernel/simd/kernel.js';
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

export class RunWriter {
  readonly runs: Run[] = [];
  readonly losers: number[] = [];
  duplicate: Duplicate | undefined;
  readonly #blobs: Blobs;
  readonly #path: string;
  readonly #firstChunkBytes: number;
  readonly #ordinalOf: ((line: number) => number) | undefined;
  #file: BlobWriter | undefined;
  #offset = 0;

  /** @param ordinalOf ordinals of the lines that the kernel counts, growing with them; where the two are not the same. */
  constructor(blobs: Blobs, path: string, shard: number, ordinalOf?: (line: number) => number) {
    this.#blobs = blobs;
    this.#path = path;
    this.#firstChunkBytes = firstChunkBytes(shard);
    this.#ordinalOf = ordinalOf;
  }

  /** Sorts the kernel's entries, drops repeated primary keys, appends the rest as a run and empties the heap. */
  write(kernel: SimdKernel, keep: 'last' | 'first'): void {
    const { raw } = kernel;
    if (raw.entries() === 0) return;
    raw.sortEntries();
    this.#noteLosers(kernel, raw.dedupeEntries(keep === 'last' ? 0 : 1));
    const chunkBytes: number[] = [];
    const fences: Uint8Array[] = [];
    const offset = this.#offset;
    const take = () => raw.takeRun(chunkBytes.length === 0 ? this.#firstChunkBytes : RUN_CHUNK_BYTES);
    for (let bytes = take(); bytes > 0; bytes = take()) {
      const chunk = kernel.bytes.subarray(raw.out(), raw.out() + bytes);
      if (this.#ordinalOf) renumberEntries(chunk, this.#ordinalOf);
      fences.push(chunk.slice(0, entryBytes(chunk)));
      chunkBytes.push(bytes);
      this.#append(chunk);
    }
    this.runs.push({ offset, chunkBytes: Uint32Array.from(chunkBytes), fences: Buffer.concat(fences) });
    raw.clearEntries();
  }

  close(): void {
    this.#file?.close();
  }

  #append(chunk: Uint8Array): void {
    this.#file ??= this.#blobs.create(this.#path, 'run');
    this.#file.append(chunk);
    this.#offset += chunk.byteLength;
  }

  #noteLosers(kernel: SimdKernel, count: number): void {
    if (count === 0) return;
    const view = new DataView(kernel.bytes.buffer);
    for (let i = 0; i < count; i++) {
      const line = view.getUint32(kernel.raw.losers() + 8 * i + 4, true);
      this.losers.push(this.#ordinalOf ? this.#ordinalOf(line) : line);
    }
    const found = duplicateOf(kernel);
    if (found && (!this.duplicate || found.ordinal < this.duplicate.ordinal)) this.duplicate = found;
  }
}

/** Adds the entries of a record that the twin has read, before its line; `spill` makes room for them. */
export function addKeys(kernel: SimdKernel, shard: number, keys: ScannedRecord['keys'], spill: () => void): void {
  for (const [index, key] of keys) {
    if (kernel.addEntry(shard, index, key)) continue;
    spill();
    kernel.addEntry(shard, index, key);
  }
}

/** The first repeated primary key that the last dedupe met. */
export function duplicateOf(kernel: SimdKernel): Duplicate | undefined {
  const at = kernel.raw.firstDuplicate();
  if (at === 0) return undefined;
  const { shard, ordinal, key } = decodeEntry(kernel.bytes, at);
  return { shard, ordinal, key };
}
