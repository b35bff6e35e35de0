// record > line, keys > overlay > [pages > transaction]
//
// Pages of trees that many transactions search, kept in memory from one transaction to the next. Within a write transaction a
// search in LMDB takes a cursor of its own, which costs more than all else that is done for a key.

import type { CatalogRead, IndexManifest } from '../types.js';
import { Fences } from './fences.js';
import { damagedPage } from './read.js';
import type { FoundPage, PageSearch } from './search.js';

/** A tree is searched this often for each of its pages before its page keys are read: one takes as long as an eighth of a search. */
const SEARCHES_PER_PAGE = 1 / 8;
/** Trees of more pages are searched too seldom, until their pages change, for pages to be kept: some two megabytes each. */
const PAGES_MAX = 256;
/** Trees at most: the one that came first goes first. */
const TREES_MAX = 16;

/** A tree whose page keys are in memory. */
export class KnownTree implements PageSearch {
  readonly #read: CatalogRead;
  readonly #tree: number;
  readonly #fences: Fences;
  /** Undefined where none is kept. */
  readonly #pages: Uint8Array[] | undefined;

  constructor(read: CatalogRead, tree: number, fences: Fences) {
    this.#read = read;
    this.#tree = tree;
    this.#fences = fences;
    this.#pages = fences.count <= PAGES_MAX ? [] : undefined;
  }

  /** The page that has this key, if one has. Undefined: the key comes before all pages. */
  pageOf(key: Uint8Array): Uint8Array | undefined {
    const number = this.#fences.floor(key);
    return number < 0 ? undefined : this.#page(number);
  }

  pageFor(pageKey: Uint8Array): FoundPage | undefined {
    const fences = this.#fences;
    if (fences.count === 0) return undefined;
    const number = Math.max(fences.floorOf(pageKey), 0);
    const after = number + 1 < fences.count ? fences.pageKey(number + 1) : undefined;
    return { pageKey: fences.pageKey(number), page: this.#page(number), after };
  }

  #page(number: number): Uint8Array {
    const kept = this.#pages?.[number];
    if (kept !== undefined) return kept;
    const page = this.#read.page(this.#fences.pageKey(number));
    if (page === undefined)
      throw damagedPage(this.#tree, this.#read.file, 'a page disappeared although the tree is the same');
    if (this.#pages !== undefined) this.#pages[number] = page;
    return page;
  }
}

interface Known {
  /** As the manifest says: as long as it is the same, so are the pages. */
  readonly since: number;
  searches: number;
  tree?: KnownTree | undefined;
}

/** For who makes all transactions of one opened index, one after another. */
export class KnownPages {
  readonly #trees = new Map<number, Known>();

  /**
   * A tree as the running transaction finds it. Undefined where it is not searched often enough.
   * @param generation that the transaction makes @param searches how many there are going to be
   */
  of(read: CatalogRead, index: IndexManifest, generation: number, searches: number): KnownTree | undefined {
    const { tree, recent } = index;
    // Where this transaction may have changed the pages, it may be undone: for this time only.
    if (recent === undefined || recent.since >= generation) return loaded(read, index, searches);
    let known = this.#trees.get(tree);
    if (known?.since !== recent.since) {
      known = { since: recent.since, searches: 0 };
      this.#trees.delete(tree);
      this.#trees.set(tree, known);
      if (this.#trees.size > TREES_MAX) this.#trees.delete(this.#trees.keys().next().value as number);
    }
    known.searches += searches;
    known.tree ??= loaded(read, index, known.searches);
    return known.tree;
  }
}

function loaded(read: CatalogRead, { tree, pages }: IndexManifest, searches: number): KnownTree | undefined {
  if (searches < pages * SEARCHES_PER_PAGE) return undefined;
  const keys = read.pageKeys(tree, pages + 1);
  // A manifest that is wrong about its tree: pages left out would be records that are not found.
  return keys.length === pages ? new KnownTree(read, tree, new Fences(keys)) : undefined;
}
