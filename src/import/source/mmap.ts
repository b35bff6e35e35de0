// source > plan > [map] > scan > key > frame > shard > verify > merge > publish
//
// The only file that calls the C library: maps a part of a file, copies it out, unmaps it. Memory so mapped belongs to the
// page cache, not to us, and nothing of it is reachable once `copyMapped` returns.
//
// A file that shrinks while it is mapped raises SIGBUS, which no JavaScript can catch. So the pages are made present
// beforehand by MADV_POPULATE_READ, which reports the same thing as an error; the caller compares fstat around it. The
// moment between the two is the price of mapping; `--access read` does not pay it.

import { loadKoffi } from '../../base/native/koffi.js';

const PROT_READ = 1;
const MAP_PRIVATE = 2;
const MADV_SEQUENTIAL = 2;
const MADV_POPULATE_READ = 22;
const PAGE_BYTES = 4096;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

interface Libc {
  mmap(address: null, bytes: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, bytes: number): number;
  madvise(address: bigint, bytes: number, advice: number): number;
  memcpy(target: Uint8Array, source: bigint, bytes: number): unknown;
}

let libc: (Libc & { readonly koffi: ReturnType<typeof loadKoffi> }) | undefined | null;

/** The C library's functions, or null where mapping is not to be had (no Linux, no library, a 32-bit system). */
function load(): NonNullable<typeof libc> | null {
  if (libc !== undefined) return libc;
  try {
    if (process.platform !== 'linux') throw new Error('MADV_POPULATE_READ is of Linux');
    const koffi = loadKoffi();
    const library = koffi.load('libc.so.6');
    libc = {
      koffi,
      mmap: library.func('void *mmap(void *, size_t, int, int, int, int64_t)'),
      munmap: library.func('int munmap(void *, size_t)'),
      madvise: library.func('int madvise(void *, size_t, int)'),
      memcpy: library.func('void *memcpy(void *, void *, size_t)'),
    };
  } catch {
    libc = null;
  }
  return libc;
}

/** The outcome of a copy: it is done, the pages could not be loaded, or mapping does not work for this file. */
type MapOutcome = 'copied' | 'unreadable' | 'unsupported';

/** Copies `target.byteLength` bytes of the file from `offset` through a mapping into `target`. */
export function copyMapped(fd: number, offset: number, target: Uint8Array): MapOutcome {
  const c = load();
  if (c === null || target.byteLength === 0) return 'unsupported';
  const before = offset % PAGE_BYTES;
  const bytes = before + target.byteLength;
  const address = c.mmap(null, bytes, PROT_READ, MAP_PRIVATE, fd, offset - before);
  if (address === MAP_FAILED) return 'unsupported';
  try {
    c.madvise(address, bytes, MADV_SEQUENTIAL);
    if (c.madvise(address, bytes, MADV_POPULATE_READ) !== 0) {
      const code = c.koffi.errno();
      // EINVAL: a kernel before 5.14, which cannot promise that copying will not raise a signal.
      return code === c.koffi.os.errno.EINVAL ? 'unsupported' : 'unreadable';
    }
    c.memcpy(target, address + BigInt(before), target.byteLength);
    return 'copied';
  } finally {
    c.munmap(address, bytes);
  }
}
