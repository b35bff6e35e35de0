// The options of a store and of its caches: their tables, resolved once into frozen, complete objects.

import { checkCollectionName } from '../base/names.js';
import { type AuditOptions, resolveAuditOptions } from './audit.js';
import { any, checkedOptions, checkText, isOptions, type OptionTable, resolveOptions } from './check.js';
import { checkEncryption, checkPath, type EncryptionOptions } from './encryption.js';
import type { Freshness } from './freshness.js';
import { checkFunctions, type Functions } from './functions.js';
import { frameBytesFor, memoryBytes } from './memory.js';
import { TRUST, VERSION } from './shared.js';
import type {
  CacheOptions,
  CollectionsOptions,
  ResolvedCacheOptions,
  ResolvedStoreOptions,
  StoreOptions,
} from './store-types.js';

const MIB = 1024 * 1024;

/** A day, in milliseconds: the longest time an option may name is 365 of them. */
const DAY = 24 * 60 * 60 * 1000;
const BYTES = { type: 'integer', unit: 'bytes', min: 0, max: 1024 * 1024 * MIB } as const;
const TIME = { type: 'integer', unit: 'milliseconds', default: 0, min: 0, max: 365 * DAY } as const;

/** Options of the caches, which may be set for each collection apart. */
export const CACHE_OPTIONS = {
  frameCacheBytes: {
    ...{ ...BYTES, default: frameBytesFor(memoryBytes()) },
    meaning:
      'bytes of decompressed frames kept in memory; unset: an eighth of the memory that this process may use, at least 64m, at most 1g',
  },
  frameTtlMs: { ...TIME, meaning: 'milliseconds a frame stays cached; 0: until evicted' },
  frameIdleMs: { ...TIME, meaning: 'milliseconds an unread frame stays cached; 0: until evicted' },
  recordCacheBytes: { ...BYTES, default: 0, meaning: 'bytes of parsed records kept in memory; 0: no record cache' },
  recordTtlMs: {
    ...TIME,
    meaning:
      'TTL of a cached record in milliseconds; 0: no TTL, a record is looked up again only when it may have changed',
  },
  recordIdleMs: { ...TIME, meaning: 'milliseconds an unread record stays cached; 0: until evicted' },
  recordValues: {
    type: 'choice',
    default: 'frozen',
    choices: ['frozen', 'cloned'],
    meaning: 'frozen: readers share one deep-frozen record; cloned: each reader gets a copy',
  },
  refreshAheadPercent: {
    ...{ type: 'integer', default: 80, min: 1, max: 100 },
    meaning:
      'percent of its TTL after which a read record is refreshed in the background; 100: not before the TTL ends',
  },
  staleMs: {
    ...TIME,
    meaning:
      'stale-while-revalidate: milliseconds beyond its TTL that a cached record may be returned while it is refreshed',
  },
  staleOnErrorMs: {
    ...{ ...TIME, default: 60_000 },
    meaning:
      'stale-if-error: milliseconds beyond its TTL that a cached record may be returned while refreshing it fails',
  },
} as const satisfies OptionTable;

/** What may be set for each collection apart. */
export const PER_COLLECTION = { ...CACHE_OPTIONS, ...VERSION } as const satisfies OptionTable;

/** Options of `openStore`. */
export const STORE_OPTIONS = {
  create: { type: 'boolean', default: true, meaning: 'create the store if there is none' },
  readOnly: { type: 'boolean', default: false, meaning: 'open for reading only: nothing is created or changed' },
  ...TRUST,
  ...PER_COLLECTION,
  pageCacheBytes: {
    ...{ ...BYTES, default: 32 * MIB },
    meaning: 'bytes of verified index pages kept in memory',
  },
  freshness: {
    ...{ type: 'freshness', default: 'immediate' as Freshness },
    meaning:
      'state that reads see after a publication; immediate: the newest; warm: the previous one until the hot set of the newest is loaded; stale: the same, but at most this much out of date',
  },
  acknowledge: {
    type: 'choice',
    default: 'durable',
    choices: ['durable', 'committed'],
    meaning:
      'when a change by a transaction is acknowledged; durable: when it is synced to disk; committed: when all processes see it; the last sync follows within 100 ms, and a power cut before it may undo the last transactions, the newest first, each as a whole',
  },
  hotSet: {
    ...{ type: 'boolean', default: true },
    meaning: 'remember the most read keys, and load their records when the store is opened again',
  },
  warmBytes: { ...BYTES, default: 32 * MIB, meaning: 'greatest number of bytes of frames loaded in advance (hot set)' },
  warmMs: { ...TIME, default: 5_000, meaning: 'longest time in milliseconds for loading the hot set' },
  keys: {
    type: 'choice',
    default: 'hidden',
    choices: ['hidden', 'plaintext'],
    meaning:
      'how a new encrypted store has the keys of its records in its index; hidden: as pseudonyms, which have no order, so that there are no ranges; plaintext: as they are',
  },
} as const satisfies OptionTable;

