// key > [index page] > location > frame cache > frame > record
//
// The pages of a tree whose fences are in memory one after another, as ranges read them: from the page cache, each checked
// once.

import type { Fences } from '../../store/pages/fences.js';
import type { OrderedPages } from '../../store/pages/ordered-pages.js';
import { verifyEntries } from '../../store/pages/read.js';
import type { PageAt } from '../../store/types.js';

/** A longer range reads most pages once: it leaves those in the cache that are read often. */
const KEPT_MAX = 2;
/** Pages whose entries have been checked: a page in the cache never changes. */
const checked = new WeakSet<Uint8Array>();

/** Gives a page of a tree with fences: from the cache, or else as it is stored. `keeps`: it goes into the cache then. */
export type PageOf = (index: number, keeps: boolean) => Uint8Array;

/** The pages of a tree whose fences are in memory. */
export class FencedPages implements OrderedPages {
  readonly #fences: Fences;
  readonly #pageOf: PageOf;
  readonly #tree: number;
  readonly #file: string;
  #given = 0;

  /** @param file of the catalog, to name in errors */
  constructor(fences: Fences, pageOf: PageOf, tree: number, file: string) {
    this.#fences = fences;
    this.#pageOf = pageOf;
    this.#tree = tree;
    this.#file = file;
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
    const page = this.#pageOf(index, this.#given++ < KEPT_MAX);
    if (!checked.has(page)) {
      verifyEntries(page, this.#tree, this.#file);
      checked.add(page);
    }
    return { pageKey: this.#fences.pageKey(index), page };
  }
}
