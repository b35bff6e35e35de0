// source > plan > map > scan > key > frame > shard > verify > merge > [publish]
//
// What an import hands over to be published, and what came of it.

import type { FramingName } from '../../kernel/contract.js';
import type { CollectionManifest, KeyRule, ShardEntry } from '../types.js';

export type PublishMode = 'replace' | 'upsert' | 'insert';

/** Pages of one index, sorted, after all that came before for the same index. */
export interface PageBatch {
  /** 0 primary, i + 1 for `indexPaths[i]`. */
  readonly index: number;
  /** Their bytes are valid until the next batch is asked for. */
  readonly pages: readonly Uint8Array[];
  /** Entries in these pages. */
  readonly entries: number;
}

/** A shard as an import makes it. */
export type NewShard = Omit<ShardEntry, 'firstOrdinal'>;

/** What an import hands over. Everything it names is on disk and synced. */
export interface Publication {
  readonly name: string;
  readonly framing: FramingName;
  readonly key: KeyRule;
  readonly mode: PublishMode;
  /** In source order; their numbers come from `reserveShards`. */
  readonly shards: readonly NewShard[];
  /**
   * By shard, the ordinals that lost to another record of this import with the same key. They have no primary entry.
   * This and `counts` are read when `pages` has ended: merging is what finds the losers.
   */
  readonly dead: ReadonlyMap<number, ArrayLike<number>>;
  /** Against stored records in mode insert (upsert always replaces them). */
  readonly onDuplicate: 'last' | 'first' | 'error';
  readonly pages: AsyncIterable<PageBatch> | Iterable<PageBatch>;
  readonly indexPaths: readonly string[];
  readonly counts: {
    readonly read: number;
    readonly stored: number;
    readonly rejected: number;
    /** Those in `dead`. */
    readonly replaced: number;
  };
  /** Bytes of source text the shards were made from. */
  readonly sourceBytes: number;
  /** Pages of one index changed in the publishing transaction, at most; beyond that its tree is rewritten. Default 8,192. */
  readonly pagesInPlace?: number;
}

export interface PublishResult {
  readonly manifest: CollectionManifest;
  /** The publication's counts; a record that lost to a stored one has moved from stored to replaced. */
  readonly counts: {
    readonly read: number;
    readonly stored: number;
    readonly rejected: number;
    readonly replaced: number;
  };
  /** Records stored before that this publication replaced by new ones (upsert). */
  readonly updated: number;
}
