// [backup] [share]
//
// A published shard never changes (Invariant 1), so a second name of its file is as good as a copy, and costs nothing. Damage to
// the file is damage to both.

import { closeSync, fstatSync, linkSync, lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../base/errors.js';
import { ioError } from '../base/system-errors.js';
import { files, readAt } from '../store/files/file-blobs.js';
import { openRegular } from '../store/files/own-files.js';

/** What a file system says that cannot link, or not these two names. */
const CANNOT_LINK: ReadonlySet<unknown> = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Bytes of a shard that are copied in one turn of the event loop. */
const COPY_BYTES = 1024 * 1024;

/**
 * Gives a shard's file a second name, or copies it where that is impossible.
 * @returns whether it was linked. @throws GristmillError as `openRegular`; DISK_FULL, IO_ERROR
 */
export async function linkOrCopy(from: string, to: string, mustCopy: boolean): Promise<boolean> {
  // Held open, so that it is this very file which is linked or copied.
  const { fd } = openRegular(from, 'shard');
  try {
    if (!mustCopy && isLinked(from, to)) {
      if (lstatSync(to).ino === fstatSync(fd).ino) return true;
      throw new GristmillError('CHECKSUM_MISMATCH', `${from} was replaced meanwhile`, { file: from });
    }
    await copyBytes(fd, from, to);
    return false;
  } finally {
    closeSync(fd);
  }
}

/** Not `copyFile` of Node: that gives the copy the mode of the original, which a group may be able to read. */
async function copyBytes(fd: number, from: string, to: string): Promise<void> {
  const copy = files.create(to, 'copy of a shard');
  try {
    const chunk = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = 0; ; ) {
      const bytes = readAt(fd, from, chunk, at);
      if (bytes === 0) break;
      copy.append(chunk.subarray(0, bytes));
      at += bytes;
      await setImmediate();
    }
  } finally {
    copy.close();
  }
}

function isLinked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (cause) {
    if (CANNOT_LINK.has((cause as NodeJS.ErrnoException).code)) return false;
    throw ioError(cause, 'link', to);
  }
}
