// sources > plan > scan > accept > merge > settle > publish
//
// An import of one or more sources, begun: with its options complete and the store's lock held.

import type { ImportReport } from '../base/import-report.js';
import { importHolding } from '../import/import.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import { resolveImportOptions } from '../import/options/resolve.js';
import type { ImportOptions } from '../import/options/types.js';
import { type ImportSource, namedSources } from '../import/sequence/named.js';
import type { ImportTarget } from '../import/work.js';
import { files } from '../store/files/file-blobs.js';
import { WriterLock } from '../store/lock/writer-lock.js';
import { WholeImport } from './whole-import.js';

/**
 * Imports `sources`, in this order, as one publication.
 * @throws GristmillError (docs/errors.md); TypeError for a wrong option. Nothing has changed then.
 */
export async function importSources(
  target: ImportTarget,
  given: ImportSource | readonly ImportSource[],
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { signal } = resolveImportOptions(options, target.closing);
  const { names, streams } = await namedSources(given, signal);
  try {
    return await holdingLock(target, options, (lock, filled) =>
      importHolding(lock, target, filled, new WholeImport(target, names, filled, { streams })),
    );
  } finally {
    await streams.close();
  }
}

/** Calls `work` with the store's lock. @throws what it throws; TypeError for a wrong option */
export async function holdingLock<T>(
  target: ImportTarget,
  given: ImportOptions,
  work: (lock: WriterLock, options: FilledImportOptions) => Promise<T>,
): Promise<T> {
  const resolved = resolveImportOptions(given, target.closing);
  const options = target.blobs === files ? resolved : { ...resolved, workers: 1 };
  target.observer?.begin(options.collection);
  const lock = await WriterLock.acquire(target.catalog, target, { operation: 'import', ...options });
  try {
    return await work(lock, options);
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
