// Secondary indexes without the entries of dead records: their tree is written anew when too many of them are dead, and
// exchanged in one transaction. Transactions on the collection wait meanwhile, as they do for an import that merges.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../errors.js';
import { addGarbage } from '../store/garbage.js';
import { NewTrees } from '../store/new-trees.js';
import { treeStart } from '../store/page-key.js';
import { entriesOf, verifyEntries } from '../store/page-read.js';
import { PAGE_BYTES, PageBuilder } from '../store/page-write.js';
import { isDead } from '../store/tombstones.js';
import type { Catalog, CatalogSnapshot, CollectionManifest, IndexManifest } from '../store/types.js';
import type { WriterLock } from '../store/writer-lock.js';
import { change } from './publish-rewritten.js';

/** Pages are left with room for a few inserts. */
const REWRITTEN_BYTES = PAGE_BYTES - PAGE_BYTES / 8;
/** Pages read before others have their turn. */
const PAGES_PER_TURN = 64;

/** @returns how many indexes were written anew. */
export async function cleanIndexes(
  catalog: Catalog,
  lock: WriterLock,
  name: string,
  minDeadShare: number,
): Promise<number> {
  // Transactions wait for who merges: most collections need none, and are only asked.
  catalog.refresh();
  const found = catalog.collection(name);
  if (found === undefined || !isWorthwhile(found, minDeadShare)) return 0;
  await lock.set({ merging: name });
  const snapshot = catalog.snapshot();
  const trees = new NewTrees(catalog);
  try {
    const manifest = snapshot.collection(name);
    if (manifest === undefined) return 0;
    const dead = deadRecords(manifest, snapshot);
    for (const [i, index] of manifest.secondary.entries()) await clean(index, i + 1, snapshot, dead, trees);
    await change(catalog, lock, name, (write, current) => {
      // Transactions wait for who merges, unless it was stopped for so long that they took it for dead.
      if (current.generation !== manifest.generation) {
        const message = `collection ${name} was changed while its indexes were cleaned: run it again`;
        throw new GristmillError('STORE_BUSY', message);
      }
      trees.write(write);
      addGarbage(catalog, write, { files: [], trees: current.secondary.map(({ tree }) => tree), inline: [] });
      const secondary = current.secondary.map(({ path }, i): IndexManifest => {
        const { tree, entries, pages } = trees.of(i + 1);
        return { path, tree, entries, pages };
      });
      return { ...current, secondary, cleaned: manifest.dead };
    });
    return manifest.secondary.length;
  } catch (error) {
    await trees.discard().catch(() => {}); // the first error is the one to tell
    throw error;
  } finally {
    snapshot.release();
    await lock.set({ merging: undefined });
  }
}

/** By the records that have died since the last time: how many entries each had, nobody counts. */
function isWorthwhile({ dead, cleaned = 0, records, secondary }: CollectionManifest, minDeadShare: number): boolean {
  return secondary.length > 0 && dead - cleaned > minDeadShare * (records + dead - cleaned);
}

function deadRecords(manifest: CollectionManifest, snapshot: CatalogSnapshot): ReadonlyMap<number, Uint8Array> {
  return new Map(snapshot.shards(manifest).map((entry) => [entry.shard, snapshot.tombstones(entry)]));
}

async function clean(
  { tree }: IndexManifest,
  number: number,
  snapshot: CatalogSnapshot,
  dead: ReadonlyMap<number, Uint8Array>,
  trees: NewTrees,
): Promise<void> {
  trees.of(number);
  const builder = new PageBuilder(REWRITTEN_BYTES);
  let at = snapshot.nextPage(tree, treeStart(tree), false);
  for (let pages = 1; at !== undefined; pages++) {
    verifyEntries(at.page, tree, snapshot.file);
    for (const entry of entriesOf(at.page)) {
      const bitmap = dead.get(entry.shard);
      if (bitmap === undefined || isDead(bitmap, entry.ordinal)) continue;
      const page = builder.add(entry);
      if (page !== undefined) await trees.add(number, page);
    }
    at = snapshot.nextPage(tree, at.pageKey, false);
    if (pages % PAGES_PER_TURN === 0) await setImmediate();
  }
  const last = builder.finish();
  if (last !== undefined) await trees.add(number, last);
}
