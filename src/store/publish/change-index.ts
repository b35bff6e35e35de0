// record > line, keys > overlay > [pages > transaction]
//
// What transactions change in one index. They do not change its pages: a page of eight kilobytes would be found, checked,
// copied and written for every record. Each change becomes a recent entry beside the pages (catalog/recent.ts). When a tree
// has gathered many of them, one commit merges all of them into the pages, each page once.

import type { Change, Resolve } from '../pages/change.js';
import type { KnownPages, KnownTree } from '../pages/known-pages.js';
import { applyChanges, mergeInPlace } from '../pages/merge.js';
import { highestPageKey } from '../pages/page-key.js';
import { entryCount, entryHasKey, entryOrdinal, entryShard, lowerBound } from '../pages/read.js';
import type { CatalogRead, CatalogWrite, Entry, IndexManifest } from '../types.js';

/**
 * Recent entries of a tree at most, for each of its pages: so many share the cost of a page when they are merged, and so many
 * does a range have to put into a page that it reads.
 */
const RECENT_PER_PAGE = 16;
/** The bounds of that: of small trees, and of large ones, which one commit has to merge into as many pages. */
const RECENT_MIN = 64;
const RECENT_MAX = 4096;

/** What an index is changed in. */
export interface IndexTarget {
  readonly catalog: CatalogRead;
  readonly write: CatalogWrite;
  /** The generation that the transaction makes. */
  readonly generation: number;
  /** Of who makes one transaction after another. */
  readonly known?: KnownPages | undefined;
  /** Recent entries of a tree at most; for tests. */
  readonly recentMax?: number | undefined;
}

/**
 * Changes an index within a transaction.
 * @param changes in order
 * @param onStored gets the stored entry of a key that is replaced or removed; undefined for a secondary index, which only gains
 * @returns the index as it is then
 */
export function changeIndex(
  target: IndexTarget,
  index: IndexManifest,
  changes: readonly Change[],
  onStored: ((stored: Entry, change: Change) => void) | undefined,
): IndexManifest {
  if (changes.length === 0) return index;
  const { recentMax = Math.min(Math.max(RECENT_MIN, index.pages * RECENT_PER_PAGE), RECENT_MAX) } = target;
  if ((index.recent?.values ?? 0) + changes.length > recentMax) return merged(target, index, changes, onStored);
  return onStored ? withKeys(target, index, changes, onStored) : withEntries(target, index, changes);
}

function merged(
  { catalog, write, generation, known }: IndexTarget,
  index: IndexManifest,
  changes: readonly Change[],
  onStored: ((stored: Entry, change: Change) => void) | undefined,
): IndexManifest {
  const resolve: Resolve | undefined =
    onStored &&
    ((stored, change) => {
      onStored(stored, change);
      return change.isRemoval ? undefined : change;
    });
  const inMemory = known?.of(catalog, index, generation, (index.recent?.values ?? 0) + changes.length);
  const changed = applyChanges(write, index, mergeInPlace(catalog, index, changes, resolve, inMemory));
  if (index.recent === undefined) return changed;
  return { ...changed, recent: { values: 0, gained: 0, since: generation, keyed: onStored !== undefined } };
}

function withKeys(
  { catalog, write, generation, known }: IndexTarget,
  index: IndexManifest,
  changes: readonly Change[],
  onStored: (stored: Entry, change: Change) => void,
): IndexManifest {
  const { tree } = index;
  let { values, gained, since } = index.recent ?? { values: 0, gained: 0, since: generation };
  let { entries } = index;
  const inMemory = known?.of(catalog, index, generation, changes.length);
  for (const change of changes) {
    const newer = values === 0 ? undefined : catalog.recentEntry(tree, change.key);
    const stored = newer === undefined ? entryInPage(catalog, tree, change.key, inMemory) : present(newer);
    if (stored !== undefined) onStored(stored, change);
    else if (change.isRemoval) continue;
    if (newer === undefined) values++;
    const gain = (change.isRemoval ? 0 : 1) - (stored === undefined ? 0 : 1);
    gained += gain;
    entries += gain;
    write.putRecent(tree, change, true);
  }
  return { ...index, entries, recent: { values, gained, since, keyed: true } };
}

function withEntries(
  { write, generation }: IndexTarget,
  index: IndexManifest,
  added: readonly Change[],
): IndexManifest {
  const { values, gained, since } = index.recent ?? { values: 0, gained: 0, since: generation };
  for (const entry of added) write.putRecent(index.tree, entry, false);
  const recent = { values: values + added.length, gained: gained + added.length, since, keyed: false };
  return { ...index, entries: index.entries + added.length, recent };
}

function present(change: Change): Entry | undefined {
  return change.isRemoval ? undefined : change;
}

function entryInPage(
  catalog: CatalogRead,
  tree: number,
  key: Uint8Array,
  inMemory: KnownTree | undefined,
): Entry | undefined {
  const page = inMemory ? inMemory.pageOf(key) : catalog.floorPage(tree, highestPageKey(tree, key))?.page;
  if (page === undefined) return undefined;
  const at = lowerBound(page, key);
  if (at === entryCount(page) || !entryHasKey(page, at, key)) return undefined;
  return { key, shard: entryShard(page, at), ordinal: entryOrdinal(page, at) };
}

/** An index with another tree, which was just made: it has no recent entries. */
export function withTree(
  { recent: _, ...index }: IndexManifest,
  { tree, entries, pages }: Pick<IndexManifest, 'tree' | 'entries' | 'pages'>,
): IndexManifest {
  return { ...index, tree, entries, pages };
}
