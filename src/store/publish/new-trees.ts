// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Pages of trees nobody can see yet. They collect in memory and are written in transactions of some 4 MB as they come,
// under tree numbers that no manifest names; what is left at the end goes into the transaction that publishes them, so
// that a small import is one transaction. If there is no such end, `discard` takes them away again.

import { compareEntries } from '../pages/merge.js';
import { entryAt, entryCount, verifyPage } from '../pages/read.js';
import type { Catalog, CatalogWrite, Entry } from '../types.js';

const BATCH_BYTES = 4 << 20;
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

export class NewTrees {
  readonly #catalog: Catalog;
  readonly #trees = new Map<number, NewTree>();
  #pending: { readonly tree: NewTree; readonly page: Uint8Array }[] = [];
  /** Holds the pending pages; made once, for left to the garbage collector there would be many. */
  readonly #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
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

  has(index: number): boolean {
    return this.#trees.has(index);
  }

  /** Adds a copy of the next page of an index. It is verified first: what is wrong now could not be told later. */
  async add(index: number, page: Uint8Array): Promise<void> {
    verifyPage(page, index, this.#catalog.file);
    const tree = this.of(index);
    const entries = entryCount(page);
    if (tree.last !== undefined && compareEntries(tree.last, entryAt(page, 0)) >= 0) {
      throw new Error(`pages of index ${index} are out of order`);
    }
    tree.last = entryAt(page, entries - 1);
    tree.entries += entries;
    tree.pages++;
    if (this.#pendingBytes + page.byteLength > BATCH_BYTES) await this.#flush();
    this.#batch.set(page, this.#pendingBytes);
    const end = this.#pendingBytes + page.byteLength;
    this.#pending.push({ tree, page: this.#batch.subarray(this.#pendingBytes, end) });
    this.#pendingBytes = end;
  }

  async #flush(): Promise<void> {
    await this.#catalog.transaction((write) => this.write(write));
    for (const { tree: number } of this.#trees.values()) if (number !== 0) this.#committed.add(number);
  }

  /** Numbers the trees that have no number yet and writes the pages that collected, within a transaction. */
  write(write: CatalogWrite): void {
    const header = this.#catalog.header();
    let nextTree = header.nextTree;
    for (const tree of this.#trees.values()) if (tree.tree === 0) tree.tree = nextTree++;
    if (nextTree !== header.nextTree) write.putHeader({ ...header, nextTree });
    for (const { tree, page } of this.#pending) write.putPage(tree.tree, page);
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
