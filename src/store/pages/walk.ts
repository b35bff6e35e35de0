// store at rest: [pages]
//
// The pages of a tree in order, with its recent entries in their places: the one way to read a tree from page to page. A
// recent entry that lies within a page is merged into a copy of that page; those between two pages make pages of their own.
// A tree without recent entries is read as it is stored.

import { compareKeys } from '../../keys/encode.js';
import type { RecentAt, TreeAt } from '../recent-types.js';
import type { CatalogRead, Entry } from '../types.js';
import type { Change, Resolve } from './change.js';
import { compareEntries, mergedPages } from './merge-page.js';
import { type OrderedPages, StoredPages } from './ordered-pages.js';
import { entryAt, entryCount } from './read.js';
import { buildPages } from './write.js';

/** Which pages are read; by default all of them. */
export interface Walk {
  readonly reverse?: boolean;
  /** The page key to begin at: with the page that is stored there or before it. */
  readonly start?: Uint8Array | undefined;
  /** Only entries with keys between these are asked for: of others, the pages may be wrong. */
  readonly lower?: Uint8Array | undefined;
  readonly upper?: Uint8Array | undefined;
}

/** Recent entries that make a page of their own together, at most. */
const OWN_PAGE_ENTRIES = 128;
/** Recent entries read together: at first, and at most. */
const BATCH_MIN = 16;
const BATCH_MAX = 512;

/** What a recent entry makes of the stored entry with its key. */
export const takeRecent: Resolve = (_stored, change) => (change.isRemoval ? undefined : change);

/** The pages of a tree in order. @param from where its stored pages come from, their entries checked; default: the catalog */
export function* walkPages(
  read: CatalogRead,
  index: TreeAt,
  walk: Walk = {},
  from?: OrderedPages,
): Generator<Uint8Array> {
  const { tree, recent } = index;
  const { reverse = false, start } = walk;
  if (recent === undefined || recent.values === 0) {
    yield* storedPages(from ?? new StoredPages(read, tree, false), start, reverse);
    return;
  }
  const resolve = recent.keyed ? takeRecent : undefined;
  const entries = new RecentCursor(read, index, walk);
  for (const page of storedPages(from ?? new StoredPages(read, tree, true), start, reverse)) {
    const ends = [entryAt(page, 0), entryAt(page, entryCount(page) - 1)] as const;
    const [near, far] = reverse ? [ends[1], ends[0]] : ends;
    yield* ownPages(entries, near, reverse);
    const within: Change[] = [];
    for (let entry = entries.through(far); entry !== undefined; entry = entries.through(far)) within.push(entry);
    if (within.length === 0) yield page;
    else {
      const pages = mergedPages(page, reverse ? within.reverse() : within, resolve, false);
      yield* reverse ? pages.toReversed() : pages;
    }
  }
  yield* ownPages(entries, undefined, reverse);
}

/** The pages as they are stored. */
function* storedPages(pages: OrderedPages, start: Uint8Array | undefined, reverse: boolean): Generator<Uint8Array> {
  let at = start && pages.floor(start);
  // In reverse, what begins before all pages reads none.
  if (at === undefined && !(reverse && start !== undefined)) at = pages.next(undefined, reverse);
  for (; at !== undefined; at = pages.next(at.pageKey, reverse)) yield at.page;
}

/** Pages of the recent entries in front of a stored one, in the direction of reading, or of all that are left. */
function* ownPages(entries: RecentCursor, near: Entry | undefined, reverse: boolean): Generator<Uint8Array> {
  let own: Change[] = [];
  for (let entry = entries.before(near); entry !== undefined; entry = entries.before(near)) {
    // A key that was removed and is in no page.
    if (!entry.isRemoval) own.push(entry);
    if (own.length < OWN_PAGE_ENTRIES) continue;
    yield* inDirection(own, reverse);
    own = [];
  }
  yield* inDirection(own, reverse);
}

function inDirection(own: Change[], reverse: boolean): Uint8Array[] {
  return reverse ? buildPages(own.reverse()).reverse() : buildPages(own);
}

/** Recent entries one after another, read some at a time. */
export class RecentCursor {
  readonly #read: CatalogRead;
  readonly #index: TreeAt;
  readonly #walk: Walk;
  readonly #isKeyed: boolean;
  readonly #sign: 1 | -1;
  #batch: readonly RecentAt[] = [];
  #at = 0;
  #max = BATCH_MIN;
  #isLast = false;

  constructor(read: CatalogRead, index: TreeAt, walk: Walk = {}) {
    this.#read = read;
    this.#index = index;
    this.#walk = walk;
    this.#isKeyed = index.recent?.keyed ?? false;
    this.#sign = walk.reverse ? -1 : 1;
  }

  /** The next one, if it is in front of this entry in the direction of reading, or if no entry is given. */
  before(entry: Entry | undefined): Change | undefined {
    return this.#take(entry, -1);
  }

  /** The same if it is in front of this entry, or at its place. */
  through(entry: Entry): Change | undefined {
    return this.#take(entry, 0);
  }

  #take(entry: Entry | undefined, orderMax: number): Change | undefined {
    const head = this.head;
    if (head === undefined) return undefined;
    if (entry !== undefined) {
      const order = this.#isKeyed ? compareKeys(head.key, entry.key) : compareEntries(head, entry);
      if (this.#sign * order > orderMax) return undefined;
    }
    this.#at++;
    return head;
  }

  /** The next one, which stays the next one. */
  get head(): Change | undefined {
    if (this.#at === this.#batch.length && !this.#isLast) this.#fill();
    return this.#batch[this.#at]?.entry;
  }

  #fill(): void {
    const { lower, upper, reverse = false } = this.#walk;
    const after = this.#batch.at(-1)?.at;
    const from = reverse ? upper : lower;
    const range = { isKeyed: this.#isKeyed, from, after, reverse, max: this.#max, ...(!reverse && { to: upper }) };
    this.#batch = this.#read.recentEntries(this.#index.tree, range);
    this.#at = 0;
    this.#isLast = this.#batch.length < this.#max;
    this.#max = Math.min(2 * this.#max, BATCH_MAX);
    if (!reverse || lower === undefined) return;
    const beyond = this.#batch.findIndex(({ entry }) => compareKeys(entry.key, lower) < 0);
    if (beyond === -1) return;
    this.#batch = this.#batch.slice(0, beyond);
    this.#isLast = true;
  }
}
