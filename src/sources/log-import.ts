// source > compare > [import] > publish
//
// An import of the new lines of logs. Nothing that is stored goes: a log that is rotated takes no record with it.

import { resolve } from 'node:path';
import type { EditCounts } from '../base/import-report.js';
import { importHolding } from '../import/import.js';
import type { FilledImportOptions } from '../import/options/resolve.js';
import type { SourcePlan } from '../import/plan/source-plan.js';
import type { Plans } from '../import/plan/sources.js';
import type { AcceptedSpan } from '../import/plan/span-job.js';
import { recordsStored } from '../import/tasks/span.js';
import type { ImportTarget, ImportWork } from '../import/work.js';
import type { Pause } from '../parallel/pause.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import type { PublishResult } from '../store/publish/publication.js';
import type { CatalogRead, CatalogWrite } from '../store/types.js';
import { settleEdits } from '../update/keep-edits.js';
import { compareFiles, idOf } from './compare.js';
import { planOfLines, planOfNamedLines } from './line-plans.js';
import { type ChangedLog, changedLogs, type LogPart, type MovedLog, pathIn } from './logs.js';
import type { Looking } from './looking.js';
import { ManifestRows, type NotedFile, notedFiles, type RecordRange } from './manifest.js';
import { endsOf } from './notes.js';
import { rulesOf } from './whole-import.js';

/** What the scan of a part has found. */
interface Found {
  read: number;
  readonly ranges: RecordRange[];
}

export class LogImport implements ImportWork {
  readonly operation = 'synchronise';
  readonly isResumable = false;
  readonly hashesSpans = false;
  readonly mayAllBeBad = true;
  readonly sources: readonly string[];
  readonly #target: ImportTarget;
  readonly #options: FilledImportOptions;
  readonly #noted: Map<string, NotedFile>;
  readonly #changed: readonly ChangedLog[];
  readonly #moved: readonly MovedLog[];
  readonly #hadDuplicates: boolean;
  readonly #found = new Map<SourcePlan, Found>();
  readonly #plans = new Map<LogPart, SourcePlan>();
  readonly #rows = new ManifestRows();

  private constructor(
    target: ImportTarget,
    sources: readonly string[],
    options: FilledImportOptions,
    noted: Map<string, NotedFile>,
    { changed, moved }: Awaited<ReturnType<typeof changedLogs>>,
    hadDuplicates: boolean,
  ) {
    this.#target = target;
    this.#moved = moved;
    this.sources = sources;
    this.#options = options;
    this.#noted = noted;
    this.#changed = changed;
    this.#hadDuplicates = hadDuplicates;
  }

  /** Compares the logs with what is stored of them. Undefined if no log has a new line. */
  static async begin(
    target: ImportTarget,
    sources: readonly string[],
    options: FilledImportOptions,
    looking: Looking,
    pause: Pause,
  ): Promise<LogImport | undefined> {
    target.catalog.refresh();
    const noted = notedLogs(target.catalog, sources, options.collection);
    const found = await changedLogs(target, sources, noted.files, pause, looking, options);
    return found.changed.length === 0
      ? undefined
      : new LogImport(target, sources, options, noted.files, found, noted.hadDuplicates);
  }

  /** Files that have grown or were rotated, and those that are new. */
  get counts(): { readonly changed: number; readonly added: number } {
    const changed = this.#changed.filter(({ before }) => before !== undefined).length;
    return { changed, added: this.#changed.length - changed };
  }

  run(lock: WriterLock) {
    return importHolding(lock, this.#target, this.#options, this);
  }

  async plan(): Promise<Plans> {
    for (const log of this.#changed) {
      for (const part of [log.rest, log.grown]) if (part) this.#plans.set(part, this.#planOf(log, part));
    }
    return { plans: [...this.#plans.values()], warnings: [] };
  }

  accept({ plan, task, result }: AcceptedSpan): void {
    const found = this.#found.get(plan) ?? { read: 0, ranges: [] };
    this.#found.set(plan, found);
    found.read += result.read;
    const count = recordsStored(result);
    if (count > 0) found.ranges.push({ shard: task.shard, first: 0, count });
  }

  async finish(): Promise<void> {
    for (const { before } of [...this.#moved, ...this.#changed]) if (before) this.#noted.delete(idOf(before));
    for (const { source, path, before } of this.#moved)
      this.#noted.set(idOf({ source, path }), { ...before, source, path });
    for (const log of this.#changed) {
      const row = this.#rowOf(log);
      this.#noted.set(idOf(row), row);
    }
    for (const row of [...this.#noted.values()].sort(compareFiles)) this.#rows.add(row);
    this.#rows.finish();
  }

  publish(write: CatalogWrite, { manifest, counts, updated }: PublishResult): EditCounts {
    const sources = this.sources.map((path) => resolve(path));
    const hasDuplicates = this.#hadDuplicates || counts.replaced + updated > 0;
    this.#rows.write(write, manifest.id, { sources, rules: rulesOf(this.#options), hasDuplicates });
    return settleEdits(this.#target, write, manifest.name, this.#options);
  }

  #planOf(log: ChangedLog, part: LogPart): SourcePlan {
    const { path, before, rest } = log;
    const lines = { ...log, ...part, because: 'option' } as const;
    if (path === '' || this.#options.key !== undefined) return planOfLines(part.full, lines, this.#options.spanBytes);
    // Numbers of records go on, also in a new file of the name: no name is given again.
    const ofRest = part !== rest && rest ? rest.fingerprint.bytes - rest.from : 0;
    return planOfNamedLines({ ...lines, path: pathIn(log, part) }, (before?.read ?? 0) + ofRest);
  }

  /** What is noted of a log from now on. */
  #rowOf({ source, path, before, rest, grown, isSame }: ChangedLog): NotedFile {
    const parts = [rest, grown].filter((part) => part !== undefined);
    const found = parts.map((part) => this.#found.get(this.#plans.get(part)!) ?? { read: 0, ranges: [] });
    // Never less than there are: numbers in names go on from here.
    const ofRest = rest && this.#options.key === undefined ? rest.fingerprint.bytes - rest.from : 0;
    const read = found.reduce((sum, one) => sum + one.read, (before?.read ?? 0) + (path === '' ? 0 : ofRest));
    const last = (grown ?? rest)!;
    const { grows: _, ...fingerprint } = last.fingerprint;
    // Records of a log that is gone are no longer those of a file.
    const kept = isSame || grown === undefined ? (before?.ranges ?? []) : [];
    const ranges = [...kept, ...(grown ? found.at(-1)! : found[0]!).ranges];
    const lines = endsOf(last.full, last.fingerprint, fingerprint.bytes);
    return { source, path, fingerprint, read, ranges, ...(lines && { lines }) };
  }
}

/** What is stored of these sources, whatever others there were beside them. */
function notedLogs(read: CatalogRead, sources: readonly string[], collection: string) {
  const files = new Map<string, NotedFile>();
  const manifest = read.collection(collection);
  const stored = manifest && read.sourceManifest(manifest.id);
  if (!manifest || !stored) return { files, hadDuplicates: manifest !== undefined };
  const paths = sources.map((path) => resolve(path));
  for (const file of notedFiles(read, manifest.id, stored)) {
    const source = paths.indexOf(stored.sources[file.source] ?? '');
    if (source !== -1) files.set(idOf({ source, path: file.path }), { ...file, source });
  }
  return { files, hadDuplicates: stored.hasDuplicates };
}
