// [repair]: who else has a store open, as far as can be told.

import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMissing } from '../../base/system-errors.js';
import { CATALOG_LOCK_FILE } from '../../store/files/layout.js';

/**
 * Numbers of the processes that have the index of a store open, this one too: each holds a shared lock on the first byte
 * of LMDB's lock file. Only Linux says so, and not of processes in
 * other containers; whatever the index itself is like.
 */
export function processesUsing(store: string): number[] {
  let file: Stats;
  let locks: string;
  try {
    file = lstatSync(join(store, CATALOG_LOCK_FILE));
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return [];
  }
  // 2: POSIX  ADVISORY  READ <process> <device>:<device>:<inode> <first byte> <last byte>
  const line = new RegExp(`^\\d+: POSIX +ADVISORY +READ +(\\d+) +[0-9a-f]+:[0-9a-f]+:${file.ino} 0 0$`, 'gm');
  return [...locks.matchAll(line)].map(([, pid]) => Number(pid)).filter((pid) => hasOpen(pid, file));
}

/**
 * Whether a process has this very file open: a file of the same number may be on another file system, and the device in
 * the list of locks is not the one that `stat` tells on all of them (Btrfs, overlays). Yes where that cannot be seen.
 */
function hasOpen(pid: number, { dev, ino }: Stats): boolean {
  const descriptors = `/proc/${pid}/fd`;
  try {
    return readdirSync(descriptors).some((descriptor) => {
      const file = statSync(join(descriptors, descriptor), { throwIfNoEntry: false });
      return file?.dev === dev && file.ino === ino;
    });
  } catch (error) {
    return !isMissing(error);
  }
}
