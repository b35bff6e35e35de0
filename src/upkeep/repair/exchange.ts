// [repair]: shards > entries > pages > [index in place]
//
// Puts the new index in the place of the old one, behind the gate: nobody opens the store, closes it or commits to it
// meanwhile (store/lmdb/gate.ts). A repair takes its time, and who opened the store after it began may have changed it: then
// the new index does not have those changes, and is not put in place.

import { existsSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { files } from '../../store/files/file-blobs.js';
import { syncDirectory } from '../../store/files/io.js';
import {
  CATALOG_FILE,
  CATALOG_LOCK_FILE,
  GATE_FILE,
  INDEX_DIRECTORY,
  makeDirectory,
} from '../../store/files/layout.js';
import { Gate } from '../../store/lmdb/gate.js';
import type { Catalog } from '../../store/types.js';
import { processesUsing } from './in-use.js';
import { FINISHED } from './places.js';

/** Each commit changes one of the two pages that a file of LMDB begins with; pages have 64 KiB at most. */
const FIRST_PAGES_BYTES = 128 * 1024;

/** What the old index was when the repair began to read it. */
export interface IndexBefore {
  readonly state: string;
  /** Where it can be opened. */
  readonly catalog: Catalog | undefined;
}

/** Tells an index from what it is after another process has changed it. */
export function indexState(store: string, catalog: Catalog | undefined): string {
  if (catalog !== undefined) {
    catalog.refresh();
    return String(catalog.generation());
  }
  const file = join(store, CATALOG_FILE);
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return '';
  const bytes = Buffer.alloc(FIRST_PAGES_BYTES);
  const data = files.open(file, 'index');
  try {
    return bytes.toString('latin1', 0, data.readSync(bytes, 0));
  } finally {
    data.close();
  }
}

/** @throws GristmillError STORE_BUSY */
export function refuseWhileInUse(store: string, but?: number): void {
  const pid = processesUsing(store).find((one) => one !== but);
  if (pid === undefined) return;
  const who = pid === process.pid ? 'this process' : `process ${pid}`;
  throw new GristmillError('STORE_BUSY', `${store} is open in ${who}: close it first`, { file: store });
}

/** Makes the gate again where its file is damaged; nobody has the store open. @throws GristmillError IO_ERROR, DISK_FULL */
export async function mendGate(store: string): Promise<void> {
  if (!existsSync(join(store, GATE_FILE))) return;
  try {
    (await Gate.open(store)).close();
  } catch (error) {
    if ((error as GristmillError).code !== 'CHECKSUM_MISMATCH') throw error;
    rmSync(join(store, GATE_FILE), { force: true });
  }
}

/**
 * Exchanges the indexes.
 * @param before absent where there is no old one
 * @returns where the old index went, where there was one
 * @throws GristmillError STORE_BUSY where another process has the store open or has changed it; IO_ERROR
 */
export async function exchange(store: string, before?: IndexBefore): Promise<string | undefined> {
  makeDirectory(join(store, INDEX_DIRECTORY));
  const gate = await Gate.open(store);
  try {
    return gate.within(() => {
      refuseWhileInUse(store, process.pid);
      if (before !== undefined && indexState(store, before.catalog) !== before.state) {
        const message = `another process changed ${store} during its repair; nothing was repaired: run the repair again`;
        throw new GristmillError('STORE_BUSY', message, { file: store });
      }
      return putInPlace(store);
    });
  } finally {
    gate.close();
  }
}

/**
 * Puts a finished index in place, file by file: others may be waiting at the gate that is in the same directory. As long as
 * the catalog's file is missing, the store is refused, and the next repair goes on here.
 * @returns where the old index went, where there was one.
 */
function putInPlace(store: string): string | undefined {
  const index = join(store, INDEX_DIRECTORY);
  let kept: string | undefined;
  if (existsSync(join(store, CATALOG_FILE))) {
    kept = `${index}.damaged-${new Date().toISOString().replaceAll(':', '-')}`;
    makeDirectory(kept);
    syncDirectory(store);
    renameSync(join(store, CATALOG_FILE), join(kept, basename(CATALOG_FILE)));
    syncDirectory(kept);
  }
  // It counts the readers and transactions of the old file.
  rmSync(join(store, CATALOG_LOCK_FILE), { force: true });
  syncDirectory(index);
  failpoint('repair.swap');
  renameSync(join(store, FINISHED, CATALOG_FILE), join(store, CATALOG_FILE));
  syncDirectory(index);
  failpoint('repair.swapped');
  rmSync(join(store, FINISHED), { recursive: true });
  syncDirectory(store);
  return kept;
}
