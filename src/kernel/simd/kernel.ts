// source > plan > map > [scan > key] > frame > shard > verify > merge > publish
//
// The SIMD kernel seen from TypeScript: one WebAssembly instance (module.ts), in three parts that share it and nothing else.
// Only this folder calls the instance itself. One kernel belongs to one thread.
//
//   window    memory: source bytes, addresses, file offsets
//   scanner   the scan: spans, frames, lines, and the loop over what the kernel asks for
//   entries   index entries: add, sort, dedupe, take as runs or pages

import { Entries } from './entries.js';
import { instantiate } from './module.js';
import { Scanner } from './scanner.js';
import { ADDRESSES, Window } from './window.js';

/** Room in the window for the frame under way and what is left of the last fill. */
const SPARE_BYTES = 256 * 1024;

/** The smallest heap: any one entry fits it. */
const HEAP_BYTES_MIN = 4096;

/** Sizes of a kernel's memory, in bytes. */
export interface KernelSizes {
  /** Room for entries between two runs; references to them take 2⅔ times as much again. */
  readonly heapBytes: number;
  /** Source bytes taken in at once. Twice as many fit; the memory grows by itself for a larger record. */
  readonly windowBytes: number;
}

export class SimdKernel {
  readonly window: Window;
  readonly scanner: Scanner;
  readonly entries: Entries;

  /** @throws RangeError memory of these sizes cannot be had */
  constructor(sizes: KernelSizes, depthMax: number) {
    const raw = instantiate();
    const windowBytes = 2 * sizes.windowBytes + SPARE_BYTES;
    const isFine = sizes.heapBytes >= HEAP_BYTES_MIN && sizes.heapBytes < ADDRESSES && windowBytes < ADDRESSES;
    if (!isFine || !raw.layout(depthMax, sizes.heapBytes, windowBytes)) {
      throw new RangeError(
        `the kernel cannot have a window of ${sizes.windowBytes} bytes and a heap of ${sizes.heapBytes}`,
      );
    }
    this.window = new Window(raw, sizes.windowBytes);
    this.scanner = new Scanner(raw, this.window, depthMax);
    this.entries = new Entries(raw, this.window);
  }
}
