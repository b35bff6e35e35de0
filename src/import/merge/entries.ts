// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// One partition of the key space, in a worker: reads its part of every run, in source order, and lets the kernel sort it
// once more (stable, so equal keys stay in source order), settle repeated primary keys and build pages.

import { ENTRY_HEAP_BYTES, INDEXES_MAX, RUN_CHUNK_BYTES, SMALL_ENTRY_HEAP_BYTES } from '../../base/limits.js';
import { ioError } from '../../base/system-errors.js';
import { wholeEntries } from '../../kernel/entry.js';
import type { Entries } from '../../kernel/simd/entries.js';
import type { Blobs } from '../../store/files/blobs.js';
import { type PageBatch, PageBatcher } from '../../store/pages/batch.js';
import { PAGE_BYTES } from '../../store/pages/write.js';
import { threadKernel } from '../scan/thread-kernel.js';
import type { MergeResult, MergeTask } from '../tasks/merge.js';
import { runPathOf } from '../tasks/span-paths.js';

/** Entries read from a run at once; whole chunks, so whole entries only after a cut. */
const READ_BYTES = 4 * RUN_CHUNK_BYTES;

/** @throws GristmillError IO_ERROR */
export function mergeEntries(task: MergeTask, blobs: Blobs): MergeResult {
  const isSmall = bytesOf(task) <= SMALL_ENTRY_HEAP_BYTES / 2;
  for (let heapBytes = isSmall ? SMALL_ENTRY_HEAP_BYTES : ENTRY_HEAP_BYTES; ; heapBytes *= 2) {
    // The scan's own kernel, unless this partition needs a larger heap.
    const { entries } = threadKernel({ id: task.id, heapBytes, windowBytes: READ_BYTES, depthMax: 1 });
    if (loadSlices(entries, task, blobs)) return mergeLoaded(entries, task);
  }
}

function bytesOf({ slices }: MergeTask): number {
  let bytes = 0;
  for (let i = 2; i < slices.length; i += 3) bytes += slices[i]!;
  return bytes;
}

/** Adds the entries of all slices that are within the bounds to the heap; false when they do not fit. */
function loadSlices(entries: Entries, task: MergeTask, blobs: Blobs): boolean {
  const { slices, temporary } = task;
  for (let i = 0; i < slices.length; i += 3) {
    const slice = { path: runPathOf(temporary, slices[i]!), offset: slices[i + 1]!, bytes: slices[i + 2]! };
    if (!loadSlice(entries, slice, task, blobs)) return false;
  }
  return true;
}

interface RunSlice {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

function loadSlice(entries: Entries, slice: RunSlice, task: MergeTask, blobs: Blobs): boolean {
  const bounds = entries.putBounds(task.low, task.high);
  const run = blobs.open(slice.path, 'run');
  try {
    for (let done = 0; done < slice.bytes; ) {
      const target = entries.room(Math.min(READ_BYTES, slice.bytes - done));
      const bytes = run.readSync(target, slice.offset + done);
      // A slice ends with an entry: only what was cut off in between has to be walked through.
      const whole = done + bytes === slice.bytes ? bytes : wholeEntries(target.subarray(0, bytes));
      if (whole === 0) throw ioError(new Error('it ends too early'), 'read run', slice.path);
      if (!entries.addRead(whole, bounds)) return false;
      done += whole;
    }
    return true;
  } finally {
    run.close();
  }
}

function mergeLoaded(entries: Entries, { keep, room: given }: MergeTask): MergeResult {
  entries.sort();
  const losers = entries.dedupe(keep);
  const duplicate = losers.length > 0 ? entries.duplicate() : undefined;
  const room = roomFor(entries, given);
  const pages: PageBatch[] = [];
  let end = 0;
  for (let index = entries.nextIndex(); index >= 0; index = entries.nextIndex()) {
    const merged = takeIndex(entries, index, new Uint8Array(room, end));
    pages.push(merged);
    end += merged.bytes.byteLength;
  }
  return { pages, room, losers, ...(duplicate && { duplicate }) };
}

/**
 * Room for the pages of these entries. A full page takes about as much as its entries take in the heap, at most a few bytes
 * more. The last page of an index may be mostly header. Memory that is never written to costs nothing. Merges one after
 * another use the same room: a small one is for a small import, which has no other merge.
 */
function roomFor({ heapBytes, count }: Entries, given: SharedArrayBuffer | undefined): SharedArrayBuffer {
  const bytes = Math.ceil(heapBytes * (1 + 1 / 256)) + Math.min(INDEXES_MAX, count) * PAGE_BYTES;
  if (given && given.byteLength >= bytes) return given;
  return new SharedArrayBuffer(heapBytes <= SMALL_ENTRY_HEAP_BYTES ? bytes : Math.max(bytes, ENTRY_HEAP_BYTES));
}

/** All pages of the index that is taken next, copied once out of the kernel. */
function takeIndex(entries: Entries, index: number, room: Uint8Array): PageBatch {
  const batcher = new PageBatcher(index, room);
  for (let page = entries.takePage(index); page !== undefined; page = entries.takePage(index)) {
    batcher.add(page.bytes, page.entries);
  }
  return batcher.finish();
}
