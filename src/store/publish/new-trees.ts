// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Pages of trees nobody can see yet. They collect in memory and are written in transactions of some 4 MB as they come,
// under tree numbers that no manifest names; what is left at the end goes into the transaction that publishes them, so
// that a small import is one transaction. If there is no such end, `discard` takes them away again.

import { checkedLast, type PageBatch, pagesOf } from '../pages/batch.js';
import { pageKey, putTree } from '../pages/page-key.js';
import { entryAt, entryCount, verifyPage } from '../pages/read.js';
import type { Catalog, CatalogWrite, Entry } from '../types.js';

const BATCH_BYTES = 4 << 20;
const FIRST_BATCH_BYTES = 64 << 10;
/** Pages deleted in one transaction: as many bytes. */
const DELETE_PAGES = 2048;

/** A tree as its manifest will describe it. */
export interface NewTree {
  /** 0 until its first page is written. */
  tree: number;
  entries: number;
  pages: number;
  /** The last entry added, to see that the next one is greater. */
  last: Entry | undefined;
}

/** Where a page and its key lie in the batch. */
interface Pending {
  readonly tree: NewTree;
  readonly from: number;
  readonly keyEnd: number;
  readonly end: number;
}

export class NewTrees {
  readonly #catalog: Catalog;
  readonly #trees = new Map<number, NewTree>();
  #pending: Pending[] = [];
  /** Holds the pending pages, each behind its key. It is kept and grows: left to the garbage collector there would be many. */
  #batch = Buffer.allocUnsafeSlow(FIRST_BATCH_BYTES);
  #pendingBytes = 0;
  /** Numbers whose transaction was committed: only these are ours. */
  readonly #committed = new Set<number>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** The new tree of an index (0 = primary); begins it if need be. */
  of(index: number): NewTree {
    let tree = this.#trees.get(index);
    if (tree === undefined) {
      tree = { tree: 0, entries: 0, pages: 0, last: undefined };
      this.#trees.set(index, tree);
    }
    return tree;
  }

  /** Adds a copy of the next page of an index. It is verified first: what is wrong now could not be told later. */
  async add(index: number, page: Uint8Array): Promise<void> {
    verifyPage(page, index, this.#catalog.file);
    const first = entryAt(page, 0);
    const tree = this.of(index);
    tree.last = checkedLast(page, first, tree.last, index);
    const key = pageKey(0, first.key, first.shard, first.ordinal);
    if (this.#isFullWith(key, page)) await this.flush();
    this.#take(tree, key, page);
  }

  /** Adds copies of the next pages of an index, which were verified by whoever built them. @returns entries in them */
  async addBatch(index: number, batch: PageBatch): Promise<number> {
    const tree = this.of(index);
    const before = tree.entries;
    let keyFrom = 0;
    let at = 0;
    let last: Uint8Array | undefined;
    for (const page of pagesOf(batch)) {
      if (at === 0) checkedLast(page, entryAt(page, 0), tree.last, index);
      const keyEnd = batch.keyEnds[at++]!;
      const key = batch.keys.subarray(keyFrom, keyEnd);
      if (this.#isFullWith(key, page)) await this.flush();
      this.#take(tree, key, page);
      keyFrom = keyEnd;
      last = page;
    }
    if (last !== undefined) tree.last = entryAt(last, entryCount(last) - 1);
    return tree.entries - before;
  }

  #isFullWith(key: Uint8Array, page: Uint8Array): boolean {
    return this.#pendingBytes + key.byteLength + page.byteLength > BATCH_BYTES;
  }

  #take(tree: NewTree, key: Uint8Array, page: Uint8Array): void {
    tree.entries += entryCount(page);
    tree.pages++;
    const from = this.#pendingBytes;
    const keyEnd = from + key.byteLength;
    const end = keyEnd + page.byteLength;
    if (end > this.#batch.byteLength) this.#grow(end);
    this.#batch.set(key, from);
    this.#batch.set(page, keyEnd);
    this.#pending.push({ tree, from, keyEnd, end });
    this.#pendingBytes = end;
  }

  /** To room for `bytes` at least. */
  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(8 * this.#batch.byteLength, BATCH_BYTES)));
    this.#batch.copy(larger, 0, 0, this.#pendingBytes);
    this.#batch = larger;
  }

  /** Writes what has collected, in a transaction of its own. */
  async flush(): Promise<void> {
    await this.#catalog.transaction((write) => this.write(write));
    for (const { tree: number } of this.#trees.values()) if (number !== 0) this.#committed.add(number);
  }

  /** Numbers the trees that have no number yet and writes the pages that collected, within a transaction. */
  write(write: CatalogWrite): void {
    const header = this.#catalog.header();
    let nextTree = header.nextTree;
    for (const tree of this.#trees.values()) if (tree.tree === 0) tree.tree = nextTree++;
    if (nextTree !== header.nextTree) write.putHeader({ ...header, nextTree });
    for (const { tree, from, keyEnd, end } of this.#pending) {
      const key = this.#batch.subarray(from, keyEnd);
      putTree(key, tree.tree);
      write.putPageAt(key, this.#batch.subarray(keyEnd, end));
    }
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  /** Removes whatever was written. A number given by a transaction that rolled back may be someone else's by now. */
  async discard(): Promise<void> {
    await deleteTrees(this.#catalog, this.#committed);
  }
}

/** Deletes trees that nothing names, in bounded transactions. */
export async function deleteTrees(catalog: Catalog, trees: Iterable<number>): Promise<void> {
  for (const tree of trees) {
    let deleted: number;
    do {
      deleted = await catalog.transaction((write) => write.deleteTree(tree, DELETE_PAGES));
    } while (deleted === DELETE_PAGES);
  }
}
