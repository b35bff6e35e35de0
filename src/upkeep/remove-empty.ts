// Removes a store that was made for nothing, such as by a first import that failed. Other processes may be about to use it:
// so it is done by who holds the writers' lock, while nobody commits to the store, opens or closes it (store/lmdb/gate.ts),
// and in one step, by giving the directory another name. Whoever has it open is refused from then on; whoever opens it makes
// a new one.

import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { GristmillError } from '../base/errors.js';
import { ioError } from '../base/system-errors.js';
import type { EncryptionOptions } from '../options/encryption.js';
import type { StorePlace } from '../store/files/blobs.js';
import { files } from '../store/files/file-blobs.js';
import { syncDirectory } from '../store/files/io.js';
import { foreignNames, INDEX_DIRECTORY } from '../store/files/layout.js';
import { LmdbCatalog } from '../store/lmdb/catalog.js';
import { CAN_REACH_MOVED, nobodyOpens } from '../store/lmdb/opening.js';
import { unlocked } from '../store/lock/unlock.js';
import { WriterLock } from '../store/lock/writer-lock.js';
import { forget } from '../store/ring/ring.js';

/**
 * @returns whether it was removed: never but on Linux, and not where it has a collection or an import to be resumed, another process has it open
 * or writes to it, or anything else lies in its directory.
 * @param encryption where the key of an encrypted store comes from
 * @throws GristmillError IO_ERROR; STORE_CLOSED where another process was faster; as `unlocked`
 */
export async function removeEmptyStore(directory: string, encryption?: EncryptionOptions): Promise<boolean> {
  if (!CAN_REACH_MOVED) return false;
  const place = await unlocked({ directory, blobs: files }, false, { encryption });
  const { seal } = place;
  try {
    return await removeIfEmpty(await LmdbCatalog.open(directory, { create: false, readOnly: false, seal }), place);
  } finally {
    if (seal !== undefined) forget(seal);
  }
}

async function removeIfEmpty(catalog: LmdbCatalog, place: StorePlace): Promise<boolean> {
  const { directory } = place;
  try {
    const lock = await lockIfFree(catalog, place);
    if (lock === undefined) return false;
    try {
      const removed = catalog.exclusively(() => {
        catalog.refresh();
        lock.check();
        return isUsed(catalog, directory) ? undefined : putAside(directory);
      });
      if (removed === undefined) return false;
      // Where somebody takes too long it stays under its new name: in nobody's way, but to be removed by hand.
      if (await nobodyOpens(join(removed, INDEX_DIRECTORY))) rmSync(removed, { recursive: true, force: true });
      return true;
    } finally {
      await lock.release();
    }
  } finally {
    await catalog.close();
  }
}

async function lockIfFree(catalog: LmdbCatalog, place: StorePlace): Promise<WriterLock | undefined> {
  try {
    return await WriterLock.acquire(catalog, place, { operation: 'sweep', wait: false });
  } catch (error) {
    if ((error as GristmillError).code === 'STORE_BUSY') return undefined;
    throw error;
  }
}

function isUsed(catalog: LmdbCatalog, directory: string): boolean {
  return (
    catalog.collections().length > 0 ||
    catalog.resumable().length > 0 ||
    catalog.readers().some(({ pid }) => pid !== process.pid) ||
    foreignNames(directory).length > 0
  );
}

/** @returns its new name */
function putAside(directory: string): string {
  const aside = join(dirname(directory), `.${basename(directory)}.removed-${randomUUID()}`);
  try {
    renameSync(directory, aside);
    syncDirectory(dirname(directory));
    return aside;
  } catch (cause) {
    throw ioError(cause, 'remove', directory);
  }
}