/** What flags, variables and config files may say of a store. In code, the key file is in option `encryption`. */
export const STORE_SETTINGS = {
  ...STORE_OPTIONS,
  keyFile: {
    ...{ type: 'text', default: undefined, check: checkPath },
    meaning: 'file with the key of an encrypted store',
  },
} as const satisfies OptionTable;

/** As a caller gives them: with what is no data of one line. */
const STORE_TABLE = {
  ...STORE_OPTIONS,
  collections: any<CollectionsOptions>('cache options and schema version of single collections, by collection name'),
  audit: any<AuditOptions>('what the audit log says of the changes of this process'),
  config: any<false | string>('config file to read; false: none'),
  functions: any<Functions>('functions that migrations call, by name and version'),
  encryption: any<EncryptionOptions>('where the key of an encrypted store comes from'),
} as const satisfies OptionTable;

const METHOD = 'openStore';

/** What the caches of a store are made by. */
export type CachesOptions = Pick<ResolvedStoreOptions, keyof CacheOptions | 'pageCacheBytes' | 'collections'>;

/**
 * Completes the options of a store.
 * @throws TypeError for an unknown name, a wrong type, or a value out of bounds.
 */
export function resolveStoreOptions(given: StoreOptions | undefined): ResolvedStoreOptions {
  const all = resolveOptions(METHOD, STORE_TABLE, given);
  const { collections = {}, config, audit, encryption, functions: called = [], ...options } = all;
  if (encryption !== undefined) checkEncryption(METHOD, encryption);
  if (config !== undefined && config !== false && (typeof config !== 'string' || config === '')) {
    throw new TypeError(`${METHOD}: options.config must be the path of a file, or false`);
  }
  const functions = checkFunctions(METHOD, called);
  const parts = { collections: checkedCollections(collections), audit: resolveAuditOptions(audit), functions };
  return Object.freeze({ ...options, ...parts });
}

function checkedCollections(given: object): CollectionsOptions {
  if (!isOptions(given)) throw new TypeError(`${METHOD}: options.collections must be an object`);
  const collections: Record<string, CollectionsOptions[string]> = Object.create(null);
  for (const [name, options] of Object.entries(given)) {
    checkText(name, checkCollectionName, `${METHOD}: options.collections`);
    collections[name] = checkedOptions(METHOD, PER_COLLECTION, options ?? null, `collections.${name}.`);
  }
  return Object.freeze(collections);
}

/** The cache options of one collection: what was set for it, else what was set for the store. */
export function cacheOptionsOf(options: CachesOptions, collection: string): ResolvedCacheOptions {
  const own = options.collections[collection];
  const names = Object.keys(CACHE_OPTIONS) as (keyof CacheOptions)[];
  const resolved = Object.fromEntries(names.map((name) => [name, own?.[name] ?? options[name]]));
  return Object.freeze(resolved) as unknown as ResolvedCacheOptions;
}

/** The version in which a store reads and writes the records of a collection. Undefined: the newest. */
export function schemaVersionOf(
  { collections, schemaVersion }: Pick<ResolvedStoreOptions, 'collections' | 'schemaVersion'>,
  collection: string,
): number | undefined {
  return collections[collection]?.schemaVersion ?? schemaVersion;
}
