// source > plan > [ map > scan > key > frame > shard ] > accept > merge > settle > publish
//
// The import path on one screen. The coordinator plans; workers make shards and sorted runs of spans; spans are accepted in
// source order; runs are merged into pages; when all of it is on disk one transaction makes it visible. Until then the store
// is as it was; on any error or cancellation all that was written is removed.

import { failpoint } from '../base/failpoints.js';
import type { EditCounts, ImportReport } from '../base/import-report.js';
import type { WriterLock } from '../store/lock/writer-lock.js';
import { collectGarbage } from '../store/publish/garbage.js';
import { Publisher } from '../store/publish/publisher.js';
import { UniqueViolation } from '../store/publish/unique.js';
import { violationError } from '../store/publish/unique-error.js';
import { scanSources } from './accept/accept.js';
import { importChange } from './audit-change.js';
import {
  carriedFor,
  checkFreeSpace,
  checkNotEmptied,
  checkSameAsStored,
  emptyFor,
  indexesFor,
  isKeyKnown,
  keyRuleFor,
} from './import-checks.js';
import { ImportRun } from './import-run.js';
import { keepProfile } from './kept-profile.js';
import { mergeRuns } from './merge/merge.js';
import { inNewestVersion } from './old-sources.js';
import type { FilledImportOptions } from './options/resolve.js';
import { checkRest, checkUnchanged } from './plan/plan.js';
import { MemoryWatch } from './report/peak-memory.js';
import { type Published, Reporter } from './report/reporter.js';
import { forgetResumable } from './resume/resume.js';
import type { Planned } from './run-parts.js';
import type { ImportTarget, ImportWork } from './work.js';

/** An import into one collection, alone or with others. */
export interface CollectionImport {
  readonly options: FilledImportOptions;
  readonly work: ImportWork;
}

/**
 * Runs one import, whatever its work is: all sources, those that have changed.
 * @throws GristmillError (docs/errors.md). Nothing has changed then.
 */
export async function importHolding(
  lock: WriterLock,
  target: ImportTarget,
  options: FilledImportOptions,
  work: ImportWork,
): Promise<ImportReport> {
  const [report] = await importTogether(lock, target, [{ options, work }]);
  return report as ImportReport;
}

/**
 * Runs the imports of the same sources into different collections as one: all of them are published, or none.
 * @returns the report of each. @throws as `importHolding`
 */
export async function importTogether(
  lock: WriterLock,
  target: ImportTarget,
  given: readonly CollectionImport[],
): Promise<readonly ImportReport[]> {
  const memory = new MemoryWatch();
  const imports = given.map(({ options, work }) => {
    const newest = inNewestVersion(target.catalog, options);
    const facts = { ...indexesFor(target.catalog, newest), ...carriedFor(target.catalog, newest) };
    return { options: { ...newest, ...facts }, work };
  });
  const reporter = new Reporter(imports[0]!.options, target.observer);
  const runs: ImportRun[] = [];
  try {
    const plans: Planned[] = [];
    for (const one of imports) plans.push(await plan(target, one, reporter));
    for (const [i, planned] of plans.entries()) {
      runs.push(await ImportRun.begin({ target, ...imports[i]!, reporter, planned }, lock.token, runs[0]));
    }
    await scan(runs, reporter);
    const publishers = await merge(runs, lock, reporter);
    await settle(runs, publishers, reporter);
    const published = await publish(runs, publishers, lock, target);
    reporter.enter('done');
    const peak = memory.stop();
    return runs.map((run, i) => reporter.report(run, published[i]!, peak));
  } catch (error) {
    reporter.shared.cancel();
    throw reporter.reasonFor(error instanceof UniqueViolation ? violationError(target.catalog, target, error) : error);
  } finally {
    memory.stop();
    reporter.close();
    // The first one ends the threads, which may be writing files of all.
    for (const run of runs) await run.close();
  }
}

