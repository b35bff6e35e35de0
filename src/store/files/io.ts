// What every file of ours needs: system errors turned into ours, and writes that write everything.

import { closeSync, constants, fsync, fsyncSync, openSync, type StatsFs, statfsSync, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ioError } from '../../base/system-errors.js';

/** Flags to open a file with: neither links are followed nor pipes waited for. (Windows has no such flags.) */
export const REGULAR_ONLY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Free bytes of the file system of a directory. `Infinity` if it does not report them. @throws IO_ERROR */
export function freeBytes(directory: string): number {
  let system: StatsFs;
  try {
    system = statfsSync(directory);
  } catch (cause) {
    throw ioError(cause, 'ask for the free space of', directory);
  }
  return system.blocks === 0 ? Number.POSITIVE_INFINITY : system.bavail * system.bsize;
}

/** Writes all of `bytes` at the descriptor's position: one call may write less. */
export function writeFully(fd: number, bytes: Uint8Array, file: string): void {
  let done = 0;
  while (done < bytes.byteLength) {
    try {
      done += writeSync(fd, bytes, done, bytes.byteLength - done);
    } catch (cause) {
      throw ioError(cause, 'write', file, bytes.byteLength - done);
    }
  }
}

const sync = promisify(fsync);

/** Makes a file durable. The file handles of Yarn's Plug'n'Play have no method for it. */
export function syncHandle({ fd }: FileHandle): Promise<void> {
  return sync(fd);
}

/** Makes a finished file durable, off the main thread. A failure is final: never retry an fsync. */
export async function syncFile(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY | REGULAR_ONLY);
    try {
      await syncHandle(handle);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw ioError(cause, 'sync', path);
  }
}

/** `syncDirectory`, off the main thread. */
export async function syncDirectorySoon(path: string): Promise<void> {
  if (process.platform !== 'win32') await syncFile(path);
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  // Windows opens no directories; its file systems journal names themselves.
  if (process.platform === 'win32') return;
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    throw ioError(cause, 'sync directory', path);
  }
}
