// source > plan > [ map > scan > key > frame > shard > accept > merge > settle > publish ]
//
// One import under way: what its stages share, and what it has written so far and has to take away again unless it is
// published: its workspace, its journal, its quarantine file, its pages.

import { join } from 'node:path';
import { failpoint } from '../base/failpoints.js';
import { JOURNAL_BYTES_MIN, THREADLESS_BYTES_MAX } from '../base/limits.js';
import { files } from '../store/files/file-blobs.js';
import { SHARDS_DIRECTORY } from '../store/files/layout.js';
import { Publisher } from '../store/publish/publisher.js';
import type { KeyRule } from '../store/types.js';
import type { Scanning } from './accept/accept.js';
import { Tally } from './accept/tally.js';
import { dropSpare } from './feed/chunk-memory.js';
import type { FilledImportOptions } from './options/resolve.js';
import { sequenceJobs } from './plan/in-sequence/sequence-jobs.js';
import { planJobs, Tasks } from './plan/jobs.js';
import { ShardNumbers } from './plan/shard-numbers.js';
import type { SourcePlan } from './plan/source-plan.js';
import type { Plans } from './plan/sources.js';
import type { AcceptedSpan, SpanJob } from './plan/span-job.js';
import { Workspace } from './plan/workspace.js';
import type { Reporter } from './report/reporter.js';
import type { Journal } from './resume/journal.js';
import { type Beginning, beginImport, forgetResumable, openJournal } from './resume/resume.js';
import type { Sequence } from './sequence/sequence.js';
import { type SpanContext, spanPaths } from './tasks/span.js';
import type { Workers } from './tasks/workers.js';
import type { ImportTarget, ImportWork } from './work.js';

/** The result of the stage plan: facts that are known before the import writes anything. */
export interface Planned extends Plans {
  readonly key: KeyRule;
  /** Whether numbers in the paths of indexes are positions. */
  readonly positions: true | undefined;
  /** Of all sources. */
  readonly bytes: number;
}

/** Everything that an import needs to begin. */
interface RunParts {
  readonly target: ImportTarget;
  readonly options: FilledImportOptions;
  readonly work: ImportWork;
  readonly reporter: Reporter;
  readonly planned: Planned;
}

export class ImportRun {
  readonly target: ImportTarget;
  readonly options: FilledImportOptions;
  readonly reporter: Reporter;
  readonly planned: Planned;
  readonly beginning: Beginning;
  /** Settings that the workers get in addition to their tasks. */
  readonly context: SpanContext;
  readonly tally: Tally;
  /** Those that are known before anything is read: none, if a source is read in sequence. */
  readonly #jobs: readonly SpanJob[];
  readonly #tasks: Tasks;
  /** Sources that are read in sequence, as far as they have been opened. */
  readonly #sequences: Sequence[] = [];
  readonly #shards: ShardNumbers;
  readonly #workspace: Workspace;
  #workers: Workers | undefined;
  #threads = 0;
  #journal: Journal | undefined;
  #publisher: Publisher | undefined;
  /** Spans accepted that the journal has already. */
  #recorded = 0;

  /** Takes shard numbers, makes the workspace, opens the journal, starts the threads. @param id of a new import */
  static async begin(parts: RunParts, id: string): Promise<ImportRun> {
    const { target, planned, options } = parts;
    const resumer = { catalog: target.catalog, store: target.directory, plans: planned.plans, options };
    const beginning = await beginImport(resumer, id);
    const run = new ImportRun(parts, beginning);
    try {
      const tasks = run.#jobs.map(({ task }) => task);
      run.#workspace.open(tasks.map(({ shard }) => spanPaths(run.context, shard).shard));
      if (isResumable(parts)) run.#journal = await openJournal(resumer, beginning, run.context, tasks);
      run.#threads = threadsFor(parts, tasks.length);
      run.#workers = startWorkers(target, run.#threads);
    } catch (error) {
      await run.close();
      throw error;
    }
    return run;
  }

