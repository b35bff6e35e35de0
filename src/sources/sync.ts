// source > [compare] > import > vanish > publish
//
// Brings a collection up to what its sources are now: only files that are new or changed are read, and records that are
// no longer in them go. All of it is one publication; on any error the collection is as it was.

import { setImmediate } from 'node:timers/promises';
import type { RecordCounts } from '../base/events.js';
import type { BadFile, ImportReport } from '../base/import-report.js';
import { importHolding } from '../import/import.js';
import { emptyFor } from '../import/import-checks.js';
import { absoluteOf, isRemote } from '../import/names/sources.js';
import { type FilledImportOptions, resolveImportOptions } from '../import/options/resolve.js';
import type { ImportOptions } from '../import/options/types.js';
import { remoteStreams, sourceNames } from '../import/sequence/remote-files.js';
import type { Streams } from '../import/sequence/streams.js';
import type { Fingerprint } from '../import/source/source.js';
import type { ImportTarget } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import { cancelledError } from '../parallel/wire.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import type { CatalogRead } from '../store/types.js';
import { type Comparison, compareSources, NotSeparable } from './compare.js';
import { holdingLock } from './import-sources.js';
import { LogImport } from './log-import.js';
import type { Looking } from './looking.js';
import { type Base, notedFiles } from './manifest.js';
import { PartialImport } from './partial-import.js';
import { rulesOf, WholeImport } from './whole-import.js';

/** Options of a synchronisation: those of an import. The stored records are always made equal to the sources. */
export interface SyncOptions extends Omit<ImportOptions, 'mode' | 'resume'>, Partial<Looking> {
  /** Whether the sources are logs: each line is a record, and records stay when a log is rotated. Default false. */
  readonly log?: boolean | undefined;
}

export const NO_RECORDS: RecordCounts = { imported: 0, replaced: 0, removed: 0, rejected: 0 };

/** @param removed absent if that is not known */
export function recordCounts({ records, updated }: ImportReport, removed: number | undefined): RecordCounts {
  const { stored: imported, rejected } = records;
  return { imported, ...(removed !== undefined && { replaced: updated, removed }), rejected };
}

/** What a synchronisation found and did. Files of folders count one by one. */
export interface SyncReport {
  /** Files that were there before and are not the same any more, grown ones included. */
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Bytes of sources that were read. */
  readonly bytesRead: number;
  /** Files that were left out (option `onBadFile`), if there are any. */
  readonly badFiles?: readonly BadFile[];
  readonly records: RecordCounts;
  /** Of the import; absent where nothing had to be read. */
  readonly report?: ImportReport;
}

/**
 * Makes the collection equal to what the sources (files, folders, addresses) are now, as one publication. Records from
 * transactions or from imports of other sources stay. The first synchronisation imports everything. A later one does so
 * too if records of different files have the same key, because then unchanged files also decide which records stay.
 * @throws GristmillError as an import does (docs/errors.md): nothing has changed then; TypeError for a wrong option.
 */
export async function syncSources(
  target: ImportTarget,
  given: readonly (string | URL)[],
  { paths, take = () => 'all', log = false, ...options }: SyncOptions = {},
): Promise<SyncReport> {
  const sources = sourceNames(given);
  // Its deletions would have to remove records that other sources brought.
  if (options.format === 'es-bulk') {
    throw new TypeError(
      'a bulk file is a list of changes, so a collection cannot be kept equal to it: import it, with mode "upsert"',
    );
  }
  const filled = { ...options, changes: options.changes ?? 'keep', mode: 'upsert', resume: 'never' } as const;
  const looking = { paths, take };
  if (log && options.limit !== undefined) {
    throw new TypeError('sync: options.limit cannot be used with logs: each round reads only the lines that are new');
  }
  if (log) return syncLogs(target, sources, { ...filled, layout: 'ndjson', format: 'json' }, looking);
  const resolved = resolveImportOptions(filled, target.closing);
  // Asked once for all that follows: an object that is replaced meanwhile is noticed when it is opened.
  const streams = await remoteStreams(given, knownObjects(target, sources, resolved), resolved.signal);
  try {
    // Where nothing has changed, no turn among the writers is waited for.
    const isSame = await new Sync(target, sources, streams, resolved, looking).isSame();
    if (isSame !== undefined) return isSame;
    return await holdingLock(target, filled, (lock, locked) =>
      new Sync(target, sources, streams, locked, looking).run(lock),
    );
  } finally {
    await streams.close();
  }
}

