// [reencrypt]: begin > files > values > [rejected records] > end
//
// The files of rejected records, sealed with the active data key, and named with it. The caller holds the lock of writers, so
// nobody writes to them. Each is made beside and renamed.

import { dirname, join } from 'node:path';
import type { StorePlace } from '../../store/files/blobs.js';
import { files } from '../../store/files/file-blobs.js';
import { QUARANTINE_DIRECTORY } from '../../store/files/layout.js';
import { copyQuarantine } from '../../store/quarantine/copy.js';
import { collectionOf, pathOfQuarantine, quarantineNames, renamedQuarantine } from '../../store/quarantine/names.js';
import type { SealKeys } from '../../store/seal/types.js';
import { LogReader } from '../../store/sealed/log.js';
import type { CatalogRead } from '../../store/types.js';

const UNFINISHED = '.unfinished';
const KIND = 'quarantine file';

/** @throws GristmillError CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; what `step` throws */
export async function renewRejected(
  place: StorePlace & { readonly seal: SealKeys },
  catalog: CatalogRead,
  step: (bytes: number, records: number) => Promise<void>,
): Promise<void> {
  const { directory, blobs, seal } = place;
  const quarantine = join(directory, QUARANTINE_DIRECTORY);
  for (const name of blobs.list(quarantine)) if (name.endsWith(UNFINISHED)) blobs.remove(join(quarantine, name));
  const collections = catalog.collections().map(({ name }) => name);
  // Imports that began after the new data key use it, and their files may not be whole yet.
  const begun = new Set(catalog.resumable().map(({ id }) => id));
  for (const one of quarantineNames(place)) {
    if (begun.has(one.id)) continue;
    const path = pathOfQuarantine(place, one.name);
    const reader = new LogReader(files.open(path, KIND), path, seal, KIND);
    try {
      const collection = collectionOf(one, collections, seal);
      const name = collection === undefined ? one.name : renamedQuarantine(one, collection, seal);
      if (name === one.name && [...reader.dataKeys].every((number) => number === seal.active)) continue;
      const next = pathOfQuarantine(place, name);
      await copyQuarantine(reader, blobs, next + UNFINISHED, step);
      blobs.rename(next + UNFINISHED, next);
      if (next !== path) blobs.remove(path);
      blobs.syncDirectory(dirname(next));
    } finally {
      reader.close();
    }
  }
}