/** Plans the sources, checks that they fit the collection, and checks that the disk has room. */
export async function plan(
  target: ImportTarget,
  { options, work }: CollectionImport,
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
  const { positions } = isKeyKnown(plans, options)
    ? checkSameAsStored(catalog, key, options)
    : { positions: undefined };
  checkFreeSpace(target, 0);
  return { plans, warnings, badFiles, key, positions, bytes: plans.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Workers scan spans; each is accepted when all before it are. */
export async function scan(runs: readonly ImportRun[], reporter: Reporter): Promise<void> {
  const [first, ...others] = runs as readonly [ImportRun, ...ImportRun[]];
  reporter.enter('scan', first.planned.bytes + bytesAgain(others));
  for await (const span of scanSources(first.scanning(others))) {
    reporter.throwIfCancelled();
    const run = runs[span.destination ?? 0]!;
    await run.accept(span);
    run.work.accept(span);
    const { plan, result, live } = span;
    if (result.ended) await checkRest(plan, result.exit, reporter.pause, run.options, live?.sequence);
  }
  for (const { tally, work } of runs) {
    await tally.finishScan(work.mayAllBeBad);
    await work.finish(reporter.pause);
  }
}

/** Bytes of the sources that are read for each of several collections by itself. */
function bytesAgain(others: readonly ImportRun[]): number {
  const plans = others.flatMap((run) => run.planned.plans).filter(({ together }) => together === undefined);
  return plans.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Workers merge runs into pages, which are handed to the publisher in the order of their keys. */
async function merge(runs: readonly ImportRun[], lock: WriterLock, reporter: Reporter): Promise<readonly Publisher[]> {
  const [first, ...others] = runs as readonly [ImportRun, ...ImportRun[]];
  reporter.enter('merge', first.sourceBytes + bytesAgain(others));
  checkFreeSpace(
    first.target,
    runs.reduce((sum, { tally }) => sum + tally.runBytes, 0),
  );
  // Transactions on these collections wait from here on: what new entries are merged with has to stay.
  const kept = runs.filter(({ options }) => options.mode !== 'replace').map(({ options }) => options.collection);
  const [merging, ...alsoMerging] = kept;
  if (merging !== undefined) await lock.set({ merging, ...(alsoMerging.length > 0 && { alsoMerging }) });
  const publishers: Publisher[] = [];
  for (const run of runs) {
    const { tally, workers, beginning, context, options } = run;
    const publisher = run.beginPublication();
    const place = { id: beginning.id, temporary: context.temporary };
    const batches = mergeRuns(tally, workers, place, options, reporter.pause);
    for await (const batch of batches) await publisher.add(batch);
    tally.finishMerge();
    publishers.push(publisher);
  }
  return publishers;
}

/** Waits until everything to be published is on disk (Invariant 8), and checks the counts and that no source has changed. */
async function settle(runs: readonly ImportRun[], publishers: readonly Publisher[], reporter: Reporter): Promise<void> {
  // Nobody needs the threads any more: they end while the last transaction is written.
  void runs[0]!.workers.close();
  // Not sooner: the last shards are on their way to disk while entries are merged.
  for (const run of runs) await run.synced();
  reporter.enter('publish');
  await reporter.pause();
  for (const [i, { tally, planned }] of runs.entries()) {
    checkUnchanged(planned.plans);
    const { read, stored, rejected, filtered, added, replaced, dead } = tally;
    const counts = { read, stored, rejected, ...(filtered > 0 && { filtered }), ...(added > 0 && { added }), replaced };
    await publishers[i]!.settle({ counts, dead });
  }
}

/** One transaction. */
async function publish(
  runs: readonly ImportRun[],
  publishers: readonly Publisher[],
  lock: WriterLock,
  target: ImportTarget,
): Promise<readonly Published[]> {
  const { catalog } = target;
  let recordsBefore: readonly number[] = [];
  let before = 0;
  const changes: EditCounts[] = [];
  const published = await Publisher.commitAll(publishers, {
    before: (write) => {
      before = catalog.generation();
      recordsBefore = runs.map(({ options }) => catalog.collection(options.collection)?.records ?? 0);
      lock.write(write, { merging: undefined, alsoMerging: undefined, isPublished: true });
      forgetResumable(catalog, write, runs[0]!.beginning.id);
    },
    after: (write, results) => {
      for (const [i, { work, options }] of runs.entries()) {
        changes[i] = work.publish(write, results[i]!);
        keepProfile(catalog, write, results[i]!.manifest, runs[i]!);
        checkNotEmptied(catalog, recordsBefore[i]!, options, work.sources);
      }
      lock.log(write, before, importChange(catalog, runs, results));
    },
  });
  failpoint('publish.committed');
  // What it replaced goes now, or when nobody reads it any more: the import is done either way.
  await collectGarbage(catalog, target).catch(() => {});
  return published.map((one, i) => ({ ...one, changes: changes[i]! }));
}
