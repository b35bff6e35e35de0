// [index]: shards > entries > pages > [publish]
//
// Transactions go on while an index is built. What they put is in inline shards, after the records that the workers have
// read. It is added to the new tree in rounds, each shorter than the one before, and the rest in the publishing transaction:
// so no transaction waits for more than one of these.

import type { KeyPath, Numbers } from '../../keys/key-path.js';
import { isDead } from '../../store/catalog/tombstones.js';
import { mergeInPlace } from '../../store/pages/merge.js';
import { compareEntries } from '../../store/pages/merge-page.js';
import { keysOfLine, namesInLine } from '../../store/publish/line-keys.js';
import type { NewTree } from '../../store/publish/new-trees.js';
import { deadAmong, type IsDead, violationOf } from '../../store/publish/unique.js';
import type { Forms } from '../../store/shards/forms.js';
import { reshapedBytes } from '../../store/shards/line.js';
import type {
  Catalog,
  CatalogRead,
  CatalogWrite,
  CollectionManifest,
  Entry,
  Location,
  ShardEntry,
} from '../../store/types.js';
import type { RefusedRecord } from './refused.js';

/** Records added in one transaction. */
const RECORDS_PER_ROUND = 4096;

/** Thrown for a record that an import with this index would refuse. */
export class RefusedInline extends Error {
  constructor(readonly record: RefusedRecord) {
    super(record.reason);
  }
}

/** The index that is made. */
interface MadeIndex {
  readonly path: KeyPath;
  readonly numbers: Numbers;
  /** What hides its keys, where they are hidden. */
  readonly secret: Uint8Array | undefined;
  readonly isUnique: boolean;
}

export class CatchUp {
  readonly #index: MadeIndex;
  /** Of a unique index: keys it has added that several live records had then. */
  #suspects: readonly Uint8Array[] = [];
  readonly #tree: NewTree;
  readonly #forms: Forms;
  /** Of each inline shard the records that are in the tree, or were dead. */
  readonly #seen: Map<number, number>;

  /** @param shards as they were when the workers read them; `forms`: in which shape the index has their records */
  constructor(index: MadeIndex, tree: NewTree, shards: readonly ShardEntry[], forms: Forms) {
    this.#forms = forms;
    this.#index = index;
    this.#tree = tree;
    this.#seen = new Map(
      shards.filter(({ fileNumber }) => fileNumber === 0).map(({ shard, records }) => [shard, records]),
    );
  }

  /** Whether there are so many new records that they should not wait for the publishing transaction. */
  isFarBehind(read: CatalogRead, manifest: CollectionManifest): boolean {
    let behind = 0;
    for (const { shard, records } of this.#inline(read, manifest)) behind += records - (this.#seen.get(shard) ?? 0);
    return behind > RECORDS_PER_ROUND / 4;
  }

  /** Adds new records to the tree, within a transaction; a round of them, or all. @throws RefusedInline */
  add(catalog: Catalog, write: CatalogWrite, manifest: CollectionManifest, all: boolean): void {
    const entries: Entry[] = [];
    let left = all ? Number.POSITIVE_INFINITY : RECORDS_PER_ROUND;
    for (const entry of this.#inline(catalog, manifest)) {
      const from = this.#seen.get(entry.shard) ?? 0;
      const count = Math.min(left, entry.records - from);
      if (count <= 0) continue;
      const dead = catalog.tombstones(entry);
      for (const { ordinal, line } of catalog.inlineRecords(entry.shard, from, count)) {
        if (ordinal >= from + count || isDead(dead, ordinal)) continue;
        for (const key of this.#keysOf(entry, ordinal, line)) entries.push({ key, shard: entry.shard, ordinal });
      }
      this.#seen.set(entry.shard, from + count);
      left -= count;
    }
    for (const change of mergeInPlace(catalog, this.#tree, entries.sort(compareEntries), undefined)) {
      if (change.remove !== undefined) write.deletePage(change.remove);
      for (const page of change.pages) write.putPage(this.#tree.tree, page);
      this.#tree.entries += change.entriesGained;
      this.#tree.pages += change.pagesGained;
    }
    if (!this.#index.isUnique) return;
    const hasDied = deadAmong(catalog, catalog.shards(manifest));
    const keys = [...this.#suspects, ...entries.map(({ key }) => key)];
    // A record that is dead stays so: only who adds the key again can make a violation of the others.
    this.#suspects = keys.filter((key) => violationOf(catalog, this.#tree, [key], hasDied));
  }

  /** The records it has added that break the rule of a unique index. @param read shows the tree with all of them */
  violation(read: CatalogRead, hasDied: IsDead): readonly Location[] | undefined {
    return violationOf(read, this.#tree, this.#suspects, hasDied);
  }

  #inline(read: CatalogRead, manifest: CollectionManifest): readonly ShardEntry[] {
    return read.shards(manifest).filter(({ fileNumber }) => fileNumber === 0);
  }

  #keysOf(entry: ShardEntry, ordinal: number, line: Uint8Array): readonly Uint8Array[] {
    const { path, numbers, secret } = this.#index;
    const text = reshapedBytes(line, this.#forms.of(entry));
    const keys = keysOfLine(text, namesInLine(path, entry.named, numbers), secret);
    if (typeof keys === 'string') throw new RefusedInline({ entry, ordinal, reason: keys });
    return keys;
  }
}
