// What every file of ours needs: system errors turned into ours, and writes that write everything.

import { closeSync, constants, fsyncSync, openSync, type StatsFs, statfsSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { GristmillError } from '../../base/errors.js';

/** How a file system says that there is no room: full, over quota, file size limit. LMDB gives the numbers. */
const { ENOSPC, EDQUOT, EFBIG } = system.errno;
const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', ENOSPC, EDQUOT, EFBIG]);

/** Flags to open a file with: neither links are followed nor pipes waited for. (Windows has no such flags.) */
export const REGULAR_ONLY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A system call's error as ours. @param doing e.g. "write", completes "cannot … FILE". */
export function ioError(cause: unknown, doing: string, file: string, bytesNeeded?: number): GristmillError {
  if (cause instanceof GristmillError) return cause;
  const code: unknown = (cause as NodeJS.ErrnoException).code;
  if (NO_ROOM.has(code)) {
    const bytes = bytesNeeded === undefined ? '' : ` (${bytesNeeded} bytes)`;
    const message = `no room to ${doing} ${file}${bytes}: free space on its file system (${(cause as Error).message}) and try again`;
    return new GristmillError('DISK_FULL', message, { file, bytesNeeded, cause });
  }
  return new GristmillError('IO_ERROR', `cannot ${doing} ${file}: ${(cause as Error).message}`, { file, cause });
}

/** Whether an error, or what caused it, is a file that is not there. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof GristmillError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** Cleans up, as far as it can: what stays is only in the way, and the error that led here is the one to tell. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // See above.
  }
}

/** What a process, or the machine, has too few of for a moment. */
const SHORTAGES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Whether an error, or what caused it, says nothing about the file: there was no descriptor or no memory left to look at it. */
export function isShortage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (SHORTAGES.has((cause as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}

/** Bytes that may still be written to the file system of a directory; `Infinity` where it does not tell. @throws IO_ERROR */
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

/** Makes a finished file durable, off the main thread. A failure is final: never retry an fsync. */
export async function syncFile(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY | REGULAR_ONLY);
    try {
      await handle.sync();
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
