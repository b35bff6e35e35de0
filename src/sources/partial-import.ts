// source > compare > [import] > vanish > publish
//
// An import of those files alone that have changed, into the collection that holds the rest; records that are no longer in
// their files go with it. It is only published when the outcome is sure to be that of a whole import: no record of an
// unchanged file may have lost to one of a changed file, nor may one that lost before come back.

import { join } from 'node:path';
import { BadFiles } from '../base/bad-files.js';
import type { BadFile, EditCounts } from '../base/import-report.js';
import { vanishedChange } from '../import/audit-change.js';
import { checkNotEmptied } from '../import/import-checks.js';
import { placeOf } from '../import/names/sources.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import { batchSources } from '../import/plan/batch-sources.js';
import { planUnlessBad, withoutOddOnes } from '../import/plan/careful.js';
import { planFolder } from '../import/plan/folder.js';
import { amongSources } from '../import/plan/formats.js';
import { planSource } from '../import/plan/plan.js';
import type { SourcePlan } from '../import/plan/source-plan.js';
import { type Plans, planObjects } from '../import/plan/sources.js';
import type { AcceptedSpan } from '../import/plan/span-job.js';
import type { RemoteFile, Streams } from '../import/sequence/streams.js';
import { expectationOf } from '../import/source/expectation.js';
import { packFiles } from '../import/source/file-list.js';
import type { Fingerprint } from '../import/source/source.js';
import type { ImportTarget, ImportWork } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import type { Change } from '../store/pages/change.js';
import type { PublishResult } from '../store/publish/publication.js';
import { removeRecords } from '../store/publish/remove-records.js';
import type { SourceLines } from '../store/source-types.js';
import type { CatalogWrite } from '../store/types.js';
import { settleEdits } from '../update/keep-edits.js';
import { type ChangedFile, type Comparison, compareFiles, idOf, NotSeparable } from './compare.js';
import { planOfLines, planOfNamedLines } from './line-plans.js';
import { type Base, ManifestRows, type NotedFile, notedFiles, type RecordRange } from './manifest.js';
import { hasGrown, linesOf, Notes } from './notes.js';
import { joined, keptPart } from './parts.js';
import { type KeptSpans, keptSpans, plansOfGaps } from './unchanged-spans.js';
import { recordsIn } from './vanish.js';

/** Rows after which others may have a turn. */
const ROWS_A_TURN = 512;

export class PartialImport implements ImportWork {
  readonly operation = 'synchronise';
  readonly isResumable = false;
  readonly hashesSpans = true;
  readonly mayAllBeBad = true;
  readonly sources: readonly string[];
  readonly #target: ImportTarget;
  readonly #streams: Streams;
  readonly #options: FilledImportOptions;
  readonly #base: Base;
  readonly #comparison: Comparison;
  readonly #notes: Notes;
  readonly #rows: ManifestRows;
  readonly #bad: BadFiles;
  readonly #noted: NotedFile[] = [];
  /** By source and path: files that have only become longer, and what stays of those that have changed in places. */
  readonly #grown = new Map<string, NotedFile>();
  readonly #kept = new Map<string, KeptSpans>();
  readonly #keptEnds = new Map<string, SourceLines | undefined>();
  /** Records that the publication has removed. */
  removed = 0;
  #plans: Plans = { plans: [], warnings: [] };
  /** Live records of the files as they were. */
  #records: readonly Change[] = [];

  constructor(
    target: ImportTarget,
    sources: readonly string[],
    streams: Streams,
    options: FilledImportOptions,
    base: Base,
    comparison: Comparison,
  ) {
    this.#target = target;
    this.sources = sources;
    this.#streams = streams;
    this.#options = amongSources(sources, options);
    this.#base = base;
    this.#comparison = comparison;
    this.#rows = new ManifestRows(base.sources.files);
    this.#bad = new BadFiles(options, comparison.badFiles);
    this.#notes = new Notes(options, (file) => this.#noted.push(file));
  }

