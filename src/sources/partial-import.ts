// source > compare > [import] > vanish > publish
//
// An import of those files alone that have changed, into the collection that holds the rest; records that are no longer in
// their files go with it. It is only published when the outcome is sure to be that of a whole import: no record of an
// unchanged file may have lost to one of a changed file, nor may one that lost before come back.

import { join } from 'node:path';
import type { ImportTarget, ImportWork } from '../import/import.js';
import type { FilledImportOptions } from '../import/import-options.js';
import { cut, type Pause, planSource, type SourcePlan } from '../import/plan.js';
import { planFolder } from '../import/plan-folder.js';
import type { Plans } from '../import/plan-sources.js';
import type { AcceptedSpan } from '../import/scan-sources.js';
import type { Change } from '../store/merge-pages.js';
import type { PublishResult } from '../store/publish.js';
import type { CatalogWrite } from '../store/types.js';
import { type ChangedFile, type Comparison, idOf } from './compare.js';
import { comparePaths, packFiles } from './file-list.js';
import { type Base, ManifestRows, type NotedFile, notedFiles } from './manifest.js';
import { hasGrown, Notes } from './notes.js';
import { recordsIn, removeRecords } from './vanish.js';

/** Thrown where only a whole import can tell which records stay. */
export class NotSeparable extends Error {}

export class PartialImport implements ImportWork {
  readonly isResumable = false;
  readonly sources: readonly string[];
  readonly #target: ImportTarget;
  readonly #options: FilledImportOptions;
  readonly #base: Base;
  readonly #comparison: Comparison;
  readonly #notes: Notes;
  readonly #noted: NotedFile[] = [];
  /** By source and path, files that have only become longer. */
  readonly #grown = new Map<string, NotedFile>();
  /** Live records of the files as they were. */
  #records: readonly Change[] = [];

  constructor(
    target: ImportTarget,
    sources: readonly string[],
    options: FilledImportOptions,
    base: Base,
    comparison: Comparison,
  ) {
    this.#target = target;
    this.sources = sources;
    this.#options = options;
    this.#base = base;
    this.#comparison = comparison;
    this.#notes = new Notes(options, (file) => this.#noted.push(file));
  }

