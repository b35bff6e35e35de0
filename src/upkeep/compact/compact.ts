// [drop > plan > rewrite > publish], file by file
//
// Compaction: shards without a live record are dropped (drop-dead.ts), inline shards get a file, shards with many dead records
// a new one without them, and small files are joined. Every live record keeps its shard, and its ordinal there; what is left
// out are holes (store/shards/holes.ts). So no index entry has to change, and a reader finds what
// it looks for before and after. Each new file is a transaction of its own: whatever interrupts it, what was done stays done.
// Secondary indexes keep the entries of dead records until a good part is dead; then their tree is written anew.

import { GristmillError } from '../../base/errors.js';
import { failpoint } from '../../base/failpoints.js';
import { checkCollectionName } from '../../base/names.js';
import { quietly } from '../../base/system-errors.js';
import type { StorePlace } from '../../store/files/blobs.js';
import { shardPath } from '../../store/files/layout.js';
import { WriterLock } from '../../store/lock/writer-lock.js';
import { collectGarbage } from '../../store/publish/garbage.js';
import type { Catalog, ShardEntry } from '../../store/types.js';
import { cleanIndexes } from './clean-indexes.js';
import { dropDeadShards } from './drop-dead.js';
import type { CompactOptions, CompactReport } from './options.js';
import { resolveCompactOptions } from './options.js';
import { type FilePlan, type Move, planFiles } from './plan.js';
import { publishRewritten, sealOpenShard, total } from './publish-rewritten.js';
import { type Rewriting, rewriteShards } from './rewrite-shard.js';

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
    const joined = { shards: 0, files: 0 };
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
    const plan: FilePlan[] = [];
    for (const name of names) plan.push(...(await planFiles(catalog, place, name, options)));
    const shardsTotal = plan.reduce((sum, { moves }) => sum + moves.length, 0);
    let shards = 0;
    for (const file of plan) {
      onProgress?.({ shards, shardsTotal, records: report.records });
      const before = file.moves.map(({ entry }) => entry);
      const after = await exchange(catalog, place, lock, file, options);
      shards += after.length;
      report.sealed += before.filter(({ fileNumber }) => fileNumber === 0).length;
      const isJoined = after.length > 1;
      report.rewritten += file.moves.filter((move) => isRewritten(move, isJoined)).length;
      if (isJoined) {
        joined.shards += after.length;
        joined.files++;
      }
      report.records += total(after, 'records') - total(after, 'holes');
      report.removed += total(after, 'holes') - total(before, 'holes');
    }
    await collectGarbage(catalog, place);
    onProgress?.({ shards, shardsTotal, records: report.records });
    const bytes = { before, after: storedBytes(catalog) };
    return { ...report, joined, bytes, seconds: Math.round(performance.now() - began) / 1000 };
  } catch (error) {
    throw lock.reasonFor(error);
  } finally {
    await lock.release();
  }
}

/** Writes a file and publishes its shards in it. @returns their entries as they are now */
async function exchange(
  catalog: Catalog,
  place: StorePlace,
  lock: WriterLock,
  file: FilePlan,
  options: Rewriting,
): Promise<readonly ShardEntry[]> {
  failpoint('compact.rewrite');
  const after = await rewriteShards(catalog, place, file, options);
  try {
    failpoint('compact.publish');
    const before = file.moves.map(({ entry }) => entry);
    await publishRewritten(catalog, lock, file.manifest.name, before, after);
    return after;
  } catch (error) {
    discard(catalog, place, after[0]!.file);
    throw error;
  }
}

/** A shard that has a file, and was not copied as it is. */
function isRewritten(move: Move, isJoined: boolean): boolean {
  return move.entry.fileNumber !== 0 && (move.isRewritten || !isJoined);
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
