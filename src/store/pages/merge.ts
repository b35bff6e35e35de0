// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Merges sorted entries into the pages of a tree, be they one or a billion, in one of two ways:
//   in place   each page that new entries fall into is replaced by one or more; the publishing transaction exchanges them;
//   rewritten  the whole tree is read in order and written again under a new number, in transactions of its own, when so
//              many pages change that one transaction should not hold them.
// Both take an old page, merge what falls into it, and build pages of the result. A primary tree holds a key once: where
// both sides have it, `resolve` says which entry stays.

import { compareKeys } from '../../keys/encode.js';
import type { TreeAt } from '../recent-types.js';
import type { CatalogRead, CatalogWrite, Entry, IndexManifest, PageAt } from '../types.js';
import type { Change, PageChange, Resolve, Settle } from './change.js';
import { compareEntries, mergedPages } from './merge-page.js';
import { firstEntryOf, highestPageKey, pageKey } from './page-key.js';
import { damagedPage, entriesOf, entryAt, entryCount, verifyEntries } from './read.js';
import { type PageSearch, StoredSearch } from './search.js';
import { walkPages } from './walk.js';
import { withRecent } from './with-recent.js';
import { PAGE_BYTES, PageBuilder } from './write.js';

/**
 * Merges `added`, in order, into the pages of a tree that they fall into, and its recent entries too. Changes nothing: it
 * says what is to change (`applyChanges`).
 * @param search of pages as they were before any of the changes, or after those that were given
 */
export function* mergeInPlace(
  read: CatalogRead,
  index: TreeAt,
  added: Iterable<Change>,
  settle: Resolve | undefined,
  search: PageSearch = new StoredSearch(read, index.tree),
): Generator<PageChange> {
  const { tree } = index;
  const { changes, resolve } = withRecent(read, index, added, settle);
  const entries = new Peekable(changes);
  while (entries.head !== undefined) {
    const { key, shard, ordinal } = entries.head;
    const position = resolve === undefined ? pageKey(tree, key, shard, ordinal) : highestPageKey(tree, key);
    const target = search.pageFor(position);
    const after = target?.after;
    if (target !== undefined) verifyEntries(target.page, tree, read.file);
    const group = takeBefore(entries, after, resolve !== undefined);
    // Keys that are none are in another order as bytes of page keys.
    if (group.length === 0) throw damagedPage(tree, read.file, 'it is not stored under its first key');
    const pages = mergedPages(target?.page, group, resolve, after === undefined);
    const [first] = pages;
    yield {
      remove: target === undefined || (first && startsAt(first, target)) ? undefined : target.pageKey,
      pages,
      entriesGained: entriesIn(pages) - (target === undefined ? 0 : entryCount(target.page)),
      pagesGained: pages.length - (target === undefined ? 0 : 1),
    };
  }
}

/** Makes the changes that `mergeInPlace` gave, within a transaction. @returns the index as it is then: without recent entries */
export function applyChanges(
  write: CatalogWrite,
  { recent, ...index }: IndexManifest,
  changes: Iterable<PageChange>,
): IndexManifest {
  let entries = index.entries - (recent?.gained ?? 0);
  let { pages } = index;
  for (const change of changes) {
    if (change.remove !== undefined) write.deletePage(change.remove);
    for (const page of change.pages) write.putPage(index.tree, page);
    entries += change.entriesGained;
    pages += change.pagesGained;
  }
  if (recent !== undefined && recent.values > 0) write.deleteRecent(index.tree);
  return { ...index, entries, pages };
}

function entriesIn(pages: readonly Uint8Array[]): number {
  let entries = 0;
  for (const page of pages) entries += entryCount(page);
  return entries;
}

/** Rewritten pages keep room for a few inserts, */
const REWRITTEN_BYTES = PAGE_BYTES - PAGE_BYTES / 8;
/** and are not cut off when smaller than this: the next page is opened instead of being passed on whole. */
const REWRITTEN_BYTES_MIN = PAGE_BYTES / 2;

/** Writes a tree anew with entries merged in, given in order. Its methods yield the pages that have filled. */
export class TreeRewrite {
  readonly #read: CatalogRead;
  readonly #tree: number;
  readonly #settle: Settle | undefined;
  readonly #builder = new PageBuilder(REWRITTEN_BYTES);
  readonly #pages: Iterator<Uint8Array>;
  /** The next stored page, not opened yet; and the entries of the one that is open. */
  #next: Uint8Array | undefined;
  #open: Entry[] = [];
  #openAt = 0;
  /** Of the pages read so far. */
  #last: Entry | undefined;

