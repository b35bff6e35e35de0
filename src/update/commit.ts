// record > line, keys > overlay > [pages > transaction]
//
// The end of a group of transactions: what has collected in the overlays is written, collection by collection: lines into
// the open inline shard, keys into the pages they fall into, marks on the records they replace. Everything in here happens
// in one transaction of the catalog, on the state that the callbacks ran on, or not at all (Invariant 7). As a rule it runs in
// the commit thread (commit-applier.ts).

import { INLINE_RECORDS_MAX } from '../base/limits.js';
import { TombstoneMarks } from '../store/catalog/tombstones.js';
import type { StorePlace } from '../store/files/blobs.js';
import type { Change } from '../store/pages/change.js';
import type { KnownPages } from '../store/pages/known-pages.js';
import { compareEntries } from '../store/pages/merge-page.js';
import { changeIndex, type IndexTarget } from '../store/publish/change-index.js';
import { publishState } from '../store/publish/publish-state.js';
import { deadAmong, UniqueViolation, violationOf } from '../store/publish/unique.js';
import { violationError } from '../store/publish/unique-error.js';
import type {
  CatalogRead,
  CatalogWrite,
  CollectionManifest,
  Entry,
  IndexManifest,
  Location,
  ShardEntry,
} from '../store/types.js';
import { logTransactions } from './audit/transactions.js';
import { Edits, hasImports } from './edits/edits.js';
import type { CollectionChanges, GroupChanges, StoredChange, StoredRecord } from './overlay/changes.js';
import { idOf } from './overlay/overlay.js';

/** Where changes are written, and what they are made to: its reads see what was written so far. */
export interface CommitTarget {
  readonly catalog: CatalogRead;
  readonly write: CatalogWrite;
  readonly place: StorePlace;
  /** Of who commits one group after another. */
  readonly known?: KnownPages | undefined;
}

/** Returns the shards of a collection as the catalog has it. */
export type ShardsOf = (manifest: CollectionManifest) => readonly ShardEntry[];

/** Keys that were put into a unique index. */
export interface UniqueKeys {
  readonly index: IndexManifest;
  readonly keys: readonly Uint8Array[];
  /** The collection with its shards as they are then. */
  readonly manifest: CollectionManifest;
  readonly shards: readonly ShardEntry[];
}

/**
 * Writes what a group of transactions changes.
 * @param later gets the keys that are to be unique: the caller checks them, once for several groups
 * @throws GristmillError COUNT_MISMATCH, CHECKSUM_MISMATCH, DISK_FULL, IO_ERROR; as `checkUniqueKeys`: nothing is committed then.
 */
export function commitChanges(
  target: CommitTarget,
  { numbers, created, collections, audit }: GroupChanges,
  shardsOf: ShardsOf,
  later?: UniqueKeys[],
): void {
  const { catalog, write } = target;
  const header = catalog.header();
  const generation = header.generation + 1;
  write.putHeader({ ...header, ...numbers, generation });
  for (const manifest of created) publishState(catalog, write, manifest, []);
  const put = collections.flatMap((changes) => {
    // It was there when the callbacks ran, and nothing was committed since.
    const manifest = catalog.collection(changes.name)!;
    return new CollectionCommit(target, manifest, shardsOf(manifest), generation).run(changes);
  });
  if (audit !== undefined) logTransactions(target, header.generation, audit);
  if (later === undefined) checkUniqueKeys(target, put);
  else later.push(...put);
}

/** Looks at the records as they are now, within the transaction. @throws GristmillError UNIQUE_VIOLATION, KEY_TOO_LONG */
export function checkUniqueKeys(
  { catalog, place }: Pick<CommitTarget, 'catalog' | 'place'>,
  put: readonly UniqueKeys[],
): void {
  // Later commits have more shards.
  const newest = new Map(put.map((one) => [one.manifest.id, one]));
  for (const { index, keys, manifest } of put) {
    const { shards, manifest: now } = newest.get(manifest.id)!;
    // A later commit may have given the tree its first recent entries.
    const current = now.secondary.find(({ tree }) => tree === index.tree)!;
    const places = violationOf(catalog, current, keys, deadAmong(catalog, shards));
    // Here, where the records that it names are still to be read.
    if (places) throw violationError(catalog, place, new UniqueViolation(index.path, places, manifest, shards));
  }
}

