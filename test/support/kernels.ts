// Every implementation of the kernel, for the suites that run on all of them.

import type { Scan } from '../../src/kernel/contract.js';
import { scanPlain } from '../../src/kernel/plain.js';

export interface Kernel {
  readonly name: string;
  readonly scan: Scan;
}

/** The first one is the specification. */
export const kernels: readonly Kernel[] = [{ name: 'plain', scan: scanPlain }];