  /** Looks for what has to be read; where that is nothing, `publishAlone` does the rest. @throws NotSeparable */
  async prepare(pause: Pause): Promise<'import' | 'publish'> {
    const { changed, removed, warnings } = this.#comparison;
    const plans: SourcePlan[] = [];
    for (const [source, given] of this.sources.entries()) {
      const files = changed.filter((file) => file.source === source);
      const objects = this.#streams.objectsOf(given);
      if (objects !== undefined) {
        plans.push(...(await this.#plansOfObjects(source, objects, files, pause)));
        continue;
      }
      const { root: path } = placeOf(given);
      const whole: ChangedFile[] = [];
      const parts: SourcePlan[] = [];
      for (const file of files) {
        if (this.#noteGrown(file)) parts.push(this.#grownPlan(path, file));
        else if (await this.#noteKept(path, file, pause)) parts.push(...this.#planGaps(path, file));
        else whole.push(file);
      }
      plans.push(...(await this.#plansOf(source, path, whole, pause)), ...parts);
    }
    const gone = [...removed.flatMap(({ ranges }) => ranges), ...changed.flatMap((file) => this.#goneOf(file))];
    const isOrdered = this.#base.manifest.key.kind === 'ordinal';
    // Positions are keys there: only what comes behind all others leaves the others where they are.
    const isLast = gone.length === 0 && this.#isLastGrown();
    const isAll = changed.length === 0 && this.#comparison.unchanged === 0;
    if ((this.#base.sources.hasDuplicates || isOrdered) && !isLast && !isAll) throw new NotSeparable();
    const snapshot = this.#target.catalog.snapshot();
    try {
      this.#records = await recordsIn(snapshot, this.#target, this.#base.manifest, gone, pause);
    } finally {
      snapshot.release();
    }
    const batched = batchSources(withoutOddOnes(plans), this.#options);
    this.#plans = { plans: batched, warnings, badFiles: this.#bad.files };
    return plans.length > 0 ? 'import' : 'publish';
  }

  async plan(): Promise<Plans> {
    return this.#plans;
  }

  accept(span: AcceptedSpan): void {
    this.#notes.accept(span);
  }

  /** Makes the rows of the manifest. */
  async finish(pause: Pause): Promise<void> {
    this.#notes.finish();
    const { catalog } = this.#target;
    const { manifest, sources } = this.#base;
    const gone = new Set(this.#comparison.removed.map(idOf));
    const news = this.#news();
    let [at, position] = [0, 0];
    for (const file of notedFiles(catalog, manifest.id, sources)) {
      while (at < news.length && compareFiles(news[at]!, file) < 0) this.#rows.add(news[at++]!);
      if (at < news.length && compareFiles(news[at]!, file) === 0) this.#rows.add(news[at++]!);
      else if (!gone.has(idOf(file))) this.#rows.add(file, position);
      if (++position % ROWS_A_TURN === 0) await pause();
    }
    while (at < news.length) this.#rows.add(news[at++]!);
    this.#rows.finish();
  }

  publish(write: CatalogWrite, { counts, updated }: PublishResult): EditCounts {
    const addsDuplicates = updated !== this.#records.length - this.apply(write) || counts.replaced > 0;
    if (addsDuplicates && !this.#isLastGrown()) throw new NotSeparable();
    this.#writeRows(write, addsDuplicates);
    return settleEdits(this.#target, write, this.#options.collection, this.#options);
  }

  /** Removes what has vanished, within a transaction; returns how many records that were. */
  apply(write: CatalogWrite): number {
    this.removed = removeRecords(this.#target.catalog, write, this.#base.manifest.name, this.#records);
    return this.removed;
  }

  /** Publishes where nothing had to be read. @throws GristmillError STORE_BUSY where the lock is somebody else's by now */
  async publishAlone(lock: WriterLock, pause: Pause): Promise<void> {
    await this.finish(pause);
    const [{ catalog }, { collection }] = [this.#target, this.#options];
    await catalog.transaction((write) => {
      lock.check();
      const [generation, before] = [catalog.generation(), catalog.collection(collection)?.records ?? 0];
      this.apply(write);
      this.#writeRows(write, false);
      checkNotEmptied(catalog, before, this.#options, this.sources);
      lock.log(write, generation, vanishedChange(this, collection, before));
    });
  }

  #writeRows(write: CatalogWrite, addsDuplicates: boolean): void {
    const { manifest, sources } = this.#base;
    const hasDuplicates = sources.hasDuplicates || addsDuplicates;
    this.#rows.write(write, manifest.id, { ...sources, hasDuplicates });
  }

  /** What was noted of the files that were read, and what they keep, in order. */
  #news(): NotedFile[] {
    const news = new Map<string, NotedFile>();
    const add = (id: string, file: NotedFile) => {
      const known = news.get(id);
      news.set(id, known === undefined ? file : joined(known, file));
    };
    for (const file of this.#comparison.changed) {
      const id = idOf(file);
      const [before, kept] = [this.#grown.get(id), this.#kept.get(id)];
      if (before !== undefined) add(id, before);
      if (kept !== undefined) add(id, keptPart(file, kept, this.#keptEnds.get(id)));
    }
    for (const file of this.#noted) add(idOf(file), file);
    return [...news.values()].sort(compareFiles);
  }

  /** Files that were left out, as far as nothing had to be imported to find them. */
  get badFiles(): readonly BadFile[] {
    return this.#bad.files;
  }

  /** Ranges of a changed file whose records may be gone. */
  #goneOf(file: ChangedFile): readonly RecordRange[] {
    if (file.before === undefined || this.#grownOf(file)) return [];
    const kept = new Set(this.#kept.get(idOf(file))?.ranges);
    return file.before.ranges.filter((range) => !kept.has(range));
  }

  /** Bytes read to find out what has stayed the same. */
  get bytesHashed(): number {
    return [...this.#kept.values()].reduce((sum, { hashed }) => sum + hashed, 0);
  }

  async #noteKept(root: string, file: ChangedFile, pause: Pause): Promise<boolean> {
    const kept = await keptSpans(root, file, pause);
    if (kept === undefined || !(await this.#isStillOfLines(root, file, kept, pause))) return false;
    this.#kept.set(idOf(file), kept);
    this.#keptEnds.set(idOf(file), linesOf(join(root, file.path), file.fingerprint));
    return true;
  }

  /** Whether a file that begins otherwise than before is read in the same way. */
  async #isStillOfLines(
    root: string,
    { source, path, fingerprint }: ChangedFile,
    { gaps, start }: KeptSpans,
    pause: Pause,
  ) {
    if (gaps[0]?.from !== start) return true;
    const { layout } = await planSource(join(root, path), this.#options, pause, source, path, fingerprint);
    return layout === 'ndjson';
  }

  #planGaps(root: string, file: ChangedFile): SourcePlan[] {
    return plansOfGaps(root, file, this.#kept.get(idOf(file)) as KeptSpans, this.#options.spanBytes);
  }

  #noteGrown(file: ChangedFile): boolean {
    const { before, source, path, fingerprint } = file;
    if (before === undefined || !hasGrown(join(placeOf(this.sources[source]!).root, path), fingerprint, before))
      return false;
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
    const last = [...notedFiles(this.#target.catalog, this.#base.manifest.id, this.#base.sources)].at(-1);
    return last !== undefined && idOf(last) === idOf(only) && this.#options.onDuplicate === 'last';
  }

  async #plansOfObjects(
    source: number,
    objects: readonly RemoteFile[],
    files: readonly ChangedFile[],
    pause: Pause,
  ): Promise<SourcePlan[]> {
    const expectation = await expectationOf(this.#target.catalog, this.#target, this.#base.manifest);
    const options = { ...this.#options, expectation, streams: this.#streams };
    const changed = new Set(files.map(({ path }) => path));
    const select = (path: string, fingerprint: Fingerprint) => (changed.has(path) ? fingerprint : undefined);
    return planObjects(objects, options, pause, source, select);
  }

  async #plansOf(source: number, path: string, files: readonly ChangedFile[], pause: Pause): Promise<SourcePlan[]> {
    if (files.length === 0) return [];
    if (files[0]!.path === '') {
      const { catalog } = this.#target;
      const expectation = await expectationOf(catalog, this.#target, this.#base.manifest);
      const which = { source, expected: files[0]!.fingerprint };
      const options = { ...this.#options, expectation, glob: placeOf(this.sources[source]!).glob };
      const plan = await planUnlessBad(path, options, pause, which, this.#bad);
      return plan === undefined ? [] : [plan];
    }
    const bytes = files.reduce((sum, { fingerprint }) => sum + fingerprint.bytes, 0);
    return planFolder(path, source, { pieces: [packFiles(files)], bytes }, this.#options, pause, this.#bad);
  }

  /** What a file has grown by. */
  #grownPlan(root: string, file: ChangedFile): SourcePlan {
    const before = this.#grownOf(file) as NotedFile;
    const part = { ...file, root, from: before.fingerprint.bytes, because: 'collection' } as const;
    if (this.#base.manifest.key.kind === 'name') return planOfNamedLines(part, before.read);
    return planOfLines(join(root, file.path), part, this.#options.spanBytes);
  }
}
