// source > plan > [ map > scan > key > frame > shard ] > verify > merge > publish
//
// The import path on one screen. The coordinator plans, workers make shards and sorted runs of spans, spans are verified
// in source order, runs are merged into pages, and one transaction makes it all visible. Until then the store is as it
// was; on any error or cancellation all that was written is removed.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, SHARDS_DIRECTORY, shardPath, TEMPORARY_DIRECTORY } from '../store/files.js';
import { syncDirectory } from '../store/io.js';
import { publish, reserveShards } from '../store/publish.js';
import type { Catalog } from '../store/types.js';
import { checkFreeSpace, checkSameAsStored, keyRuleFor, publicationOf } from './import-checks.js';
import { resolveImportOptions } from './import-options.js';
import { MemoryWatch } from './memory.js';
import { mergeRuns } from './merge.js';
import { checkRest, planSource } from './plan.js';
import { planJobs } from './plan-jobs.js';
import { WorkerPool } from './pool.js';
import { Reporter } from './reporter.js';
import { scanSources } from './scan-sources.js';
import { Tally } from './tally.js';
import type { ImportOptions, ImportReport } from './types.js';

/** What an import needs of the store it imports into. */
export interface ImportTarget {
  /** The store's directory. */
  readonly directory: string;
  readonly catalog: Catalog;
}

/**
 * Imports `sources`, in this order, as one publication.
 * @throws GristmillError (docs/errors.md); TypeError for a wrong option. Nothing has changed then.
 */
export async function runImport(
  { directory, catalog }: ImportTarget,
  sources: readonly string[],
  given: ImportOptions = {},
): Promise<ImportReport> {
  const options = resolveImportOptions(given);
  const id = randomUUID();
  const temporary = join(directory, TEMPORARY_DIRECTORY, id);
  const memory = new MemoryWatch();
  const reporter = new Reporter(options);
  const tally = new Tally(options, directory, id);
  const pool = new WorkerPool(options.workers);
  let obsolete: readonly string[] = [];
  try {
    reporter.throwIfCancelled();
    const plans = sources.map((path) => planSource(path, options));
    const key = keyRuleFor(plans, options);
    checkSameAsStored(catalog, key, options);

    makeDirectory(join(directory, TEMPORARY_DIRECTORY));
    makeDirectory(temporary);
    const firstShard = await reserveShards(
      catalog,
      sum(plans, (plan) => plan.spans.length),
    );
    const jobs = planJobs(plans, options, { id, firstShard, directory, temporary, shared: reporter.shared.buffer });
    obsolete = jobs.map(({ task }) => task.shardPath);

    reporter.enter(
      'scan',
      sum(plans, (plan) => plan.fingerprint.bytes),
    );
    for await (const span of scanSources(jobs, pool, 2 * options.workers + 2, reporter.shared)) {
      reporter.throwIfCancelled();
      tally.accept(span);
      if (span.result.ended) checkRest(span.plan, span.result.exit);
    }
    tally.finishScan();

    reporter.enter('merge');
    checkFreeSpace(directory, tally);
    await tally.synced();
    syncDirectory(join(directory, SHARDS_DIRECTORY));
    const pages = mergeRuns(tally, pool, id, options, reporter);
    const published = await publish(catalog, publicationOf(plans, key, options, tally, pages));
    obsolete = published.obsolete.map((file) => shardPath(directory, file));
    reporter.enter('done');
    return reporter.report(plans, tally, published, memory.stop());
  } catch (error) {
    reporter.shared.cancel();
    if (tally.quarantine) rmSync(tally.quarantine, { force: true });
    throw reporter.reasonFor(error);
  } finally {
    memory.stop();
    reporter.close();
    await pool.close();
    await tally.settled();
    for (const path of obsolete) rmSync(path, { force: true });
    rmSync(temporary, { recursive: true, force: true });
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
