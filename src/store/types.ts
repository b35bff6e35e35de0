// What is at rest, as types: every other file of store/, the import path and the lookup path speak in these words.
// docs/format.md draws the bytes.

import type { FramingName } from '../kernel/contract.js';

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
  /** Counts publications; a reader whose number is older looks again. */
  readonly generation: number;
}

/** Where the primary key comes from. */
export type KeyRule =
  | { readonly kind: 'path'; readonly path: string }
  /** Framing `object`: the member name. */
  | { readonly kind: 'name' }
  /** No key: a record is found by its ordinal in the collection, from 0; needs no tree. */
  | { readonly kind: 'ordinal' };

/** One index of a collection and the tree that holds it. */
export interface IndexManifest {
  /** The path as the user wrote it; empty for the primary tree of member names. */
  readonly path: string;
  readonly tree: number;
  readonly entries: number;
  readonly pages: number;
}

/** A collection as one publication left it: catalog key `01` name. */
export interface CollectionManifest {
  readonly name: string;
  readonly id: number;
  readonly generation: number;
  readonly framing: FramingName;
  readonly key: KeyRule;
  /** Absent for ordinal keys. */
  readonly primary?: IndexManifest;
  readonly secondary: readonly IndexManifest[];
  /** Live records. */
  readonly records: number;
  /** Records in shards that are dead (replaced). */
  readonly dead: number;
  readonly shards: number;
  /** Bytes of source text the shards were made from, and bytes of the shard files. */
  readonly sourceBytes: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly published: string;
}

/** One shard: catalog key `02` collection, shard. */
export interface ShardEntry {
  readonly shard: number;
  /** Name under `shards/`. */
  readonly file: string;
  readonly records: number;
  /** Records replaced since; their bits are set in the shard's tombstones. */
  readonly dead: number;
  /** Records of this collection in the shards before this one (dead ones too). */
  readonly firstOrdinal: number;
  readonly frames: number;
  readonly plainBytes: number;
  readonly storedBytes: number;
  /** Hexadecimal SHA-256 of the file. */
  readonly sha256: string;
  /** Whether lines are `{"key":…,"value":…}` (source was one object). */
  readonly named: boolean;
  readonly source: { readonly file: string; readonly from: number; readonly to: number };
}

/** Reads of one committed state. They are synchronous; the buffers they return are the caller's. */
export interface CatalogRead {
  /** Number of the store's newest publication; cheap enough to ask before every read. */
  generation(): number;
  header(): StoreHeader;
  collections(): readonly CollectionManifest[];
  collection(name: string): CollectionManifest | undefined;
  /** In the order of their records: by `firstOrdinal`. */
  shards(collectionId: number): readonly ShardEntry[];
  /** Tombstone bitmap of a shard, or undefined when no record of it is dead. */
  tombstones(shard: number): Uint8Array | undefined;
  /** The last page of `tree` stored at or before this page key; undefined when all are behind it. */
  floorPage(tree: number, pageKey: Uint8Array): PageAt | undefined;
  /** The page of `tree` after (not at) this page key, or before it. */
  nextPage(tree: number, pageKey: Uint8Array, reverse: boolean): PageAt | undefined;
  /** The page with exactly this page key. */
  page(pageKey: Uint8Array): Uint8Array | undefined;
  /** Page keys of a tree in order, at most `max`, those behind `after` where given. */
  pageKeys(tree: number, max: number, after?: Uint8Array): readonly Uint8Array[];
  /** Numbers of all trees that have pages, published or not. */
  trees(): readonly number[];
}

/**
 * The index at rest. LMDB in a directory (lmdb-catalog.ts); a sorted map in memory will be another.
 * Its own reads see one committed state within a turn of the event loop, or since `refresh`.
 */
export interface Catalog extends CatalogRead {
  /** What to name in an error: the file that holds all this. */
  readonly file: string;
  /** Transactions committed through this object: a reader that has seen fewer looks again at once. */
  readonly commits: number;
  /** @throws GristmillError STORE_CLOSED after `close`, and what failed after a failed commit. */
  assertOpen(): void;
  /** The reads that follow see the newest commit, of whatever process. */
  refresh(): void;
  /** A state to read for longer than a turn. Release it: until then the pages it sees cannot be reused. */
  snapshot(): CatalogSnapshot;
  /**
   * Runs `change` in one transaction, durable when the promise resolves; a throw rolls back. Within `change` the catalog's
   * own reads see what was written so far. When the commit itself fails the catalog is not trusted any more: every later
   * call throws, and the store has to be opened again.
   */
  transaction<T>(change: (write: CatalogWrite) => T): Promise<T>;
  close(): Promise<void>;
}

export interface CatalogSnapshot extends CatalogRead {
  /** Idempotent. */
  release(): void;
}

/** A page with the key it is stored under (docs/format.md, Pages). The checksum has been verified. */
export interface PageAt {
  readonly pageKey: Uint8Array;
  readonly page: Uint8Array;
}

/** What a transaction may do. Each method throws when LMDB refuses. */
export interface CatalogWrite {
  putHeader(header: StoreHeader): void;
  putCollection(manifest: CollectionManifest): void;
  putShard(collectionId: number, entry: ShardEntry): void;
  deleteShard(collectionId: number, shard: number): void;
  putTombstones(shard: number, bitmap: Uint8Array | undefined): void;
  putPage(tree: number, page: Uint8Array): void;
  deletePage(pageKey: Uint8Array): void;
  /** Removes pages of a tree, at most `max`; returns how many went. */
  deleteTree(tree: number, max: number): number;
}
