// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Which page of a tree entries fall into: from the catalog, or from memory (known-pages.ts).

import type { CatalogRead, PageAt } from '../types.js';
import { treeStart } from './page-key.js';

/** A page, and where the one after it begins. */
export interface FoundPage extends PageAt {
  /** Undefined for the last page. */
  readonly after: Uint8Array | undefined;
}

/** Searches the pages of one tree. */
export interface PageSearch {
  /** The last page that begins at or before this page key, or else the first page. Undefined for a tree without pages. */
  pageFor(pageKey: Uint8Array): FoundPage | undefined;
}

/** In the catalog. */
export class StoredSearch implements PageSearch {
  readonly #read: CatalogRead;
  readonly #tree: number;

  constructor(read: CatalogRead, tree: number) {
    this.#read = read;
    this.#tree = tree;
  }

  pageFor(pageKey: Uint8Array): FoundPage | undefined {
    const [read, tree] = [this.#read, this.#tree];
    const found = read.floorPage(tree, pageKey) ?? read.nextPage(tree, treeStart(tree), false);
    return found && { ...found, after: read.pageKeys(tree, 1, found.pageKey)[0] };
  }
}
