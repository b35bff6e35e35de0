// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Cuts the key space into partitions that a worker can sort in memory, by the fences of all runs: what lies between two
// fences of a run is one chunk of it, so sizes are known to within a chunk a run.

import { ENTRY_HEAP_BYTES, RUN_CHUNK_BYTES } from '../../base/limits.js';
import { boundAt } from '../../kernel/entry.js';
import type { MergeTask, PlacedRun } from '../tasks/merge.js';
import { Fences } from './run-fences.js';

/** Bytes of a partition, at least. */
const PARTITION_BYTES_MIN = 1024 * 1024;
/** And at most: chunks which only touch it should fit the heap too. */
const PARTITION_BYTES_MAX = ENTRY_HEAP_BYTES / 2;

/** Tasks in key order, made one by one as they are asked for. @param runs in source order. */
export function* planMerge(
  runs: readonly PlacedRun[],
  all: Pick<MergeTask, 'id' | 'temporary' | 'keep'>,
  partitionBytes = partitionBytesFor(runs.length),
): Generator<MergeTask> {
  const fences = new Fences(runs);
  const bounds = chooseBounds(fences, partitionBytes);
  let fence = 0;
  const cursors = runs.map((run) => {
    const first = fence;
    fence += run.chunkBytes.length;
    return new RunCursor(run, fences, first, fence);
  });
  for (let i = 0; i <= bounds.length; i++) {
    const low = bounds[i - 1];
    const high = bounds[i];
    const slices = Float64Array.from(cursors.flatMap((cursor) => cursor.sliceTo(high)));
    if (slices.length > 0) yield { ...all, slices, ...(low && { low }), ...(high && { high }) };
  }
}

/** Small, for memory; but a chunk of every run may have to be read in vain, and that must stay a fair share. */
function partitionBytesFor(runs: number): number {
  return Math.min(PARTITION_BYTES_MAX, Math.max(PARTITION_BYTES_MIN, (runs * RUN_CHUNK_BYTES) / 2));
}

/** Chooses bounds such that about `partitionBytes` bytes of chunks begin between two of them. */
function chooseBounds(fences: Fences, partitionBytes: number): Buffer[] {
  const bounds: Buffer[] = [];
  let bytes = 0;
  for (const fence of fences.inOrder()) {
    if (bytes >= partitionBytes) {
      const bound = boundAt(fences.entry(fence));
      const last = bounds.at(-1);
      if (!last?.equals(bound)) {
        bounds.push(bound);
        bytes = 0;
      }
    }
    bytes += fences.chunkBytes(fence);
  }
  return bounds;
}

/** Walks a run from one bound to the next. */
class RunCursor {
  readonly #fences: Fences;
  readonly #shard: number;
  /** The first chunk that may hold entries of the partition at hand, and where it is in the file. */
  #chunk: number;
  readonly #endChunk: number;
  #offset: number;

  /** @param from its first fence @param to one past its last */
  constructor({ shard, offset }: PlacedRun, fences: Fences, from: number, to: number) {
    this.#fences = fences;
    this.#shard = shard;
    this.#chunk = from;
    this.#endChunk = to;
    this.#offset = offset;
  }

  /** The chunks that may hold entries from the last bound to this one: none, or one slice (see MergeTask). */
  sliceTo(high: Buffer | undefined): number[] {
    const offset = this.#offset;
    let bytes = 0;
    let end = this.#chunk;
    let order = -1;
    for (; end < this.#endChunk; end++) {
      order = high ? this.#fences.compare(end, high) : -1;
      if (order >= 0) break;
      bytes += this.#fences.chunkBytes(end);
    }
    if (bytes === 0) return [];
    // The last chunk may go on beyond the bound, unless the next one begins exactly there.
    this.#chunk = order === 0 ? end : end - 1;
    this.#offset = offset + bytes - (order === 0 ? 0 : this.#fences.chunkBytes(end - 1));
    return [this.#shard, offset, bytes];
  }
}
