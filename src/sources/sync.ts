// source > [compare] > import > vanish > publish
//
// Brings a collection up to what its sources are now: only files that are new or changed are read, and records that are
// no longer in them go. All of it is one publication; on any error the collection is as it was.

import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { holdingLock, type ImportTarget, importHolding } from '../import/import.js';
import { checkSources, type FilledImportOptions } from '../import/import-options.js';
import type { ImportOptions, ImportReport } from '../import/types.js';
import { cancelledError } from '../import/wire.js';
import type { WriterLock } from '../store/writer-lock.js';
import { type Comparison, compareSources } from './compare.js';
import { type Base, notedFiles } from './manifest.js';
import { NotSeparable, PartialImport } from './partial-import.js';
import { rulesOf, WholeImport } from './whole-import.js';

/** Options of a synchronisation: those of an import. What is stored is always made to be what the sources hold. */
export type SyncOptions = Omit<ImportOptions, 'mode' | 'resume'>;

/** What a synchronisation found and did. Files of folders count one by one. */
export interface SyncReport {
  /** Files that were there before and are not the same any more, grown ones included. */
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Bytes of sources that were read. */
  readonly bytesRead: number;
  /** Of the import; absent where nothing had to be read. */
  readonly report?: ImportReport;
}

/**
 * Makes the collection what `sources` (files, folders) are now, as one publication. Records that came into it otherwise,
 * by transactions or imports of other sources, stay. The first time everything is imported; so it is where which records
 * stay depends on unchanged files too, because records of different files have the same key.
 * @throws GristmillError as an import does (docs/errors.md): nothing has changed then; TypeError for a wrong option.
 */
export async function syncSources(
  target: ImportTarget,
  sources: readonly string[],
  options: SyncOptions = {},
): Promise<SyncReport> {
  checkSources(sources);
  return holdingLock(target, { ...options, mode: 'upsert', resume: 'never' }, (lock, filled) => {
    return new Sync(lock, target, sources, filled).run();
  });
}

class Sync {
  readonly #lock: WriterLock;
  readonly #target: ImportTarget;
  readonly #sources: readonly string[];
  readonly #options: FilledImportOptions;

  constructor(lock: WriterLock, target: ImportTarget, sources: readonly string[], options: FilledImportOptions) {
    this.#lock = lock;
    this.#target = target;
    this.#sources = sources;
    this.#options = options;
  }

  async run(): Promise<SyncReport> {
    const base = this.#base();
    const { catalog } = this.#target;
    const noted = base === undefined ? [] : notedFiles(catalog, base.manifest.id, base.sources);
    const comparison = await compareSources(this.#target, this.#sources, noted, this.#pause);
    const { changed, removed, unchanged } = comparison;
    const known = changed.filter(({ before }) => before !== undefined).length;
    const counts = { changed: known, added: changed.length - known, removed: removed.length, unchanged };
    const isFirst = base?.sources.rules !== rulesOf(this.#options);
    const isSame = changed.length === 0 && removed.length === 0;
    if (isSame && (!isFirst || unchanged === 0)) return { ...counts, bytesRead: 0 };
    const report = await this.#partly(isFirst ? undefined : base, comparison);
    if (report !== undefined) return { ...counts, ...report };
    const whole = await this.#wholly(base);
    return { ...counts, bytesRead: whole.bytes.source, report: whole };
  }

  /** The collection and its manifest, where that is one of these sources. */
  #base(): Base | undefined {
    const { catalog } = this.#target;
    catalog.refresh();
    const manifest = catalog.collection(this.#options.collection);
    const sources = manifest && catalog.sourceManifest(manifest.id);
    const paths = this.#sources.map((path) => resolve(path));
    const isOfThese = sources !== undefined && JSON.stringify(sources.sources) === JSON.stringify(paths);
    return manifest && isOfThese ? { manifest, sources } : undefined;
  }

  /** Imports what has changed; undefined where that cannot be told from the rest. */
  async #partly(base: Base | undefined, comparison: Comparison) {
    if (base === undefined) return undefined;
    const work = new PartialImport(this.#target, this.#sources, this.#options, base, comparison);
    try {
      if ((await work.prepare(this.#pause)) === 'publish') {
        await work.publishAlone(this.#pause);
        return { bytesRead: work.bytesHashed };
      }
      const report = await importHolding(this.#lock, this.#target, this.#options, work);
      return { bytesRead: work.bytesHashed + report.bytes.source, report };
    } catch (error) {
      if (error instanceof NotSeparable) return undefined;
      throw error;
    }
  }

  /** Imports everything: anew, where the collection holds nothing else. */
  async #wholly(base: Base | undefined): Promise<ImportReport> {
    const { catalog } = this.#target;
    const manifest = catalog.collection(this.#options.collection);
    const isOurs = manifest === undefined || manifest.records === 0 || (base !== undefined && this.#holdsAll(base));
    const mode = isOurs ? 'replace' : 'upsert';
    const options = { ...this.#options, mode } as const;
    const work = new WholeImport(this.#target, this.#sources, options, { base });
    return importHolding(this.#lock, this.#target, options, work);
  }

  /** Whether all records of the collection are of these sources. */
  #holdsAll({ manifest, sources }: Base): boolean {
    if (manifest.inline > 0) return false;
    let records = 0;
    for (const { ranges } of notedFiles(this.#target.catalog, manifest.id, sources)) {
      for (const { count } of ranges) records += count;
    }
    return records === manifest.records + manifest.dead;
  }

  readonly #pause = async (): Promise<void> => {
    await setImmediate();
    const { signal } = this.#options;
    if (signal?.aborted) throw cancelledError(signal.reason);
  };
}
