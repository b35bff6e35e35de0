// What the system lets this process have. Only Linux says so; elsewhere nothing is known to be limited.

import { readFileSync } from 'node:fs';

/** Largest file that may be written, in bytes (`ulimit -f`). */
export function fileBytesMax(): number {
  return softLimit('Max file size');
}

/** Bytes of address space that may still be mapped (`ulimit -v`). */
export function addressSpaceLeft(): number {
  const limit = softLimit('Max address space');
  if (limit === Number.POSITIVE_INFINITY) return limit;
  const pages = Number(read('/proc/self/statm')?.split(' ')[0] ?? 0);
  return Math.max(0, limit - pages * PAGE_BYTES);
}

/** /proc/self/statm counts in pages of the system, which are nearly always these. */
const PAGE_BYTES = 4096;

function softLimit(name: string): number {
  const line = read('/proc/self/limits')
    ?.split('\n')
    .find((one) => one.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/)[0];
  return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
