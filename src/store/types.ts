// What is at rest, as types: every other file of store/, the import path and the lookup path speak in these words.
// docs/format.md draws the bytes.

import type { FramingName } from '../kernel/contract.js';
import type { HasNumbers, KeyPath } from '../keys/key-path.js';
import type { AuditRead, AuditWrite } from './audit-types.js';
import type { PreparedChanges } from './commit-types.js';
import type { Edit, EditAt } from './edit-types.js';
import type { LockRecord } from './lock-types.js';
import type { RecentRead, RecentState, RecentWrite } from './recent-types.js';
import type { SourceManifest, SourceRow } from './source-types.js';

/** Where a record is. Shard numbers grow in source order, so comparing (shard, ordinal) compares source positions. */
export interface Location {
  readonly shard: number;
  /** Position of the record in its shard, from 0. */
  readonly ordinal: number;
}

/** One key of one record, without index number. */
export interface Entry extends Location {
  /** Encoded key (docs/format.md); valid as long as the page it was read from. */
  readonly key: Uint8Array;
}

/** The store as a whole: catalog key `00`. */
export interface StoreHeader {
  readonly format: number;
  /** ISO 8601 time. */
  readonly created: string;
  readonly nextShard: number;
  readonly nextTree: number;
  readonly nextCollection: number;
  /** The number of publications. A reader with an older number looks again. */
  readonly generation: number;
}

/** Where the primary key comes from. */
export type KeyRule =
  | { readonly kind: 'path'; readonly path: KeyPath }
  /** Framing `object`: the member name. */
  | { readonly kind: 'name' }
  /** No key: a record is found by its ordinal in the collection, from 0; needs no tree. */
  | { readonly kind: 'ordinal' };

/** One index of a collection and the tree that holds it; `unique`: no two live records have the same value in it. */
export interface IndexManifest {
  /** The path as the user wrote it; empty for the primary tree of member names. */
  readonly path: KeyPath;
  readonly tree: number;
  readonly entries: number;
  readonly pages: number;
  /** Whether it stays when an import does not name it: `createIndex` made it. Absent: the imports say whether it is there. */
  readonly kept?: true | undefined;
  readonly unique?: true | undefined;
  /** What transactions have changed in it beside its pages. Absent: nothing, since the tree was made. */
  readonly recent?: RecentState | undefined;
}

/** A collection as one publication left it: catalog key `01` name. */
export interface CollectionManifest extends HasNumbers {
  readonly name: string;
  readonly id: number;
  readonly generation: number;
  readonly framing: FramingName;
  readonly key: KeyRule;
  /** Where keys are hidden: with it the secrets of the indexes are made (seal/hidden-keys.ts), 32 hexadecimal digits. It stays. */
  readonly keySalt?: string | undefined;
  /** Absent for ordinal keys. */
  readonly primary?: IndexManifest | undefined;
  readonly secondary: readonly IndexManifest[];
  /** Live records. */
  readonly records: number;
  /** Records of all shards that were replaced or deleted. */
  readonly dead: number;
  /** Dead records whose shards compaction has dropped. Absent: 0. With `dead` it makes a number that never falls. */
  readonly dropped?: number;
  /** Dead records whose text compaction has removed. */
  readonly holes: number;
  /** Dead records when the secondary indexes were last cleaned of them. Absent: 0. */
  readonly cleaned?: number;
  /** Records, dead ones too, that are still inline: put by transactions and not compacted yet. */
  readonly inline: number;
  /** Edits that are kept of it (catalog key `09`). Absent: none. */
  readonly edits?: number;
  readonly shards: number;
  /** Generation that gave all records new locations: the last import in mode `replace`, a repair from shards. Absent: unknown. */
  readonly made?: number;
  /** Generation in which the list of shards last changed; what a reader knows of them stays true until then. */
  readonly layout: number;
  /** The inline shard that transactions append to, absent until one does; always the last in order. */
  readonly open?: ShardEntry;
  /** Bytes of source text the shards were made from, and bytes of the shard files. */
  readonly sourceBytes: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly published: string;
}

/**
 * One shard: catalog key `02` collection, shard; never changed but by compaction. The records of an *inline* shard are in
 * the catalog, where transactions put them: it has no file (`fileNumber` 0) until compaction gives it one.
 */
