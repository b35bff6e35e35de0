// key > [index page] > location > frame cache > frame > record
//
// The pages of a tree whose fences are in memory one after another, as ranges read them: from the page cache, each checked
// once.

import type { OrderedPages } from '../../store/pages/ordered-pages.js';
import { damagedPage, verifyEntries } from '../../store/pages/read.js';
import type { CatalogRead, PageAt } from '../../store/types.js';
import type { Fences } from './page-fences.js';

/** A longer range reads most pages once: it leaves those in the cache that are read often. */
const KEPT_MAX = 2;
/** Pages whose entries have been checked: a page in the cache never changes. */
const checked = new WeakSet<Uint8Array>();

/** Where the pages of a tree with fences come from. */
export interface CachedPages {
  cached(index: number): Uint8Array | undefined;
  keep(index: number, page: Uint8Array): void;
}

/** The pages of a tree whose fences are in memory. */
export class FencedPages implements OrderedPages {
  readonly #fences: Fences;
  readonly #cache: CachedPages;
  readonly #read: CatalogRead;
  readonly #tree: number;
  #kept = 0;

  /** @param read the catalog or a snapshot of it, in the state that the fences are of */
  constructor(fences: Fences, cache: CachedPages, read: CatalogRead, tree: number) {
    this.#fences = fences;
    this.#cache = cache;
    this.#read = read;
    this.#tree = tree;
  }

  floor(pageKey: Uint8Array): PageAt | undefined {
    return this.#at(this.#fences.floorOf(pageKey));
  }

  next(pageKey: Uint8Array | undefined, reverse: boolean): PageAt | undefined {
    const fences = this.#fences;
    if (pageKey === undefined) return this.#at(reverse ? fences.count - 1 : 0);
    const floor = fences.floorOf(pageKey);
    return this.#at(reverse ? floor - 1 : floor + 1);
  }

  #at(index: number): PageAt | undefined {
    if (index < 0 || index >= this.#fences.count) return undefined;
    const pageKey = this.#fences.pageKey(index);
    let page = this.#cache.cached(index);
    if (page === undefined) {
      page = this.#read.page(pageKey);
      if (page === undefined) throw damagedPage(this.#tree, this.#read.file, 'it disappeared within a generation');
      if (this.#kept++ < KEPT_MAX) this.#cache.keep(index, page);
    }
    if (!checked.has(page)) {
      verifyEntries(page, this.#tree, this.#read.file);
      checked.add(page);
    }
    return { pageKey, page };
  }
}