class CollectionCommit {
  readonly #catalog: CatalogRead;
  readonly #write: CatalogWrite;
  readonly #base: CollectionManifest;
  readonly #target: IndexTarget;
  readonly #generation: number;
  readonly #marks: TombstoneMarks;
  /** Undefined where all records came by transactions. */
  readonly #edits: Edits | undefined;
  #shards: readonly ShardEntry[];
  #open: ShardEntry | undefined;
  /** Shards it has opened. */
  #opened = 0;
  #hasClosed = false;

  constructor(
    { catalog, write, known }: CommitTarget,
    manifest: CollectionManifest,
    shards: readonly ShardEntry[],
    generation: number,
  ) {
    this.#catalog = catalog;
    this.#write = write;
    this.#base = manifest;
    this.#shards = shards;
    this.#open = manifest.open;
    this.#generation = generation;
    this.#target = { catalog, write, generation, known };
    this.#edits = hasImports(manifest) ? new Edits(catalog, write, manifest) : undefined;
    this.#marks = new TombstoneMarks((shard) => this.#recordsOf(shard), catalog);
  }

  run({ keyed, appended, deleted }: CollectionChanges): readonly UniqueKeys[] {
    const base = this.#base;
    const records = [...appended];
    for (const { record } of keyed) if (record !== undefined) records.push(record);
    const placed = this.#append(records);

    const primary = base.primary && this.#changePrimary(base.primary, keyed, placed);
    if (base.key.kind === 'ordinal') this.#noteOrdinals(appended.length, deleted);
    const secondary = base.secondary.map((index, i) => this.#changeSecondary(index, i, records, placed));
    for (const ordinal of deleted) this.#markOrdinal(ordinal);
    const { added: died } = this.#marks;
    const open = this.#open;
    const manifest: CollectionManifest = {
      ...base,
      ...(primary && { primary }),
      secondary,
      generation: this.#generation,
      records: base.records + records.length - died,
      dead: base.dead + died,
      inline: base.inline + records.length,
      ...this.#edits?.count(base),
      shards: base.shards + this.#opened,
      layout: this.#hasClosed ? this.#generation : base.layout,
      ...(open && { open }),
      plainBytes: base.plainBytes + records.reduce((sum, { line }) => sum + line.byteLength + 1, 0),
      published: new Date().toISOString(),
    };
    publishState(this.#catalog, this.#write, manifest, this.#shards, this.#marks);
    return secondary.flatMap((index, i) => {
      const keys = index.unique ? records.flatMap(({ secondary: all }) => all[i]!) : [];
      return keys.length === 0 ? [] : { index, keys, manifest, shards: this.#shards };
    });
  }

  /** Writes lines behind those of the open shard, or of new ones. @returns where each record is */
  #append(records: readonly StoredRecord[]): readonly Location[] {
    const own = this.#base.shape ?? 0;
    const places = new Array<Location>(records.length);
    // The records of a shard have one shape: those that go on with the open shard come first.
    const shapes = new Set([this.#open?.shape ?? 0, ...records.map(({ shape = own }) => shape)]);
    for (const shape of shapes) {
      const numbers = [...records.keys()].filter((i) => (records[i]!.shape ?? own) === shape);
      if (numbers.length === 0) continue;
      const { shard, records: first } = this.#shardFor(shape, numbers.length);
      let { plainBytes } = this.#open as ShardEntry;
      for (const [at, i] of numbers.entries()) {
        const { line } = records[i]!;
        this.#write.putInlineRecord(shard, first + at, line);
        plainBytes += line.byteLength + 1;
        places[i] = { shard, ordinal: first + at };
      }
      this.#open = { ...(this.#open as ShardEntry), records: first + numbers.length, plainBytes };
      this.#shards = [...this.#shards.filter((one) => one.shard !== shard), this.#open];
    }
    return places;
  }

  /** The open shard, if it has room for so many records of this shape; else a new one. */
  #shardFor(shape: number, count: number): ShardEntry {
    const open = this.#open;
    if (open !== undefined) {
      if ((open.shape ?? 0) === shape && open.records + count <= INLINE_RECORDS_MAX) return open;
      this.#write.putShard(this.#base.id, open);
      this.#hasClosed = true;
    }
    this.#opened++;
    this.#open = this.#newShard(shape);
    return this.#open;
  }

  #newShard(shape: number): ShardEntry {
    const header = this.#catalog.header();
    this.#write.putHeader({ ...header, nextShard: header.nextShard + 1 });
    const last = this.#shards.at(-1);
    const firstOrdinal = last === undefined ? 0 : last.firstOrdinal + last.records;
    return {
      ...{ shard: header.nextShard, fileNumber: 0, file: '', records: 0, holes: 0, firstOrdinal },
      ...{ frames: 0, plainBytes: 0, storedBytes: 0, sha256: '', named: this.#base.key.kind === 'name' },
      ...(shape !== 0 && { shape }),
      source: { file: '', from: 0, to: 0 },
    };
  }

  /** @param placed where each record is that is not deleted, in the order of the changes */
  #changePrimary(index: IndexManifest, keyed: readonly StoredChange[], placed: readonly Location[]): IndexManifest {
    let next = 0;
    const changes = keyed.map((made): PlacedChange => {
      const { key } = made;
      const isRemoval = made.record === undefined;
      const at = isRemoval ? NOWHERE : placed[next++]!;
      return { key, shard: at.shard, ordinal: at.ordinal, isRemoval, id: idOf(key), made, stored: undefined };
    });
    // Comparing the ids compares the bytes of the keys, without a call out of the engine each time.
    changes.sort((left, right) => (left.id < right.id ? -1 : 1));
    const changed = changeIndex(this.#target, index, changes, (stored, change) => {
      this.#marks.mark(stored.shard, stored.ordinal);
      (change as PlacedChange).stored = stored;
    });
    if (this.#edits !== undefined) for (const { made, stored } of changes) this.#edits.note(made, stored);
    return changed;
  }

  #noteOrdinals(appended: number, deleted: readonly number[]): void {
    const first = this.#base.records + this.#base.dead;
    for (let i = 0; i < appended; i++) this.#edits?.noteOrdinal(first + i, 'put');
    for (const ordinal of deleted) this.#edits?.noteOrdinal(ordinal, 'delete');
  }

  #changeSecondary(
    index: IndexManifest,
    number: number,
    records: readonly StoredRecord[],
    placed: readonly Location[],
  ): IndexManifest {
    const entries: Entry[] = [];
    records.forEach(({ secondary }, i) => {
      for (const key of secondary[number]!) entries.push({ key, ...placed[i]! });
    });
    return changeIndex(this.#target, index, entries.sort(compareEntries), undefined);
  }

  /** Marks a record of a collection without a key. */
  #markOrdinal(ordinal: number): void {
    const entry = this.#shards.findLast(({ firstOrdinal }) => firstOrdinal <= ordinal);
    if (entry !== undefined) this.#marks.mark(entry.shard, ordinal - entry.firstOrdinal);
  }

  #recordsOf(shard: number): number | undefined {
    return this.#shards.find((entry) => entry.shard === shard)?.records;
  }
}

/** A change of the primary index, what it is made of, and where the record of its key was. */
interface PlacedChange extends Change {
  readonly id: string;
  readonly made: StoredChange;
  stored: Entry | undefined;
}

/** Of a record that is removed. */
const NOWHERE: Location = { shard: 0, ordinal: 0 };