/** What is stored of the sources that are one remote object, by their numbers. */
function knownObjects(
  { catalog }: ImportTarget,
  sources: readonly string[],
  options: FilledImportOptions,
): ReadonlyMap<number, Fingerprint> {
  const known = new Map<number, Fingerprint>();
  const most = sources.filter(isRemote).length;
  if (most === 0) return known;
  catalog.refresh();
  const base = baseOf(catalog, sources, options);
  if (base === undefined) return known;
  for (const { source, path, fingerprint } of notedFiles(catalog, base.manifest.id, base.sources)) {
    if (path === '' && fingerprint.version !== undefined) known.set(source, fingerprint);
    if (known.size === most) break;
  }
  return known;
}

/** The collection and its manifest, where that is one of these sources. */
function baseOf(read: CatalogRead, names: readonly string[], { collection }: FilledImportOptions): Base | undefined {
  const manifest = read.collection(collection);
  const sources = manifest && read.sourceManifest(manifest.id);
  const isOfThese = sources && JSON.stringify(sources.sources) === JSON.stringify(names.map(absoluteOf));
  return manifest && isOfThese ? { manifest, sources } : undefined;
}

function leftOut(badFiles: readonly BadFile[]): Pick<SyncReport, 'badFiles'> {
  return badFiles.length === 0 ? {} : { badFiles };
}

async function syncLogs(
  target: ImportTarget,
  sources: readonly string[],
  given: ImportOptions,
  looking: Looking,
): Promise<SyncReport> {
  const nothing = { changed: 0, added: 0, removed: 0, unchanged: sources.length, bytesRead: 0, records: NO_RECORDS };
  const begin = (options: FilledImportOptions) =>
    LogImport.begin(target, sources, options, looking, pauseOf(options.signal));
  if ((await begin(resolveImportOptions(given, target.closing))) === undefined) return nothing;
  return holdingLock(target, given, async (lock, options) => {
    const work = await begin(options);
    if (work === undefined) return nothing;
    const report = await work.run(lock);
    const counts = { ...nothing, ...work.counts, bytesRead: report.bytes.source };
    return { ...counts, records: recordCounts(report, 0), report };
  });
}

function pauseOf(signal: AbortSignal | undefined): Pause {
  return async () => {
    await setImmediate();
    if (signal?.aborted) throw cancelledError(signal.reason);
  };
}

class Sync {
  readonly #target: ImportTarget;
  readonly #sources: readonly string[];
  readonly #streams: Streams;
  readonly #options: FilledImportOptions;
  readonly #looking: Looking;

  constructor(
    target: ImportTarget,
    sources: readonly string[],
    streams: Streams,
    options: FilledImportOptions,
    looking: Looking,
  ) {
    this.#target = target;
    this.#sources = sources;
    this.#streams = streams;
    this.#options = options;
    this.#looking = looking;
  }