  /** Without plans, nothing has to be read: `apply` is all there is to do. @throws NotSeparable */
  async plan(pause: Pause): Promise<Plans> {
    const { changed, removed, warnings } = this.#comparison;
    const plans: SourcePlan[] = [];
    for (const [source, path] of this.sources.entries()) {
      const files = changed.filter((file) => file.source === source);
      const whole = files.filter((file) => !this.#noteGrown(file));
      plans.push(...(await this.#plansOf(source, path, whole, pause)));
      for (const file of files) if (!whole.includes(file)) plans.push(this.#grownPlan(path, file));
    }
    const gone = [...removed, ...changed.flatMap((file) => (this.#grownOf(file) ? [] : (file.before ?? [])))];
    const isOrdered = this.#base.manifest.key.kind === 'ordinal';
    // Positions are keys there: only what comes behind all others leaves the others where they are.
    const isLast = gone.length === 0 && this.#isLastGrown();
    const isAll = changed.length === 0 && this.#comparison.unchanged === 0;
    if ((this.#base.sources.hasDuplicates || isOrdered) && !isLast && !isAll) throw new NotSeparable();
    const snapshot = this.#target.catalog.snapshot();
    try {
      const ranges = gone.flatMap((file) => file.ranges);
      this.#records = await recordsIn(snapshot, this.#target, this.#base.manifest, ranges, pause);
    } finally {
      snapshot.release();
    }
    return { plans, warnings };
  }

  accept(span: AcceptedSpan): void {
    this.#notes.accept(span);
  }

  publish(write: CatalogWrite, { counts, updated }: PublishResult): void {
    this.#notes.finish();
    const replaced = this.#records.length - this.apply(write);
    const isClean = counts.replaced === 0 && updated === replaced;
    if (!isClean && !this.#isLastGrown()) throw new NotSeparable();
    this.#writeRows(write, !isClean);
  }

  /** Removes what has vanished, within a transaction; returns how many records that were. */
  apply(write: CatalogWrite): number {
    return removeRecords(this.#target.catalog, write, this.#base.manifest.name, this.#records);
  }

  /** Publishes where nothing had to be read. */
  async publishAlone(): Promise<void> {
    await this.#target.catalog.transaction((write) => {
      this.apply(write);
      this.#writeRows(write, false);
    });
  }

  #writeRows(write: CatalogWrite, addsDuplicates: boolean): void {
    const { catalog } = this.#target;
    const { manifest, sources } = this.#base;
    const rows = new ManifestRows();
    const gone = new Set(this.#comparison.removed.map(idOf));
    const news = [...this.#noted].sort(compareFiles);
    let at = 0;
    const take = (file: NotedFile) => rows.add(this.#withBefore(file));
    for (const file of notedFiles(catalog, manifest.id, sources)) {
      while (at < news.length && compareFiles(news[at]!, file) < 0) take(news[at++]!);
      if (at < news.length && compareFiles(news[at]!, file) === 0) take(news[at++]!);
      else if (!gone.has(idOf(file))) rows.add(file);
    }
    while (at < news.length) take(news[at++]!);
    const hasDuplicates = sources.hasDuplicates || addsDuplicates;
    rows.write(write, manifest.id, { ...sources, hasDuplicates });
  }

  /** A file that has grown keeps the records it had. */
  #withBefore(file: NotedFile): NotedFile {
    const before = this.#grown.get(idOf(file));
    if (before === undefined) return file;
    return { ...file, read: before.read + file.read, ranges: [...before.ranges, ...file.ranges] };
  }

  #noteGrown(file: ChangedFile): boolean {
    const { before, source, path, fingerprint } = file;
    if (before === undefined || !hasGrown(join(this.sources[source]!, path), fingerprint, before)) return false;
    this.#grown.set(idOf(file), before);
    return true;
  }

  #grownOf(file: ChangedFile): NotedFile | undefined {
    return this.#grown.get(idOf(file));
  }

  /** Whether all that is new comes behind all that there was. */
  #isLastGrown(): boolean {
    const { changed, removed } = this.#comparison;
    const [only] = changed;
    if (only === undefined || changed.length > 1 || removed.length > 0 || !this.#grownOf(only)) return false;
    let last: NotedFile | undefined;
    for (const file of notedFiles(this.#target.catalog, this.#base.manifest.id, this.#base.sources)) last = file;
    return last !== undefined && idOf(last) === idOf(only) && this.#options.onDuplicate === 'last';
  }

  async #plansOf(source: number, path: string, files: readonly ChangedFile[], pause: Pause): Promise<SourcePlan[]> {
    if (files.length === 0) return [];
    if (files[0]!.path === '') {
      return [await planSource(path, this.#options, pause, source, '', files[0]!.fingerprint)];
    }
    const bytes = files.reduce((sum, { fingerprint }) => sum + fingerprint.bytes, 0);
    return planFolder(path, source, { pieces: [packFiles(files)], bytes }, this.#options, pause);
  }

  /** What a file has grown by. */
  #grownPlan(root: string, file: ChangedFile): SourcePlan {
    const { source, path, fingerprint } = file;
    const before = this.#grownOf(file) as NotedFile;
    const from = before.fingerprint.bytes;
    const isNamed = this.#base.manifest.key.kind === 'name';
    if (isNamed) {
      const grown = { from, read: before.read };
      return {
        ...{ path: root, fingerprint, bytes: fingerprint.bytes - from },
        ...{ shape: 'folder', framing: 'object', from: 0, source, relative: '' },
        spans: [{ from: 0, to: fingerprint.bytes - from + 1 }],
        files: [{ list: packFiles([file]), isNamed, shape: 'ndjson', grown }],
      };
    }
    const spans = cut(from, fingerprint.bytes, this.#options.spanBytes);
    const full = join(root, path);
    const bytes = fingerprint.bytes - from;
    return { path: full, fingerprint, bytes, shape: 'ndjson', framing: 'lines', from, spans, source, relative: path };
  }
}

function compareFiles(left: NotedFile, right: NotedFile): number {
  return left.source - right.source || comparePaths(left.path, right.path);
}
