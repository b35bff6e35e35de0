// source > plan > [ map > scan > key > frame > shard > accept > merge > settle > publish ]
//
// One import under way: what its stages share, and what it has written so far and has to take away again unless it is
// published: its workspace, its journal, its quarantine file, its pages.

import { join } from 'node:path';
import { failpoint } from '../base/failpoints.js';
import { SHARDS_DIRECTORY } from '../store/files/layout.js';
import { framingOf } from '../store/framing.js';
import { Publisher } from '../store/publish/publisher.js';
import { secretsOf } from '../store/seal/hidden-keys.js';
import { evolvedOf } from '../store/shapes/evolved.js';
import type { Scanning } from './accept/accept.js';
import { Tally } from './accept/tally.js';
import { dropSpare } from './feed/chunk-memory.js';
import { checkSameAsStored, keyRuleFor, keySaltFor } from './import-checks.js';
import type { FilledImportOptions } from './options/resolve.js';
import { checkExpected, containerIn, withContainer } from './plan/documents.js';
import { sequenceJobs } from './plan/in-sequence/sequence-jobs.js';
import { type Destination, togetherJobs } from './plan/in-sequence/together.js';
import { planJobs, Tasks } from './plan/jobs.js';
import { ShardNumbers } from './plan/shard-numbers.js';
import { layoutOf, type SourcePlan } from './plan/source-plan.js';
import type { AcceptedSpan, SpanJob } from './plan/span-job.js';
import { Workspace } from './plan/workspace.js';
import type { Reporter } from './report/reporter.js';
import type { Journal } from './resume/journal.js';
import { type Beginning, beginImport, forgetResumable, openJournal } from './resume/resume.js';
import {
  isInSequence,
  isOpenEnded,
  isResumable,
  type Planned,
  type RunParts,
  startWorkers,
  threadsFor,
} from './run-parts.js';
import type { Sequence } from './sequence/sequence.js';
import type { Container } from './source/document.js';
import type { SpanContext } from './tasks/span.js';
import { spanPaths } from './tasks/span-paths.js';
import type { Workers } from './tasks/workers.js';
import type { ImportTarget, ImportWork } from './work.js';

export class ImportRun {
  readonly target: ImportTarget;
  readonly options: FilledImportOptions;
  readonly reporter: Reporter;
  readonly work: ImportWork;
  readonly beginning: Beginning;
  /** Settings that the workers get in addition to their tasks. */
  readonly context: SpanContext;
  readonly tally: Tally;
  /** Those that are known before anything is read: none, if a source is read in sequence. */
  readonly #jobs: readonly SpanJob[];
  #planned: Planned;
  #tasks: Tasks;
  /** The run that fills the first of several collections: it has the threads and the sources that are read once. */
  readonly #first: ImportRun | undefined;
  /** Sources that are read in sequence, as far as they have been opened. */
  readonly #sequences: Sequence[] = [];
  readonly #shards: ShardNumbers;
  /** See `CollectionManifest`. */
  readonly #keySalt: string | undefined;
  /** That of the records of the collection. */
  readonly #shape: number | undefined;
  readonly #workspace: Workspace;
  #workers: Workers | undefined;
  #threads = 0;
  #journal: Journal | undefined;
  #publisher: Publisher | undefined;
  /** Spans accepted that the journal has already. */
  #recorded = 0;

  /**
   * Takes shard numbers, makes the workspace, opens the journal, starts the threads.
   * @param id of a new import
   * @param first the run of the first collection, if the import fills several
   */
  static async begin(parts: RunParts, id: string, first?: ImportRun): Promise<ImportRun> {
    const { target, planned, options } = parts;
    const { catalog, directory: store, seal } = target;
    const resumer = { catalog, store, seal, plans: planned.plans, options };
    const beginning = await beginImport(resumer, id);
    const run = new ImportRun(parts, beginning, first);
    try {
      const tasks = run.#jobs.map(({ task }) => task);
      run.#workspace.open(tasks.map(({ shard }) => spanPaths(run.context, shard).shard));
      if (isResumable(parts)) run.#journal = await openJournal(resumer, beginning, run.context, tasks);
      if (first !== undefined) return run;
      run.#threads = threadsFor(parts, tasks.length);
      run.#workers = startWorkers(target, run.#threads);
    } catch (error) {
      await run.close();
      throw error;
    }
    return run;
  }

