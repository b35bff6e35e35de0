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

interface Fence {
  readonly entry: Uint8Array;
  readonly bytes: number;
}

/** @param runs in source order. */
export function planMerge(runs: readonly PlacedRun[], id: string, keep: 'last' | 'first'): MergeTask[] {
  const fences = runs.map((run) => fencesOf(run));
  const bounds = chooseBounds(fences.flat());
  const tasks: MergeTask[] = [];
  for (let i = 0; i <= bounds.length; i++) {
    const low = bounds[i - 1];
    const high = bounds[i];
    const slices = runs.flatMap((run, r) => sliceOf(run, fences[r] as Fence[], low, high));
    if (slices.length > 0) tasks.push({ id, slices, keep, ...(low && { low }), ...(high && { high }) });
  }
  return tasks;
}

function fencesOf(run: Run): Fence[] {
  const view = new DataView(run.fences.buffer, run.fences.byteOffset, run.fences.byteLength);
  const fences: Fence[] = [];
  let at = 0;
  for (const bytes of run.chunkBytes) {
    const end = at + entryBytes(view, at);
    fences.push({ entry: run.fences.subarray(at, end), bytes });
    at = end;
  }
  return fences;
}

/** Bounds such that about PARTITION_BYTES of chunks begin between two of them. */
function chooseBounds(fences: Fence[]): Uint8Array[] {
  fences.sort((a, b) => compareEntries(a.entry, b.entry));
  const bounds: Uint8Array[] = [];
  let bytes = 0;
  for (const fence of fences) {
    if (bytes >= PARTITION_BYTES) {
      const bound = boundAt(fence.entry);
      if (bounds.length === 0 || compareEntries(bounds.at(-1) as Uint8Array, bound) < 0) {
        bounds.push(bound);
        bytes = 0;
      }
    }
    bytes += fence.bytes;
  }
  return bounds;
}

/** Equal primary keys must meet in one partition: a bound among them is put before all of them. */
function boundAt(entry: Uint8Array): Uint8Array {
  const bound = entry.slice();
  if (bound[ENTRY_HEADER_BYTES] === 0) bound.fill(0, 0, 8);
  return bound;
}

function sliceOf(run: PlacedRun, fences: readonly Fence[], low?: Uint8Array, high?: Uint8Array): RunSlice[] {
  // The last chunk that begins at or before `low` may hold entries after it.
  let first = low ? lowerBound(fences, low) : 0;
  if (low && first > 0 && (first === fences.length || compareEntries((fences[first] as Fence).entry, low) > 0)) first--;
  const last = high ? lowerBound(fences, high) : fences.length;
  if (first >= last) return [];
  const bytesOf = (from: number, to: number) => fences.slice(from, to).reduce((sum, fence) => sum + fence.bytes, 0);
  return [{ path: run.path, offset: run.offset + bytesOf(0, first), bytes: bytesOf(first, last) }];
}

/** The first fence ≥ `entry`. */
function lowerBound(fences: readonly Fence[], entry: Uint8Array): number {
  let low = 0;
  let high = fences.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareEntries((fences[middle] as Fence).entry, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By (index and key, shard, ordinal). */
function compareEntries(a: Uint8Array, b: Uint8Array): number {
  const order = Buffer.compare(a.subarray(ENTRY_HEADER_BYTES), b.subarray(ENTRY_HEADER_BYTES));
  if (order !== 0) return order;
  const x = new DataView(a.buffer, a.byteOffset);
  const y = new DataView(b.buffer, b.byteOffset);
  return x.getUint32(0, true) - y.getUint32(0, true) || x.getUint32(4, true) - y.getUint32(4, true);
}