  /** The report, where nothing has changed; takes no lock. */
  async isSame(): Promise<SyncReport | undefined> {
    const { catalog } = this.#target;
    catalog.refresh();
    const snapshot = catalog.snapshot();
    try {
      const base = this.#base(snapshot);
      if (base?.sources.rules !== rulesOf(this.#options)) return undefined;
      const { changed, removed, unchanged, badFiles } = await this.#compare(snapshot, base, () => 'all');
      if (changed.length + removed.length > 0) return undefined;
      return { changed: 0, added: 0, removed: 0, unchanged, bytesRead: 0, records: NO_RECORDS, ...leftOut(badFiles) };
    } finally {
      snapshot.release();
    }
  }

  #compare(read: CatalogRead, base: Base | undefined, take = this.#looking.take): Promise<Comparison> {
    const noted = base === undefined ? [] : notedFiles(read, base.manifest.id, base.sources);
    // What was imported by other rules is imported anew, all of it.
    const paths = base?.sources.rules === rulesOf(this.#options) ? this.#looking.paths : undefined;
    const looking = { paths, take };
    return compareSources(this.#target, this.#sources, this.#streams, noted, this.#pause, looking, this.#options);
  }

  async run(lock: WriterLock): Promise<SyncReport> {
    const { catalog } = this.#target;
    catalog.refresh();
    const base = this.#base(catalog);
    const comparison = await this.#compare(catalog, base);
    const { changed, removed, unchanged, left, badFiles } = comparison;
    const known = changed.filter(({ before }) => before !== undefined).length;
    const counts = { changed: known, added: changed.length - known, removed: removed.length, unchanged };
    const isFirst = base?.sources.rules !== rulesOf(this.#options);
    const isSame = changed.length === 0 && removed.length === 0;
    if (isSame && (!isFirst || unchanged === 0)) {
      return { ...counts, bytesRead: 0, records: NO_RECORDS, ...leftOut(badFiles) };
    }
    const report = await this.#partly(lock, isFirst ? undefined : base, comparison);
    if (report !== undefined) return { ...counts, ...report };
    return { ...counts, ...(await this.#wholly(lock, base, left)) };
  }

  #base(read: CatalogRead): Base | undefined {
    return baseOf(read, this.#sources, this.#options);
  }

  /** Imports what has changed; undefined where that cannot be told from the rest. */
  async #partly(lock: WriterLock, base: Base | undefined, comparison: Comparison) {
    // Which records are the first ones, the files that have changed cannot tell alone.
    if (base === undefined || this.#options.limit !== undefined) return undefined;
    const work = new PartialImport(this.#target, this.#sources, this.#streams, this.#options, base, comparison);
    try {
      if ((await work.prepare(this.#pause)) === 'publish') {
        await work.publishAlone(lock, this.#pause);
        const records = { ...NO_RECORDS, removed: work.removed };
        return { bytesRead: work.bytesHashed, records, ...leftOut(work.badFiles) };
      }
      const report = await importHolding(lock, this.#target, this.#options, work);
      const records = recordCounts(report, work.removed);
      const bytesRead = work.bytesHashed + report.bytes.source;
      return { bytesRead, records, ...leftOut(report.badFiles.files), report };
    } catch (error) {
      if (error instanceof NotSeparable) return undefined;
      throw emptyFor(error, this.#target.catalog, this.#options.collection);
    }
  }

  /** Imports everything: anew, where the collection holds nothing else. */
  async #wholly(lock: WriterLock, base: Base | undefined, left: Comparison['left']) {
    const { catalog } = this.#target;
    const manifest = catalog.collection(this.#options.collection);
    const isOurs = manifest === undefined || manifest.records === 0 || (base !== undefined && this.#holdsAll(base));
    const mode = isOurs ? 'replace' : 'upsert';
    const options = { ...this.#options, mode } as const;
    const streams = this.#streams;
    const work = new WholeImport(this.#target, this.#sources, options, { repeated: { base, left }, streams });
    const before = manifest?.records ?? 0;
    const report = await importHolding(lock, this.#target, options, work);
    const isKnown = mode === 'upsert' || before === 0;
    return {
      bytesRead: report.bytes.source,
      records: recordCounts(report, isKnown ? work.removed : undefined),
      ...leftOut(report.badFiles.files),
      report,
    };
  }

  /** Whether all records of the collection are of these sources. */
  #holdsAll({ manifest, sources }: Base): boolean {
    if (manifest.inline > 0) return false;
    // Ranges of shards that compaction has dropped say nothing of the records that are there.
    const shards = new Set(this.#target.catalog.shards(manifest).map(({ shard }) => shard));
    let records = 0;
    for (const { ranges } of notedFiles(this.#target.catalog, manifest.id, sources)) {
      for (const { shard, count } of ranges) if (shards.has(shard)) records += count;
    }
    return records === manifest.records + manifest.dead;
  }

  get #pause(): Pause {
    return pauseOf(this.#options.signal);
  }
}
