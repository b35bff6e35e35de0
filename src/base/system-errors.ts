// System errors as ours, and what they say: no room, not there, a shortage of the moment.

import { constants as system } from 'node:os';
import { GristmillError } from './errors.js';

/** How a file system says that there is no room: full, over quota, file size limit. LMDB gives the numbers. */
const { ENOSPC, EDQUOT, EFBIG } = system.errno;
const NO_ROOM: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', ENOSPC, EDQUOT, EFBIG]);

/** A system call's error as ours. @param doing e.g. "write", completes "cannot … FILE". */
export function ioError(cause: unknown, doing: string, file: string, bytesNeeded?: number): GristmillError {
  if (cause instanceof GristmillError) return cause;
  const code: unknown = (cause as NodeJS.ErrnoException).code;
  if (NO_ROOM.has(code)) {
    const bytes = bytesNeeded === undefined ? '' : ` (${bytesNeeded} bytes)`;
    const message = `no room to ${doing} ${file}${bytes}: free some space on its file system (${(cause as Error).message}) and try again`;
    return new GristmillError('DISK_FULL', message, { file, bytesNeeded, cause });
  }
  return new GristmillError('IO_ERROR', `cannot ${doing} ${file}: ${(cause as Error).message}`, { file, cause });
}

/** Does work of the library for its user: an error of a system call that nobody has named is one of ours. */
export async function nameErrors<T>(doing: string, place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfSystem = error instanceof Error && !(error instanceof GristmillError) && 'syscall' in error;
    throw isOfSystem ? ioError(error, doing, place) : error;
  }
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

/** What a process, or the machine, has too few of for a moment; and that the user stopped the work. */
const OF_THE_MOMENT: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'CANCELLED']);

/**
 * Whether an error, or what caused it, says nothing about the data: there was no descriptor or no memory left to look at
 * it, or the work was cancelled before.
 */
export function isOfTheMoment(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (OF_THE_MOMENT.has((cause as NodeJS.ErrnoException).code)) return true;
  }
  return false;
}
