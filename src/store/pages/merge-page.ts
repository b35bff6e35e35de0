// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// One page and what falls into it: the pages of both together. On the bytes of the page where that can be (splice.ts), and
// by its entries where it cannot.

import { compareKeys } from '../../keys/encode.js';
import type { Entry } from '../types.js';
import type { Change, Resolve } from './change.js';
import { entriesOf } from './read.js';
import { splicePage } from './splice.js';
import { buildPages, PAGE_BYTES } from './write.js';

/** The order of entries (Invariant 6). */
export function compareEntries(left: Entry, right: Entry): number {
  return compareKeys(left.key, right.key) || left.shard - right.shard || left.ordinal - right.ordinal;
}

/**
 * The pages of all entries of a page and of changes to it, given in order; none when no entry is left.
 * @param isLast whether it is the last page of its tree.
 */
export function mergedPages(
  page: Uint8Array | undefined,
  changes: readonly Change[],
  resolve: Resolve | undefined,
  isLast: boolean,
): readonly Uint8Array[] {
  return (page && splicePage(page, changes, resolve)) ?? rebuilt(page, changes, resolve, isLast);
}

function rebuilt(
  page: Uint8Array | undefined,
  group: readonly Change[],
  resolve: Resolve | undefined,
  isLast: boolean,
): readonly Uint8Array[] {
  const old = page === undefined ? [] : [...entriesOf(page)];
  const merged = [...mergeEntries(old, group, resolve)];
  const appended = isLast && (old.length === 0 || compareEntries(old[old.length - 1]!, group[0]!) < 0);
  return appended ? buildPages(merged) : splitEvenly(merged);
}

/** Entries of a tree and new ones as one sorted sequence. */
function* mergeEntries(
  old: readonly Entry[],
  added: readonly Change[],
  resolve: Resolve | undefined,
): Generator<Entry> {
  let at = 0;
  for (const entry of added) {
    while (at < old.length) {
      const stored = old[at]!;
      const order = resolve === undefined ? compareEntries(stored, entry) : compareKeys(stored.key, entry.key);
      if (order >= 0) break;
      yield stored;
      at++;
    }
    const stored = old[at];
    if (resolve !== undefined && stored !== undefined && compareKeys(stored.key, entry.key) === 0) {
      at++;
      const stays = resolve(stored, entry);
      if (stays !== undefined) yield stays;
    } else if (!entry.isRemoval) {
      yield entry;
    }
  }
  for (; at < old.length; at++) yield old[at]!;
}

/**
 * Pages of about equal size. Filling each to the brim would leave a page so full, and its successor so empty, that every
 * later insert splits again.
 */
function splitEvenly(entries: readonly Entry[]): Uint8Array[] {
  const greedy = buildPages(entries);
  if (greedy.length < 2) return greedy;
  let bytes = 0;
  for (const page of greedy) bytes += page.byteLength;
  const share = Math.ceil(bytes / greedy.length);
  return buildPages(entries, Math.min(PAGE_BYTES, share + share / 16));
}
