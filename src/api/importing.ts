// store.import: an import of a store object, counted among its imports.

import { type CollectionsReport, type ImportReport, reportsIn } from '../base/import-report.js';
import { importOptionsOver } from '../config/effective.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import type { ImportSource } from '../import/sequence/named.js';
import type { ImportObserver } from '../import/tasks/observer.js';
import type { ImportTarget } from '../import/work.js';
import type { ImportMeter } from '../metrics/import-meter.js';
import { later } from './load.js';

/** One source or several. */
export type ImportSources = ImportSource | readonly ImportSource[];

/** Options of an import into one collection, or into several. */
export type AnyImportOptions = ImportOptions | CollectionsImportOptions;

/** @param below what config file and environment say of imports. @throws as `Store.import` */
export async function importInto(
  target: Omit<ImportTarget, 'startWorkers'>,
  { imports: meter }: { readonly imports: ImportMeter },
  below: ImportOptions,
  sources: ImportSources,
  given: AnyImportOptions | undefined,
): Promise<ImportReport | CollectionsReport> {
  const { runImport } = await later.load();
  const options = importOptionsOver(below, given);
  return meter.observe(
    (observer: ImportObserver) => runImport({ ...target, observer }, sources, options),
    (report) => reportsIn(report),
  );
}
