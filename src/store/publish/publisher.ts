// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// Makes an import visible: its shards, index pages, tombstones and counts, in one LMDB transaction (Invariants 7, 8).
// Until that transaction is durable every reader sees what was there before; from then on, everything.
//
//   replace          new trees; in the same transaction the old shards and trees lose their names and are written down as
//                    garbage (garbage.ts).
//   upsert, insert   the entries are merged into the trees there are (store/pages/merge.ts): the transaction exchanges pages
//                    when few change, else it switches to rewritten trees.
//
// A primary key that is stored already: upsert marks the old record dead; insert keeps the old one and marks the new one,
// or fails, as asked. Secondary entries of dead records stay: readers skip them by the tombstones.
//
// It works in two phases: all that takes long (`add`, `settle`) changes nothing that anybody can see, and `commit` is the
// transaction.

import type { GristmillError } from '../../base/errors.js';
import { checkCollectionName } from '../../base/names.js';
import { checkIndexPaths } from '../../keys/key-path.js';
import type { PageBatch } from '../pages/batch.js';
import type { Catalog, CatalogSnapshot, CatalogWrite } from '../types.js';
import { checkCounts } from './checks.js';
import { commitPublication } from './commit.js';
import { MergePlan } from './merge-plan.js';
import { NewTrees } from './new-trees.js';
import type { Publication, PublishResult, Settled } from './publication.js';

/** Takes `count` shard numbers out of circulation and returns the first. A number is never given twice. */
export function reserveShards(catalog: Catalog, count: number): Promise<number> {
  return catalog.transaction((write) => {
    const header = catalog.header();
    write.putHeader({ ...header, nextShard: header.nextShard + count });
    return header.nextShard;
  });
}

/** What else happens in the publishing transaction: a throw refuses the publication. */
export interface Beside {
  /** First. */
  before?(write: CatalogWrite): void;
  /** Last. */
  after?(write: CatalogWrite, published: PublishResult): void;
}

/** The same of publications that are committed together. */
export interface BesideAll {
  before?(write: CatalogWrite): void;
  after?(write: CatalogWrite, published: readonly PublishResult[]): void;
}

/**
 * One publication: `add` the pages of its indexes, `settle` it, `commit` it; and `close` it in any case.
 * @throws UniqueViolation, `commit`: nothing is published then; GristmillError, any of its methods: DUPLICATE_KEY, COLLECTION_MISMATCH, COUNT_MISMATCH, STORE_BUSY (another
 * publication to the same collection came in between), DISK_FULL, IO_ERROR
 */
export class Publisher {
  readonly #catalog: Catalog;
  readonly #publication: Publication;
  readonly #snapshot: CatalogSnapshot;
  readonly #trees: NewTrees;
  readonly #plan: MergePlan;
  #settled: Settled | undefined;
  #isPublished = false;
  #isInDoubt = false;

  /** Sees the collection as it is now: whoever holds the lock keeps it so. */
  constructor(catalog: Catalog, publication: Publication) {
    checkCollectionName(publication.name);
    checkIndexPaths(publication.indexPaths);
    this.#catalog = catalog;
    this.#publication = publication;
    this.#snapshot = catalog.snapshot();
    try {
      const base = publication.mode === 'replace' ? undefined : this.#snapshot.collection(publication.name);
      this.#trees = new NewTrees(catalog);
      this.#plan = new MergePlan(this.#snapshot, base, publication, this.#trees);
    } catch (error) {
      this.#snapshot.release();
      throw error;
    }
  }

  /** Takes the next pages of an index; index by index, in the order of their entries. */
  add(batch: PageBatch): Promise<void> {
    return this.#plan.add(batch);
  }

  /** All pages are in: what they are merged into is made ready, and must add up. */
  async settle(settled: Settled): Promise<void> {
    checkCounts(this.#publication, settled);
    await this.#plan.finish(settled.dead);
    this.#settled = settled;
  }

  /** Commits the settled publication. On any error nothing has changed, unless `isInDoubt`. */
  async commit({ before, after }: Beside = {}): Promise<PublishResult> {
    const [published] = await Publisher.commitAll([this], {
      ...(before && { before }),
      after: (write, [result]) => after?.(write, result as PublishResult),
    });
    return published as PublishResult;
  }

  /**
   * Commits settled publications to different collections of one store, in one transaction. On any error nothing has changed,
   * unless each of them `isInDoubt`.
   */
  static async commitAll(
    publishers: readonly Publisher[],
    { before, after }: BesideAll = {},
  ): Promise<readonly PublishResult[]> {
    const catalog = publishers[0]!.#catalog;
    try {
      const published = await catalog.transaction((write) => {
        before?.(write);
        const results = publishers.map((one) => one.#commitIn(write));
        after?.(write, results);
        for (const one of publishers) one.#checkUnique();
        return results;
      });
      for (const one of publishers) {
        one.#isPublished = true;
        // What it has seen may go.
        one.#snapshot.release();
      }
      return published;
    } catch (error) {
      for (const one of publishers) one.#isInDoubt = one.#isCatalogLost();
      throw error;
    }
  }

  #commitIn(write: CatalogWrite): PublishResult {
    const settled = this.#settled;
    if (settled === undefined) throw new Error('a publication must be settled before it is committed');
    return commitPublication(this.#catalog, write, this.#publication, settled, this.#plan);
  }

  /** As the collection is now: what came after may have removed records. @throws UniqueViolation */
  #checkUnique(): void {
    const manifest = this.#catalog.collection(this.#publication.name);
    if (manifest !== undefined) this.#plan.checkUnique(this.#catalog, manifest);
  }

  get isPublished(): boolean {
    return this.#isPublished;
  }

  /**
   * Whether it is unknown if the publication was committed: the commit itself failed, but may have reached the disk all the
   * same. Then its shards must stay. The catalog refuses everything until the store is opened again.
   */
  get isInDoubt(): boolean {
    return this.#isInDoubt;
  }

  /** Removes the files and pages that are not published. Never fails: the next writer sweeps the rest. */
  async close(): Promise<void> {
    if (!this.#isPublished) await this.#trees.discard().catch(() => {});
    this.#snapshot.release();
  }

  #isCatalogLost(): boolean {
    try {
      this.#catalog.assertOpen();
      return false;
    } catch (error) {
      return (error as GristmillError).code !== 'STORE_CLOSED';
    }
  }
}

/** A publication whose pages are there: begun, settled and committed at once. @throws as `Publisher` */
export async function publish(
  catalog: Catalog,
  publication: Publication,
  pages: AsyncIterable<PageBatch> | Iterable<PageBatch>,
  settled: () => Settled,
  beside?: Beside,
): Promise<PublishResult> {
  const publisher = new Publisher(catalog, publication);
  try {
    for await (const batch of pages) await publisher.add(batch);
    await publisher.settle(settled());
    return await publisher.commit(beside);
  } finally {
    await publisher.close();
  }
}
