// source > plan > map > [scan > key] > frame > shard > verify > [merge] > publish
//
// One kernel a thread, for scanning and for merging: its memory, the larger part of what a worker holds, exists once. It is
// made anew for another import, because the key paths are the import's, and for a larger heap.

import { SimdKernel } from '../../kernel/simd/kernel.js';

interface Held {
  readonly id: string;
  readonly heapBytes: number;
  readonly kernel: SimdKernel;
}

let held: Held | undefined;

/** The requirements on a kernel. */
export interface KernelNeeds {
  /** The import it works for. */
  readonly id: string;
  readonly heapBytes: number;
  readonly windowBytes: number;
  readonly depthMax: number;
}

/** The thread's kernel, its heap empty. A kernel once asked for with more room keeps it. */
export function threadKernel({ id, heapBytes, windowBytes, depthMax }: KernelNeeds): SimdKernel {
  if (held?.id !== id || held.heapBytes < heapBytes) {
    held = undefined; // to be collected before its successor is made, should memory be short
    held = { id, heapBytes, kernel: new SimdKernel({ heapBytes, windowBytes }, depthMax) };
  }
  held.kernel.entries.clear();
  return held.kernel;
}

/** Gives back the memory of the kernel, in a thread that does other work afterwards. */
export function dropKernel(): void {
  held = undefined;
}
