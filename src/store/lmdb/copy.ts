// store at rest: [catalog]
//
// Copies an index, as its newest commit left it, into the directory of another store.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ioError } from '../../base/system-errors.js';
import { CATALOG_FILE, INDEX_DIRECTORY } from '../files/layout.js';
import type { Root } from './lmdb.js';

/** Without free space; not synced. @throws GristmillError IO_ERROR, DISK_FULL */
export async function copyIndex(root: Root, store: string): Promise<void> {
  const directory = join(store, INDEX_DIRECTORY);
  const file = join(store, CATALOG_FILE);
  try {
    mkdirSync(directory, { mode: 0o700 });
    await root.backup(directory, true).catch((error) => {
      if (!isLeak(error)) throw error;
      rmSync(file, { force: true });
      return root.backup(directory, false);
    });
    // LMDB makes it readable for all; nobody else can get into its directory.
    chmodSync(file, 0o600);
  } catch (cause) {
    throw ioError(cause, 'copy the index to', file);
  }
}

/**
 * lmdb-js now and then loses a free page: nothing else is wrong then. LMDB refuses to leave out free space where its pages do
 * not add up (mdb.c, mdb_env_copyfd1), but copies all of the file.
 */
function isLeak(error: unknown): boolean {
  return /MDB_INCOMPATIBLE/.test(String((error as Error).message));
}
