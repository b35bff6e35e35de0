// store at rest: [catalog]
//
// LMDB's native code ends the process when a directory goes while it opens a file in it. So who opens the gate of a store (and by
// way of the gate, the store) leaves a mark in its directory, sees that the directory is still in place, and reaches it by
// a descriptor, which goes with it when it gets another name. Who removes a store gives it another name first, and deletes
// it when no mark is left: whichever of the two is later sees the other.

import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { ioError } from '../../base/system-errors.js';

const MARK = /^opening-(\d+)-/;
/** Opening takes milliseconds; a process that was stopped meanwhile is not waited for longer. */
const PATIENCE_MILLISECONDS = 5000;
const PAUSE_MILLISECONDS = 2;

/** Whether a directory can be reached by its descriptor: what has another name by then cannot be removed safely elsewhere. */
export const CAN_REACH_MOVED = process.platform === 'linux';

/**
 * Runs work that opens files of LMDB in a directory.
 * @param work is given a path of the directory that stays true while it runs
 * @throws GristmillError STORE_CLOSED where the directory is being removed; IO_ERROR; what `work` throws
 */
export async function whileInPlace<T>(directory: string, work: (here: string) => Promise<T>): Promise<T> {
  const fd = openDirectory(directory);
  try {
    const here = CAN_REACH_MOVED ? `/proc/self/fd/${fd}` : directory;
    const mark = leaveMark(here);
    try {
      if (inodeOf(directory) !== fstatSync(fd).ino) throw removedError(directory);
      return await work(here);
    } finally {
      if (mark !== undefined) unlinkSync(mark);
    }
  } finally {
    closeSync(fd);
  }
}

/** Resolves when nobody opens anything in a directory that has another name now; false where somebody takes too long. */
export async function nobodyOpens(directory: string): Promise<boolean> {
  for (const until = performance.now() + PATIENCE_MILLISECONDS; ; await setTimeout(PAUSE_MILLISECONDS)) {
    const marks = readdirSync(directory).flatMap((name) => MARK.exec(name)?.[1] ?? []);
    if (!marks.some((pid) => mayRun(Number(pid)))) return true;
    if (performance.now() > until) return false;
  }
}

/** Undefined where there is no such file. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** What would be written would go where nobody finds it. */
export function removedError(file: string): GristmillError {
  const message = `the store of ${file} was removed, or its index was replaced, while it was open; nothing was changed: open the store again`;
  return new GristmillError('STORE_CLOSED', message, { file });
}

function openDirectory(directory: string): number {
  try {
    return openSync(directory, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0));
  } catch (cause) {
    throw ioError(cause, 'open', directory);
  }
}

/** Undefined where none can be left: who may not write here reads a store that its owner does not remove at this moment. */
function leaveMark(here: string): string | undefined {
  const mark = join(here, `opening-${process.pid}-${randomUUID()}`);
  try {
    closeSync(openSync(mark, 'wx', 0o600));
    return mark;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw removedError(here);
    return undefined;
  }
}

/** Of another container it cannot be told. */
function mayRun(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
