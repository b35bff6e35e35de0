// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish
//
// The import path on one screen. The coordinator plans, workers make shards and sorted runs of spans, spans are verified
// in source order, runs are merged into pages, and one transaction makes it all visible. Until then the store is as it
// was; on any error or cancellation all that was written is removed.

import { join } from 'node:path';
import { failpoint } from '../base/failpoints.js';
import type { ImportReport } from '../base/import-report.js';
import { JOURNAL_BYTES_MIN } from '../base/limits.js';
import { files } from '../store/files/file-blobs.js';
import { SHARDS_DIRECTORY } from '../store/files/layout.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import { collectGarbage } from '../store/publish/garbage.js';
import { publish } from '../store/publish/publish.js';
import type { CatalogWrite } from '../store/types.js';
import { scanSources } from './accept/accept.js';
import {
  checkFreeSpace,
  checkNotEmptied,
  checkSameAsStored,
  emptyFor,
  keyRuleFor,
  mayBePublished,
  publicationOf,
} from './import-checks.js';
import { ImportRun } from './import-run.js';
import { mergeRuns } from './merge/merge.js';
import type { FilledImportOptions } from './options/resolve.js';
import { planJobs } from './plan/jobs.js';
import { checkRest, checkUnchanged } from './plan/plan.js';
import { MemoryWatch } from './report/peak-memory.js';
import { Reporter } from './report/reporter.js';
import { beginImport, forgetResumable, openJournal } from './resume/resume.js';
import type { Workers } from './tasks/workers.js';
import type { ImportTarget, ImportWork } from './work.js';

export async function importHolding(
  lock: WriterLock,
  target: ImportTarget,
  options: FilledImportOptions,
  work: ImportWork,
): Promise<ImportReport> {
  const { directory, blobs, catalog } = target;
  // Only what is on disk can be gone on with.
  const journalFrom = blobs === files ? (target.journalFrom ?? JOURNAL_BYTES_MIN) : Infinity;
  const { observer, startWorkers } = target;
  const memory = new MemoryWatch();
  const reporter = new Reporter(options, observer);
  const { shared, pause } = reporter;
  let run: ImportRun | undefined;
  let workers: Workers | undefined;
  let isPublished = false;
  let recordsBefore = 0;
  try {
    reporter.throwIfCancelled();
    const { plans, warnings } = await work.plan(pause).catch((error) => {
      throw options.mode === 'replace' ? emptyFor(error, catalog, options.collection) : error;
    });
    const key = keyRuleFor(plans, options);
    checkSameAsStored(catalog, key, options);
    const bytes = sum(plans, (plan) => plan.bytes);
    checkFreeSpace(target, 0);

    const resumer = { catalog, store: directory, plans, options };
    const beginning = await beginImport(resumer, lock.token);
    const { id, firstShard, recorded } = beginning;
    const current = new ImportRun(target, beginning, options, pause);
    run = current;
    const { tally, workspace } = current;
    const jobs = planJobs(plans, options, {
      id,
      firstShard,
      workspace,
      shared: shared.buffer,
      key,
      hashesSpans: work.hashesSpans,
    });
    const tasks = jobs.map(({ task }) => task);
    workspace.open(tasks.map(({ shardPath }) => shardPath));
    // Folders are read again: their files are many, and any of them may have changed.
    const isResumable = work.isResumable && bytes >= journalFrom && !plans.some(({ files }) => files !== undefined);
    if (isResumable) run.journal = await openJournal(resumer, beginning, tasks);
    const threads = Math.min(options.workers, jobs.length);
    const started = startWorkers(threads);
    workers = observer?.watched(started, threads) ?? started;

    reporter.enter('scan', bytes);
    for await (const span of scanSources(jobs, workers, 2 * options.workers + 2, shared, blobs, recorded)) {
      reporter.throwIfCancelled();
      await run.accept(span);
      work.accept(span);
      if (span.result.ended) await checkRest(span.plan, span.result.exit, pause);
    }
    await tally.finishScan();
    await work.finish(pause);

    reporter.enter('merge');
    checkFreeSpace(target, tally.runBytes);
    const pages = mergeRuns(tally, workers, id, options, pause, async () => {
      tally.finishMerge();
      // Nobody needs the threads any more: they end while the last transaction is written.
      void workers?.close();
      // Not sooner: the last shards are on their way to disk while entries are merged.
      await current.synced();
      failpoint('shards.sync-directory');
      blobs.syncDirectory(join(directory, SHARDS_DIRECTORY));
      reporter.enter('publish');
      await pause();
      checkUnchanged(plans);
    });
    if (options.mode !== 'replace') await lock.set({ merging: options.collection });
    const alongside = (write: CatalogWrite) => {
      recordsBefore = catalog.collection(options.collection)?.records ?? 0;
      lock.write(write, { merging: undefined, isPublished: true });
      forgetResumable(catalog, write, id);
    };
    const publication = publicationOf(plans, key, options, tally, pages);
    const published = await publish(catalog, publication, alongside, (write, result) => {
      work.publish(write, result);
      checkNotEmptied(catalog, recordsBefore, options, work.sources);
    });
    isPublished = true;
    workspace.leaveShards();
    failpoint('publish.committed');
    // What it replaced goes now, or when nobody reads it any more: the import is done either way.
    await collectGarbage(catalog, target).catch(() => {});
    reporter.enter('done');
    return reporter.report(work.sources, plans, tally, published, memory.stop(), {
      ...beginning,
      warnings: [...warnings, ...beginning.warnings],
    });
  } catch (error) {
    shared.cancel();
    if (mayBePublished(catalog, reporter.stage)) run?.workspace.leaveShards();
    throw reporter.reasonFor(error);
  } finally {
    memory.stop();
    reporter.close();
    await workers?.close();
    await run?.close(isPublished);
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
