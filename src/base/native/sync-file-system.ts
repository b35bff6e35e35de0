// Makes all files of a file system durable at once: `syncfs` of Linux. To sync thousands of new files one by one takes a wait
// for the disk each.

import { closeSync, openSync } from 'node:fs';
import { loadKoffi } from './koffi.js';

type SyncFileSystem = { async(fd: number, done: (error: Error | null, result: number) => void): void };

let syncfs: SyncFileSystem | undefined | null;

/** The function, or null where there is none. */
function load(): SyncFileSystem | null {
  if (syncfs !== undefined) return syncfs;
  try {
    if (process.platform !== 'linux') throw new Error('syncfs is of Linux');
    syncfs = loadKoffi().load('libc.so.6').func('int syncfs(int)') as unknown as SyncFileSystem;
  } catch {
    syncfs = null;
  }
  return syncfs;
}

/**
 * Syncs the file system of a directory, off the main thread. Since Linux 5.8 it fails if any file could not be written.
 * @returns whether it was done; false where the system has no such function, or where it failed
 */
export async function syncFileSystem(directory: string): Promise<boolean> {
  const sync = load();
  if (sync === null) return false;
  const fd = openSync(directory, 'r');
  try {
    return await new Promise((resolve) => sync.async(fd, (error, result) => resolve(error === null && result === 0)));
  } finally {
    closeSync(fd);
  }
}
