// source > plan > map > scan > key > frame > shard > verify > [merge] > publish
//
// Decides, index by index, how the pages of an import reach their tree: into a new tree as they are (a new or replaced
// collection), merged into the stored one in place, or by rewriting it. Entries to be merged in place collect; as soon as
// they would change too many pages for one transaction, the index is rewritten instead. All merging happens before the
// publishing transaction, from a snapshot and in small steps: the transaction only exchanges pages, and is refused when
// the collection is no longer the one of the snapshot.

import { setImmediate } from 'node:timers/promises';
import { GristmillError } from '../../base/errors.js';
import { shownEntryKey } from '../../keys/decode.js';
import { isSamePath, isSamePlace, type KeyPath } from '../../keys/key-path.js';
import { TombstoneMarks } from '../catalog/tombstones.js';
import { type PageBatch, pagesOf } from '../pages/batch.js';
import type { PageChange, Settle } from '../pages/change.js';
import { applyChanges, mergeInPlace, TreeRewrite } from '../pages/merge.js';
import { entriesOf, entryCount, verifyPage } from '../pages/read.js';
import type { CatalogRead, CatalogWrite, CollectionManifest, Entry, IndexManifest } from '../types.js';
import { checkSameCollection, expectCount } from './checks.js';
import type { NewTrees } from './new-trees.js';
import type { Publication, Settled } from './publication.js';
import { deadAmong, UniqueCheck, UniqueViolation, violationOf } from './unique.js';

/** Up to this many pages are changed in place, in memory until the transaction: 64 MB. */
const PAGES_IN_PLACE = 8192;
/** A merge lets other work have its turn after so long. */
const TURN_MILLISECONDS = 10;
/** Entries that fill at least one more page, for the estimate. */
const ENTRIES_PER_PAGE = 128;

/** How one index receives its entries. */
interface IndexPlan {
  readonly stored: IndexManifest | undefined;
  /** What the collection says of the index, also where it is replaced. */
  readonly facts: Pick<IndexManifest, 'kept' | 'unique'>;
  /** Follows the pages of a unique index whose tree is written. */
  readonly check: UniqueCheck | undefined;
  /** Its number among the stored indexes, which may come in another order than the publication's. */
  readonly index: number;
  collected: Uint8Array[];
  entries: number;
  changes?: PageChange[];
  rewrite?: TreeRewrite;
}

export class MergePlan {
  /** What the collection was when the publication began; absent for a new or replaced one. */
  readonly base: CollectionManifest | undefined;
  readonly marks: TombstoneMarks;
  /** Stored records that lost to new ones; new ones that lost to stored ones. */
  updated = 0;
  lost = 0;
  readonly #read: CatalogRead;
  readonly #publication: Publication;
  readonly #trees: NewTrees;
  readonly #indexes: readonly IndexPlan[];
  #turnBegan = performance.now();

  constructor(read: CatalogRead, base: CollectionManifest | undefined, publication: Publication, trees: NewTrees) {
    if (base !== undefined) checkSameCollection(base, publication);
    this.#read = read;
    this.base = base;
    this.#publication = publication;
    this.#trees = trees;
    const plans: IndexPlan[] = [
      { stored: base?.primary, facts: {}, check: undefined, index: 0, collected: [], entries: 0 },
    ];
    const former = read.collection(publication.name)?.secondary ?? [];
    publication.indexPaths.forEach((path, i) => {
      const position = base === undefined ? i : base.secondary.findIndex((index) => isSamePath(index.path, path));
      const stored = base?.secondary[position];
      const before = former.find((index) => isSamePlace(index.path, path));
      const unique = publication.uniquePaths?.some((one) => isSamePath(one, path)) || stored?.unique;
      const facts = { ...(before?.kept && { kept: true as const }), ...(unique && { unique: true as const }) };
      plans.push({
        stored,
        facts,
        check: unique ? new UniqueCheck(publication.uniqueRepeatsMax) : undefined,
        index: position + 1,
        collected: [],
        entries: 0,
      });
    });
    this.#indexes = plans;
    const records = new Map<number, number>();
    for (const entry of base === undefined ? [] : read.shards(base)) records.set(entry.shard, entry.records);
    for (const entry of publication.shards) records.set(entry.shard, entry.records);
    this.marks = new TombstoneMarks((shard) => records.get(shard), read);
  }

