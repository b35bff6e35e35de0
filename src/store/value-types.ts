// What the catalog keeps, as types: manifests, shard entries, garbage. docs/format.md draws the bytes.

import type { HasNumbers, KeyPath } from '../keys/key-path.js';
import type { Framing } from './framing.js';
import type { RecentState } from './recent-types.js';

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
  /** Layout `object`: the member name. */
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
  readonly framing: Framing;
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
  /** The SHA-256 of the schema that its new records are held to (catalog key `0C`), hexadecimal. Absent: there is none. */
  readonly schema?: string;
  readonly shards: number;
  /** Generation that gave all records new locations: the last import in mode `replace`, a repair from shards. Absent: unknown. */
  readonly made?: number;
  /** Generation in which the list of shards last changed; what a reader knows of them stays true until then. */
  readonly layout: number;
  /** The shape of its records, as readers see them (shape-types.ts). Absent: no migration was ever applied. */
  readonly shape?: number | undefined;
  /** The inline shard that transactions append to, absent until one does; always the last in order. */
  readonly open?: ShardEntry;
  /** Bytes of source text the shards were made from, and bytes of the shard files. */
  readonly sourceBytes: number;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly published: string;
}

/** The JSON Schema that new records of a collection are held to: catalog key `0C` collection. */
export interface StoredSchema {
  readonly version: 1;
  /** The schema as JSON without blanks. */
  readonly text: string;
  /** When it was set: ISO 8601 time. */
  readonly since: string;
  /** Set if the records that were there then were not checked. */
  readonly onlyNew?: true;
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
  /** The shape that its lines have (shape-types.ts). Absent: 0, that of records before any migration. */
  readonly shape?: number | undefined;
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
