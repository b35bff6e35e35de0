// store at rest: [catalog]
//
// A new index gets its header in a transaction of its own: until then it is not a store.

import { dirname } from 'node:path';
import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { newHeader } from '../catalog/values.js';
import { syncDirectory } from '../files/io.js';
import { keyNeeded, missingRing, storedRing } from '../ring/ring.js';
import { looksSealed } from '../seal/index-seal.js';
import type { Catalog } from '../types.js';
import type { LmdbCatalogOptions } from './open.js';

/** The catalog over an index that was opened. */
type OpenedCatalog = Pick<Catalog, 'file' | 'transactionSync' | 'header' | 'rawValues' | 'snapshot'> & {
  readonly hasHeader: boolean;
  readonly isEmpty: boolean;
};

/**
 * Makes the header of a new index, or looks whether an old one is what it was left as.
 * @param mayBeNew whether nothing in the store says that there was an index
 * @throws GristmillError STORE_NOT_A_STORE, STORE_TOO_NEW, CHECKSUM_MISMATCH, KEY_RING_DAMAGED, IO_ERROR, DISK_FULL
 */
export async function makeReady(
  catalog: OpenedCatalog,
  store: string,
  { create, seal, anyState }: LmdbCatalogOptions,
  mayBeNew: boolean,
): Promise<void> {
  if (create && mayBeNew && catalog.isEmpty) {
    createHeader(catalog, store, seal !== undefined);
    // LMDB syncs its file, not the name of it.
    syncDirectory(dirname(catalog.file));
    syncDirectory(store);
  }
  if (mayBeNew && catalog.isEmpty) throw interrupted(store);
  const [first] = catalog.rawValues(1);
  try {
    if (seal !== undefined && !anyState) await checkState(catalog);
    catalog.header();
  } catch (error) {
    const isSealed = seal === undefined && first !== undefined && looksSealed(first.value);
    throw isSealed ? missingRing(store) : error;
  }
}

async function checkState(catalog: OpenedCatalog): Promise<void> {
  const snapshot = catalog.snapshot();
  try {
    await snapshot.checkState();
  } finally {
    snapshot.release();
  }
}

function createHeader(catalog: OpenedCatalog, store: string, isSealed: boolean): void {
  failpoint('store.create');
  catalog.transactionSync((write) => {
    // Another process may have been faster.
    if (!catalog.hasHeader) {
      // Or is making an encrypted store here.
      const ring = isSealed ? undefined : storedRing(store);
      if (ring !== undefined) throw keyNeeded(store, ring);
      write.putHeader(newHeader(isSealed));
    }
    failpoint('store.header');
  });
}

/** The error for a directory whose index has no header, where there are no shards either. */
function interrupted(store: string): GristmillError {
  const message = `${store} is not a store yet: creating it was interrupted; to complete it, import into it again`;
  return new GristmillError('STORE_NOT_A_STORE', message, { file: store });
}
