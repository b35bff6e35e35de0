// [drop > plan > rewrite > publish], shard by shard
//
// Compaction: shards without a live record are dropped (drop-dead.ts), inline shards get a file, and shards
// with many dead records a new one without them. Every live record keeps its shard, and its ordinal there; what is left out are
// holes (store/shards/holes.ts). So no index entry has to change, and a reader finds what
// it looks for before and after. Each shard is a transaction of its own: whatever interrupts it, what was done stays done.
// Secondary indexes keep the entries of dead records until a good part is dead; then their tree is written anew.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { checkCollectionName } from '../../base/names.js';
import { quietly } from '../../base/system-errors.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import type { Catalog, CollectionManifest, ShardEntry } from '../../store/types.js';
import { cleanIndexes } from './clean-indexes.js';
import { dropDeadShards } from './drop-dead.js';
import type { CompactOptions, CompactReport } from './options.js';
import { resolveCompactOptions } from './options.js';
import { publishRewritten, sealOpenShard } from './publish-rewritten.js';
import { rewriteShard } from './rewrite-shard.js';

/**
 * @param closing cancels as the option `signal` does.
 * @throws GristmillError STORE_BUSY, CANCELLED, DISK_FULL, IO_ERROR, CHECKSUM_MISMATCH; COLLECTION_NOT_FOUND; TypeError.
 */
export async function compact(
  catalog: Catalog,
  place: StorePlace,
  given?: CompactOptions,
  closing?: AbortSignal,
): Promise<CompactReport> {
  const options = resolveCompactOptions(given, closing);
  const { collection, minDeadShare, onProgress } = options;
  if (collection !== undefined && catalog.collection(collection) === undefined) checkCollectionName(collection);
  const began = performance.now();
  const lock = await WriterLock.acquire(catalog, place, { operation: 'compact', ...options });
  try {
    const names = chosen(catalog, collection);
    const report = { sealed: 0, rewritten: 0, dropped: 0, records: 0, removed: 0, indexes: 0 };
    const before = storedBytes(catalog);
    for (const name of names) {
      await sealOpenShard(catalog, lock, name);
      failpoint('compact.clean-indexes');
      const cleaned = await cleanIndexes(catalog, lock, name, minDeadShare);
      const dropped = await dropDeadShards(catalog, lock, name);
      report.indexes += cleaned.indexes;
      report.dropped += cleaned.shards + dropped.shards;
      report.removed += cleaned.removed + dropped.removed;
    }
    const plan = names.flatMap((name) => worthwhile(catalog, name, minDeadShare));
    for (const [i, { manifest, entry }] of plan.entries()) {
      onProgress?.({ shards: i, shardsTotal: plan.length, records: report.records });
      failpoint('compact.rewrite');
      const rewritten = await rewriteShard(catalog, place, manifest, entry, options.signal);
      try {
        failpoint('compact.publish');
        await publishRewritten(catalog, lock, manifest.name, entry, rewritten);
      } catch (error) {
        discard(catalog, place, rewritten.file);
        throw error;
      }
      if (entry.fileNumber === 0) report.sealed++;
      else report.rewritten++;
      report.records += rewritten.records - rewritten.holes;
      report.removed += rewritten.holes - entry.holes;
    }
    await collectGarbage(catalog, place);
    onProgress?.({ shards: plan.length, shardsTotal: plan.length, records: report.records });
    const bytes = { before, after: storedBytes(catalog) };
    return { ...report, bytes, seconds: Math.round(performance.now() - began) / 1000 };
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}

function chosen(catalog: Catalog, collection: string | undefined): readonly string[] {
  const names = catalog.collections().map(({ name }) => name);
  if (collection === undefined) return names;
  if (names.includes(collection)) return [collection];
  throw new GristmillError(
    'COLLECTION_NOT_FOUND',
    `the store has no collection ${collection}; its collections: ${names.join(', ')}`,
  );
}

interface Task {
  readonly manifest: CollectionManifest;
  readonly entry: ShardEntry;
}

/**
 * Shards that are inline, or have too many dead records in their file. Never the open one: transactions go on appending
 * to it, and may have opened it since the collection was sealed.
 */
function worthwhile(catalog: Catalog, name: string, minDeadShare: number): readonly Task[] {
  const { open, ...manifest } = catalog.collection(name) as CollectionManifest;
  return catalog
    .shards(manifest)
    .filter((entry) => entry.fileNumber === 0 || deadShare(catalog, entry) > minDeadShare)
    .map((entry) => ({ manifest, entry }));
}

/** Of the records in a shard's file. */
function deadShare(catalog: Catalog, { shard, records, holes }: ShardEntry): number {
  const dead = (catalog.tombstoneState(shard)?.dead ?? 0) - holes;
  return dead / Math.max(1, records - holes);
}

function storedBytes(catalog: Catalog): number {
  return catalog.collections().reduce((sum, manifest) => sum + manifest.storedBytes, 0);
}

/** Removes a file that was not published. Where the commit itself failed nobody knows: it stays, and so does the lock. */
function discard(catalog: Catalog, { directory, blobs }: StorePlace, file: string): void {
  quietly(() => {
    catalog.assertOpen();
    blobs.remove(shardPath(directory, file));
  });
}
