// The options of a store and of its caches, as a caller gives them and as they are in force. Their tables are in store.ts.

import type { AuditOptions, ResolvedAuditOptions } from './audit.js';
import type { EncryptionOptions } from './encryption.js';
import type { Freshness } from './freshness.js';
import type { Functions } from './functions.js';

/** Options of caches: for a whole store, or for single collections. All are optional. */
export interface CacheOptions {
  /**
   * Bytes of decompressed frames kept in memory: 0 to 1 TiB. Default: an eighth of the memory that this process may use, at least
   * 64 MiB, at most 1 GiB.
   */
  readonly frameCacheBytes?: number | undefined;
  /** Milliseconds that a frame stays cached: 0 to 365 days; 0: until evicted. Default 0. */
  readonly frameTtlMs?: number | undefined;
  /** Milliseconds that a frame stays cached while nobody reads it: 0 to 365 days; 0: until evicted. Default 0. */
  readonly frameIdleMs?: number | undefined;
  /** Bytes of parsed records kept in memory: 0 to 1 TiB; 0: no record cache. Default 0. */
  readonly recordCacheBytes?: number | undefined;
  /**
   * Milliseconds after which a cached record is looked up again (TTL): 0 to 365 days; 0: only when it may have changed. Default 0.
   */
  readonly recordTtlMs?: number | undefined;
  /** Milliseconds that a record stays cached while nobody reads it: 0 to 365 days; 0: until evicted. Default 0. */
  readonly recordIdleMs?: number | undefined;
  /** "frozen": readers share one deep-frozen record. "cloned": each reader gets a copy. Default "frozen". */
  readonly recordValues?: 'frozen' | 'cloned' | undefined;
  /**
   * Percent of its TTL after which a record that is read is refreshed in the background: 1 to 100; 100: not before the TTL ends.
   * Default 80.
   */
  readonly refreshAheadPercent?: number | undefined;
  /**
   * Milliseconds beyond its TTL that a cached record may be returned while it is refreshed (stale-while-revalidate): 0 to 365 days.
   * Default 0.
   */
  readonly staleMs?: number | undefined;
  /**
   * Milliseconds beyond its TTL that a cached record may be returned while refreshing it fails (stale-if-error): 0 to 365 days.
   * Default 60,000.
   */
  readonly staleOnErrorMs?: number | undefined;
}

/** The options of caches as they are in force: each has a value. */
export type ResolvedCacheOptions = Complete<CacheOptions>;

/** Options that may be set for a whole store, and for single collections. All are optional. */
export interface CollectionReadOptions extends CacheOptions {
  /**
   * The version of the collection in which records are read and written (docs/versions.md): 0 to 65,535. Default: the newest version.
   */
  readonly schemaVersion?: number | undefined;
}

/** Options of single collections, by collection name. A collection with cache options has its own cache. */
export interface CollectionsOptions {
  readonly [collection: string]: CollectionReadOptions;
}

/** The options of a store that are neither of its caches nor made of parts. */
export interface PlainStoreOptions {
  /** Whether the store is created if there is none. Default true. */
  readonly create?: boolean | undefined;
  /** Whether the store is opened for reading only: nothing is created or changed. Default false. */
  readonly readOnly?: boolean | undefined;
  /**
   * The id of a user whose stores are trusted, in addition to your own and those of root: 0 to 2^32 - 1. Default: none.
   */
  readonly trustOwner?: number | undefined;
  /**
   * Allows changes to a store that its group can write to, or that is behind a symbolic link, and backups and exports to a
   * directory that its group can write to. Reading such a store needs no option. Default false.
   */
  readonly trustShared?: boolean | undefined;
  /** Bytes of verified index pages kept in memory: 0 to 1 TiB. Default 32 MiB. */
  readonly pageCacheBytes?: number | undefined;
  /**
   * The state that reads see after a publication. "immediate": the newest. "warm": the previous one until the hot set of the newest
   * is loaded. `{ maxStaleMs }`: the same, but at most this many milliseconds out of date. Default "immediate".
   */
  readonly freshness?: Freshness | undefined;
  /**
   * When a change by a transaction is acknowledged. "durable": when it is synced to disk. "committed": when all processes see it;
   * the last sync follows within 100 ms, and a power cut before it may undo the last transactions, the newest first, each as a
   * whole. Default "durable".
   */
  readonly acknowledge?: 'durable' | 'committed' | undefined;
  /** Whether the most read keys are remembered, and their records loaded when the store is opened again. Default true. */
  readonly hotSet?: boolean | undefined;
  /** The greatest number of bytes of frames loaded in advance (hot set): 0 to 1 TiB. Default 32 MiB. */
  readonly warmBytes?: number | undefined;
  /** The longest time for loading the hot set, in milliseconds: 0 to 365 days. Default 5,000. */
  readonly warmMs?: number | undefined;
  /**
   * How a new encrypted store has the keys of its records in its index. "hidden": as pseudonyms, which have no order, so that there
   * are no ranges. "plaintext": as they are. Default "hidden".
   */
  readonly keys?: 'hidden' | 'plaintext' | undefined;
}

/** Options of `openStore`; all optional. An unknown name is a TypeError. docs/configuration.md lists them all. */
export interface StoreOptions extends CollectionReadOptions, PlainStoreOptions {
  /**
   * Cache options and `schemaVersion` of single collections, by collection name. A collection with cache options has its own cache.
   * Default: none.
   */
  readonly collections?: CollectionsOptions | undefined;
  /** What the audit log says of the changes of this process: fields of the application, changes of single records. Default: neither. */
  readonly audit?: AuditOptions | undefined;
  /**
   * The path of the config file. Default: `gristmill.config.json`, `.js` or `.ts` in the working directory, if there is
   * one. With `false`, gristmill reads no config file and no GRISTMILL_ variables: only the options in code count.
   */
  readonly config?: false | string | undefined;
  /**
   * The functions that migrations of the store call (docs/evolution.md). Reads of records that need a function which is not here
   * fail with MIGRATION_FAILED; all others do not need it. Default: none.
   */
  readonly functions?: Functions | undefined;
  /**
   * Where the key of an encrypted store comes from (docs/security.md). A store that does not exist yet is made encrypted.
   * A store in memory is never encrypted. Default: the store is not encrypted.
   */
  readonly encryption?: EncryptionOptions | undefined;
}

/** The options of a store as they are in force. */
export interface ResolvedStoreOptions extends ResolvedCacheOptions, Complete<Omit<PlainStoreOptions, 'trustOwner'>> {
  /** The id of a user whose stores are trusted, in addition to your own and those of root. */
  readonly trustOwner: number | undefined;
  /** The version of collections in which records are read and written. Undefined: the newest. */
  readonly schemaVersion: number | undefined;
  /** Only what was set for single collections. It has no prototype. */
  readonly collections: CollectionsOptions;
  /** What the audit log says of the changes of this process. */
  readonly audit: ResolvedAuditOptions;
  /** The functions that migrations of the store call. */
  readonly functions: Functions;
}

/** Options that all have a value. */
export type Complete<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };
