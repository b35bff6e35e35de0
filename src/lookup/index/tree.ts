// key > [index page] > location > frame cache > frame > record
//
// Searches one tree as one generation saw it. At first each search is a seek in LMDB; a tree that is searched often gets
// its fences into memory, and its pages into the page cache, verified once. Large trees load their fences in the
// background, a few thousand a turn; very large ones never do.
//
// A tree changes in place when records are merged into it. So every page that comes from LMDB is read together with the
// store's generation (`read`): when that has moved on, the page is not used and the lookup starts again.

import { setImmediate } from 'node:timers/promises';
import { FENCES_MAX } from '../../base/limits.js';
import { Fences } from '../../store/pages/fences.js';
import { type OrderedPages, StoredPages } from '../../store/pages/ordered-pages.js';
import { highestPageKey } from '../../store/pages/page-key.js';
import { damagedPage, entryCount, entryHasKey, entryOrdinal, entryShard, lowerBound } from '../../store/pages/read.js';
import type { RecentEntry } from '../../store/recent-types.js';
import type { CatalogRead, IndexManifest, Location, PageAt } from '../../store/types.js';
import type { Caches } from '../cache/caches.js';
import { FencedPages, type PageOf } from './fenced-pages.js';

/** A tree is searched this often in LMDB before its fences are loaded, or one time in so many of its pages. */
const SEEKS_MIN = 200;
const SEEKS_PER_PAGE = 1 / 16;
/** Page keys read from LMDB in one turn of the event loop: some ten milliseconds. */
const KEYS_PER_TURN = 8192;

/** Reads of the catalog in the generation that a tree belongs to. */
export interface TreeReads {
  /** The catalog, having made sure that it still shows that generation. */
  current(): CatalogRead;
  /** A recent entry of that generation. */
  recentEntry(tree: number, key: Uint8Array): RecentEntry | undefined;
}

export class Tree {
  readonly manifest: IndexManifest;
  readonly #reads: TreeReads;
  readonly #caches: Caches;
  #seeks = 0;
  #fences: Fences | undefined;
  #pageSpace = 0;

  /**
   * @param reads of the generation that this tree belongs to
   * @param same the tree with exactly these pages in another generation: its fences and pages in memory are this one's too.
   */
  constructor(manifest: IndexManifest, caches: Caches, reads: TreeReads, same?: Tree) {
    this.manifest = manifest;
    this.#caches = caches;
    this.#reads = reads;
    if (same !== undefined) {
      // Where the fences were to be loaded and are not here, they are loaded after so many searches again.
      this.#seeks = same.#seeks < this.#seeksMin ? same.#seeks : 0;
      this.#fences = same.#fences;
      this.#pageSpace = same.#pageSpace;
    }
  }

  /** Where the record with this key is; for trees that hold a key once. */
  find(key: Uint8Array): Location | undefined {
    const { tree, recent } = this.manifest;
    if (recent !== undefined && recent.values > 0) {
      const newer = this.#reads.recentEntry(tree, key);
      if (newer !== undefined) return newer.isRemoval ? undefined : newer;
    }
    const fences = this.#fences;
    let page: Uint8Array | undefined;
    if (fences === undefined) {
      page = this.#seek(highestPageKey(tree, key))?.page;
    } else {
      const index = fences.floor(key);
      if (index >= 0) page = this.#page(fences, index, this.#reads.current, true);
    }
    if (page === undefined) return undefined;
    const index = lowerBound(page, key);
    if (index === entryCount(page) || !entryHasKey(page, index, key)) return undefined;
    return { shard: entryShard(page, index), ordinal: entryOrdinal(page, index) };
  }

  get #seeksMin(): number {
    return Math.max(SEEKS_MIN, Math.ceil(this.manifest.pages * SEEKS_PER_PAGE));
  }

  /**
   * Its stored pages, one after another, their entries checked.
   * @param read the catalog or a snapshot of it, in the state of this tree's generation
   */
  pages(read: CatalogRead): OrderedPages {
    const fences = this.#fences;
    if (fences === undefined) {
      this.#countSeek();
      return new StoredPages(read, this.manifest.tree, true);
    }
    const pageOf: PageOf = (index, keeps) => this.#page(fences, index, () => read, keeps);
    return new FencedPages(fences, pageOf, this.manifest.tree, read.file);
  }

  #seek(pageKey: Uint8Array): PageAt | undefined {
    this.#countSeek();
    return this.#reads.current().floorPage(this.manifest.tree, pageKey);
  }

  #countSeek(): void {
    if (++this.#seeks === this.#seeksMin && this.manifest.pages <= FENCES_MAX) {
      // Should the generation change meanwhile, so does the tree, and nobody misses its fences.
      this.#loadFences().catch(() => {});
    }
  }

  async #loadFences(): Promise<void> {
    const { tree, pages } = this.manifest;
    const keys: Uint8Array[] = [];
    // To the end of what is there: how many pages the manifest says that there are is only said.
    for (;;) {
      const found = this.#reads.current().pageKeys(tree, KEYS_PER_TURN, keys[keys.length - 1]);
      for (const key of found) keys.push(key);
      if (found.length < KEYS_PER_TURN || keys.length > pages) break;
      await setImmediate();
    }
    // A manifest that is wrong about its tree: pages left out would be records that are not found.
    if (keys.length !== pages) return;
    this.#fences = new Fences(keys);
    this.#pageSpace = this.#caches.pageSpace(keys.length);
  }

  #page(fences: Fences, index: number, reading: () => CatalogRead, keeps: boolean): Uint8Array {
    const cached = this.#caches.cachedPage(this.#pageSpace + index);
    if (cached !== undefined) return cached;
    const read = reading();
    const page = read.page(fences.pageKey(index));
    if (page === undefined) throw damagedPage(this.manifest.tree, read.file, 'it disappeared within a generation');
    if (keeps) this.#caches.keepPage(this.#pageSpace + index, page);
    return page;
  }
}