  constructor(read: CatalogRead, index: TreeAt, settle: Settle | undefined) {
    this.#read = read;
    this.#tree = index.tree;
    this.#settle = settle;
    this.#pages = walkPages(read, index);
    this.#next = this.#checkedNext();
  }

  *add(entry: Entry): Generator<Uint8Array> {
    yield* this.#passBefore(entry);
    const stored = this.#open[this.#openAt];
    if (this.#settle !== undefined && stored !== undefined && compareKeys(stored.key, entry.key) === 0) {
      this.#openAt++;
      yield* filled(this.#builder.add(this.#settle(stored, entry)));
    } else {
      yield* filled(this.#builder.add(entry));
    }
  }

  *finish(): Generator<Uint8Array> {
    yield* this.#passBefore(undefined);
    yield* filled(this.#builder.finish());
  }

  /** Appends the stored entries in front of `entry`, or all that are left; whole pages of them as they are. */
  *#passBefore(entry: Entry | undefined): Generator<Uint8Array> {
    for (;;) {
      for (; this.#openAt < this.#open.length; this.#openAt++) {
        const stored = this.#open[this.#openAt]!;
        if (!this.#isBefore(stored, entry)) return;
        yield* filled(this.#builder.add(stored));
      }
      const page = this.#next;
      if (page === undefined || this.#isBehind(entryAt(page, 0), entry)) return;
      this.#next = this.#checkedNext();
      const pending = this.#builder.byteLength;
      const whole = this.#isBefore(entryAt(page, entryCount(page) - 1), entry);
      if (whole && (pending === 0 || pending >= REWRITTEN_BYTES_MIN)) {
        yield* filled(this.#builder.finish());
        yield page;
      } else {
        this.#open = [...entriesOf(page)];
        this.#openAt = 0;
      }
    }
  }

  /** What is out of order here would be found out when it is written, and taken for our fault. */
  #checkedNext(): Uint8Array | undefined {
    const page: Uint8Array | undefined = this.#pages.next().value;
    if (page === undefined) return undefined;
    verifyEntries(page, this.#tree, this.#read.file);
    if (this.#last !== undefined && compareEntries(this.#last, entryAt(page, 0)) >= 0) {
      throw damagedPage(this.#tree, this.#read.file, 'it overlaps with the one before it');
    }
    this.#last = entryAt(page, entryCount(page) - 1);
    return page;
  }

  #isBefore(stored: Entry, entry: Entry | undefined): boolean {
    return entry === undefined || this.#compare(stored, entry) < 0;
  }

  #isBehind(stored: Entry, entry: Entry | undefined): boolean {
    return entry !== undefined && this.#compare(stored, entry) > 0;
  }

  #compare(stored: Entry, entry: Entry): number {
    return this.#settle === undefined ? compareEntries(stored, entry) : compareKeys(stored.key, entry.key);
  }
}

function filled(page: Uint8Array | undefined): readonly Uint8Array[] {
  return page === undefined ? [] : [page];
}

/** The entries in front of the page with this page key. */
function takeBefore(entries: Peekable, after: Uint8Array | undefined, unique: boolean): Change[] {
  const boundary = after && firstEntryOf(after);
  const group: Change[] = [];
  for (let entry = entries.head; entry !== undefined; entry = entries.head) {
    if (boundary !== undefined) {
      const order = unique ? compareKeys(entry.key, boundary.key) : compareEntries(entry, boundary);
      if (order >= 0) break;
    }
    group.push(entry);
    entries.advance();
  }
  return group;
}

function startsAt(page: Uint8Array, { pageKey: at }: PageAt): boolean {
  return compareEntries(entryAt(page, 0), firstEntryOf(at)) === 0;
}

/** An iteration whose next element can be looked at; checks that entries come in order. */
class Peekable {
  readonly #iterator: Iterator<Change>;
  head: Change | undefined;

  constructor(entries: Iterable<Change>) {
    this.#iterator = entries[Symbol.iterator]();
    this.advance();
  }

  advance(): void {
    const last = this.head;
    const next = this.#iterator.next();
    this.head = next.done ? undefined : next.value;
    if (last !== undefined && this.head !== undefined && compareEntries(last, this.head) >= 0) {
      throw new Error('entries to merge are out of order');
    }
  }
}