export interface ShardEntry {
  readonly shard: number;
  /** Number in the name of its file: its own, or a later one; in a joined file the shards have it and those after it. */
  readonly fileNumber: number;
  /** Name under `shards/`; empty for an inline shard. */
  readonly file: string;
  /** Where it begins in a joined file (store/shards/joined.ts). Absent for a shard that has a file to itself. */
  readonly at?: number;
  /** Ordinals it spans, those of its holes too. */
  readonly records: number;
  /** Dead records whose text was left out when the file was rewritten: it has `records` − `holes` lines. */
  readonly holes: number;
  /** Records of this collection in the shards before this one (dead ones and holes too). */
  readonly firstOrdinal: number;
  readonly frames: number;
  readonly plainBytes: number;
  /** Bytes of the file, or of its part of a joined file; and their SHA-256, hexadecimal. */
  readonly storedBytes: number;
  readonly sha256: string;
  /** Whether lines are `{"key":…,"value":…}` (source was one object). */
  readonly named: boolean;
  readonly source: { readonly file: string; readonly from: number; readonly to: number };
}

/** How many records of a shard are dead, and in which generation the last of them was marked: catalog key `03` shard. */
export interface TombstoneState {
  readonly dead: number;
  readonly generation: number;
}

/** Garbage: files, trees and records that nothing names any more, but that somebody may still read. Catalog key `05`. */
export interface Garbage {
  /** Files under `shards/`, each with the transaction that took its name away: readers older than that may need it. */
  readonly files: readonly { readonly file: string; readonly after: number }[];
  readonly trees: readonly number[];
  /** Inline shards whose records are to be removed. */
  readonly inline: readonly number[];
}

/** A killed import that can be resumed. Catalog key `06` lists them. Publishing takes it off the list. */
export interface ResumableImport {
  readonly id: string;
  readonly collection: string;
  /** Its shard numbers, which nobody else has: from this one on, one for each span. */
  readonly firstShard: number;
  readonly spans: number;
}

/** A record of an inline shard: catalog key `07` shard, ordinal. */
export interface InlineRecord {
  readonly ordinal: number;
  /** The line a shard would have, without its newline. */
  readonly line: Buffer;
}

/** The value under a key of the catalog, with its checksum. */
export interface RawValue {
  readonly key: Uint8Array;
  readonly value: Buffer;
}

/** Reads of one committed state. They are synchronous; the buffers they return are the caller's. */
export interface CatalogRead extends RecentRead, AuditRead {
  /** Names the catalog in errors. */
  readonly file: string;
  /** Number of the store's newest publication; cheap enough to ask before every read. */
  generation(): number;
  header(): StoreHeader;
  collections(): readonly CollectionManifest[];
  collection(name: string): CollectionManifest | undefined;
  collectionIn(raw: RawValue): CollectionManifest;
  /** In the order of their records: by `firstOrdinal`; the open one last. */
  shards(collection: CollectionManifest): readonly ShardEntry[];
  /** Undefined when no record of the shard is dead. */
  tombstoneState(shard: number): TombstoneState | undefined;
  /** Tombstone bitmap of a shard, as far as its last dead record; empty when there is none. */
  tombstones(shard: Pick<ShardEntry, 'shard' | 'records'>): Uint8Array;
  /** One chunk of it (store/catalog/tombstones.ts); undefined when it has no dead record. */
  tombstoneChunk(shard: number, chunk: number): Uint8Array | undefined;
  /** The line of a record in an inline shard. */
  inlineRecord(shard: number, ordinal: number): Buffer | undefined;
  /** Records of an inline shard in order, at most `max`, from this ordinal. */
  inlineRecords(shard: number, from: number, max: number): readonly InlineRecord[];
  /** What transactions made of a key of a collection since it was imported. */
  edit(collectionId: number, key: Uint8Array): Edit | undefined;
  /** Edits of a collection in the order of their keys, at most `max`, those behind `after` where given. */
  edits(collectionId: number, max: number, after?: Uint8Array): readonly EditAt[];
  lock(): LockRecord | undefined;
  garbage(): Garbage;
  resumable(): readonly ResumableImport[];
  sourceManifest(collectionId: number): SourceManifest | undefined;
  /** Rows by source, then by the bytes of their paths. */
  sourceRows(collectionId: number, chunk: number): readonly SourceRow[];
  /** The last page of `tree` stored at or before this page key; undefined when all are behind it. */
  floorPage(tree: number, pageKey: Uint8Array): PageAt | undefined;
  /** The page of `tree` after (not at) this page key, or before it. */
  nextPage(tree: number, pageKey: Uint8Array, reverse: boolean): PageAt | undefined;
  page(pageKey: Uint8Array): Uint8Array | undefined;
  /** Page keys of a tree in order, at most `max`, those behind `after` where given. */
  pageKeys(tree: number, max: number, after?: Uint8Array): readonly Uint8Array[];
  /** Numbers of all trees that have pages or recent entries, published or not. */
  trees(): readonly number[];
  /** Values as they are, not verified, in the order of their keys behind `after`, at most `max`: for `verify` and `repair`. */
  rawValues(max: number, after?: Uint8Array): readonly RawValue[];
  /** The same for the pages of a tree. */
  rawPages(tree: number, max: number, after?: Uint8Array): readonly RawValue[];
}

