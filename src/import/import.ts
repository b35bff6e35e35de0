// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish
//
// The import path on one screen. The coordinator plans, workers make shards and sorted runs of spans, spans are verified
// in source order, runs are merged into pages, and one transaction makes it all visible. Until then the store is as it
// was; on any error or cancellation all that was written is removed.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Blobs, StorePlace } from '../store/blobs.js';
import { files } from '../store/file-blobs.js';
import { SHARDS_DIRECTORY } from '../store/files.js';
import { collectGarbage } from '../store/garbage.js';
import { publish, reserveShards } from '../store/publish.js';
import type { Catalog } from '../store/types.js';
import { checkFreeSpace, checkSameAsStored, keyRuleFor, mayBePublished, publicationOf } from './import-checks.js';
import { checkSources, resolveImportOptions } from './import-options.js';
import { InProcessWorkers } from './in-process.js';
import { MemoryWatch } from './memory.js';
import { mergeRuns } from './merge.js';
import { checkRest, checkUnchanged, planSource, type SourcePlan } from './plan.js';
import { planJobs } from './plan-jobs.js';
import { WorkerPool, type Workers } from './pool.js';
import { Reporter } from './reporter.js';
import { scanSources } from './scan-sources.js';
import { Tally } from './tally.js';
import type { ImportOptions, ImportReport } from './types.js';
import { Workspace } from './workspace.js';

/** What an import needs of the store it imports into. */
export interface ImportTarget extends StorePlace {
  readonly catalog: Catalog;
  /** Starts the threads; tests do without. */
  readonly startWorkers?: (threads: number) => Workers;
}

/**
 * Imports `sources`, in this order, as one publication.
 * @throws GristmillError (docs/errors.md); TypeError for a wrong option. Nothing has changed then.
 */
export async function runImport(
  { directory, blobs, catalog, startWorkers = (threads) => workersFor(blobs, threads) }: ImportTarget,
  sources: readonly string[],
  given: ImportOptions = {},
): Promise<ImportReport> {
  checkSources(sources);
  const resolved = resolveImportOptions(given);
  const options = blobs === files ? resolved : { ...resolved, workers: 1 };
  const id = randomUUID();
  const place = { directory, blobs };
  const workspace = new Workspace(place, id);
  const memory = new MemoryWatch();
  const reporter = new Reporter(options);
  const { shared, pause } = reporter;
  const tally = new Tally(options, place, id, pause);
  let workers: Workers | undefined;
  let isPublished = false;
  try {
    reporter.throwIfCancelled();
    const plans: SourcePlan[] = [];
    for (const path of sources) plans.push(await planSource(path, options, pause));
    const key = keyRuleFor(plans, options);
    checkSameAsStored(catalog, key, options);
    checkFreeSpace(place, tally);

    const firstShard = await reserveShards(
      catalog,
      sum(plans, (plan) => plan.spans.length),
    );
    const jobs = planJobs(plans, options, { id, firstShard, workspace, shared: shared.buffer });
    workspace.open(jobs.map(({ task }) => task.shardPath));
    workers = startWorkers(Math.min(options.workers, jobs.length));

    reporter.enter(
      'scan',
      sum(plans, (plan) => plan.fingerprint.bytes),
    );
    for await (const span of scanSources(jobs, workers, 2 * options.workers + 2, shared, blobs)) {
      reporter.throwIfCancelled();
      await tally.accept(span);
      if (span.result.ended) await checkRest(span.plan, span.result.exit, pause);
    }
    await tally.finishScan();

    reporter.enter('merge');
    checkFreeSpace(place, tally);
    await tally.synced();
    blobs.syncDirectory(join(directory, SHARDS_DIRECTORY));
    const pages = mergeRuns(tally, workers, id, options, reporter, async () => {
      tally.finishMerge();
      reporter.enter('publish');
      await pause();
      checkUnchanged(plans);
    });
    const published = await publish(catalog, publicationOf(plans, key, options, tally, pages));
    isPublished = true;
    workspace.leaveShards();
    // What it replaced goes now, or when nobody reads it any more: the import is done either way.
    await collectGarbage(catalog, place).catch(() => {});
    reporter.enter('done');
    return reporter.report(plans, tally, published, memory.stop());
  } catch (error) {
    shared.cancel();
    if (mayBePublished(catalog, reporter.stage)) workspace.leaveShards();
    throw reporter.reasonFor(error);
  } finally {
    memory.stop();
    reporter.close();
    await workers?.close();
    await tally.settled();
    tally.quarantine.close(isPublished);
    workspace.close();
  }
}

/** Threads, where they can reach the files. */
function workersFor(blobs: Blobs, threads: number): Workers {
  return blobs === files ? new WorkerPool(threads) : new InProcessWorkers(blobs);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
