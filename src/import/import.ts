// source > plan > [ map > scan > key > frame > shard ] > accept > merge > settle > publish
//
// The import path on one screen. The coordinator plans; workers make shards and sorted runs of spans; spans are accepted in
// source order; runs are merged into pages; when all of it is on disk one transaction makes it visible. Until then the store
// is as it was; on any error or cancellation all that was written is removed.

import { failpoint } from '../base/failpoints.js';
import type { EditCounts, ImportReport } from '../base/import-report.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import { collectGarbage } from '../store/publish/garbage.js';
import type { PublishResult } from '../store/publish/publication.js';
import type { Publisher } from '../store/publish/publisher.js';
import { UniqueViolation } from '../store/publish/unique.js';
import { violationError } from '../store/publish/unique-error.js';
import type { CatalogWrite } from '../store/types.js';
import { scanSources } from './accept/accept.js';
import {
  checkFreeSpace,
  checkNotEmptied,
  checkSameAsStored,
  emptyFor,
  indexesFor,
  keyRuleFor,
} from './import-checks.js';
import { ImportRun, type Planned } from './import-run.js';
import { mergeRuns } from './merge/merge.js';
import type { FilledImportOptions } from './options/resolve.js';
import { checkRest, checkUnchanged } from './plan/plan.js';
import { MemoryWatch } from './report/peak-memory.js';
import { Reporter } from './report/reporter.js';
import { forgetResumable } from './resume/resume.js';
import type { ImportTarget, ImportWork } from './work.js';

/**
 * Runs one import, whatever its work is: all sources, those that have changed.
 * @throws GristmillError (docs/errors.md). Nothing has changed then.
 */
export async function importHolding(
  lock: WriterLock,
  target: ImportTarget,
  given: FilledImportOptions,
  work: ImportWork,
): Promise<ImportReport> {
  const memory = new MemoryWatch();
  const options = { ...given, ...indexesFor(target.catalog, given) };
  const reporter = new Reporter(options, target.observer);
  let run: ImportRun | undefined;
  try {
    const planned = await plan(target, options, work, reporter);
    run = await ImportRun.begin({ target, options, reporter, work, planned }, lock.token);
    await scan(run, work);
    const publisher = await merge(run, lock);
    await settle(run, publisher);
    const published = await publish(run, publisher, lock, work);
    reporter.enter('done');
    const { tally, beginning } = run;
    return reporter.report(work, planned, tally, published, memory.stop(), beginning);
  } catch (error) {
    reporter.shared.cancel();
    throw reporter.reasonFor(error instanceof UniqueViolation ? violationError(target.catalog, target, error) : error);
  } finally {
    memory.stop();
    reporter.close();
    await run?.close();
  }
}

/** Plans the sources, checks that they fit the collection, and checks that the disk has room. */
async function plan(
  target: ImportTarget,
  options: FilledImportOptions,
  work: ImportWork,
  reporter: Reporter,
): Promise<Planned> {
  const { catalog } = target;
  reporter.throwIfCancelled();
  const {
    plans,
    warnings,
    badFiles = [],
  } = await work.plan(reporter.pause).catch((error) => {
    throw options.mode === 'replace' ? emptyFor(error, catalog, options.collection) : error;
  });
  const key = keyRuleFor(plans, options);
  const { positions } = checkSameAsStored(catalog, key, options);
  checkFreeSpace(target, 0);
  return { plans, warnings, badFiles, key, positions, bytes: plans.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Workers scan spans; each is accepted when all before it are. */
async function scan(run: ImportRun, work: ImportWork): Promise<void> {
  const { reporter, tally, planned } = run;
  reporter.enter('scan', planned.bytes);
  for await (const span of scanSources(run.scanning())) {
    reporter.throwIfCancelled();
    await run.accept(span);
    work.accept(span);
    const { plan, result, live } = span;
    if (result.ended) await checkRest(plan, result.exit, reporter.pause, run.options, live?.sequence);
  }
  await tally.finishScan(work.mayAllBeBad);
  await work.finish(reporter.pause);
}

/** Workers merge runs into pages, which are handed to the publisher in the order of their keys. */
async function merge(run: ImportRun, lock: WriterLock): Promise<Publisher> {
  const { reporter, tally, target, options, workers, beginning } = run;
  reporter.enter('merge', run.sourceBytes);
  checkFreeSpace(target, tally.runBytes);
  // Transactions on the collection wait from here on: what new entries are merged with has to stay.
  if (options.mode !== 'replace') await lock.set({ merging: options.collection });
  const publisher = run.beginPublication();
  const batches = mergeRuns(
    tally,
    workers,
    { id: beginning.id, temporary: run.context.temporary },
    options,
    reporter.pause,
  );
  for await (const batch of batches) await publisher.add(batch);
  tally.finishMerge();
  return publisher;
}

/** Waits until everything to be published is on disk (Invariant 8), and checks the counts and that no source has changed. */
async function settle(run: ImportRun, publisher: Publisher): Promise<void> {
  const { reporter, tally, planned, workers } = run;
  // Nobody needs the threads any more: they end while the last transaction is written.
  void workers.close();
  // Not sooner: the last shards are on their way to disk while entries are merged.
  await run.synced();
  reporter.enter('publish');
  await reporter.pause();
  checkUnchanged(planned.plans);
  const { read, stored, rejected, filtered, added, replaced, dead } = tally;
  const counts = { read, stored, rejected, ...(filtered > 0 && { filtered }), ...(added > 0 && { added }), replaced };
  await publisher.settle({ counts, dead });
}

/** One transaction. */
async function publish(
  run: ImportRun,
  publisher: Publisher,
  lock: WriterLock,
  work: ImportWork,
): Promise<PublishResult & { readonly changes: EditCounts }> {
  const { target, options, beginning } = run;
  const { catalog } = target;
  let recordsBefore = 0;
  let changes: EditCounts = { kept: 0, dropped: 0 };
  const published = await publisher.commit({
    before: (write: CatalogWrite) => {
      recordsBefore = catalog.collection(options.collection)?.records ?? 0;
      lock.write(write, { merging: undefined, isPublished: true });
      forgetResumable(catalog, write, beginning.id);
    },
    after: (write, result) => {
      changes = work.publish(write, result);
      checkNotEmptied(catalog, recordsBefore, options, work.sources);
    },
  });
  failpoint('publish.committed');
  // What it replaced goes now, or when nobody reads it any more: the import is done either way.
  await collectGarbage(catalog, target).catch(() => {});
  return { ...published, changes };
}
