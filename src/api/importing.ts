// store.import: an import of a store object, counted among its imports.

import { type CollectionsReport, type ImportReport, reportsIn } from '../base/import-report.js';
import { DEFAULT_COLLECTION } from '../base/names.js';
import { importOptionsOver } from '../config/effective.js';
import type { CollectionsImportOptions, ImportOptions } from '../import/options/types.js';
import type { ImportSource } from '../import/sequence/named.js';
import type { ImportObserver } from '../import/tasks/observer.js';
import type { ImportTarget } from '../import/work.js';
import type { ImportMeter } from '../metrics/import-meter.js';
import { isOptions } from '../options/check.js';
import { later } from './load.js';
import type { Lookups } from './reads/lookups.js';

/** One source or several. */
export type ImportSources = ImportSource | readonly ImportSource[];

/** Options of an import into one collection, or into several. */
export type AnyImportOptions = ImportOptions | CollectionsImportOptions;

/** What the options of imports are, if the call does not say it. */
export interface ImportDefaults {
  /** What config file and environment say. */
  readonly below: ImportOptions;
  /** The version in which the store reads and writes a collection: its sources deliver that one, too. */
  readonly versionOf: Lookups['versionOf'];
}

/** Options of an import with the version of the store, where they say none. */
export function inVersionOf<Options extends AnyImportOptions>(
  options: Options,
  { versionOf }: ImportDefaults,
): Options {
  if (!isOptions(options)) return options;
  const { schemaVersion, collection, collections } = options as ImportOptions & Partial<CollectionsImportOptions>;
  if (!isOptions(collections)) {
    return { ...options, schemaVersion: schemaVersion ?? versionOf(collection ?? DEFAULT_COLLECTION) };
  }
  const inVersion = Object.entries(collections as CollectionsImportOptions['collections']).map(([name, place]) => {
    return [name, { ...place, schemaVersion: place?.schemaVersion ?? schemaVersion ?? versionOf(name) }] as const;
  });
  return { ...options, collections: Object.fromEntries(inVersion) };
}

/** @throws as `Store.import` */
export async function importInto(
  target: Omit<ImportTarget, 'startWorkers'>,
  { imports: meter }: { readonly imports: ImportMeter },
  defaults: ImportDefaults,
  sources: ImportSources,
  given: AnyImportOptions | undefined,
): Promise<ImportReport | CollectionsReport> {
  const { runImport } = await later.load();
  const options = inVersionOf(importOptionsOver(defaults.below, given), defaults);
  return meter.observe(
    (observer: ImportObserver) => runImport({ ...target, observer }, sources, options),
    (report) => reportsIn(report),
  );
}
