// [repair]: what stands in a store where files and directories are expected.
//
// Whoever made the store may have put links or pipes there. What holds no data is put aside and made anew; where there may be
// data behind it, nothing is done.

import { lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ioError } from '../../base/system-errors.js';
import { syncDirectory } from '../../store/files/io.js';
import {
  CATALOG_FILE,
  CATALOG_LOCK_FILE,
  checkDirectories,
  GATE_FILE,
  GATE_LOCK_SUFFIX,
  INDEX_DIRECTORY,
  QUARANTINE_DIRECTORY,
  SHARDS_DIRECTORY,
  TEMPORARY_DIRECTORY,
  type Trust,
} from '../../store/files/layout.js';
import { checkIndexFile, checkLockFile } from '../../store/lmdb/guard.js';

/** Under this name in the store: an index that is finished. */
export const FINISHED = 'repair';
/** Under this name in the store: an index being made. */
export const UNFINISHED = 'repair.partial';

/**
 * That all directories are real ones of owners that are trusted, and the catalogs files of this store.
 * @throws GristmillError STORE_NOT_A_STORE, STORE_NOT_TRUSTED, IO_ERROR
 */
export function checkPlaces(store: string, trust: Trust): void {
  const own = [INDEX_DIRECTORY, SHARDS_DIRECTORY, TEMPORARY_DIRECTORY, QUARANTINE_DIRECTORY];
  const made = [FINISHED, join(FINISHED, INDEX_DIRECTORY), UNFINISHED];
  checkDirectories(store, ['.', ...own, ...made], trust);
  for (const index of ['.', FINISHED]) {
    const file = join(store, index, CATALOG_FILE);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    // A pipe or a directory has nothing that could be lost.
    if (stat?.isFile() || stat?.isSymbolicLink()) checkIndexFile(file, false);
  }
}

/**
 * Removes what a repair would open beside the catalog: the gate, which holds no data, and an index that an earlier repair had
 * finished. Who is at the gate at this moment finds that it has gone, and opens nothing.
 */
export function removeOpenable(store: string): void {
  rmSync(join(store, FINISHED), { recursive: true, force: true });
  // Or a power cut could bring it back for the next repair.
  syncDirectory(store);
  for (const name of [GATE_FILE, GATE_FILE + GATE_LOCK_SUFFIX]) {
    rmSync(join(store, name), { recursive: true, force: true });
  }
}

/** Files that hold no data, where they are not such as could be opened. Nobody has the store open. @throws GristmillError IO_ERROR */
export function putSharedFilesAside(store: string): void {
  const lock = join(store, CATALOG_LOCK_FILE);
  const gates = [GATE_FILE, GATE_FILE + GATE_LOCK_SUFFIX].map((name) => join(store, name));
  if (!isUsable(() => checkLockFile(lock))) putAside(lock);
  for (const gate of gates) if (!isUsable(() => checkIndexFile(gate, true))) putAside(gate);
}

function isUsable(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

function putAside(path: string): void {
  try {
    renameSync(path, `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`);
  } catch (cause) {
    throw ioError(cause, 'put aside', path);
  }
}
