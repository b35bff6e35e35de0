// Recent entries of indexes as types: what transactions changed in a tree beside its pages (docs/format.md, Recent entries).

/** The recent entries of a tree, as the manifest of its index says. */
export interface RecentState {
  /** How many there are. */
  readonly values: number;
  /** Entries of the tree less those of its pages. */
  readonly gained: number;
  /** The pages of the tree have not changed since this generation. */
  readonly since: number;
  /** Whether the tree holds a key once: a primary index. */
  readonly keyed: boolean;
}

/** A tree to be read: its number, and whether it has recent entries. An index of a manifest is one. */
export interface TreeAt {
  readonly tree: number;
  readonly recent?: RecentState | undefined;
}

/** An entry that was added beside the pages or, in a primary index, a key that was removed. */
export interface RecentEntry {
  readonly key: Uint8Array;
  readonly shard: number;
  readonly ordinal: number;
  readonly isRemoval?: boolean;
}

/** Which recent entries of a tree are read. */
export interface RecentRange {
  /** Whether the tree holds a key once: a primary index. */
  readonly isKeyed: boolean;
  /** Those with this key and greater ones; in reverse, this key and smaller ones. Encoded, or what begins keys. */
  readonly from?: Uint8Array | undefined;
  /** Those with this key and smaller ones; in reverse it leaves out nothing. */
  readonly to?: Uint8Array | undefined;
  /** Those after this place, in the direction of reading; it overrides `from`. */
  readonly after?: Uint8Array | undefined;
  readonly reverse: boolean;
  readonly max: number;
}

/** A recent entry and its place among those of all trees. */
export interface RecentAt {
  readonly at: Uint8Array;
  readonly entry: RecentEntry;
}

/** Reads of recent entries in one state. */
export interface RecentRead {
  /** The recent entry of a primary index with this key. */
  recentEntry(tree: number, key: Uint8Array): RecentEntry | undefined;
  /** Recent entries of a tree in order. */
  recentEntries(tree: number, range: RecentRange): readonly RecentAt[];
}

/** Writes of recent entries within a transaction. */
export interface RecentWrite {
  /** @param isKeyed whether the tree is that of a primary index */
  putRecent(tree: number, entry: RecentEntry, isKeyed: boolean): void;
  /** All of a tree. */
  deleteRecent(tree: number): void;
}
