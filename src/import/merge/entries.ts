// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// One partition of the key space, in a worker: reads its part of every run, in source order, and lets the kernel sort it
// once more (stable, so equal keys stay in source order), settle repeated primary keys and build pages.

import { ENTRY_HEAP_BYTES, INDEXES_MAX, RUN_CHUNK_BYTES } from '../../base/limits.js';
import { ioError } from '../../base/system-errors.js';
import { wholeEntries } from '../../kernel/entry.js';
import { PAGE_STRIDE_BYTES, type SimdKernel } from '../../kernel/simd/kernel.js';
import type { Blobs } from '../../store/files/blobs.js';
import { duplicateOf } from '../scan/run-write.js';
import { threadKernel } from '../scan/thread-kernel.js';
import type { MergedPages, MergeResult, MergeTask, RunSlice } from '../tasks/merge.js';

/** Entries read from a run at once; whole chunks, so whole entries only after a cut. */
const READ_BYTES = 4 * RUN_CHUNK_BYTES;

/** @throws GristmillError IO_ERROR */
export function mergeEntries(task: MergeTask, blobs: Blobs): MergeResult {
  for (let heapBytes = ENTRY_HEAP_BYTES; ; heapBytes *= 2) {
    // The scan's own kernel, unless this partition needs a larger heap.
    const kernel = threadKernel({ id: task.id, heapBytes, windowBytes: READ_BYTES, depthMax: 1 });
    if (task.slices.every((slice) => loadSlice(kernel, slice, task, blobs))) return mergeLoaded(kernel, task);
  }
}

/** Adds a slice's entries within the bounds to the heap; false when they do not fit. */
function loadSlice(merging: SimdKernel, slice: RunSlice, task: MergeTask, blobs: Blobs): boolean {
  const { raw } = merging;
  const out = raw.out();
  // The bounds stand behind what is read, in the kernel's window.
  const low = merging.putBound(task.low, 0);
  const high = merging.putBound(task.high, 1);
  const run = blobs.open(slice.path, 'run');
  try {
    for (let done = 0; done < slice.bytes; ) {
      const wanted = Math.min(READ_BYTES, slice.bytes - done);
      const target = merging.bytes.subarray(out, out + wanted);
      const bytes = run.readSync(target, slice.offset + done);
      // A slice ends with an entry: only what was cut off in between has to be walked through.
      const whole = done + bytes === slice.bytes ? bytes : wholeEntries(target.subarray(0, bytes));
      if (whole === 0) throw ioError(new Error('it ends too early'), 'read run', slice.path);
      if (raw.addEntries(whole, low, high) === 0) return false;
      done += whole;
    }
    return true;
  } finally {
    run.close();
  }
}

function mergeLoaded(merging: SimdKernel, { keep, room: given }: MergeTask): MergeResult {
  const { raw } = merging;
  raw.sortEntries();
  const losers = merging.losers(raw.dedupeEntries(keep === 'last' ? 0 : 1));
  const duplicate = losers.length > 0 ? duplicateOf(merging) : undefined;
  const room = roomFor(raw.heapBytes(), given);
  const pages: MergedPages[] = [];
  let end = 0;
  for (let index = raw.nextIndex(); index >= 0; index = raw.nextIndex()) {
    const merged = takeIndex(merging, index, new Uint8Array(room, end));
    pages.push(merged);
    end += merged.bytes.byteLength;
  }
  return { pages, room, losers, ...(duplicate && { duplicate }) };
}

/**
 * Room for the pages of so many bytes of entries. A full page takes about what its entries take in the heap, at most a few
 * bytes more; the last one of an index may be mostly header. What is never written to takes no memory.
 */
function roomFor(heapBytes: number, given: SharedArrayBuffer | undefined): SharedArrayBuffer {
  const bytes = Math.ceil(heapBytes * (1 + 1 / 256)) + INDEXES_MAX * PAGE_STRIDE_BYTES;
  return given && given.byteLength >= bytes ? given : new SharedArrayBuffer(Math.max(bytes, ENTRY_HEAP_BYTES));
}

/** All pages of the index at the cursor, copied once out of the kernel. */
function takeIndex(kernel: SimdKernel, index: number, room: Uint8Array): MergedPages {
  const { raw } = kernel;
  const ends: number[] = [];
  let entries = 0;
  let end = 0;
  while (raw.nextIndex() === index) {
    for (const page of kernel.takePages()) {
      room.set(page.bytes, end);
      end += page.bytes.byteLength;
      ends.push(end);
      entries += page.entries;
    }
  }
  return { index, entries, bytes: room.subarray(0, end), ends: Uint32Array.from(ends) };
}
