// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Cuts the key space into partitions that a worker can sort in memory, by the fences of all runs: what lies between two
// fences of a run is one chunk of it, so sizes are known to within a chunk a run.

import { ENTRY_HEAP_BYTES } from '../limits.js';
import type { MergeTask, RunSlice } from './merge-types.js';
import { ENTRY_HEADER_BYTES, entryBytes } from './run-write.js';
import type { Run } from './span-types.js';

/** Of the heap, so that chunks which only touch a partition usually fit too. */
const PARTITION_BYTES = ENTRY_HEAP_BYTES / 2;

/** A run with the file it is in. */
export interface PlacedRun extends Run {
  readonly path: string;
}

/** Where a chunk of a run begins: its first entry. */
interface Fence {
  readonly entry: Buffer;
  readonly bytes: number;
}

/** Tasks in key order, made one by one as they are asked for. @param runs in source order. */
export function* planMerge(
  runs: readonly PlacedRun[],
  id: string,
  keep: 'last' | 'first',
  partitionBytes = PARTITION_BYTES,
): Generator<MergeTask> {
  const cursors = runs.map((run) => new RunCursor(run));
  const bounds = chooseBounds(
    cursors.flatMap(({ fences }) => fences),
    partitionBytes,
  );
  for (let i = 0; i <= bounds.length; i++) {
    const low = bounds[i - 1];
    const high = bounds[i];
    const slices = cursors.flatMap((cursor) => cursor.sliceTo(high));
    if (slices.length > 0) yield { id, slices, keep, ...(low && { low }), ...(high && { high }) };
  }
}

/** Bounds such that about so many bytes of chunks begin between two of them. */
function chooseBounds(fences: Fence[], partitionBytes: number): Buffer[] {
  fences.sort((a, b) => compareEntries(a.entry, b.entry));
  const bounds: Buffer[] = [];
  let bytes = 0;
  for (const fence of fences) {
    if (bytes >= partitionBytes) {
      const bound = boundAt(fence.entry);
      const last = bounds.at(-1);
      if (last === undefined || compareEntries(last, bound) < 0) {
        bounds.push(bound);
        bytes = 0;
      }
    }
    bytes += fence.bytes;
  }
  return bounds;
}

/** Equal primary keys must meet in one partition: a bound among them is put before all of them. */
function boundAt(entry: Buffer): Buffer {
  const bound = Buffer.from(entry);
  if (bound[ENTRY_HEADER_BYTES] === 0) bound.fill(0, 0, 8);
  return bound;
}

/** Walks a run from one bound to the next. */
class RunCursor {
  readonly fences: readonly Fence[];
  readonly #path: string;
  /** The first chunk that may hold entries of the partition at hand, and where it is in the file. */
  #chunk = 0;
  #offset: number;

  constructor(run: PlacedRun) {
    this.fences = fencesOf(run);
    this.#path = run.path;
    this.#offset = run.offset;
  }

  /** The chunks that may hold entries from the last bound to this one; none, or one slice. */
  sliceTo(high: Buffer | undefined): RunSlice[] {
    const offset = this.#offset;
    let bytes = 0;
    let end = this.#chunk;
    let order = -1;
    for (; end < this.fences.length; end++) {
      const { entry, bytes: chunkBytes } = this.fences[end] as Fence;
      order = high ? compareEntries(entry, high) : -1;
      if (order >= 0) break;
      bytes += chunkBytes;
    }
    if (bytes === 0) return [];
    // The last chunk may go on beyond the bound, unless the next one begins exactly there.
    const last = this.fences[end - 1] as Fence;
    this.#chunk = order === 0 ? end : end - 1;
    this.#offset = offset + bytes - (order === 0 ? 0 : last.bytes);
    return [{ path: this.#path, offset, bytes }];
  }
}

function fencesOf({ fences, chunkBytes }: PlacedRun): Fence[] {
  const all = Buffer.from(fences.buffer, fences.byteOffset, fences.byteLength);
  const view = new DataView(fences.buffer, fences.byteOffset, fences.byteLength);
  let at = 0;
  return Array.from(chunkBytes, (bytes) => {
    const begin = at;
    at += entryBytes(view, at);
    return { entry: all.subarray(begin, at), bytes };
  });
}

/** By (index and key, shard, ordinal). */
function compareEntries(a: Buffer, b: Buffer): number {
  const order = a.compare(b, ENTRY_HEADER_BYTES, b.byteLength, ENTRY_HEADER_BYTES);
  if (order !== 0) return order;
  return a.readUInt32LE(0) - b.readUInt32LE(0) || a.readUInt32LE(4) - b.readUInt32LE(4);
}
