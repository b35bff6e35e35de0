// [repair]: who else has a store open, as far as can be told.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { INDEX_DIRECTORY } from '../store/files.js';

/** LMDB's; a process that has the index open holds a shared lock on its first byte. */
export const LOCK_FILE = 'lock.mdb';

/**
 * Numbers of the processes that have the index of a store open, this one too. Only Linux says so, and not of processes in
 * other containers; whatever the index itself is like.
 */
export function processesUsing(store: string): number[] {
  let inode: number;
  let locks: string;
  try {
    inode = statSync(join(store, INDEX_DIRECTORY, LOCK_FILE)).ino;
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return [];
  }
  // 2: POSIX  ADVISORY  READ <process> <device>:<device>:<inode> <first byte> <last byte>
  const line = new RegExp(`^\\d+: POSIX +ADVISORY +READ +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} 0 0$`, 'gm');
  return [...locks.matchAll(line)].map(([, pid]) => Number(pid));
}
