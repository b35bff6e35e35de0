// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Entries that are merged into the pages of a tree, together with its recent entries, as one sequence in order. In a primary
// index a key has one entry: the recent one, where there is one, is the stored one, and the page has an older one or none.

import type { TreeAt } from '../recent-types.js';
import type { CatalogRead, Entry } from '../types.js';
import type { Change, Resolve } from './change.js';
import { RecentCursor } from './walk.js';

/** What is merged into pages, and which entry stays of one of a page and one of these with the same key. */
interface Merged {
  readonly changes: Iterable<Change>;
  readonly resolve: Resolve | undefined;
}

/** @param settle which of a stored entry and one of `added` stays; undefined for a secondary index */
export function withRecent(
  read: CatalogRead,
  index: TreeAt,
  added: Iterable<Change>,
  settle: Resolve | undefined,
): Merged {
  if (index.recent === undefined || index.recent.values === 0) return { changes: added, resolve: settle };
  const recent = new RecentCursor(read, index);
  if (settle === undefined) return { changes: inOrder(recent, added), resolve: undefined };
  // What takes the place of the page's entry without a question: the question was asked about the recent entry, or was
  // when the recent entry was made.
  const settled = new Set<Change>();
  const resolve: Resolve = (stored, change) => {
    if (!settled.has(change)) return settle(stored, change);
    return change.isRemoval ? undefined : change;
  };
  return { changes: keyedInOrder(recent, added, settle, settled), resolve };
}

function* inOrder(recent: RecentCursor, added: Iterable<Change>): Generator<Change> {
  for (const entry of added) {
    for (let one = recent.before(entry); one !== undefined; one = recent.before(entry)) yield one;
    yield entry;
  }
  for (let one = recent.before(undefined); one !== undefined; one = recent.before(undefined)) yield one;
}

function* keyedInOrder(
  recent: RecentCursor,
  added: Iterable<Change>,
  settle: Resolve,
  settled: Set<Change>,
): Generator<Change> {
  const asSettled = (change: Change): Change => {
    settled.add(change);
    return change;
  };
  for (const entry of added) {
    for (let one = recent.before(entry); one !== undefined; one = recent.before(entry)) yield asSettled(one);
    const same = recent.through(entry);
    if (same === undefined) yield entry;
    else if (same.isRemoval) yield asSettled(entry);
    else yield asSettled(stays(settle(same, entry), entry));
  }
  for (let one = recent.before(undefined); one !== undefined; one = recent.before(undefined)) yield asSettled(one);
}

/** The entry that stays, or the removal of its key. */
function stays(entry: Entry | undefined, { key }: Entry): Change {
  return entry ?? { key, shard: 0, ordinal: 0, isRemoval: true };
}
