// Secondary indexes without the entries of dead records: their tree is written anew when too many of them are dead, and
// exchanged in one transaction. Transactions on the collection wait meanwhile, as they do for an import that merges. The same
// transaction drops the shards that had no live record: afterwards no index names one of them.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { DEAD_SHARDS_MAX } from '../../base/limits.js';
import { isDead } from '../../store/catalog/tombstones.js';
import type { WriterLock } from '../../store/lock/writer-lock.js';
import { entriesOf, verifyEntries } from '../../store/pages/read.js';
import { walkPages } from '../../store/pages/walk.js';
import { PAGE_BYTES, PageBuilder } from '../../store/pages/write.js';
import { withTree } from '../../store/publish/change-index.js';
import { addGarbage } from '../../store/publish/garbage.js';
import { NewTrees } from '../../store/publish/new-trees.js';
import type { Catalog, CatalogRead, CatalogSnapshot, CollectionManifest, IndexManifest } from '../../store/types.js';
import { type Dropped, deadShards, dropDead, NOTHING_DROPPED } from './drop-dead.js';
import { change } from './publish-rewritten.js';

/** Pages are left with room for a few inserts. */
const REWRITTEN_BYTES = PAGE_BYTES - PAGE_BYTES / 8;
/** Pages read before others have their turn. */
const PAGES_PER_TURN = 64;

/** What a cleaning did. */
export interface Cleaned extends Dropped {
  /** Indexes written anew. */
  readonly indexes: number;
}

export async function cleanIndexes(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  minDeadShare: number,
): Promise<Cleaned> {
  // Transactions wait for who merges: most collections need none, and are only asked.
  catalog.refresh();
  const found = catalog.collection(name);
  if (found === undefined || !isWorthwhile(found, catalog, minDeadShare)) return { indexes: 0, ...NOTHING_DROPPED };
  await lock.set({ merging: name });
  const snapshot = catalog.snapshot();
  const trees = new NewTrees(catalog);
  try {
    const manifest = snapshot.collection(name);
    if (manifest === undefined) return { indexes: 0, ...NOTHING_DROPPED };
    const dead = deadRecords(manifest, snapshot);
    for (const [i, index] of manifest.secondary.entries()) await clean(index, i + 1, snapshot, dead, trees);
    let dropped = NOTHING_DROPPED;
    await change(
      catalog,
      lock,
      name,
      { operation: 'compact', result: 'the indexes were cleaned' },
      (write, current) => {
        // Transactions wait for who merges, unless it was stopped for so long that they took it for dead.
        if (current.generation !== manifest.generation) {
          const message = `collection ${name} was changed while its indexes were cleaned: run the compaction again`;
          throw new GristmillError('STORE_BUSY', message);
        }
        trees.write(write);
        addGarbage(catalog, write, { files: [], trees: current.secondary.map(({ tree }) => tree), inline: [] });
        const secondary = current.secondary.map((index, i) => withTree(index, trees.of(i + 1)));
        // The collection is what it was in the snapshot, so its dead shards are those that the new trees do not name.
        const { next, ...what } = dropDead(catalog, write, { ...current, secondary, cleaned: current.dead });
        dropped = what;
        return next;
      },
    );
    return { indexes: manifest.secondary.length, ...dropped };
  } catch (error) {
    await trees.discard().catch(() => {}); // the first error is the one to tell
    throw error;
  } finally {
    snapshot.release();
    await lock.set({ merging: undefined });
  }
}

/**
 * By the records that have died since the last time: how many entries each had, nobody counts. And by the shards that
 * cannot be dropped before, of which there may be many where only a few records of many are ever changed.
 */
function isWorthwhile(manifest: CollectionManifest, read: CatalogRead, minDeadShare: number): boolean {
  const { dead, cleaned = 0, records, secondary } = manifest;
  if (secondary.length === 0 || dead === cleaned) return false;
  if (dead - cleaned > minDeadShare * (records + dead - cleaned)) return true;
  return deadShards(read, manifest).length > DEAD_SHARDS_MAX;
}

function deadRecords(manifest: CollectionManifest, snapshot: CatalogSnapshot): ReadonlyMap<number, Uint8Array> {
  return new Map(snapshot.shards(manifest).map((entry) => [entry.shard, snapshot.tombstones(entry)]));
}

async function clean(
  index: IndexManifest,
  number: number,
  snapshot: CatalogSnapshot,
  dead: ReadonlyMap<number, Uint8Array>,
  trees: NewTrees,
): Promise<void> {
  trees.of(number);
  const builder = new PageBuilder(REWRITTEN_BYTES);
  let pages = 0;
  for (const stored of walkPages(snapshot, index)) {
    verifyEntries(stored, index.tree, snapshot.file);
    for (const entry of entriesOf(stored)) {
      const bitmap = dead.get(entry.shard);
      if (bitmap === undefined || isDead(bitmap, entry.ordinal)) continue;
      const page = builder.add(entry);
      if (page !== undefined) await trees.add(number, page);
    }
    if (++pages % PAGES_PER_TURN === 0) await setImmediate();
  }
  const last = builder.finish();
  if (last !== undefined) await trees.add(number, last);
}