  private constructor(
    { target, options, work, reporter, planned }: RunParts,
    beginning: Beginning,
    first: ImportRun | undefined,
  ) {
    const { directory, blobs, seal } = target;
    const { id, firstShard, recorded } = beginning;
    this.target = target;
    this.options = options;
    this.reporter = reporter;
    this.work = work;
    this.#planned = planned;
    this.#first = first;
    this.beginning = beginning;
    this.#workspace = new Workspace({ directory, blobs, seal }, id);
    const isSealed = seal !== undefined;
    this.context = { directory, temporary: this.#workspace.temporary, isSealed, shared: reporter.shared.buffer };
    this.tally = new Tally(options, { blobs, seal, ...this.context }, id, reporter.pause);
    this.tally.badFiles.push(...(planned.badFiles ?? []));
    const last = recorded.at(-1);
    if (last !== undefined) this.tally.quarantine.resume(last.quarantineBytes);
    this.#keySalt = keySaltFor(target, options.collection, id);
    this.#shape = target.catalog.collection(options.collection)?.shape;
    this.#tasks = this.#tasksOf(planned);
    this.#jobs = isOpenEnded(this) ? [] : planJobs(this.#tasks, firstShard);
    this.#shards = new ShardNumbers(target.catalog, firstShard);
  }

  get planned(): Planned {
    return this.#planned;
  }

  #tasksOf({ plans, key, positions }: Planned): Tasks {
    const { id, firstShard } = this.beginning;
    const { hashesSpans, storesNothing } = this.work;
    const together = this.#first?.beginning.firstShard;
    const { collection: name, indexes } = this.options;
    const { catalog, seal } = this.target;
    const hiding = { name, key, keySalt: this.#keySalt, secondary: indexes.map((path) => ({ path })) };
    const manifest = catalog.collection(name);
    const versions = { shape: this.#shape, evolved: manifest && evolvedOf(catalog, manifest) };
    const facts = { id, firstShard, together, key, positions, hashesSpans, storesNothing, ...versions };
    return new Tasks(plans, this.options, { ...facts, secrets: secretsOf(seal, hiding) });
  }

  /** What there is to scan. @param others runs of the same import that fill other collections */
  scanning(others: readonly ImportRun[] = []): Scanning {
    const { workers, context, beginning, options } = this;
    const { blobs } = this.target;
    const over = new Set<SourcePlan>();
    const runs = [this, ...others];
    const common = { workers, context, blobs, over, limits: runs.map((run) => run.#limit()) };
    if (isOpenEnded(this)) {
      // Their text is in memory: one more than are scanned, and one that comes.
      const credits = isInSequence(this.#planned) ? options.workers + 1 : 2 * options.workers + 2;
      const all = runs.map((run) => run.#destination(over, credits + 1));
      return { ...common, credits, jobs: options.pass ? togetherJobs(all) : sequenceJobs(all[0]!) };
    }
    const { recorded, firstShard } = beginning;
    const resumed = recorded.map((one) => ({ ...this.#jobs[one.shard - firstShard]!, ...one }));
    const rest = recorded.length === 0 ? 0 : recorded.at(-1)!.shard - firstShard + 1;
    return { ...common, credits: 2 * options.workers + 2, jobs: this.#jobs.slice(rest), resumed };
  }

  #limit() {
    const { limit: records } = this.options;
    return records === undefined ? undefined : { records, sources: () => this.#planned.plans };
  }

  #destination(over: ReadonlySet<SourcePlan>, readAhead: number): Destination {
    const tasks = () => this.#tasks;
    return {
      get tasks() {
        return tasks();
      },
      found: (plan, container) => this.#found(plan, container),
      ambiguous: (path) => this.tally.ambiguous.push(path),
      options: this.options,
      pause: this.reporter.pause,
      nextShard: async () => {
        const shard = await this.#shards.next();
        this.#workspace.add(spanPaths(this.context, shard).shard);
        return shard;
      },
      decoder:
        this.threads > 1 && this.target.blobs.areFiles
          ? { decode: (task) => this.workers.decode(task), threads: this.threads }
          : undefined,
      opened: (sequence) => this.#sequences.push(sequence),
      isOver: (plan) => over.has(plan),
      isLimited: this.options.limit !== undefined,
      readAhead,
    };
  }

  /** A container was met in a source whose layout was unknown. @returns the plan with its layout. @throws SELECT_NOT_CONTAINER, COLLECTION_MISMATCH */
  #found(plan: SourcePlan, container: Container): SourcePlan {
    const { options } = this;
    checkExpected(plan.path, container, containerIn(options.layout));
    const found = withContainer(plan, container, options.spanBytes);
    const plans = this.#planned.plans.map((one) => (one === plan ? found : one));
    const key = keyRuleFor(plans, options);
    const { positions } = checkSameAsStored(this.target.catalog, key, options);
    this.#planned = { ...this.#planned, plans, key, positions };
    this.#tasks = this.#tasksOf(this.#planned);
    return found;
  }

  /** Bytes of all sources: of a stream those that have come. */
  get sourceBytes(): number {
    if (this.#first !== undefined) return this.#first.sourceBytes;
    const { plans } = this.planned;
    const files = plans.filter(({ sequential }) => sequential?.isFile !== false);
    const streams = this.#sequences.filter(({ isFile }) => !isFile);
    return (
      files.reduce((sum, { bytes }) => sum + bytes, 0) + streams.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0)
    );
  }

  get workers(): Workers {
    return this.#first?.workers ?? (this.#workers as Workers);
  }

  get threads(): number {
    return this.#first?.threads ?? this.#threads;
  }

  /** Takes a span's results in; those that were not recorded before go to the journal. @throws as Tally.accept */
  async accept(span: AcceptedSpan): Promise<void> {
    await this.tally.accept(span);
    if (this.#recorded++ < this.beginning.recorded.length || this.#journal === undefined) return;
    const { task, result, wasRedone } = span;
    const quarantineBytes = this.tally.quarantine.bytes;
    this.#journal.add({ shard: task.shard, result, wasRedone, quarantineBytes }, this.tally.filesOf(span));
  }

  /** The publication of the import. All spans are accepted, so its shards are known. */
  beginPublication(): Publisher {
    const { plans, key, positions } = this.planned;
    const { collection: name, mode, onDuplicate, indexes: indexPaths, uniqueIndexes: uniquePaths } = this.options;
    const { recordLayout } = layoutOf(plans, this.options);
    const { shards } = this.tally;
    const { sourceBytes } = this;
    const keySalt = this.#keySalt;
    const rules = { key, indexPaths, uniquePaths, ...(positions && { positions }), keySalt };
    const publication = {
      name,
      framing: framingOf(recordLayout),
      ...rules,
      mode,
      shards,
      onDuplicate,
      sourceBytes,
      shape: this.#shape,
    };
    this.#publisher = new Publisher(this.target.catalog, publication);
    return this.#publisher;
  }

  /** Resolves when all that was accepted is on disk. @throws DISK_FULL, IO_ERROR */
  async synced(): Promise<void> {
    await this.#journal?.settled();
    await this.tally.synced();
    failpoint('shards.sync-directory');
    this.target.blobs.syncDirectory(join(this.target.directory, SHARDS_DIRECTORY));
  }

  /** Ends the threads and removes the files that nothing needs: all of them, unless the import was published. Never fails. */
  async close(): Promise<void> {
    for (const sequence of this.#sequences) sequence.close();
    await this.#workers?.close();
    await Promise.all(this.#sequences.map((sequence) => sequence.closed()));
    dropSpare();
    await this.#publisher?.close();
    const isPublished = this.#publisher?.isPublished ?? false;
    // Where nobody knows, the index may name them.
    if (isPublished || this.#publisher?.isInDoubt) this.#workspace.leaveShards();
    await this.tally.settled();
    await this.#journal?.close();
    this.tally.quarantine.close(isPublished);
    await this.#workspace.close();
    if (!isPublished) await this.#forget();
  }

  async #forget(): Promise<void> {
    const { catalog } = this.target;
    const { id } = this.beginning;
    try {
      if (!catalog.resumable().some((one) => one.id === id)) return;
      await catalog.transaction((write) => forgetResumable(catalog, write, id));
    } catch {
      // It cannot be resumed without its journal, and is taken off the list by the next sweep.
    }
  }
}