/** The source of lookups: the catalog itself, which changes with each commit, or a snapshot of it, which does not. */
export interface CatalogView extends CatalogRead {
  /** Transactions committed through this object: a reader that has seen fewer looks again at once. */
  readonly commits: number;
  /** @throws GristmillError STORE_CLOSED after `close` or `release`, and what failed after a failed commit. */
  assertOpen(): void;
  /** The reads that follow see the newest commit, of whatever process; a snapshot stays what it is. */
  refresh(): void;
  /** A state to read for longer than a turn. Release it: until then the pages it sees cannot be reused. */
  snapshot(): CatalogSnapshot;
}

/**
 * The index at rest: LMDB in a directory (store/lmdb/catalog.ts), or sorted maps in memory (store/catalog/memory-catalog.ts).
 * Its own reads see one committed state within a turn of the event loop, or since `refresh`.
 */
export interface Catalog extends CatalogView {
  /** Bytes it takes where it is. */
  readonly bytes: number;
  /** Bytes of the address space it is mapped in; what it takes, where it is not mapped. */
  readonly mapBytes: number;
  /** Number of the last transaction of any process, and of the oldest that a reader anywhere sees: infinite without one. */
  lastTransaction(): number;
  oldestRead(): number;
  /** Who can read, in all processes: at most as many at a time as there are slots for readers. */
  readers(): readonly CatalogSlot[];
  /**
   * Runs `change` in one transaction, when no other process can commit; a throw rolls back. Durable when the promise
   * resolves. Within `change` the catalog's own reads see what was written so far. When the commit itself fails the catalog
   * is not trusted any more: every later call throws, and the store has to be opened again.
   */
  transaction<T>(change: (write: CatalogWrite) => T): Promise<T>;
  /** The same, done when it returns. */
  transactionSync<T>(change: (write: CatalogWrite) => T): T;
  /**
   * Commits changes that are made on the newest state: a transaction as `transaction` is, of which only `prepare` needs this
   * thread. What it makes is written in another one where there is one.
   * @throws as `transaction`; what `prepare` and `apply` throw
   */
  commit<T>(changes: PreparedChanges<CatalogWrite, T>): Promise<void>;
  close(): Promise<void>;
}

/** A place that a reader takes up. */
export interface CatalogSlot {
  readonly pid: number;
  /** The transaction whose state it sees; undefined while it sees none. */
  readonly transaction: number | undefined;
}

export interface CatalogSnapshot extends CatalogView {
  /** Compares an encrypted index with its digest. @throws CHECKSUM_MISMATCH; what `pause` throws */
  checkState(pause?: () => Promise<void>): Promise<void>;
  /** Idempotent. */
  release(): void;
}

/** A page with the key it is stored under (docs/format.md, Pages). The checksum has been verified. */
export interface PageAt {
  readonly pageKey: Uint8Array;
  readonly page: Uint8Array;
}

/** The methods that a transaction may call. Each throws if LMDB refuses. */
export interface CatalogWrite extends RecentWrite, AuditWrite {
  putHeader(header: StoreHeader): void;
  putCollection(manifest: CollectionManifest): void;
  deleteCollection(name: string): void;
  putShard(collectionId: number, entry: ShardEntry): void;
  deleteShard(collectionId: number, shard: number): void;
  putTombstoneState(shard: number, state: TombstoneState): void;
  putTombstoneChunk(shard: number, chunk: number, bitmap: Uint8Array): void;
  /** State and all chunks. */
  deleteTombstones(shard: number): void;
  putInlineRecord(shard: number, ordinal: number, line: Uint8Array): void;
  /** Removes records of an inline shard, at most `max`; returns how many went. */
  deleteInlineRecords(shard: number, max: number): number;
  putEdit(collectionId: number, key: Uint8Array, edit: Edit | undefined): void;
  /** All of a collection. */
  deleteEdits(collectionId: number): void;
  putLock(lock: LockRecord | undefined): void;
  putGarbage(garbage: Garbage): void;
  putResumable(imports: readonly ResumableImport[]): void;
  putSourceManifest(collectionId: number, manifest: SourceManifest): void;
  /** @param rows see `encodeRows` */
  putSourceRows(collectionId: number, chunk: number, rows: Uint8Array): void;
  deleteSourceRows(collectionId: number, from: number): void;
  deleteSources(collectionId: number): void;
  putPage(tree: number, page: Uint8Array): void;
  /** The same where the page key is known. */
  putPageAt(pageKey: Uint8Array, page: Uint8Array): void;
  deletePage(pageKey: Uint8Array): void;
  /** Removes pages and recent entries of a tree, at most `max` of each; returns the greater number of the two. */
  deleteTree(tree: number, max: number): number;
}
