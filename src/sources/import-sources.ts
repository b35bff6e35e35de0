// sources > plan > scan > accept > merge > settle > publish
//
// An import of one or more sources, begun: with its options complete and the store's lock held.

import type { CollectionsReport, ImportReport } from '../base/import-report.js';
import { importTogether } from '../import/import.js';
import { resolveDestinations } from '../import/options/places.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import { resolveImportOptions } from '../import/options/resolve.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import { sumOf } from '../import/report/sum.js';
import { type ImportSource, namedSources } from '../import/sequence/named.js';
import type { ImportTarget } from '../import/work.js';
import { WriterLock } from '../store/lock/writer-lock.js';
import { WholeImport } from './whole-import.js';

/**
 * Imports `sources`, in this order, as one publication.
 * @returns with option `collections` a report of all collections
 * @throws GristmillError (docs/errors.md); TypeError for a wrong option. Nothing has changed then.
 */
export async function importSources(
  target: ImportTarget,
  given: ImportSource | readonly ImportSource[],
  options: ImportOptions | CollectionsImportOptions = {},
): Promise<ImportReport | CollectionsReport> {
  const all = resolveDestinations(options, target.closing);
  const { names, streams } = await namedSources(given, all[0]!.signal);
  try {
    const reports = await holdingLockFor(target, all, (lock, filled) => {
      const imports = filled.map((one) => ({ options: one, work: new WholeImport(target, names, one, { streams }) }));
      return importTogether(lock, target, imports);
    });
    return 'collections' in options && options.collections !== undefined ? sumOf(reports) : reports[0]!;
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
  return holdingLockFor(target, [resolved], (lock, [options]) => work(lock, options as FilledImportOptions));
}

/** The same for an import into several collections. */
async function holdingLockFor<T>(
  target: ImportTarget,
  resolved: readonly FilledImportOptions[],
  work: (lock: WriterLock, options: readonly FilledImportOptions[]) => Promise<T>,
): Promise<T> {
  const all = target.blobs.areFiles ? resolved : resolved.map((options) => ({ ...options, workers: 1 }));
  const collection = all.map((options) => options.collection).join(', ');
  target.observer?.begin(collection);
  const lock = await WriterLock.acquire(target.catalog, target, { operation: 'import', ...all[0], collection });
  try {
    return await work(lock, all);
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}