  private constructor({ target, options, work, reporter, planned }: RunParts, beginning: Beginning) {
    const { directory, blobs } = target;
    const { id, firstShard, recorded } = beginning;
    this.target = target;
    this.options = options;
    this.reporter = reporter;
    this.planned = planned;
    this.beginning = beginning;
    this.#workspace = new Workspace({ directory, blobs }, id);
    this.context = { directory, temporary: this.#workspace.temporary, shared: reporter.shared.buffer };
    this.tally = new Tally(options, { blobs, ...this.context }, id, reporter.pause);
    this.tally.badFiles.push(...(planned.badFiles ?? []));
    const last = recorded.at(-1);
    if (last !== undefined) this.tally.quarantine.resume(last.quarantineBytes);
    const { key, positions } = planned;
    const { hashesSpans } = work;
    this.#tasks = new Tasks(planned.plans, options, { id, firstShard, key, positions, hashesSpans });
    this.#jobs = isInSequence(planned) ? [] : planJobs(this.#tasks, firstShard);
    this.#shards = new ShardNumbers(target.catalog, firstShard);
  }

  /** What there is to scan. */
  scanning(): Scanning {
    const { workers, context, beginning, options } = this;
    const { blobs } = this.target;
    const over = new Set<SourcePlan>();
    const limit = options.limit === undefined ? undefined : { records: options.limit, sources: this.planned.plans };
    const common = { workers, context, blobs, over, limit };
    if (isInSequence(this.planned)) {
      // Their text is in memory: one more than are scanned, and one that comes.
      const credits = options.workers + 1;
      return { ...common, credits, jobs: this.#jobsInSequence(over, credits + 1) };
    }
    const { recorded, firstShard } = beginning;
    const resumed = recorded.map((one) => ({ ...this.#jobs[one.shard - firstShard]!, ...one }));
    const rest = recorded.length === 0 ? 0 : recorded.at(-1)!.shard - firstShard + 1;
    return { ...common, credits: 2 * options.workers + 2, jobs: this.#jobs.slice(rest), resumed };
  }

  #jobsInSequence(over: ReadonlySet<SourcePlan>, readAhead: number): AsyncGenerator<SpanJob> {
    return sequenceJobs({
      tasks: this.#tasks,
      options: this.options,
      pause: this.reporter.pause,
      nextShard: async () => {
        const shard = await this.#shards.next();
        this.#workspace.add(spanPaths(this.context, shard).shard);
        return shard;
      },
      decoder:
        this.#threads > 1 && this.target.blobs === files
          ? { decode: (task) => this.workers.decode(task), threads: this.#threads }
          : undefined,
      opened: (sequence) => this.#sequences.push(sequence),
      isOver: (plan) => over.has(plan),
      isLimited: this.options.limit !== undefined,
      readAhead,
    });
  }

  /** Bytes of all sources: of a stream those that have come. */
  get sourceBytes(): number {
    const { plans } = this.planned;
    const files = plans.filter(({ sequential }) => sequential?.isFile !== false);
    const streams = this.#sequences.filter(({ isFile }) => !isFile);
    return (
      files.reduce((sum, { bytes }) => sum + bytes, 0) + streams.reduce((sum, { sourceBytes }) => sum + sourceBytes, 0)
    );
  }

  get workers(): Workers {
    return this.#workers as Workers;
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
    const { collection: name, mode, onDuplicate, indexes: indexPaths } = this.options;
    const { framing } = plans[0]!;
    const { shards } = this.tally;
    const { sourceBytes } = this;
    const rules = { key, indexPaths, ...(positions && { positions }) };
    const publication = { name, framing, ...rules, mode, shards, onDuplicate, sourceBytes };
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

/**
 * Whether the import can be resumed after it is killed: only a large one on disk. Not one of a folder, which is read again,
 * because any of its many files may have changed.
 */
function isResumable({ target, work, planned }: RunParts): boolean {
  const { blobs, journalFrom = JOURNAL_BYTES_MIN } = target;
  const hasFolders = planned.plans.some(({ files, members }) => files !== undefined && members === undefined);
  return blobs === files && work.isResumable && planned.bytes >= journalFrom && !hasFolders && !isInSequence(planned);
}

/** Whether a source is read in sequence: then nobody knows how many spans there are. */
function isInSequence({ plans }: Plans): boolean {
  return plans.some(({ sequential }) => sequential !== undefined);
}

/** None for small sources. Those that an option cuts into spans have threads for them. */
function threadsFor({ planned, options }: RunParts, tasks: number): number {
  if (planned.bytes <= THREADLESS_BYTES_MAX && tasks <= planned.plans.length) return 0;
  return isInSequence(planned) ? options.workers : Math.min(options.workers, tasks);
}

function startWorkers({ startWorkers: start, observer }: ImportTarget, threads: number): Workers {
  const started = start(threads);
  return observer?.watched(started, Math.max(1, threads)) ?? started;
}