  async add(batch: PageBatch): Promise<void> {
    const plan = this.#indexes[batch.index];
    if (plan === undefined || (batch.index === 0 && this.#publication.key.kind === 'ordinal')) {
      throw new TypeError(`the publication has no index ${batch.index}`);
    }
    if (plan.stored === undefined && plan.check) for (const page of pagesOf(batch)) plan.check.add(page);
    const entries =
      plan.stored === undefined
        ? await this.#trees.addBatch(plan.index, batch)
        : await this.#mergeBatch(plan, plan.stored, batch);
    plan.entries += entries;
    expectCount(entries, batch.entries, `entries in a batch of pages of index ${batch.index}`);
  }

  /** Marks the import's own losers, which are known now, and merges what has collected. */
  async finish(dead: Settled['dead']): Promise<void> {
    for (const [shard, ordinals] of dead) {
      for (let i = 0; i < ordinals.length; i++) this.marks.mark(shard, ordinals[i]!);
    }
    for (const plan of this.#indexes) {
      if (plan.rewrite !== undefined) {
        for (const page of plan.rewrite.finish()) await this.#addRewritten(plan, page);
      } else if (plan.stored !== undefined) {
        plan.changes = [];
        const entries = entriesOfAll(plan.collected);
        for (const change of mergeInPlace(this.#read, plan.stored, entries, this.#resolver(plan))) {
          plan.changes.push(change);
          await this.#takeTurns();
        }
      }
    }
  }

  /** Writes what is left to write, within the publishing transaction, and says how each index stands then. */
  apply(write: CatalogWrite): readonly IndexManifest[] {
    for (const { changes, stored, index } of this.#indexes) {
      if (changes === undefined || stored === undefined) this.#trees.of(index);
    }
    this.#trees.write(write);
    const manifests: IndexManifest[] = [];
    this.#indexes.forEach(({ changes, stored, facts, index }, i) => {
      const { tree, entries, pages } =
        changes === undefined || stored === undefined ? this.#trees.of(index) : applyChanges(write, stored, changes);
      manifests[index] = { path: this.#pathOf(i), tree, entries, pages, ...facts };
    });
    return manifests;
  }

  /** Trees that were rewritten: once the publication is committed nobody needs the old ones. */
  rewrittenTrees(): number[] {
    return this.#indexes.flatMap(({ rewrite, stored }) => (rewrite && stored ? [stored.tree] : []));
  }

  /** @returns how many entries it has */
  async #mergeBatch(plan: IndexPlan, stored: IndexManifest, batch: PageBatch): Promise<number> {
    let entries = 0;
    for (const page of pagesOf(batch)) {
      entries += entryCount(page);
      // A copy: it may have to wait longer than a batch is valid.
      await this.#merge(plan, stored, page.slice());
    }
    return entries;
  }

  async #merge(plan: IndexPlan, stored: IndexManifest, page: Uint8Array): Promise<void> {
    verifyPage(page, stored.tree, 'the import');
    if (plan.rewrite !== undefined) return this.#rewrite(plan, plan.rewrite, page);
    plan.collected.push(page);
    const added = plan.entries + plan.collected.length * ENTRIES_PER_PAGE;
    const changed = Math.min(added, stored.pages) + added / ENTRIES_PER_PAGE;
    if (changed <= (this.#publication.pagesInPlace ?? PAGES_IN_PLACE)) return;
    plan.rewrite = new TreeRewrite(this.#read, stored, this.#resolver(plan));
    for (const collected of plan.collected) await this.#rewrite(plan, plan.rewrite, collected);
    plan.collected = [];
  }

  async #rewrite(plan: IndexPlan, rewrite: TreeRewrite, page: Uint8Array): Promise<void> {
    for (const entry of entriesOf(page)) {
      for (const built of rewrite.add(entry)) {
        await this.#addRewritten(plan, built);
        await this.#takeTurns();
      }
    }
  }

  async #addRewritten(plan: IndexPlan, page: Uint8Array): Promise<void> {
    plan.check?.add(page);
    await this.#trees.add(plan.index, page);
  }

  /**
   * Whether the unique indexes are so, asked when all of the transaction is written.
   * @param manifest the collection as it is then
   * @throws UniqueViolation
   */
  checkUnique(catalog: CatalogRead, manifest: CollectionManifest): void {
    if (!manifest.secondary.some(({ unique }) => unique)) return;
    const shards = catalog.shards(manifest);
    const isDead = deadAmong(catalog, shards);
    this.#indexes.forEach(({ check, changes, collected }, i) => {
      if (check === undefined) return;
      const path = this.#pathOf(i);
      const index = manifest.secondary.find((one) => isSamePath(one.path, path)) as IndexManifest;
      const keys = changes && Array.from(entriesOfAll(collected), ({ key }) => key.slice());
      const places = keys ? violationOf(catalog, index, keys, isDead) : check.violation(catalog, index, isDead);
      if (places) throw new UniqueViolation(path, places, manifest, shards);
    });
  }

  async #takeTurns(): Promise<void> {
    if (performance.now() - this.#turnBegan < TURN_MILLISECONDS) return;
    await setImmediate();
    this.#turnBegan = performance.now();
  }

  #pathOf(publicationIndex: number): KeyPath {
    if (publicationIndex > 0) return this.#publication.indexPaths[publicationIndex - 1]!;
    return this.#publication.key.kind === 'path' ? this.#publication.key.path : '';
  }

  #resolver(plan: IndexPlan): Settle | undefined {
    return plan.index === 0 ? (stored, added) => this.#resolve(stored, added) : undefined;
  }

  #resolve(stored: Entry, added: Entry): Entry {
    const { mode, onDuplicate, name } = this.#publication;
    if (mode === 'upsert' || onDuplicate === 'last') {
      this.marks.mark(stored.shard, stored.ordinal);
      this.updated++;
      return added;
    }
    if (onDuplicate === 'error') {
      const key = shownEntryKey(stored.key);
      const message = `collection ${name} already has a record with key ${key}; nothing was changed: to replace the record, use mode "upsert"; to keep it, use onDuplicate "first"`;
      throw new GristmillError('DUPLICATE_KEY', message);
    }
    this.marks.mark(added.shard, added.ordinal);
    this.lost++;
    return stored;
  }
}

function* entriesOfAll(pages: readonly Uint8Array[]): Generator<Entry> {
  for (const page of pages) yield* entriesOf(page);
}
