// store at rest: [pages]
//
// The stored pages of a tree one after another: from the catalog, or from a cache that somebody else keeps.

import type { CatalogRead, PageAt } from '../types.js';
import { treeStart } from './page-key.js';
import { verifyEntries } from './read.js';

/** The stored pages of one tree in one state. */
export interface OrderedPages {
  /** The last page whose page key is not greater than this one. Undefined: all pages come after it. */
  floor(pageKey: Uint8Array): PageAt | undefined;
  /** The page after this page key, or before it. Without a page key: the first page, or with `reverse` the last one. */
  next(pageKey: Uint8Array | undefined, reverse: boolean): PageAt | undefined;
}

/** The pages as the catalog, or a snapshot of it, has them. */
export class StoredPages implements OrderedPages {
  readonly #read: CatalogRead;
  readonly #tree: number;
  readonly #isChecked: boolean;

  /** @param isChecked whether the entries of each page are checked (`verifyEntries`) */
  constructor(read: CatalogRead, tree: number, isChecked: boolean) {
    this.#read = read;
    this.#tree = tree;
    this.#isChecked = isChecked;
  }

  floor(pageKey: Uint8Array): PageAt | undefined {
    return this.#checked(this.#read.floorPage(this.#tree, pageKey));
  }

  next(pageKey: Uint8Array | undefined, reverse: boolean): PageAt | undefined {
    const from = pageKey ?? treeStart(reverse ? this.#tree + 1 : this.#tree);
    return this.#checked(this.#read.nextPage(this.#tree, from, reverse));
  }

  #checked(found: PageAt | undefined): PageAt | undefined {
    if (found !== undefined && this.#isChecked) verifyEntries(found.page, this.#tree, this.#read.file);
    return found;
  }
}
