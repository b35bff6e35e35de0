// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// What an import hands over to be published, and what came of it.

import type { KeyPath } from '../../keys/key-path.js';
import type { Framing } from '../framing.js';
import type { CollectionManifest, KeyRule, ShardEntry } from '../types.js';

export type PublishMode = 'replace' | 'upsert' | 'insert';

/** A shard as an import makes it. */
export type NewShard = Omit<ShardEntry, 'firstOrdinal'>;

/** The numbers of records read, and what became of them. */
export interface Counts {
  readonly read: number;
  readonly stored: number;
  readonly rejected: number;
  /** Those that the options of the import did not let pass. Absent: 0. */
  readonly filtered?: number;
  /** Those stored in addition to one for each record read. Absent: 0. */
  readonly added?: number;
  /** Those that lost to another record of the import with the same key. */
  readonly replaced: number;
}

/** The result that an import hands over to publish. Its shards are on disk and synced before it is committed. */
export interface Publication {
  readonly name: string;
  readonly framing: Framing;
  readonly key: KeyRule;
  readonly mode: PublishMode;
  /** In source order; their numbers come from `reserveShards`. */
  readonly shards: readonly NewShard[];
  /** Against stored records in mode insert (upsert always replaces them). */
  readonly onDuplicate: 'last' | 'first' | 'error';
  readonly indexPaths: readonly KeyPath[];
  /** Those of them that are unique. */
  readonly uniquePaths?: readonly KeyPath[] | undefined;
  /** Whether numbers in them are positions. */
  readonly positions?: true | undefined;
  /** See `CollectionManifest`: that of the collection, if it is there. */
  readonly keySalt?: string | undefined;
  /** The shape of the records, which is the collection's. Absent: no migration was ever applied to it. */
  readonly shape?: number | undefined;
  /** Bytes of source text the shards were made from. */
  readonly sourceBytes: number;
  /** Pages of one index changed in the publishing transaction, at most; beyond that its tree is rewritten. Default 8,192. */
  readonly pagesInPlace?: number;
  /** Records of one unique index that are noted because of repeated values, about; with more, the tree is read again. Default 4,194,304. */
  readonly uniqueRepeatsMax?: number;
}

/** The facts of a publication after all its pages are merged. Merging finds the replaced records. */
export interface Settled {
  readonly counts: Counts;
  /** By shard, the ordinals that lost to another record of this import with the same key. They have no primary entry. */
  readonly dead: ReadonlyMap<number, ArrayLike<number>>;
}

export interface PublishResult {
  readonly manifest: CollectionManifest;
  /** The publication's counts; a record that lost to a stored one has moved from stored to replaced. */
  readonly counts: Counts;
  /** Records stored before that this publication replaced by new ones (upsert). */
  readonly updated: number;
}
