// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Makes an import visible: its shards, index pages, tombstones and counts, in one LMDB transaction (Invariants 7, 8).
// Until that transaction is durable every reader sees what was there before; from then on, everything.
//
//   replace          new trees; in the same transaction the old shards and trees lose their names and are written down as
//                    garbage (garbage.ts).
//   upsert, insert   the entries are merged into the trees there are (store/pages/merge.ts): the transaction exchanges pages
//                    when few change, else it switches to rewritten trees.
//
// A primary key that is stored already: upsert marks the old record dead; insert keeps the old one and marks the new one,
// or fails, as asked. Secondary entries of dead records stay: readers skip them by the tombstones.

import { checkCollectionName } from '../../base/names.js';
import { checkIndexPaths } from '../../keys/paths.js';
import type { Catalog, CatalogWrite } from '../types.js';
import { checkCounts } from './checks.js';
import { commitPublication } from './commit.js';
import { MergePlan } from './merge-plan.js';
import { NewTrees } from './new-trees.js';
import type { Publication, PublishResult } from './publication.js';

/** Takes `count` shard numbers out of circulation and returns the first. A number is never given twice. */
export function reserveShards(catalog: Catalog, count: number): Promise<number> {
  return catalog.transaction((write) => {
    const header = catalog.header();
    write.putHeader({ ...header, nextShard: header.nextShard + count });
    return header.nextShard;
  });
}

/**
 * Publishes; on any error nothing has changed.
 * @param alongside runs first in the publishing transaction, `afterwards` last: a throw refuses the publication.
 * @throws GristmillError DUPLICATE_KEY, COLLECTION_MISMATCH, COUNT_MISMATCH, STORE_BUSY (another publication to the same
 * collection came in between), DISK_FULL, IO_ERROR.
 */
export async function publish(
  catalog: Catalog,
  publication: Publication,
  alongside: (write: CatalogWrite) => void = () => {},
  afterwards: (write: CatalogWrite, published: PublishResult) => void = () => {},
): Promise<PublishResult> {
  checkCollectionName(publication.name);
  checkIndexPaths(publication.indexPaths);
  const snapshot = catalog.snapshot();
  const trees = new NewTrees(catalog);
  try {
    const base = publication.mode === 'replace' ? undefined : snapshot.collection(publication.name);
    const plan = new MergePlan(snapshot, base, publication, trees);
    for await (const batch of publication.pages) await plan.add(batch);
    checkCounts(publication);
    await plan.finish();
    return await catalog.transaction((write) => {
      alongside(write);
      const published = commitPublication(catalog, write, publication, plan);
      afterwards(write, published);
      return published;
    });
  } catch (error) {
    await trees.discard().catch(() => {}); // the first error is the one to tell
    throw error;
  } finally {
    snapshot.release();
  }
}
