// Every implementation of the kernel, for the suites that run on all of them. The SIMD one comes in sizes that put
// windows, frames and heaps under every strain: what is settled by one byte more or less shows in one of them.

import type { Scan } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain/kernel.js';
import { type SimdSizes, simdScan } from './simd-scan.js';

export interface Kernel {
  readonly name: string;
  readonly scan: Scan;
}

/** The smallest heap there is: it spills after a few keys. */
const TINY_HEAP = 8192;

const strains: readonly SimdSizes[] = [
  { windowBytes: 1, frameBytes: 1, heapBytes: TINY_HEAP },
  { windowBytes: 7, frameBytes: 16, heapBytes: 1 << 18 },
  { windowBytes: 64, frameBytes: 16, heapBytes: TINY_HEAP },
  { windowBytes: 1 << 16, frameBytes: 1 << 12, heapBytes: 1 << 18 },
];

/** The specification: records without the places that only the plain kernel tells. */
const plain: Scan = (bytes, options) => {
  const { records, ...rest } = scanPlain(bytes, options);
  return { records: records.map(({ line, keys }) => ({ line, keys })), ...rest };
};

/** The first one is the specification. */
export const kernels: readonly Kernel[] = [
  { name: 'plain', scan: plain },
  ...strains.map((sizes) => ({ name: `simd, window of ${sizes.windowBytes}`, scan: simdScan(sizes) })),
];
