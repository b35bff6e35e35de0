// What is at rest, as types: every other file of store/, the import path and the lookup path speak in these words.
// docs/format.md draws the bytes.

import type { Functions } from '../options/functions.js';
import type { AuditRead, AuditWrite } from './audit-types.js';
import type { PreparedChanges } from './commit-types.js';
import type { Edit, EditAt } from './edit-types.js';
import type { LockRecord } from './lock-types.js';
import type { RecentRead, RecentWrite } from './recent-types.js';
import type { History } from './shape-types.js';
import type { SourceManifest, SourceRow } from './source-types.js';
import type {
  CollectionManifest,
  Garbage,
  InlineRecord,
  RawValue,
  ResumableImport,
  ShardEntry,
  StoredSchema,
  StoreHeader,
  TombstoneState,
} from './value-types.js';

export type * from './value-types.js';

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
  /** The same as text. */
  inlineText(shard: number, ordinal: number): string | undefined;
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
  /** What is known of all records of a collection (profile/stored.ts). */
  profile(collectionId: number): Uint8Array | undefined;
  /** The shapes of a collection. Undefined where no migration was ever applied. */
  history(collectionId: number): History | undefined;
  /** The schema that new records of a collection are held to; `schemaOf` (publish/schema.ts) compares it with the manifest. */
  schema(collectionId: number): StoredSchema | undefined;
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
  /** As long as this number is the same, reads see the same state. NaN where that cannot be said. */
  readonly reading: number;
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
  /** What migrations may call: who opens a store says so. Snapshots have them, too. */
  functions: Functions;
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
  /** Undefined removes it. */
  putProfile(collectionId: number, profile: Uint8Array | undefined): void;
  /** Undefined removes it. */
  putHistory(collectionId: number, history: History | undefined): void;
  /** Undefined removes it. */
  putSchema(collectionId: number, schema: StoredSchema | undefined): void;
  putPage(tree: number, page: Uint8Array): void;
  /** The same where the page key is known. */
  putPageAt(pageKey: Uint8Array, page: Uint8Array): void;
  deletePage(pageKey: Uint8Array): void;
  /** Writes a value once more as it is, so that it is sealed with the active data key. */
  putAgain(database: 'meta' | 'pages', key: Uint8Array, value: Uint8Array): void;
  /** Removes pages and recent entries of a tree, at most `max` of each; returns the greater number of the two. */
  deleteTree(tree: number, max: number): number;
}
