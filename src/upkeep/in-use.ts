// [repair]: who else has a store open, as far as can be told.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOG_LOCK_FILE } from '../store/files.js';

/**
 * Numbers of the processes that have the index of a store open, this one too: each holds a shared lock on the first byte
 * of LMDB's lock file. Only Linux says so, and not of processes in
 * other containers; whatever the index itself is like.
 */
export function processesUsing(store: string): number[] {
  let inode: number;
  let locks: string;
  try {
    inode = statSync(join(store, CATALOG_LOCK_FILE)).ino;
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return [];
  }
  // 2: POSIX  ADVISORY  READ <process> <device>:<device>:<inode> <first byte> <last byte>
  const line = new RegExp(`^\\d+: POSIX +ADVISORY +READ +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} 0 0$`, 'gm');
  return [...locks.matchAll(line)].map(([, pid]) => Number(pid));
}
